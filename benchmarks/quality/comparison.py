"""Who is better, and by how much of it is luck: songpop beside each peer, from probabilities and labels. Pure.

Owns: means over splits with intervals, and the paired tests. Does not own: reading files, printing.
Peers that get what songpop gets, and peers that were also told its rates, are two questions, each with its own table
and its own correction. Two tests, since neither is enough: over splits (corrected resampled t-test; Holm over the
peers), which knows that another split would give another model but has few values; over rows (paired bootstrap), which
has many values but takes the models as they are. A row that is in several splits' test parts counts once, by its mean
loss.

Axes: J splits, T test rows of one split, U different test rows of all splits.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songpop.evaluation.metrics import accuracy, log_loss, roc_auc, row_losses
from songpop.evaluation.resampled import holm, paired_p_value, resampled_interval
from songpop.evaluation.stats import Interval, paired_difference

METRICS = {"log_loss": log_loss, "accuracy": accuracy, "roc_auc": roc_auc}
N_DRAWS = 2_000
UNTOUCHED_FROM = 1_000  # seeds from here on are never looked at while songpop is developed
TOLD, TOLD_GROUP = (
    "_rates",
    ", peers told songpop's rates",
)  # ends the names of methods that were told songpop's rates (informed.py)
WORDS = {-1: "better", 0: "not told apart", 1: "worse"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Answer:
    """What one method said of one split, and the truth."""

    method: str
    split: str
    seed: int
    row_keys: NDArray[np.uint64]  # (T,) the test rows, by content
    label: NDArray[np.int8]  # (T,)
    probability: NDArray[np.float64]  # (T,)
    test_ratio: float  # test rows by known rows
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Line:
    """One method in one group of splits."""

    method: str
    seeds: tuple[int, ...]
    metrics: Mapping[str, Interval]
    values: Mapping[str, tuple[float, ...]]  # by metric, one per seed
    seconds: float  # mean


@dataclass(frozen=True, kw_only=True)
class PairedTest:
    """Ours against one peer, on the splits that both have; differences are ours minus the peer's."""

    peer: str
    n_splits: int
    difference: Mapping[str, float]  # by metric, mean over splits
    p_value: Mapping[str, float]  # by metric, over splits, Holm over the peers; NaN where one split is all there is
    rows: Interval  # of the log loss, over rows; below 0 throughout: ours is better
    verdict: str


def group_of(split: str, seed: int) -> str:
    """Return the name of the splits that are averaged together."""
    return f"{split}, untouched" if seed >= UNTOUCHED_FROM else split


def grouped(answers: Sequence[Answer], ours: str) -> dict[str, list[Answer]]:
    """Return the answers of each group of splits; `ours` is also beside those that were told the rates."""
    found: dict[str, list[Answer]] = {}
    for answer in answers:
        group = group_of(answer.split, answer.seed) + (TOLD_GROUP if answer.method.endswith(TOLD) else "")
        found.setdefault(group, []).append(answer)
    for group in [name for name in found if name.endswith(TOLD_GROUP)]:
        beside = found.get(group.removesuffix(TOLD_GROUP), [])
        found[group] += [answer for answer in beside if answer.method == ours]
    return {group: sorted(members, key=lambda one: one.seed) for group, members in sorted(found.items())}


def lines_of(answers: Sequence[Answer]) -> list[Line]:
    """Return a line per method of one group, the lowest log loss first."""
    lines = []
    for method in dict.fromkeys(answer.method for answer in answers):
        mine = [answer for answer in answers if answer.method == method]
        ratio = float(np.mean([answer.test_ratio for answer in mine]))
        values = {name: tuple(metric(a.label, a.probability) for a in mine) for name, metric in METRICS.items()}
        lines.append(
            Line(
                method=method,
                seeds=tuple(answer.seed for answer in mine),
                metrics={name: resampled_interval(found, ratio) for name, found in values.items()},
                values=values,
                seconds=float(np.mean([answer.seconds for answer in mine])),
            )
        )
    return sorted(lines, key=lambda line: line.metrics["log_loss"].mean)


def paired_tests(answers: Sequence[Answer], ours: str, *, alpha: float = 0.05, seed: int = 0) -> list[PairedTest]:
    """Return the test of `ours` against every other method of one group that shares a split with it.

    Args:
        answers: of one group.
        ours: name of the method that is tested against the others.
        alpha: level.
        seed: of the bootstrap, the same for each peer.
    """
    by_method: dict[str, dict[int, Answer]] = {}
    for answer in answers:
        by_method.setdefault(answer.method, {})[answer.seed] = answer
    mine = by_method.pop(ours, {})
    pairs = {
        peer: [(mine[k], theirs[k]) for k in sorted(mine.keys() & theirs.keys())] for peer, theirs in by_method.items()
    }
    pairs = {peer: found for peer, found in pairs.items() if found}
    raw = {name: [_p_value(found, name) for found in pairs.values()] for name in METRICS}
    corrected = {name: holm(values) for name, values in raw.items()}
    tests = []
    for place, (peer, found) in enumerate(pairs.items()):
        is_alone = len(found) == 1
        p_value = {name: float("nan") if is_alone else float(values[place]) for name, values in corrected.items()}
        difference = {name: float(np.mean(_differences(found, name))) for name in METRICS}
        rows = _over_rows(found, np.random.default_rng(seed))
        verdict = WORDS[_sign(rows, difference["log_loss"], p_value["log_loss"], alpha)]
        tests.append(
            PairedTest(
                peer=peer, n_splits=len(found), difference=difference, p_value=p_value, rows=rows, verdict=verdict
            )
        )
    return tests


_Pairs = Sequence[tuple[Answer, Answer]]


def _differences(pairs: _Pairs, name: str) -> list[float]:
    metric = METRICS[name]
    return [metric(a.label, a.probability) - metric(b.label, b.probability) for a, b in pairs]


def _p_value(pairs: _Pairs, name: str) -> float:
    metric, ratio = METRICS[name], float(np.mean([a.test_ratio for a, _ in pairs]))
    first = [metric(a.label, a.probability) for a, _ in pairs]
    second = [metric(b.label, b.probability) for _, b in pairs]
    return paired_p_value(first, second, ratio)


def _over_rows(pairs: _Pairs, rng: np.random.Generator) -> Interval:
    keys = np.concatenate([a.row_keys for a, _ in pairs])
    _, place = np.unique(keys, return_inverse=True)
    n_times = np.bincount(place)
    ours, theirs = (
        np.bincount(place, np.concatenate([row_losses(pair[side].label, pair[side].probability) for pair in pairs]))
        / n_times
        for side in (0, 1)
    )
    return paired_difference(ours, theirs, rng, n_draws=N_DRAWS)


def _sign(rows: Interval, difference: float, p_value: float, alpha: float) -> int:
    """Return -1 where ours loses less beyond luck by both tests, 1 where it loses more, else 0."""
    if rows.low <= 0 <= rows.high or p_value >= alpha:  # a NaN, of one split alone, leaves it to the rows
        return 0
    return int(np.sign(difference))
