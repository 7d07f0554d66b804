"""The table behind the sweep: which of its columns the champion needs, and how they hang together."""

import numpy as np

from songpop.report.records import Absence, Picture, Report
from songpop.report.theme import INK, SERIES, literal, new_figure, short
from songpop.wording import number

N_COLUMNS = 30  # that a picture has room for


def column_weights(report: Report) -> Picture | Absence:
    """How much worse the champion is with a column shuffled."""
    if not report.weights:
        return Absence(reason=report.absences.get("columns", "There is no champion."))
    shown = sorted(report.weights, key=lambda one: -one.mean)[:N_COLUMNS]
    figure, axes = new_figure(height=0.9 + 0.27 * len(shown))
    means = np.array([one.mean for one in shown])
    reach = np.array([[one.mean - one.low for one in shown], [one.high - one.mean for one in shown]])
    axes.barh(
        range(len(shown)),
        means,
        xerr=np.maximum(reach, 0),
        color=SERIES[0],
        ecolor=INK,
        capsize=2,
        error_kw={"linewidth": 1},
    )
    axes.axvline(0, color=INK, linewidth=0.8)
    axes.set(yticks=range(len(shown)), xlabel="log loss that is lost when the column is shuffled, 95 %")
    axes.set_yticklabels([literal(short(one.column, 30)) for one in shown], fontsize=9)
    axes.invert_yaxis()
    n_needed = sum(one.low > 0 for one in report.weights)
    first = ", ".join(f"{one.column} ({number(one.mean, 3)})" for one in shown[:3])
    finding = (
        f"It needs {first} most; of {len(report.weights)} columns {n_needed} have an interval above 0 (each taken "
        "alone: not corrected for their number). Measured on rows that a member was not trained on, never on the "
        "sealed ones. Of columns that say the same, each can do without the other."
    )
    rows = tuple((one.column, number(one.mean), number(one.low), number(one.high)) for one in shown)
    return Picture(figure=figure, finding=finding, columns=("column", "log loss lost", "low", "high"), rows=rows)


def correlations(report: Report) -> Picture | Absence:
    """Spearman's rank correlations of the table's columns."""
    found = report.correlations
    if found is None:
        return Absence(reason=report.absences.get("columns", "The table is not known."))
    names, n = found.columns, len(found.columns)
    size = min(1.5 + 0.23 * n, 9.0)
    figure, axes = new_figure(height=size)
    drawn = axes.imshow(found.values, cmap="RdBu_r", vmin=-1, vmax=1)
    axes.grid(visible=False)
    axes.set(xticks=range(n), yticks=range(n))
    axes.set_xticklabels([literal(short(name, 20)) for name in names], rotation=90, fontsize=7.5)
    axes.set_yticklabels([literal(short(name, 20)) for name in names], fontsize=7.5)
    figure.colorbar(drawn, ax=axes, shrink=0.6, label="Spearman's rho")
    upper = [
        (names[i], names[j], float(found.values[i, j]))
        for i in range(n)
        for j in range(i + 1, n)
        if np.isfinite(found.values[i, j])
    ]
    strongest = sorted(upper, key=lambda pair: -abs(pair[2]))[:20]
    told = "; ".join(f"{a} and {b} ({rho:.2f})" for a, b, rho in strongest[:3])
    rows = tuple((a, b, f"{rho:.3f}") for a, b, rho in strongest)
    return Picture(
        figure=figure,
        finding=f"The strongest: {told or 'none'}. Over the rows where both are there, sealed ones left out.",
        columns=("column", "column", "rho"), rows=rows,
    )  # fmt: skip
