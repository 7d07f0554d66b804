"""A champion that ranks songs: probability, interval, decision, reasons and remarks for each row of raw columns.

Owns: what is said of a row, and in which order rows come. Does not own: files (ranking.py), finding the champion
(tracking/champion.py), prediction itself (raw_model.py).

Axes: R rows, C columns of the raw matrix.
"""

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from songpop.contracts import ColumnKind, Matrix
from songpop.data.cells import Parsed, parse_frame
from songpop.errors import DataError
from songpop.scoring.drift import DriftCount, Drifted
from songpop.scoring.profile import Profile
from songpop.scoring.raw_model import HIGH_POTENTIAL, PROBABILITY, ModelCard, RawModel
from songpop.scoring.reasons import Reason, reasons_for
from songpop.scoring.remarks import remarks_on
from songpop.settings import Order

Floats = NDArray[np.float64]

RANK, LOW, HIGH, REASONS, REMARKS = "rank", "probability_low", "probability_high", "reasons", "remarks"
_LOG_ODDS = "log odds"
ADDED = (RANK, PROBABILITY, LOW, HIGH, HIGH_POTENTIAL, REASONS, REMARKS)


@dataclass(frozen=True, kw_only=True, eq=False)
class Verdict:
    """What a champion says of rows, in the order in which they came.

    `added` has the columns ADDED, one row each; `order` are the rows' numbers, shape (R,), the first in the output
    first.
    """

    added: pd.DataFrame
    order: NDArray[np.int64]
    n_ahead: int  # rows that are dated after the day that ages count from
    unusable: dict[str, int]  # cells that were there but could not be read, by column; they counted as missing
    drift: tuple[Drifted, ...]  # columns that are distributed otherwise than in the champion's table
    reasons: Mapping[int, tuple[Reason, ...]]  # by the row's number; of the most promising rows

    @property
    def by_rank(self) -> NDArray[np.int64]:
        """The rows' numbers, shape (R,), the most promising first."""
        return np.argsort(self.added[RANK].to_numpy(), kind="stable")

    @property
    def unreadable(self) -> tuple[str, ...]:
        """The columns that cannot be read in most rows, such as dates in another order: the champion knows no such."""
        return tuple(name for name, n_cells in self.unusable.items() if n_cells > self.n_songs / 2)

    @property
    def n_songs(self) -> int:
        """How many rows there were."""
        return len(self.added)

    @property
    def n_high_potential(self) -> int:
        """How many of them the champion calls high potential."""
        return int(self.added[HIGH_POTENTIAL].sum())


