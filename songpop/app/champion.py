"""The end of a sweep: the best trial's model, its one look at the sealed test rows, its place in the record."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, final

import numpy as np

from songpop.app.listener import Listener
from songpop.app.prepare import Ground, Prepared
from songpop.app.recording import REPOSITORY, open_run, test_digest
from songpop.app.records import Champion
from songpop.contracts import FinishedTrial, TrialResult, TrialSpec, TrialState
from songpop.errors import StoreError
from songpop.evaluation.metrics import binary_metrics
from songpop.models.export import assemble, predict_rows
from songpop.scoring.model_log import log_model
from songpop.scoring.raw_model import ModelCard
from songpop.scoring.sealed import SealedRows
from songpop.search.driver import SearchSummary
from songpop.search.optuna_backend import OptunaBackend
from songpop.settings import SweepSettings
from songpop.space import Space
from songpop.tracking.environment import environment
from songpop.tracking.model_facts import ModelFacts
from songpop.tracking.openings import count_opening, openings
from songpop.tracking.patience import Patience
from songpop.tracking.records import MODEL_ID, Reconciled
from songpop.tracking.runs import SweepRun
from songpop.tracking.store import Store
from songpop.tracking.sweeps import list_sweeps

THRESHOLD = 0.5  # as in the published work, and as Keras' accuracy has it
CHAMPION = "songpop.champion"  # tag of the parent: the Champion as JSON


@final
class BestKeeper:
    """A tracker that also keeps the weights of each new best trial: as many files as the search has improvements."""

    def __init__(self, run: SweepRun, best: FinishedTrial | None) -> None:
        self._run = run
        self._best_value = float("inf") if best is None else best.value

    def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
        """Write trials; keep the best one's weights before the study hears of it, so that it always has some."""
        run_ids = self._run.record_all(trials)
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
    settings: SweepSettings, ground: Ground, space: Space, backend: OptunaBackend, patience: Patience
) -> Iterator[SearchRecord]:
    """Open the store and the parent run, and make them agree with the study; left with an error, the run is KILLED.

    Raises:
        StoreError: if the store cannot be used, or has lost the study's best trial.
    """
    name = settings.search.name or "sweep"
    study = backend.study_id
    with open_run(settings, ground, kind="sweep", name=name, space=space, study=study, patience=patience) as (
        store,
        run,
    ):
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


def crown(
    settings: SweepSettings,
    prepared: Prepared,
    store: Store,
    run: SweepRun,
    best: FinishedTrial,
    spec: TrialSpec,
    listener: Listener,
) -> Champion:
    """Make the best trial's model, open the sealed test rows for it, and log it.

    A resumed search whose best trial is still the same gets the champion that it already had: the rows stay shut.
    """
    before = _champion_before(store, run)
    digest = test_digest(prepared.ground)
    if before is not None and before.run_ids == (best.run_id,):
        return replace(before, n_test_openings=openings(store)[digest])
    listener.note("Opening the sealed test rows for the best trial.")
    model = assemble(prepared.preprocessing, spec.params, run.load_weights(best.run_id))
    # The opening is counted before the rows are looked at: a crash cannot hide it.
    n_openings = count_opening(store, run.run_id, digest)
    table, rows = prepared.ground.table, prepared.ground.split.test
    probability = predict_rows(model, table.matrix[rows])
    test = {key: float(value) for key, value in asdict(binary_metrics(table.label[rows], probability)).items()}
    positive = float(table.label[rows].mean())
    champion = Champion(
        kind="single",
        run_ids=(best.run_id,),
        val_log_loss=best.value,
        test=test,
        n_test_rows=len(rows),
        n_test_openings=n_openings,
        baseline_accuracy=max(positive, 1 - positive),
    )
    _log(settings, prepared, store, run, best, model, champion, asdict(spec.params))
    return champion


def finish(run: SweepRun, champion: Champion | None, summary: SearchSummary) -> None:
    """End the parent run, with the champion's numbers on it."""
    if champion is None:
        run.finish("KILLED" if summary.interrupted else "FAILED")
        return
    tests = {f"test_{key}": value for key, value in champion.test.items() if np.isfinite(value)}
    run.finish("FINISHED", metrics={"best_val_log_loss": champion.val_log_loss, **tests})


def _champion_before(store: Store, run: SweepRun) -> Champion | None:
    told = next(sweep for sweep in list_sweeps(store) if sweep.run_id == run.run_id).tags.get(CHAMPION)
    if told is None:
        return None
    values = json.loads(told)
    return Champion(**{**values, "run_ids": tuple(values["run_ids"])})


def _log(
    settings: SweepSettings,
    prepared: Prepared,
    store: Store,
    run: SweepRun,
    best: FinishedTrial,
    model: Any,
    champion: Champion,
    params: Mapping[str, Any],
) -> None:
    """Log the model with all that promotion and prediction need, and point the sweep at it."""
    ground, table, split = prepared.ground, prepared.ground.table, prepared.ground.split
    card = ModelCard(
        recipe=table.recipe,
        threshold=THRESHOLD,
        label=table.label_rule,
        leaks=ground.leaks.allowed,
        encoding=settings.data.encoding,
        separator=settings.data.separator,
        names=tuple(name for name in (settings.data.identity.title, settings.data.identity.artist) if name),
    )
    sealed = SealedRows(
        rows=table.raw.iloc[split.test],
        label=table.label[split.test],
        song_keys=table.song_keys[split.test],
        trained_keys=table.song_keys[np.concatenate([split.train, split.validation])],
    )
    facts = ModelFacts(
        sweep=run.name,
        run_id=best.run_id,
        protocol=settings.protocol.name.value,
        leaks=ground.leaks.allowed,
        table=Path(ground.source).name,
        is_generated=ground.is_generated,
        table_digest=table.digest,
        label=table.label_rule,
        label_rule=" ".join(
            (settings.data.label.column, settings.data.label.rule.value, settings.data.label.value or "")
        ),
        commit=environment(REPOSITORY).commit or "",
        test=champion.test,
    )
    logged = log_model(store, best.run_id, model, card, sealed, facts, params=params)
    tests = {f"test_{key}": value for key, value in champion.test.items()}
    run.annotate(best.run_id, metrics=tests, model_id=logged.model_id)
    run.annotate(run.run_id, tags={MODEL_ID: logged.model_id, CHAMPION: json.dumps(asdict(champion))})
