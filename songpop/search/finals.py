"""The finals: the best configurations of a search again, each over the same resamples, and which of them has earned it.

A search picks the luckiest of many numbers, so its best score flatters. Owns: who takes part, the verdict over their
runs. Does not own: training them (finals_backend, engines), the model that comes of it. Pure.

Axes: J resamples, which every finalist is trained on, with the same seeds.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from typing import Any

import numpy as np

from songpop.contracts import Params
from songpop.evaluation.resampled import holm, paired_p_value, resampled_error, resampled_interval
from songpop.evaluation.stats import Interval
from songpop.space.legal import OFF_AT_0, OFF_AT_NONE


class Origin(Enum):
    """Why a configuration takes part."""

    search = "search"  # among the best of this search
    known = "known"  # a known point, such as the published settings
    champion = "champion"  # the present champion's; where that is an ensemble, all of it
    member = "member"  # of an ensemble, and none of the others
    ensemble = "ensemble"  # several configurations of this search together


@dataclass(frozen=True, kw_only=True)
class Member:
    """A configuration in an ensemble, and how many votes it has in its mean."""

    params: Params
    n_votes: int


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A configuration that takes part, or an ensemble of some that do; `params` are then its heaviest member's."""

    origin: Origin
    params: Params
    suggested: Mapping[str, Any] = field(default_factory=dict)  # what tells it from others, for people
    trial: int | None = None  # of the search; None: it was not tried
    search_value: float | None = None  # validation log loss in the search; None: not tried, or not complete
    is_champion: bool = False  # the present champion's configuration, whatever else it comes from
    members: tuple[Member, ...] = ()  # of an ensemble, the heaviest first


@dataclass(frozen=True, kw_only=True)
class Finalist:
    """A contestant and what became of it; log losses are on the resamples' validation rows."""

    contestant: Contestant
    values: tuple[float, ...]  # one per resample; NaN: that run failed
    interval: Interval | None  # of the mean; None: a run failed, and with it the contestant
    n_weights: int
    difference: float | None = None  # of its mean to the winner's; below 0 where a simpler one won
    p_value: float | None = None  # that this is luck; corrected for the number of finalists; None: it is the winner
    is_within_noise: bool = False  # these runs cannot tell it from the winner


@dataclass(frozen=True, kw_only=True)
class Finals:
    """The verdict. `finalists` are in the order of their means, those with a failed run last."""

    finalists: tuple[Finalist, ...]
    winner: int | None  # place among `finalists`; None: each had a failed run
    reason: str
    shrinkage: float | None  # by how much the search's best looked better than it is; None: it failed, or is unknown
    n_resamples: int
    alpha: float = field(default=0.05)


def contestants_of(
    tried: Sequence[Contestant],
    n_best: int,
    known: Sequence[Contestant],
    champion: Contestant | None,
    members: Sequence[tuple[Contestant, int]] = (),
) -> tuple[Contestant, ...]:
    """Return who takes part, each configuration once, under the first of its origins.

    An ensemble's members take part themselves; it comes after all of them.

    Args:
        tried: the search's complete trials.
        n_best: so many of them, the lowest validation log loss first.
        known: known points.
        champion: the present champion's configuration, or its ensemble.
        members: of an ensemble of tried ones, each with its votes.
    """
    ranked = sorted(tried, key=lambda one: (math.inf if one.search_value is None else one.search_value, one.trial))
    distinct: dict[Params, Contestant] = {}
    for one in ranked:
        if len(distinct) < n_best:
            distinct.setdefault(one.params, one)
    of_champion = [] if champion is None else _alone(champion)
    of_ensemble = [replace(one, origin=Origin.member) for one, _ in members]
    for one in (*known, *of_champion, *of_ensemble):
        distinct.setdefault(one.params, one)
    ensembles = {one.members: one for one in (champion, _ensemble(members)) if one is not None and one.members}
    present = None if champion is None else (champion.params, champion.members)
    return tuple(
        replace(one, is_champion=(one.params, one.members) == present)
        for one in (*distinct.values(), *ensembles.values())
    )


def unusual(params: Params) -> dict[str, Any]:
    """Return the hyperparameters that differ from the defaults, for people."""
    default = asdict(Params())
    return {name: value for name, value in asdict(params).items() if value != default[name]}


def _alone(champion: Contestant) -> list[Contestant]:
    """Return the configurations of the present champion."""
    members = [
        Contestant(origin=Origin.member, params=one.params, suggested=unusual(one.params)) for one in champion.members
    ]
    return members or [champion]


def _ensemble(members: Sequence[tuple[Contestant, int]]) -> Contestant | None:
    if len(members) < 2:
        return None
    return Contestant(
        origin=Origin.ensemble,
        params=members[0][0].params,
        suggested={"mean of": ", ".join(f"trial {one.trial} ({_votes(n)})" for one, n in members)},
        members=tuple(Member(params=one.params, n_votes=n_votes) for one, n_votes in members),
    )


def _votes(n_votes: int) -> str:
    return f"{n_votes} vote{'s' * (n_votes != 1)}"


def final_seed(search_seed: int, resample: int) -> int:
    """Return the seed of every finalist's run on a resample: a function of the search's seed and its number."""
    return int(np.random.SeedSequence([search_seed, resample, 0xF1]).generate_state(1)[0] >> 1)


