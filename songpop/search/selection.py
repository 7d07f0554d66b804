"""Which trials together predict the validation rows best: greedy selection with replacement, bagged.

Caruana et al., Ensemble selection from libraries of models, ICML 2004: begin with nothing, add whatever trial lowers
the log loss of the mean most, a trial more than once if it helps. Validation rows are few, and a search has looked at
them often; so that their luck is not selected, each of several bags selects among a random half of the trials, by a
bootstrap sample of the rows, and the votes of all bags count (ibid., section 2.3). Pure.

Axes: T trials, R validation rows.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Matrix, Vector

_N_BAGS = 25
_N_PICKS = 12  # by each bag
_SHARE = 0.5  # of the trials, that a bag selects among
_CLIP = 1e-7  # as evaluation.metrics.log_loss

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Vote:
    """A selected trial, and how many of the votes are its."""

    place: int  # among the T
    n_votes: int


def select(predictions: Matrix, y: Vector, *, n_members: int, n_votes: int, seed: int) -> tuple[Vote, ...]:
    """Return the trials whose weighted mean predicts best, the heaviest first; their votes sum to `n_votes`.

    Args:
        predictions: probability of each trial for each validation row, shape (T, R).
        y: truth of the rows, 0 or 1, shape (R,).
        n_members: so many trials at most.
        n_votes: that are shared out among them, at least `n_members`.
        seed: of the bags.

    Returns:
        At least one trial, if there is any.
    """
    n_trials, n_rows = predictions.shape
    if not n_trials:
        return ()
    rng = np.random.default_rng(seed)
    picks = np.zeros(n_trials)
    for _ in range(_N_BAGS):
        among = rng.choice(n_trials, max(1, round(n_trials * _SHARE)), replace=False)
        rows = rng.integers(0, n_rows, n_rows)
        for place in _greedy(predictions[np.ix_(among, rows)].astype(np.float64), y[rows].astype(bool)):
            picks[among[place]] += 1
    heaviest = np.argsort(-picks, kind="stable")[:n_members]
    votes = _shared_out(picks[heaviest], n_votes)
    return tuple(Vote(place=int(p), n_votes=int(v)) for p, v in zip(heaviest, votes, strict=True) if v)


def weighted(predictions: Sequence[Vector], votes: Sequence[int]) -> Vector:
    """Return the mean of members' probabilities, each counted as often as it has votes, shape (R,)."""
    return np.average(np.stack(predictions).astype(np.float64), axis=0, weights=votes).astype(np.float32)


def _greedy(predictions: Floats, is_positive: NDArray[np.bool_]) -> list[int]:
    """Return the places of the picks, in their order."""
    total, picked = np.zeros(predictions.shape[1]), []
    for n_before in range(_N_PICKS):
        means = (total + predictions) / (n_before + 1)
        right = np.clip(np.where(is_positive, means, 1 - means), _CLIP, 1)
        best = int(np.argmax(np.log(right).sum(axis=1)))
        total = total + predictions[best]
        picked.append(best)
    return picked


def _shared_out(picks: Floats, n_votes: int) -> NDArray[np.int64]:
    """Share votes out in the ratio of the picks: whole numbers by largest remainders (Hamilton's method)."""
    exact = picks / picks.sum() * n_votes
    votes: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    for place in np.argsort(votes - exact, kind="stable")[: n_votes - int(votes.sum())]:
        votes[place] += 1
    return votes
