"""`songpop sweep`: table, study, engine and record joined into one search with a champion at its end."""

import json
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from songpop.app.champion import crown
from songpop.app.listener import Listener, Silence
from songpop.app.prepare import Ground, base_params, prepare, prepare_ground
from songpop.app.recording import SweepRecorder, open_recorder
from songpop.app.records import BestTrial, Champion, Leader, SweepOutcome
from songpop.contracts import FinishedTrial, Params, TrialSpec, TrialState
from songpop.search.driver import SearchSummary, run_search
from songpop.search.optuna_backend import OptunaBackend, open_search
from songpop.settings import SweepSettings, check_sweep
from songpop.space import Space

N_LEADERS = 10


def sweep(
    settings: SweepSettings, *, frame: pd.DataFrame | None = None, listener: Listener | None = None
) -> SweepOutcome:
    """Search for the best model of a table, or go on with a search of the same name.

    What can be wrong is found in the order of its cost: settings and space, the table and its leaks, the study, the
    tracking store; then the first epoch is trained.

    Raises:
        SongpopError: with the exit status of its class; nothing is half-written.
    """
    started = time.monotonic()
    listener = listener or Silence()
    check_sweep(settings, has_frame=frame is not None)
    space, base = Space.from_settings(settings.space), base_params(settings)
    ground = prepare_ground(settings, frame, listener)
    identity = study_identity(settings, space, ground)
    with (
        closing(_open_study(settings, space, base, identity)) as backend,
        open_recorder(settings, ground, kind="sweep", space=space, identity=identity) as recorder,
    ):
        recorder.reconcile(backend.finished())
        prepared = prepare(settings, ground)
        n_before = len(backend.finished())
        if n_before:
            listener.note(f"Going on with {settings.search.name}: {n_before} trials are finished.")
        summary = run_search(backend, _engine(settings, prepared.task), recorder, on_progress=listener.progress)
        best, champion = backend.best(), None
        if best is not None and not summary.interrupted:
            champion = crown(settings, prepared, recorder, best, _spec(settings, space, base, best.trial, best.suggested))
        outcome = _outcome(settings, backend, summary, recorder, champion, ground.leaks.allowed, n_before, started)
        recorder.finish(outcome)
    return outcome


def study_identity(settings: SweepSettings, space: Space, ground: Ground) -> dict[str, str]:
    """Return what makes two searches the same study; sampler, pruner, budget, engine and workers may change."""
    fixed = {key: asdict(getattr(settings, key)) for key in ("model", "optimizer", "schedule")}
    train = {
        "epochs": settings.train.epochs,
        "batch_size": settings.train.batch_size,
        "patience": settings.train.early_stopping.patience,
    }
    return {
        "table": ground.table.digest,
        "label": ground.table.label_rule,
        "split": f"{settings.split.kind.value} {ground.split.digest}",
        "features": json.dumps(asdict(settings.features), sort_keys=True, default=str),
        "space": space.digest,
        "objective": f"val_log_loss, watching {settings.protocol.watch}",
        "train": json.dumps(train, sort_keys=True),
        "fixed": json.dumps(fixed, sort_keys=True),
    }


def trial_seed(search_seed: int, trial: int) -> int:
    """Return the seed of a trial: a function of the search's seed and the trial's number, nothing else."""
    return int(np.random.SeedSequence([search_seed, trial]).generate_state(1)[0] >> 1)


def _open_study(settings: SweepSettings, space: Space, base: Params, identity: Mapping[str, str]) -> OptunaBackend:
    return open_search(
        space=space,
        settings=settings.search,
        sampler=settings.sampler,
        pruner=settings.pruner,
        storage=settings.storage,
        identity=identity,
        make_spec=lambda trial, suggested: _spec(settings, space, base, trial, suggested),
        folder=Path(settings.paths.root) / "studies",
    )


def _spec(
    settings: SweepSettings, space: Space, base: Params, trial: int, suggested: Mapping[str, Any]
) -> TrialSpec:
    return TrialSpec(
        trial=trial,
        params=space.to_params(suggested, base),
        seed=trial_seed(settings.search.seed, trial),
        n_epochs=settings.train.epochs,
        patience=settings.train.early_stopping.patience,
        watch=settings.protocol.watch,
    )
