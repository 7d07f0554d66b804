"""Who answers on the page: the present champion, the one before, and how good each of them is.

Owns: what the page needs to know of a champion. Does not own: finding it in a registry (app/serve.py).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from songpop.scoring.ranker import Ranker
from songpop.tracking.model_facts import ModelFacts
from songpop.wording import METRICS, metric_text

TOLD, DIGITS = ("log_loss", "accuracy", "precision", "recall"), 3  # metrics


@dataclass(frozen=True, kw_only=True, eq=False)
class Served:
    """A champion that is loaded and can answer."""

    model: str
    version: int
    since: str  # when it became champion, ISO 8601; "" if nobody wrote it down
    facts: ModelFacts
    ranker: Ranker
    intervals: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # 95 %, of its metrics on sealed rows

    def on(self, day: dt.date | None) -> "Served":
        """Return the same champion with ages that count from another day; None: from its own."""
        return replace(self, ranker=self.ranker.on(day))

    @property
    def name(self) -> str:
        """What a person calls it."""
        return f"{self.model} version {self.version}"

    @property
    def figures(self) -> tuple[tuple[str, str], ...]:
        """How good it is on its sealed rows, metric by metric, in words."""
        return tuple(
            (METRICS[name], metric_text(name, self.facts.test[name], self.intervals.get(name), DIGITS))
            for name in TOLD
            if name in self.facts.test
        )


class Champions(Protocol):
    """Where champions come from; they may change while the page is open."""

    def present(self) -> Served:
        """Return the present champion.

        Raises:
            GateError: if there is none. ArtifactError: if its files were changed. StoreError: if the store is gone.
        """
        ...

    def previous_version(self) -> int | None:
        """Return the version of the champion before, without loading it; None if there was none."""
        ...

    def previous(self) -> Served | None:
        """Return the champion before; None if there was none.

        Raises:
            ArtifactError: if its files were changed. StoreError: if the store is gone.
        """
        ...
