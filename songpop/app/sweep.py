"""`songpop sweep`: table, study, engine and record joined into one search with a champion at its end."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, closing
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from songpop.app.advisors import build_advisor, told_search
from songpop.app.engines import load_of, n_processes, n_slots_of, started_engine, trains_elsewhere
from songpop.app.listener import Listener, Silence
from songpop.app.prepare import (
    Ground,
    Prepared,
    base_params,
    empty_blocks,
    fixed_values,
    import_tensorflow,
    prepare,
    prepare_ground,
    searched_space,
)
from songpop.app.records import BestTrial, EngineLoad, Leader, SweepOutcome
from songpop.app.warm_up import has_workers
from songpop.contracts import FinishedTrial, Params, TrialSpec, TrialState
from songpop.search.driver import SearchSummary, run_search
from songpop.search.opening import open_search
from songpop.search.progress import Circumstances
from songpop.search.study_backend import StudyBackend
from songpop.settings import SweepSettings, check_sweep
from songpop.space import Space, as_entries
from songpop.space.identity import identity_of
from songpop.tracking.patience import Patience

if TYPE_CHECKING:  # MLflow, which `sweep` imports while workers train
    from songpop.app.conclusion import Conclusion
    from songpop.app.search_record import SearchRecord

N_LEADERS = 10


def sweep(
    settings: SweepSettings, *, frame: pd.DataFrame | None = None, listener: Listener | None = None
) -> SweepOutcome:
    """Search for the best model of a table, or go on with a search of the same name.

    What can be wrong is found in the order of its cost: settings and space, the table and its leaks, the study, the
    tracking store. Where other processes train, one of them looks for leaks while TensorFlow is imported here, and they
    train their first epochs while the store is opened.

    Raises:
        SongpopError: with the exit status of its class; nothing is half-written.
    """
    started = time.monotonic()
    listener = listener or Silence()
    check_sweep(settings, has_frame=frame is not None)
    space, base = searched_space(settings), base_params(settings)
    if fixed := told_fixed(settings):
        listener.note(f"Fixed by the configuration, not searched: {fixed}.")
    ground = prepare_ground(settings, frame, listener, import_tensorflow if has_workers(settings.engine) else None)
    identity = study_identity(settings, space, ground)
    name = settings.search.name or "sweep"
    patience = Patience(settings.tracking.patience_s, listener.note)
    with ExitStack() as stack:
        backend = stack.enter_context(closing(_open_study(settings, space, base, identity)))
        n_before = len(backend.finished())
        prepared = prepare(settings, ground)
        if empty := empty_blocks(prepared):
            listener.note(f"This table has no columns for the blocks {', '.join(empty)}: no network is given any.")
        n_to_come = settings.search.n_trials - n_before
        engine = stack.enter_context(started_engine(settings.engine, prepared.task, n_to_come))
        n_slots = n_slots_of(settings.engine, n_to_come)
        # MLflow takes two seconds: where other processes train, it is opened beside them.
        opened = cache(lambda: stack.enter_context(_record(settings, ground, space, backend, n_slots, patience)))
        if not trains_elsewhere(engine):
            opened()
        if n_before:
            listener.note(f"Going on with {name}: {n_before} trials are finished.")
        listener.note(f"{told_search(settings)}; what is told of a trial is its validation log loss, lower is better.")
        summary = run_search(
            backend,
            engine,
            lambda: opened().keeper,
            on_progress=listener.progress,
            on_beat=listener.beat,
            hurry=patience.give_up,
            circumstances=Circumstances(
                n_seats=n_slots * n_processes(settings.engine), timeout_s=settings.search.timeout_s
            ),
        )
        load, leaks = load_of(engine), ground.leaks.allowed
        conclusion = _concluded(settings, space, base, prepared, opened(), backend, summary, listener)
        return _outcome(settings, opened(), backend, summary, conclusion, leaks, n_before, started, load)


def _concluded(
    settings: SweepSettings,
    space: Space,
    base: Params,
    prepared: Prepared,
    record: SearchRecord,
    backend: StudyBackend,
    summary: SearchSummary,
    listener: Listener,
) -> Conclusion:
    from songpop.app.conclusion import conclude  # MLflow and TensorFlow, loaded by now where others trained

    def spec_of(trial: FinishedTrial) -> TrialSpec:
        return backend.spec_of(trial.trial, trial.suggested)

    return conclude(settings, prepared, record, backend, summary, spec_of, listener)


def _record(
    settings: SweepSettings, ground: Ground, space: Space, backend: StudyBackend, n_slots: int, patience: Patience
) -> AbstractContextManager[SearchRecord]:
    from songpop.app.search_record import open_record  # and with it MLflow

    return open_record(settings, ground, space, backend, n_slots, patience)


def told_fixed(settings: SweepSettings) -> str:
    """Return the parameters of the space that another group holds at one value, as a person would write them."""
    return ", ".join(f"{name}={value}" for name, value in fixed_values(settings).items() if name in settings.space)


def study_identity(settings: SweepSettings, space: Space, ground: Ground) -> dict[str, str]:
    """Return what makes two searches the same study; sampler, pruner, budget, engine and workers may change."""
    train = {"epochs": settings.train.epochs, "patience": settings.train.early_stopping.patience}
    return {
        "table": ground.table.digest,
        "label": ground.table.label_rule,
        "recipe": ground.table.recipe.to_json(),  # the same table may be read into other columns
        "leaks": ", ".join(ground.leaks.allowed),
        "split": f"{settings.split.kind.value} {ground.split.digest}",
        "features": json.dumps(asdict(settings.features), sort_keys=True, default=str),
        "objective": f"val_log_loss, watching {settings.protocol.watch}",
        "train": json.dumps(train, sort_keys=True),
        "params": json.dumps(identity_of(base_params(settings)), sort_keys=True),
        "space": json.dumps(as_entries(space)),
    }


def trial_seed(search_seed: int, trial: int) -> int:
    """Return the seed of a trial: a function of the search's seed and the trial's number, nothing else."""
    return int(np.random.SeedSequence([search_seed, trial]).generate_state(1)[0] >> 1)


def _open_study(settings: SweepSettings, space: Space, base: Params, identity: Mapping[str, str]) -> StudyBackend:
    return open_search(
        space=space,
        settings=settings.search,
        advisor=build_advisor(settings, space),
        pruner=settings.pruner,
        storage=settings.storage,
        identity=identity,
        make_spec=lambda trial, suggested: _spec(settings, space, base, trial, suggested),
        n_epochs=settings.train.epochs,
        folder=Path(settings.paths.root) / "studies",
    )


def _spec(settings: SweepSettings, space: Space, base: Params, trial: int, suggested: Mapping[str, Any]) -> TrialSpec:
    return TrialSpec(
        trial=trial,
        params=space.to_params(suggested, base),
        seed=trial_seed(settings.search.seed, trial),
        n_epochs=settings.train.epochs,
        patience=settings.train.early_stopping.patience,
        watch=settings.protocol.watch,
    )


def _outcome(
    settings: SweepSettings,
    record: SearchRecord,
    backend: StudyBackend,
    summary: SearchSummary,
    conclusion: Conclusion,
    leaks: tuple[str, ...],
    n_before: int,
    started: float,
    load: EngineLoad | None,
) -> SweepOutcome:
    from songpop.search.importance import importances
    from songpop.tracking.sweeps import find_sweep

    trials, best, study = backend.finished(), backend.best(), backend.study()
    states = [trial.state for trial in trials]
    pruned = [trial.n_epochs for trial in trials if trial.state is TrialState.PRUNED]
    return SweepOutcome(
        sweep=record.run.name,
        parent_run_id=record.run.run_id,
        protocol=settings.protocol.name.value,
        n_trials=len(trials),
        n_complete=states.count(TrialState.COMPLETE),
        n_pruned=len(pruned),
        n_failed=states.count(TrialState.FAILED),
        n_new=len(trials) - n_before,
        n_epochs=_n_epochs(trials),
        n_epochs_full=sum(trial.goes_on_from is None for trial in trials) * settings.train.epochs,
        min_epochs_pruned=min(pruned, default=None),
        wall_s=time.monotonic() - started,
        engine=settings.engine.kind.value,
        load=load,
        best=None if best is None else _best(best),
        finals=conclusion.finals,
        champion=conclusion.champion,
        leaders=_leaders(trials),
        leaks=leaks,
        tracking_uri=record.store.address,
        interrupted=conclusion.interrupted,
        ended_because=summary.reason,
        is_newest=find_sweep(record.store).run_id == record.run.run_id,
        importances=importances(study),
        study=study,
    )


def _n_epochs(trials: Sequence[FinishedTrial]) -> int:
    """Return the epochs that were trained: those that a trial goes on from were trained once."""
    had = {trial.trial: trial.n_epochs for trial in trials}
    before = (0 if trial.goes_on_from is None else had.get(trial.goes_on_from, 0) for trial in trials)
    return sum(max(trial.n_epochs - n_before, 0) for trial, n_before in zip(trials, before, strict=True))


def _best(trial: FinishedTrial) -> BestTrial:
    return BestTrial(run_id=trial.run_id, trial=trial.trial, params=trial.suggested, val_log_loss=trial.value)


def _leaders(trials: Sequence[FinishedTrial]) -> tuple[Leader, ...]:
    complete = [trial for trial in trials if trial.state is TrialState.COMPLETE]
    gone_on = {trial.goes_on_from for trial in complete}  # what they went on from is the same training, and shorter
    ranked = sorted((trial for trial in complete if trial.trial not in gone_on), key=lambda trial: trial.value)
    return tuple(
        Leader(
            rank=place,
            trial=trial.trial,
            val_log_loss=trial.value,
            val_accuracy=trial.metrics.get("val_accuracy", float("nan")),
            n_epochs=trial.n_epochs,
            best_epoch=trial.best_epoch,
            suggested=trial.suggested,
            run_id=trial.run_id,
        )
        for place, trial in enumerate(ranked[:N_LEADERS], start=1)
    )
