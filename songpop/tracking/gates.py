"""The gates of a promotion: each refuses with one sentence that names the remedy.

Owns: the rules. Does not own: the registry (registry.py), scoring (the judge that is passed in). Pure.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from songpop.errors import GateError
from songpop.overrides import quoted
from songpop.settings import RegistrySettings
from songpop.tracking.model_facts import ModelFacts


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two models on the candidate's sealed rows that neither was trained on; log losses are NaN without rows."""

    n_sealed: int  # sealed rows of the candidate
    n_rows: int  # of these, rows that the champion was not trained on
    champion_log_loss: float
    candidate_log_loss: float
    n_test_openings: int = 0  # of the candidate's sealed rows, this look included; the registry counts them


class Judge(Protocol):
    """Loads models and scores them; `predict` has one, so that the registry needs no Keras."""

    def check(self, folder: Path) -> None:
        """Load the model in `folder` and score its own sealed rows; raise ArtifactError if that fails."""
        ...

    def compare(self, champion: Path, candidate: Path) -> Comparison:
        """Score both on the candidate's sealed rows that the champion was not trained on."""
        ...


def refuse_leaks(facts: ModelFacts, settings: RegistrySettings) -> None:
    """Refuse a leaky run, unless this registered model may leak exactly such columns.

    Raises:
        GateError: naming the columns.
    """
    allowed = settings.allowed_leaks.get(settings.model, [])
    leaks = [leak for leak in facts.leaks if leak not in allowed]
    if leaks:
        raise GateError(
            f"Sweep {facts.sweep!r} was trained with columns that give the label away: {', '.join(leaks)}. "
            "Sweep without them, or accept them for a model that says so in its name: registry.model=NAME-leaky "
            f'"+registry.allowed_leaks={quoted({"NAME-leaky": leaks})}"'
        )


def refuse_generated(candidate: ModelFacts, champion: ModelFacts, name: str) -> None:
    """Refuse to put a model of the built-in table in the place of one of somebody's songs.

    Args:
        candidate: the facts of the model to be promoted.
        champion: those of the present one.
        name: how messages call the champion, for example "songpop version 3".

    Raises:
        GateError: naming the champion's table.
    """
    if candidate.is_generated and not champion.is_generated:
        raise GateError(
            f"The candidate was trained on generated songs, but {name} knows real ones ({champion.table}) and must not "
            "give way to it. Give the candidate a name of its own: registry.model=NAME"
        )


def refuse_untested(facts: ModelFacts) -> None:
    """Refuse a model without metrics on its sealed rows.

    Raises:
        GateError: naming the sweep.
    """
    if not math.isfinite(facts.test.get("log_loss", math.nan)):
        raise GateError(
            f"The model of sweep {facts.sweep!r} has no test metrics, so nobody knows what it is worth. "
            "Let the sweep end: songpop sweep with the same search.name."
        )


def refuse_worse(comparison: Comparison, champion: str, settings: RegistrySettings) -> None:
    """Refuse a model that is worse than the champion, or cannot be compared with it.

    Args:
        comparison: what the judge found.
        champion: how messages call the champion, for example "songpop version 3".
        settings: `min_comparable_rows`.

    Raises:
        GateError: with both log losses, or the number of rows.
    """
    if comparison.n_rows < settings.min_comparable_rows:
        raise GateError(
            f"A comparison needs at least {settings.min_comparable_rows} sealed rows that neither model was trained "
            f"on, but of the candidate's {comparison.n_sealed} only {comparison.n_rows} are new to {champion}. "
            "Sweep with the champion's split and split.seed, on newer songs, or lower registry.min_comparable_rows."
        )
    if not comparison.candidate_log_loss <= comparison.champion_log_loss:
        raise GateError(
            f"The candidate is worse than {champion}: log loss {comparison.candidate_log_loss:.4f} against "
            f"{comparison.champion_log_loss:.4f} on {comparison.n_rows} sealed rows that neither was trained on. "
            "Search longer, or with another space, and promote again."
        )
