"""Which parameters a report shows, in which order, and where a trial's value lies on a parameter's axis.

Owns: ranks and places. Does not own: drawing (parameters.py).
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from songpop.report.records import Report, Trial, Value

Floats = NDArray[np.float64]
FEW = 3  # complete trials that any picture of parameters needs
MIN_RANKED = 8  # trials that a rank correlation needs to say anything


def ranked_parameters(report: Report) -> list[str]:
    """Return the searched parameters: by importance where it is known, by rank correlation else, the first first."""
    names = list(dict.fromkeys(name for trial in report.trials for name in trial.params))
    return sorted(names, key=lambda name: (-report.importances.get(name, -1.0), -strength(name, report.complete), name))


def strength(name: str, trials: Sequence[Trial]) -> float:
    """Return how much of the ranks of the loss a parameter explains, from 0 to 1, as a picture's order."""
    having = [trial for trial in trials if name in trial.params]
    if len(having) < MIN_RANKED:
        return 0.0
    ranks = rankdata([trial.value for trial in having])
    if is_numeric(name, having):
        values = rankdata([float(trial.params[name]) for trial in having])
        return 0.0 if np.ptp(values) == 0 or np.ptp(ranks) == 0 else abs(float(np.corrcoef(values, ranks)[0, 1]))
    groups: dict[Value, list[float]] = {}
    for trial, rank in zip(having, ranks, strict=True):
        groups.setdefault(trial.params[name], []).append(float(rank))
    between = sum(len(one) * (np.mean(one) - ranks.mean()) ** 2 for one in groups.values())
    total = float(((ranks - ranks.mean()) ** 2).sum())
    return float(between / total) ** 0.5 if total else 0.0


def is_varied(name: str, trials: Sequence[Trial]) -> bool:
    """Say whether a parameter has more than one value among trials."""
    return len({trial.params[name] for trial in trials if name in trial.params}) > 1


def is_numeric(name: str, trials: Sequence[Trial]) -> bool:
    """Say whether all values of a parameter are numbers."""
    return all(isinstance(trial.params[name], float) for trial in trials if name in trial.params)


def is_wide(values: Floats) -> bool:
    """Say whether values span more than a factor of twenty: they are then shown on a logarithmic axis."""
    return bool((values > 0).all() and values.max() > 20 * values.min())


def scale_of(name: str, trials: Sequence[Trial]) -> tuple[Mapping[int, float], Sequence[tuple[float, str]]]:
    """Return where each trial lies between 0 and 1, by its number, and what is written beside the axis."""
    having = [trial for trial in trials if name in trial.params]
    if is_numeric(name, having):
        raw = np.array([float(trial.params[name]) for trial in having])
        values = np.log10(raw) if is_wide(raw) else raw
        low, span = values.min(), max(np.ptp(values), 1e-12)
        places = {trial.number: float((v - low) / span) for trial, v in zip(having, values, strict=True)}
        ends = ((0.0, f"{raw.min():.3g}"), (1.0, f"{raw.max():.3g}"))
        return places, ends
    options = sorted({str(trial.params[name]) for trial in having})
    where = {option: k / max(len(options) - 1, 1) for k, option in enumerate(options)}
    return {trial.number: where[str(trial.params[name])] for trial in having}, [(where[o], o) for o in options]