def verdict(
    contestants: Sequence[Contestant],
    values: Mapping[int, Sequence[float]],
    n_weights: Sequence[int],
    validation_ratio: float,
    alpha: float,
) -> Finals:
    """Return who wins.

    The lowest mean leads. As good as it is whoever's mean lies within one standard error, of the leader's mean and of
    the paired difference; of those, the simplest wins. Source: Breiman et al., Classification and Regression Trees,
    1984, section 3.4.3. Then the winner is tested against every other: paired by resample, corrected for overlap
    (evaluation/resampled.py) and for the number of tests (Holm). Whoever the test cannot tell from it (p >= alpha) is
    within noise, and the reason says how many are: not to be proven worse is not yet to be as good, and to lead is not
    yet to be better.

    Args:
        contestants: who took part.
        values: place among `contestants` → validation log loss per resample, NaN where the run failed, shape (J,).
        n_weights: of each one's network.
        validation_ratio: validation rows by training rows, of each resample.
        alpha: level of the tests.
    """
    runs = {place: tuple(float(value) for value in values[place]) for place in range(len(contestants))}
    whole = sorted((p for p in runs if np.isfinite(runs[p]).all()), key=lambda p: float(np.mean(runs[p])))
    failed = [place for place in runs if place not in whole]
    ordered = [runs[place] for place in whole]
    sizes = [simplicity(contestants[place].params, n_weights[place]) for place in whole]
    winner = min(_as_good(ordered, validation_ratio), key=lambda place: (sizes[place], place), default=None)
    tests = [] if winner is None else _tests(ordered, winner, validation_ratio, alpha)
    finalists = tuple(
        Finalist(
            contestant=contestants[place],
            values=runs[place],
            interval=resampled_interval(runs[place], validation_ratio),
            n_weights=n_weights[place],
            difference=test.difference,
            p_value=test.p_value,
            is_within_noise=test.is_within_noise,
        )
        for place, test in zip(whole, tests, strict=True)
    ) + tuple(
        Finalist(contestant=contestants[place], values=runs[place], interval=None, n_weights=n_weights[place])
        for place in failed
    )
    return Finals(
        finalists=finalists,
        winner=winner,
        reason=_reason(finalists[: len(whole)], winner, alpha),
        shrinkage=_shrinkage(finalists),
        n_resamples=len(runs[0]) if runs else 0,
        alpha=alpha,
    )


def simplicity(params: Params, n_weights: int) -> tuple[int, int]:
    """Return what is compared where two are equally good: weights first, then what else there is to go wrong."""
    extras = (
        params.regularization != "none",
        params.regularization == "l1_l2",
        params.dropout_first > 0,
        params.dropout_later > 0,
        params.schedule != "constant",
        *(getattr(params, name) != "none" for name in OFF_AT_NONE),
        *(getattr(params, name) > 0 for name in OFF_AT_0),
    )
    return n_weights, sum(extras)


@dataclass(frozen=True, kw_only=True)
class _Test:
    difference: float
    p_value: float | None
    is_within_noise: bool


def _as_good(runs: Sequence[Sequence[float]], validation_ratio: float) -> list[int]:
    """Return the places within one standard error of the first, whose mean is the lowest; it is one of them.

    That of the paired difference, and no more than the first one's own: whoever's training breaks down now and then has
    a difference of so large an error that anything lies within it.
    """
    if not runs:
        return []
    differences = [np.subtract(run, runs[0]) for run in runs]
    own = resampled_error(runs[0], validation_ratio)
    return [
        place
        for place, found in enumerate(differences)
        if found.mean() == 0 or found.mean() <= min(own, resampled_error(found, validation_ratio))
    ]


def _tests(runs: Sequence[Sequence[float]], winner: int, validation_ratio: float, alpha: float) -> list[_Test]:
    """Return each one's test against the winner."""
    others = [place for place in range(len(runs)) if place != winner]
    corrected = holm([paired_p_value(runs[place], runs[winner], validation_ratio) for place in others])
    p_values = dict(zip(others, map(float, corrected), strict=True))
    return [
        _Test(
            difference=float(np.subtract(run, runs[winner]).mean()),
            p_value=p_values.get(place),
            is_within_noise=p_values.get(place, 1.0) >= alpha,
        )
        for place, run in enumerate(runs)
    ]


def _reason(whole: Sequence[Finalist], winner: int | None, alpha: float) -> str:
    if winner is None:
        return "each finalist had a run that failed"
    if len(whole) == 1:
        return "the only one without a failed run"
    leader, chosen = whole[0], whole[winner]
    won = "the lowest mean"
    if winner:
        behind = f"{abs(leader.difference or 0):.4f} behind, p = {leader.p_value:.2f}"
        smaller = f"{chosen.n_weights:,} weights against {leader.n_weights:,}"
        simpler = f"simpler at the same {chosen.n_weights:,} weights"
        won = f"within one standard error of the lowest mean ({behind}), and " + (
            smaller if chosen.n_weights < leader.n_weights else simpler
        )
    return f"{won}; {_told_apart(len(whole) - 1, sum(not one.is_within_noise for one in whole), alpha)}"


def _told_apart(n_others: int, n_worse: int, alpha: float) -> str:
    """Say how many of the others are worse than the winner, and how many only seem to be."""
    if not n_worse:
        which = f"none of the {n_others} others can" if n_others > 1 else "the other cannot"
        return f"{which} be told from it by these runs (p ≥ {alpha:g})"
    if n_worse == n_others:
        which = {1: "the other is", 2: "both others are"}.get(n_others, f"all {n_others} others are")
        return f"{which} worse beyond luck (p < {alpha:g})"
    are = "are" if n_worse > 1 else "is"
    return (
        f"of the {n_others} others {n_worse} {are} worse beyond luck (p < {alpha:g}), the rest cannot be told from it"
    )


def _shrinkage(finalists: Sequence[Finalist]) -> float | None:
    searched = [one for one in finalists if one.contestant.search_value is not None]
    best = min(searched, key=lambda one: one.contestant.search_value or math.inf, default=None)
    if best is None or best.interval is None or best.contestant.search_value is None:
        return None
    return best.interval.mean - best.contestant.search_value
