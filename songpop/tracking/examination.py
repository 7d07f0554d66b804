"""All gates of one attempt: first the candidate alone, then against whoever is champion.

Owns: which gates there are, in which order, and what each is given. Does not own: their rules (gates.py,
run_record.py, the judge), what follows from them (registry.py).
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import final

from mlflow.entities.model_registry import ModelVersion

from songpop.errors import ArtifactError, DataError, GateError
from songpop.settings import GateSettings, RegistrySettings
from songpop.tracking.candidate import Candidate
from songpop.tracking.champion import checked_champion
from songpop.tracking.gates import (
    MODEL_GATES,
    Check,
    Comparison,
    Finding,
    Gate,
    Judge,
    check_comparison,
    check_generated,
    check_leaks,
    check_question,
    check_seeds,
    check_tested,
    run_gates,
)
from songpop.tracking.model_facts import ModelFacts, checked_folder
from songpop.tracking.openings import count_opening, openings
from songpop.tracking.reference import Reference
from songpop.tracking.remnants import facts_of
from songpop.tracking.run_record import check_record
from songpop.tracking.store import Store

AGAINST = ("question", "generated", "champion")  # the gates that depend on the champion


@final
class Examination:
    """The gates of one candidate; `alone` comes first, `against` as often as the champion changes."""

    def __init__(
        self, store: Store, registry: RegistrySettings, settings: GateSettings, candidate: Candidate, judge: Judge
    ) -> None:
        self._store = store
        self._registry = registry
        self._settings = _settings_for(candidate.facts, settings)
        self.candidate = candidate
        self._judge = judge
        self._folder: Path | None = None
        self.comparison: Comparison | None = None  # of the last `against`; None: there was nothing to compare with
        self.compared_with: int | None = None  # that version
        self.reason = ""  # why the candidate may be champion, after the last `against`

    def alone(self) -> tuple[Gate, ...]:
        """Run the gates that need no champion; they take seconds, so nobody should wait for them."""
        checks: dict[str, Check] = {
            "leaks": lambda: check_leaks(self.candidate.facts, self._registry),
            "record": self._record,
            "tested": lambda: check_tested(self.candidate.facts, self._n_openings()),
            "seeds": lambda: check_seeds(self.candidate.facts, self._settings),
            "digest": self._digest,
        }
        return run_gates(checks | {name: partial(self._inside, name) for name in MODEL_GATES})

    def against(self, reference: Reference) -> tuple[Gate, ...]:
        """Run the gates that depend on the champion.

        Args:
            reference: whom to compare with.
        """
        self.comparison, self.compared_with = None, None
        version = reference.version
        if version is None:
            self.reason = reference.why
            nothing = Finding(is_passed=True, sentence=f"Nothing to compare with: {reference.why}.")
            return run_gates(dict.fromkeys(AGAINST, lambda: nothing))
        name = f"{self._registry.model} version {version.version}"
        mine = self.candidate.facts
        return run_gates(
            {
                "question": lambda: check_question(mine, facts_of(self._store, version), name),
                "generated": lambda: check_generated(mine, facts_of(self._store, version), name),
                "champion": lambda: self._compared(version, name, reference.why),
            }
        )

    def _n_openings(self) -> int:
        return openings(self._store).get(self.candidate.test_digest, 0)

    def _record(self) -> Finding:
        facts = self.candidate.facts
        return check_record(self._store, self.candidate.parent_run_id, facts.members or (facts.run_id,))

    def _digest(self) -> Finding:
        """MLflow registers a truncated artifact and calls it READY."""
        facts = self.candidate.facts
        self._folder = checked_folder(self._store, self.candidate.location, facts)
        told = f"All {len(facts.files)} files are those that were logged (SHA-256)."
        return Finding(is_passed=True, value=0, bound=0, sentence=told)

    def _inside(self, name: str) -> Finding:
        return self._judge.check(name, self._own_folder(), self._settings)

    def _own_folder(self) -> Path:
        if self._folder is None:
            raise ArtifactError("The model was not loaded, since its files are not those that were logged.")
        return self._folder

    def count_look(self) -> int:
        """Count a look at the candidate's sealed rows, before it is taken; return how many there were."""
        return count_opening(self._store, self.candidate.parent_run_id, self.candidate.test_digest)

    def _compared(self, version: ModelVersion, name: str, why: str) -> Finding:
        """Compare, unless the champion knows generated songs only: then any model of real ones is better."""
        mine, theirs = self.candidate.facts, facts_of(self._store, version)
        if theirs.is_generated and not mine.is_generated:
            self.reason = f"version {version.version} knew generated songs only"
            return Finding(is_passed=True, sentence=f"Nothing to compare with: {name} knows generated songs only.")
        if mine.label_rule != theirs.label_rule or mine.is_generated != theirs.is_generated:
            raise GateError(f"The candidate was not compared with {name}, which is of another kind.")
        champion, own = checked_champion(self._store, self._registry, version), self._own_folder()
        # To choose by these rows is to look at them; the look is counted before it is taken.
        n_openings = self.count_look()
        try:
            found = self._judge.compare(champion.folder, own)
        except DataError as error:
            raise GateError(
                f"The candidate cannot be compared with {name}, which reads another table: {error} "
                "Give it a name of its own: registry.model=NAME"
            ) from error
        self.comparison = replace(found, n_test_openings=n_openings)
        self.compared_with = int(version.version)
        self.reason = reason_of(self.comparison)
        if why:
            self.reason += f"; compared with version {version.version}, since {why}"
        return check_comparison(self.comparison, name, self._settings)


def _settings_for(facts: ModelFacts, settings: GateSettings) -> GateSettings:
    """Return the bounds of a model: fewer baselines count for one of generated songs."""
    if not facts.is_generated:
        return settings
    return replace(settings, baselines=[name for name in settings.baselines if name in settings.generated_baselines])


def reason_of(comparison: Comparison) -> str:
    """Return the ledger's words for a comparison."""
    looks = f"{comparison.n_test_openings} time{'s' * (comparison.n_test_openings != 1)}"
    losses = losses_of(comparison.candidate_log_loss, comparison.champion_log_loss, comparison.n_rows)
    return f"{losses} (opened {looks})"


def losses_of(mine: float, theirs: float, n_rows: int) -> str:
    """Return two log losses in words."""
    return f"log loss {mine:.4f} against {theirs:.4f} on {n_rows} sealed rows"
