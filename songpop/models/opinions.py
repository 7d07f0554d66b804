"""What the members of a model say of each row, and what follows: one answer, and how far another member's may be.

Axes: R rows, M members.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, logsumexp

Logits = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Opinions:
    """The members' log odds, shape (R, M), and how many votes each has in the mean, (M,)."""

    logits: Logits
    votes: tuple[int, ...]

    @cached_property
    def joint(self) -> Logits:
        """Log odds of the members' mean probability, shape (R,)."""
        if len(self.votes) == 1:
            return self.logits[:, 0]
        votes = np.asarray(self.votes, dtype=np.float64)
        yes, no = expit(self.logits) @ votes, expit(-self.logits) @ votes
        is_beyond = (yes == 0) | (no == 0)  # beyond log odds of 745 even eight bytes hold no chance that is not 0
        with np.errstate(divide="ignore"):
            joint = np.log(yes) - np.log(no)
        joint[is_beyond] = _by_logarithms(self.logits[is_beyond], votes)
        return np.asarray(joint)

    def interval(self, level: float = 0.95) -> tuple[Logits, Logits] | None:
        """Return between which log odds one more such member would answer, each of shape (R,); None for one.

        As stats.prediction_interval: Hahn and Meeker, Statistical Intervals, 1991, section 4.7. Members with different
        votes count as so many as have that sum of squared weights (Kish, Survey Sampling, 1965, section 11.7): 8, 1 and
        1 votes are one and a half members. It tells what another seed and other training rows would change, not how a
        song will fare. The joint answer is inside: where a member disagrees with all others, it is drawn in.
        """
        if len(self.votes) == 1:
            return None
        votes = np.asarray(self.votes, dtype=np.float64) / sum(self.votes)
        squares = float((votes**2).sum())  # 1 / M where all votes are equal
        mean = self.logits @ votes
        spread = np.sqrt(((self.logits - mean[:, None]) ** 2) @ votes / (1 - squares))
        reach = float(stats.t.ppf((1 + level) / 2, 1 / squares - 1)) * spread * (1 + squares) ** 0.5
        return np.minimum(mean - reach, self.joint), np.maximum(mean + reach, self.joint)


def _by_logarithms(logits: Logits, votes: NDArray[np.float64]) -> Logits:
    """Return the joint log odds, summed as logarithms of chances."""
    of_yes, of_no = -np.logaddexp(0, -logits), -np.logaddexp(0, logits)
    return np.asarray(logsumexp(of_yes, axis=1, b=votes) - logsumexp(of_no, axis=1, b=votes))
