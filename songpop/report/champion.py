"""The champion on the sealed rows: confusion matrix, ROC, precision and recall, calibration, threshold.

Drawn from the one look at these rows (`sealed_predictions.npz`): a report opens nothing again.

Axes: R rows.
"""

import math

import numpy as np
from sklearn.calibration import calibration_curve
from sklearn.metrics import confusion_matrix, precision_recall_curve, roc_curve

from songpop.report.records import Absence, Measured, Picture, Report, Sealed
from songpop.report.theme import DASHES, INK, MUTED, SERIES, new_figure
from songpop.wording import metric_text, number, share

NOT_KEPT = (
    "What the champion said of the sealed rows is not kept beside this sweep: it has none, was run by an earlier "
    "version, or its files are not what was written. The rows are not opened again for a picture."
)
N_BINS = 10
ON_DARK, ON_LIGHT = "#ffffff", "#10151a"  # written on a map's own ground: no theme changes them


def confusion(report: Report) -> Picture | Absence:
    """Who was taken for what, at 0.5 and at the champion's threshold."""
    if report.sealed is None or report.measured is None:
        return Absence(reason=NOT_KEPT)
    label, chance, threshold = report.sealed.label, report.sealed.chance, report.measured.threshold
    figure, grid = new_figure(1, 2, height=3.4)
    rows = []
    for axes, (name, bound) in zip(grid, (("above 0.5", 0.5), (f"above {threshold:.3f}", threshold)), strict=True):
        matrix = confusion_matrix(label, chance > bound, labels=[0, 1])
        axes.imshow(matrix, cmap="Blues", vmin=0, vmax=matrix.sum() / 2)
        axes.grid(visible=False)
        for (i, j), n in np.ndenumerate(matrix):
            colour = ON_DARK if n > matrix.sum() / 4 else ON_LIGHT
            axes.text(j, i, f"{n:,}", ha="center", va="center", fontsize=14, color=colour)
        axes.set(xticks=[0, 1], yticks=[0, 1], xticklabels=["no", "yes"], yticklabels=["no", "yes"], title=name)
        axes.set(xlabel="said to have high potential", ylabel="has it")
        rows.append((name, *(f"{n:,}" for n in matrix.ravel())))
    (_, true_no, false_yes, false_no, true_yes) = rows[1]
    finding = (
        f"Of {len(label):,} sealed rows, above the champion's threshold {threshold:.3f}: {true_yes} rightly called "
        f"high potential, {false_yes} wrongly; {true_no} rightly not, {false_no} missed."
    )
    columns = ("threshold", "rightly no", "wrongly yes", "missed", "rightly yes")
    return Picture(figure=figure, finding=finding, columns=columns, rows=tuple(rows))


def roc(report: Report) -> Picture | Absence:
    """True against false positives, over all thresholds."""
    if report.sealed is None or report.measured is None:
        return Absence(reason=NOT_KEPT)
    wrong, right, bounds = roc_curve(report.sealed.label, report.sealed.chance)
    figure, axes = new_figure(height=4.0)
    axes.plot(wrong, right, color=SERIES[0], label="champion")
    axes.plot([0, 1], [0, 1], color=MUTED, linestyle=DASHES[1], label="chance")
    _mark(axes, *_at(report.sealed, report.measured, "roc"))
    axes.set(xlabel="false positive rate", ylabel="true positive rate", aspect="equal")
    axes.legend(loc="lower right")
    finding = f"Area under the curve {_measured(report.measured, 'roc_auc')}, 95 % interval over rows."
    return Picture(
        figure=figure, finding=finding, columns=("threshold", "false positive rate", "true positive rate"),
        rows=_thinned(bounds, wrong, right),
    )  # fmt: skip


def precision_recall(report: Report) -> Picture | Absence:
    """Precision against recall, over all thresholds."""
    if report.sealed is None or report.measured is None:
        return Absence(reason=NOT_KEPT)
    precision, recall, bounds = precision_recall_curve(report.sealed.label, report.sealed.chance)
    figure, axes = new_figure(height=4.0)
    axes.plot(recall, precision, color=SERIES[0], label="champion")
    base = float(report.sealed.label.mean())
    axes.axhline(base, color=MUTED, linestyle=DASHES[1], label=f"all called high potential: {share(base)}")
    _mark(axes, *_at(report.sealed, report.measured, "pr"))
    axes.set(xlabel="recall", ylabel="precision", ylim=(min(base, precision.min()) - 0.05, 1.03))
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=3)  # above: the curves may be anywhere
    finding = f"Average precision {_measured(report.measured, 'pr_auc')}, 95 % interval over rows."
    return Picture(
        figure=figure, finding=finding, columns=("threshold", "recall", "precision"),
        rows=_thinned(bounds, recall[:-1], precision[:-1]),
    )  # fmt: skip


