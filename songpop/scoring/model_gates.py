"""The gates that need the model itself: does it load elsewhere, is it better than simple ones, calibrated, fast, small.

Owns: what is measured, and the sentence. Does not own: bounds (settings/gates.py), running them (tracking/gates.py).

Axes: R sealed rows, C columns of the matrix.
"""

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from songpop.contracts import Matrix
from songpop.data.cells import matrix_of
from songpop.errors import ArtifactError
from songpop.evaluation.metrics import calibration_error, row_losses
from songpop.evaluation.stats import Interval, paired_difference
from songpop.scoring.fresh_process import predict_elsewhere
from songpop.scoring.raw_model import MODEL_FILE, RawModel
from songpop.scoring.sealed import SealedRows
from songpop.settings import GateSettings
from songpop.tracking.gates import Finding

N_CALLS = 5  # the median of so many: one slow call refuses nobody
N_TRIES = 3  # the best of so many medians: other work slows some of them down, a slow model all
DRAWS_SEED = 0  # the same rows always give the same interval


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """A loaded model, and what it says of its own sealed rows."""

    folder: Path
    model: RawModel
    sealed: SealedRows
    matrix: Matrix  # (R, C)
    probability: NDArray[np.float64]  # (R,)


def subject_of(folder: Path) -> Subject:
    """Load the model in `folder` and score its sealed rows.

    Raises:
        ArtifactError: if a file is damaged, or the model gives no probabilities.
    """
    sealed, model = SealedRows.load(folder), RawModel(folder)
    chance = model.probabilities(sealed.rows)
    if not (len(chance) and np.isfinite(chance).all()):
        raise ArtifactError(
            f"The model in {folder} must give probabilities, but on its own sealed rows it gives other numbers. "
            "Sweep again."
        )
    matrix = matrix_of(sealed.rows, model.card.recipe, strict=False)
    return Subject(folder=folder, model=model, sealed=sealed, matrix=matrix, probability=chance)


def fresh_process(subject: Subject, settings: GateSettings) -> Finding:
    """Hold what a process without songpop says of the sealed rows against what this one says."""
    told = predict_elsewhere(subject.folder / MODEL_FILE, subject.matrix, settings.fresh_process_timeout_s)
    largest = float(np.abs(told - subject.probability).max())
    is_passed = largest <= settings.fresh_process  # NaN is not below the bound
    sentence = f"A new process without songpop loads it in safe mode; its answers differ by at most {largest:.1e}."
    if not is_passed:
        sentence = (
            "A new process without songpop must give the same probabilities, within gates.fresh_process "
            f"({settings.fresh_process:g}), but they differ by up to {largest:.1e}. Sweep again, under another "
            "search.name, or raise gates.fresh_process."
        )
    return Finding(is_passed=is_passed, value=largest, bound=settings.fresh_process, sentence=sentence)


def baselines(subject: Subject, settings: GateSettings) -> Finding:
    """Refuse a model that is not better than every baseline, on average and, where asked for, beyond luck."""
    bound = 0.0 - settings.baseline_margin
    if not settings.baselines:
        return Finding(is_passed=True, bound=bound, sentence="gates.baselines asks for none.")
    missing = [name for name in settings.baselines if name not in subject.sealed.baselines]
    if missing:
        return Finding(
            is_passed=False,
            bound=bound,
            sentence=f"The model must be better than simple ones on its sealed rows, but {', '.join(missing)} did not "
            "come with it: it is of an earlier version. Sweep again, under another search.name.",
        )
    found = {name: _difference(subject, subject.sealed.baselines[name]) for name in settings.baselines}
    name, nearest = max(found.items(), key=lambda item: _counted(item[1], settings))
    value = _counted(nearest, settings)
    told = f"log loss {nearest.mean:+.4f} ({nearest.low:+.4f} to {nearest.high:+.4f}) against {name}"
    if value < bound:
        sentence = f"Better than {', '.join(found)}; nearest: {told}.{_not_asked(subject, settings)}"
    else:
        what = "the interval's upper end" if settings.baseline_interval else "the difference"
        sentence = (
            f"The model must be better than simple ones on its sealed rows, but it has {told}; {what} must be below "
            f"{bound:g}. {_remedy(subject)}"
        )
    return Finding(is_passed=value < bound, value=value, bound=bound, sentence=sentence)


