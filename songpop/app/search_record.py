"""The record of a search: its parent run, kept in step with the study, its best weights, its trials' predictions."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, final

from songpop.app.prepare import Ground
from songpop.app.recording import open_run
from songpop.contracts import FinishedTrial, TrialResult, TrialState
from songpop.errors import StoreError
from songpop.search.study_backend import StudyBackend
from songpop.settings import SweepSettings
from songpop.space import Space
from songpop.tracking.patience import Patience
from songpop.tracking.predictions import predictions_file
from songpop.tracking.records import Reconciled
from songpop.tracking.runs import SweepRun
from songpop.tracking.store import Store


@final
class BestKeeper:
    """A tracker that also keeps the weights of each new best trial, as many files as the search has improvements.

    And the validation predictions of every complete one, which an ensemble is selected by.
    """

    def __init__(self, run: SweepRun, best: FinishedTrial | None) -> None:
        self._run = run
        self._best_value = float("inf") if best is None else best.value

    def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
        """Write trials; keep the best one's weights before the study hears of it, so that it always has some."""
        run_ids = self._run.record_all(trials)
        results = [result for result, _ in trials if result.state is TrialState.COMPLETE]
        predictions = {r.spec.trial: r.val_predictions for r in results if r.val_predictions is not None}
        self._run.write(predictions_file(predictions))
        complete = [
            (result.value, result.weights, run_id)
            for (result, _), run_id in zip(trials, run_ids, strict=True)
            if result.state is TrialState.COMPLETE and result.weights is not None
        ]
        value, weights, run_id = min(complete, key=lambda one: one[0], default=(float("inf"), (), ""))
        if value < self._best_value:
            self._run.keep_weights(run_id, weights)
            self._best_value = value
        return run_ids


@dataclass(frozen=True, kw_only=True, eq=False)
class SearchRecord:
    """Where a search is recorded."""

    store: Store
    run: SweepRun
    keeper: BestKeeper


@contextmanager
def open_record(
    settings: SweepSettings, ground: Ground, space: Space, backend: StudyBackend, n_slots: int, patience: Patience
) -> Iterator[SearchRecord]:
    """Open the store and the parent run, and make them agree with the study; left with an error, the run is KILLED.

    Raises:
        StoreError: if the store cannot be used, or has lost the study's best trial.
    """
    name = settings.search.name or "sweep"
    with open_run(
        settings,
        ground,
        kind="sweep",
        name=name,
        n_slots=n_slots,
        space=space,
        study=backend.study_id,
        patience=patience,
    ) as (store, run):
        best = backend.best()
        _refuse_lost_best(run.reconcile(backend.finished()), best, store, name)
        yield SearchRecord(store=store, run=run, keeper=BestKeeper(run, best))


def _refuse_lost_best(found: Reconciled, best: FinishedTrial | None, store: Store, name: str) -> None:
    """Refuse what could not end in a champion: the best trial's run, and with it its weights, are gone."""
    if best is not None and best.trial in found.missing:
        raise StoreError(
            f"The study {name} remembers {len(found.missing)} trials whose runs are not in the tracking store "
            f"{store.where}, its best one (trial {best.trial}) among them. Bring that store back (tracking.uri, "
            "paths.root), or search anew: search.name=…"
        )