def calibration(report: Report) -> Picture | Absence:
    """What is said against what comes true."""
    if report.sealed is None or report.measured is None:
        return Absence(reason=NOT_KEPT)
    label, chance = report.sealed.label, report.sealed.chance
    true, said = calibration_curve(label, chance, n_bins=N_BINS)
    edges = np.linspace(0, 1, N_BINS + 1)
    counts = np.bincount(np.searchsorted(edges[1:-1], chance), minlength=N_BINS)  # as calibration_curve has its bins
    figure, (axes, below) = new_figure(2, 1, height=4.6, sharex=True, height_ratios=[3, 1])
    axes.plot([0, 1], [0, 1], color=MUTED, linestyle=DASHES[1], label="as said")
    axes.plot(said, true, marker="o", color=SERIES[0], label="champion")
    axes.set(ylabel="share that has it")
    axes.legend(loc="upper left")
    below.bar(edges[:-1] + 0.05, counts, width=0.09, color=SERIES[5])
    below.set(xlabel="probability that is said", ylabel="rows")
    finding = (
        f"Expected calibration error {_measured(report.measured, 'calibration_error')}; "
        f"{share(_extreme(chance))} of the probabilities lie below 0.1 or above 0.9."
    )
    filled = counts[counts > 0]
    rows = tuple((number(s, 3), number(t, 3), f"{n:,}") for s, t, n in zip(said, true, filled, strict=True))
    return Picture(figure=figure, finding=finding, columns=("said, on average", "share that has it", "rows"), rows=rows)


def threshold(report: Report) -> Picture | Absence:
    """Precision, recall and accuracy over the threshold."""
    if report.sealed is None or report.measured is None:
        return Absence(reason=NOT_KEPT)
    label, chance = report.sealed.label > 0, report.sealed.chance
    bounds = np.linspace(0.01, 0.99, 99)
    called = chance[None, :] > bounds[:, None]
    right = (called & label).sum(axis=1)
    curves = {
        "precision": np.divide(right, called.sum(axis=1), out=np.full(len(bounds), np.nan), where=called.any(axis=1)),
        "recall": right / max(label.sum(), 1),
        "accuracy": (called == label).mean(axis=1),
    }
    figure, axes = new_figure()
    for k, (name, values) in enumerate(curves.items()):
        axes.plot(bounds, values, color=SERIES[k], linestyle=DASHES[k], label=name)
    axes.axvline(
        report.measured.threshold, color=INK, linewidth=1.2, label=f"champion's: {report.measured.threshold:.3f}"
    )
    axes.set(xlabel="called high potential above", ylabel="on the sealed rows")
    axes.legend()
    told = ", ".join(f"{name} {_at_threshold(report.measured, name)}" for name in curves)
    finding = (
        f"At the champion's threshold, which was chosen on rows that it was not trained on and not on these: {told}."
    )
    rows = tuple(
        (f"{bounds[k]:.2f}", *(number(float(values[k]), 3) for values in curves.values()))
        for k in range(4, len(bounds), 5)
    )
    return Picture(figure=figure, finding=finding, columns=("threshold", *curves), rows=rows)


def _at(sealed: Sealed, measured: Measured, curve: str) -> tuple[float, float, str]:
    label, called = sealed.label > 0, sealed.chance > measured.threshold
    right, wrong = float((called & label).sum()), float((called & ~label).sum())
    recall = right / max(label.sum(), 1)
    words = f"threshold {measured.threshold:.3f}"
    if curve == "roc":
        return wrong / max((~label).sum(), 1), recall, words
    return recall, right / max(right + wrong, 1), words


def _mark(axes: "object", x: float, y: float, words: str) -> None:
    axes.plot([x], [y], marker="D", color=SERIES[1], linestyle="none", label=words)  # type: ignore[attr-defined]


def _measured(measured: Measured, name: str) -> str:
    return metric_text(name, measured.metrics.get(name, math.nan), measured.intervals.get(name))


def _at_threshold(measured: Measured, name: str) -> str:
    return metric_text(name, measured.at_threshold.get(name, math.nan), measured.at_threshold_intervals.get(name))


def _extreme(chance: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    return float(((chance < 0.1) | (chance > 0.9)).mean())


def _thinned(bounds: object, *columns: object, n: int = 20) -> tuple[tuple[str, ...], ...]:
    arrays = [np.asarray(one, dtype=np.float64) for one in (bounds, *columns)]
    picked = np.unique(np.linspace(0, len(arrays[0]) - 1, min(n, len(arrays[0]))).astype(int))
    return tuple(tuple(number(float(one[k]), 3) if np.isfinite(one[k]) else "–" for one in arrays) for k in picked)