@final
class Ranker:
    """A champion and what its table was like."""

    def __init__(self, model: RawModel, profile: Profile | None, as_of: dt.date | None = None) -> None:
        """Take a loaded champion.

        Args:
            model: the champion.
            profile: of its table; None: no reasons, no drift, and remarks on unusable cells only.
            as_of: ages count from this day; None: from the day of the champion's table.
        """
        self.model = model
        self.as_of = as_of
        self._profile = profile

    @staticmethod
    def load(folder: Path, as_of: dt.date | None = None) -> "Ranker":
        """Return the ranker of the model in `folder`, whose files were checked (tracking/champion.py).

        Raises:
            ArtifactError: if a file is missing or damaged.
        """
        return Ranker(RawModel(folder), Profile.load(folder), as_of)

    def on(self, day: dt.date | None) -> "Ranker":
        """Return the same champion with ages that count from another day; None: from its own."""
        return self if day is None else Ranker(self.model, self._profile, day)

    @property
    def card(self) -> ModelCard:
        """What the champion knows about itself."""
        return self.model.card

    @property
    def day(self) -> str:
        """The day that ages count from, YYYY-MM-DD; "" without ages."""
        return self.as_of.isoformat() if self.as_of else self.card.recipe.as_of

    @property
    def has_profile(self) -> bool:
        """Whether it is known what the champion's table was like."""
        return self._profile is not None

    def parse(self, frame: pd.DataFrame) -> Parsed:
        """Return the raw matrix of a frame.

        Raises:
            DataError: if columns are missing, or one is called as one that is added.
        """
        taken = [name for name in ADDED if name in frame.columns]
        if taken:
            raise DataError(
                f"The input must not have columns called {', '.join(ADDED)}, which are added, but it has {taken}. "
                "Rename or delete them; perhaps this is the output of an earlier prediction."
            )
        return parse_frame(frame, self.card.recipe, as_of=self.as_of)

    def judge(self, pieces: Iterable[Parsed], *, order: Order = Order.rank, n_reasons: int = 0) -> Verdict:
        """Rank rows that come piece by piece; only their numbers are kept.

        Args:
            pieces: of the raw matrix, at least one.
            order: most promising first, or as given.
            n_reasons: of the most promising rows, for so many the reasons are told.
        """
        drift = None if self._profile is None else DriftCount(self._profile)
        best = _Best(n_reasons)
        unusable: Counter[str] = Counter()
        columns: list[pd.DataFrame] = []
        n_ahead = 0
        for parsed in pieces:
            piece = self._piece(parsed)
            best.add(piece[_LOG_ODDS].to_numpy(), parsed.matrix)
            columns.append(piece)
            unusable.update(parsed.n_unusable(self.card.recipe))
            n_ahead += int(np.any(parsed.matrix[:, self._ages] < 0, axis=1).sum())
            if drift is not None:
                drift.add(parsed.matrix)
        whole = pd.concat(columns, ignore_index=True)
        # By log odds, equal ones share the better rank: probabilities near 1 are all 1 once they are written down.
        ranks = whole.pop(_LOG_ODDS).rank(method="min", ascending=False).astype("int64")
        whole[RANK] = ranks
        reasons = self._reasons(best)
        told = [""] * len(whole)
        for row, found in reasons.items():
            told[row] = "; ".join(map(str, found))
        whole[REASONS] = pd.array(told, dtype="str")
        return Verdict(
            added=whole[list(ADDED)],
            order=np.arange(len(whole)) if order is Order.given else np.argsort(ranks.to_numpy(), kind="stable"),
            reasons=reasons,
            n_ahead=n_ahead,
            unusable=dict(unusable),
            drift=() if drift is None else drift.drifted(self.card.recipe.columns, self.card.recipe.sources),
        )

    def _piece(self, parsed: Parsed) -> pd.DataFrame:
        said = self.model.opinions(parsed.matrix)
        low, high = said.interval() or (np.full(len(said.joint), np.nan),) * 2
        decided = self.model.decide(said.joint, pd.RangeIndex(len(said.joint)))
        remarks = remarks_on(parsed, self.card.recipe.columns, self.card.recipe.sources, self._profile)
        decided[_LOG_ODDS] = said.joint
        decided[LOW], decided[HIGH] = expit(low), expit(high)
        decided[REMARKS] = pd.array(remarks, dtype="str")
        return decided

    def _reasons(self, best: "_Best") -> Mapping[int, tuple[Reason, ...]]:
        if self._profile is None or not len(best.rows):
            return {}
        found = reasons_for(best.cells, self.card.recipe, self._profile, self._log_odds)
        return dict(zip(best.rows.tolist(), found, strict=True))

    @property
    def _ages(self) -> list[int]:
        return [k for k, column in enumerate(self.card.recipe.columns) if column.kind is ColumnKind.AGE]

    def _log_odds(self, matrix: Matrix) -> Floats:
        return np.asarray(self.model.opinions(matrix).joint)


@final
class _Best:
    """The rows with the highest log odds so far, with their cells."""

    def __init__(self, n_rows: int) -> None:
        self._n_rows = n_rows
        self._n_seen = 0
        self._log_odds: Floats = np.empty(0)
        self.rows: NDArray[np.int64] = np.empty(0, dtype=np.int64)
        self.cells: Matrix = np.empty((0, 0), dtype=np.float32)

    def add(self, log_odds: Floats, matrix: Matrix) -> None:
        rows = np.concatenate([self.rows, self._n_seen + np.arange(len(matrix))])
        joined = np.concatenate([self._log_odds, log_odds])
        kept = np.argsort(-joined, kind="stable")[: self._n_rows]
        cells = np.concatenate([self.cells, matrix]) if len(self.cells) else matrix
        self.rows, self._log_odds, self.cells = rows[kept], joined[kept], cells[kept]
        self._n_seen += len(matrix)


def rank_frame(
    ranker: Ranker, frame: pd.DataFrame, *, order: Order = Order.rank, n_reasons: int = 0
) -> tuple[pd.DataFrame, Verdict]:
    """Return a frame's rows in order, what is added in front of its own columns; and what was said of them.

    Args:
        ranker: the champion.
        frame: the table's raw columns, as text, numbers or both.
        order: most promising first, or as given.
        n_reasons: for so many songs the reasons are told.

    Raises:
        DataError: if columns are missing, or one is called as one that is added.
    """
    verdict = ranker.judge([ranker.parse(frame)], order=order, n_reasons=n_reasons)
    joined = pd.concat([verdict.added.set_axis(frame.index), frame], axis=1)
    return joined.iloc[verdict.order], verdict


def ranked_pieces(verdict: Verdict, pieces: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
    """Yield pieces of the input, which come in the verdict's order, with what is added in front."""
    first = 0
    for piece in pieces:
        rows = verdict.order[first : first + len(piece)]
        yield pd.concat([verdict.added.iloc[rows].reset_index(drop=True), piece.reset_index(drop=True)], axis=1)
        first += len(piece)