def _not_asked(subject: Subject, settings: GateSettings) -> str:
    """Name the baselines that are better and need not be beaten: passing does not hide them."""
    others = {name: _difference(subject, chance) for name, chance in subject.sealed.baselines.items()}
    better = [
        f"{name} (log loss {found.mean:+.4f} against it)"
        for name, found in others.items()
        if name not in settings.baselines and found.mean > 0
    ]
    return f" Not asked for, and better: {', '.join(better)}." if better else ""


def calibration(subject: Subject, settings: GateSettings) -> Finding:
    """Refuse probabilities that are far from the shares that come true."""
    error = calibration_error(subject.sealed.label, subject.probability)
    n_rows, is_passed = len(subject.matrix), error <= settings.calibration
    sentence = f"Expected calibration error on {n_rows} sealed rows: {error:.3f}."
    if not is_passed:
        sentence = (
            f"The expected calibration error must be at most gates.calibration ({settings.calibration:g}), but on "
            f"{n_rows} sealed rows it is {error:.3f}. Search longer, or on more songs, or raise gates.calibration."
        )
    return Finding(is_passed=is_passed, value=error, bound=settings.calibration, sentence=sentence)


def latency(n_rows: int, key: str) -> "ModelGate":
    """Return the gate that times predicting `n_rows` raw rows, sealed ones over and over; `key` names its bound."""

    def check(subject: Subject, settings: GateSettings) -> Finding:
        rows = subject.sealed.rows
        frame = rows.iloc[np.resize(np.arange(len(rows)), n_rows)].reset_index(drop=True)
        bound, spent_ms = float(getattr(settings, key)), math.inf
        for _ in range(N_TRIES):
            spent_ms = min(spent_ms, _median_ms(subject.model, frame))
            if spent_ms <= bound:
                break
        what = f"Predicting {n_rows:,} row{'s' * (n_rows != 1)}"
        sentence = f"{what} takes {spent_ms:.0f} ms (median of {N_CALLS})."
        if spent_ms > bound:
            sentence = (
                f"{what} must take at most gates.{key} ({bound:g} ms), but takes {spent_ms:.0f} ms (the best of "
                f"{N_TRIES} medians). Try again on a machine that does nothing else, search smaller networks, or raise "
                f"gates.{key}."
            )
        return Finding(is_passed=spent_ms <= bound, value=spent_ms, bound=bound, sentence=sentence)

    return check


def size(subject: Subject, settings: GateSettings) -> Finding:
    """Refuse a model file that is too large to be passed around."""
    n_mb = (subject.folder / MODEL_FILE).stat().st_size / 1e6
    is_passed, sentence = n_mb <= settings.size_mb, f"{MODEL_FILE} has {n_mb:.2f} MB."
    if not is_passed:
        sentence = (
            f"{MODEL_FILE} must have at most gates.size_mb ({settings.size_mb:g} MB), but has {n_mb:.2f} MB. Search "
            "smaller networks, take finals.kind=single, or raise gates.size_mb."
        )
    return Finding(is_passed=is_passed, value=n_mb, bound=settings.size_mb, sentence=sentence)


ModelGate = Callable[[Subject, GateSettings], Finding]

# The names are tracking.gates.MODEL_GATES.
MODEL_CHECKS: Mapping[str, ModelGate] = {
    "fresh_process": fresh_process,
    "baselines": baselines,
    "calibration": calibration,
    "latency_1": latency(1, "latency_1_ms"),
    "latency_1000": latency(1_000, "latency_1000_ms"),
    "size": size,
}


def _remedy(subject: Subject) -> str:
    if subject.model.card.leaks:
        return "Where a column gives the label away, a tree reads the answer off it: gates=published asks for less."
    return "Search longer, or with another space."


def _difference(subject: Subject, baseline: NDArray[np.float64]) -> Interval:
    label = subject.sealed.label
    mine, theirs = row_losses(label, subject.probability), row_losses(label, baseline)
    return paired_difference(mine, theirs, np.random.default_rng(DRAWS_SEED))


def _counted(difference: Interval, settings: GateSettings) -> float:
    return difference.high if settings.baseline_interval else difference.mean


def _median_ms(model: RawModel, frame: pd.DataFrame) -> float:
    model.predict(frame)  # the first call is not the model's speed
    spent = []
    for _ in range(N_CALLS):
        began = time.perf_counter()
        model.predict(frame)
        spent.append((time.perf_counter() - began) * 1e3)
    return median(spent)
