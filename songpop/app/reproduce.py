"""`songpop reproduce`: tracked trials trained again from their records alone, and held against them."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from songpop.app.listener import Listener, Silence
from songpop.app.recording import REPOSITORY
from songpop.app.replay_ground import (
    Foundation,
    ReadConfig,
    Unfit,
    changed_ground,
    foundation,
    prepare_again,
    read_again,
)
from songpop.app.replay_training import Conditions, not_reproducible, replay_of, train_again
from songpop.replay.record import (
    NEEDED_FILES,
    Recorded,
    differing_params,
    environment_files,
    missing_parts,
    recorded,
    trial_number,
)
from songpop.replay.verdicts import Replay, Verdict
from songpop.settings import EngineKind, EngineSettings, ReproduceSettings, check_reproduce
from songpop.tracking.environment import environment
from songpop.tracking.model_facts import leaks_of
from songpop.tracking.records import ENGINE, SWEEP, SweepFiles, TrialRecord
from songpop.tracking.store import Store, open_store
from songpop.tracking.trial_records import read_files, read_trials, trials_of


@dataclass(frozen=True, kw_only=True)
class ReproduceOutcome:
    """What came of training trials again, in the order in which they were named."""

    n_runs: int
    n_same: int
    n_drifted: int
    n_not_reproducible: int
    tolerance: float
    wall_s: float
    replays: tuple[Replay, ...]
    leaks: tuple[str, ...] = ()  # columns that gave the label away when any of them was trained


@dataclass(frozen=True, kw_only=True, eq=False)
class _Group:
    """Trials that are trained together: on one ground, by one engine."""

    found: Foundation
    engine: EngineSettings
    trials: list[Recorded]


def reproduce(
    settings: ReproduceSettings,
    read_config: ReadConfig,
    *,
    frame: pd.DataFrame | None = None,
    listener: Listener | None = None,
) -> ReproduceOutcome:
    """Train trials of the tracking store again, and compare.

    Nothing is written, and no test row is looked at.

    Args:
        settings: which trials, where the table lies, who trains.
        read_config: reads a recorded config.yaml (`songpop.compose.recorded_settings`).
        frame: the table of all these trials, if it is at hand.
        listener: told what happens.

    Raises:
        SettingsError: if a key cannot be meant; GateError: if there is no such trial; StoreError: if the store cannot
        be read. What is wrong with one trial's record is its verdict, not an error.
    """
    started = time.monotonic()
    listener = listener or Silence()
    run_ids = check_reproduce(settings)
    store = open_store(settings.tracking, Path(settings.paths.root), writing=False)
    records = read_trials(store, run_ids or _chosen(store, settings))
    listener.note(f"Training {len(records)} trial{'s' * (len(records) != 1)} again from the record in {store.where}.")
    found: dict[str, Replay] = {}
    for one in _replays(settings, read_config, store, records, frame):
        found[one.run_id] = one
        listener.step(f"{one.run}: {one.verdict.value}", len(found), len(records))
    verdicts = [one.verdict for one in found.values()]
    return ReproduceOutcome(
        n_runs=len(records),
        n_same=verdicts.count(Verdict.SAME),
        n_drifted=verdicts.count(Verdict.DRIFTED),
        n_not_reproducible=verdicts.count(Verdict.NOT_REPRODUCIBLE),
        tolerance=settings.tolerance,
        wall_s=time.monotonic() - started,
        replays=tuple(found[record.run_id] for record in records),
        leaks=tuple(sorted({leak for record in records for leak in leaks_of(record.tags)})),
    )


def _chosen(store: Store, settings: ReproduceSettings) -> Sequence[str]:
    """Return trials of a sweep, taken at random, in the order of their numbers."""
    run_ids = trials_of(store, settings.sweep)
    n_runs = len(run_ids) if settings.n_runs is None else min(settings.n_runs, len(run_ids))
    taken = np.random.default_rng(settings.seed).choice(len(run_ids), size=n_runs, replace=False)
    return [run_ids[place] for place in sorted(taken)]


def _replays(
    settings: ReproduceSettings,
    read_config: ReadConfig,
    store: Store,
    records: Sequence[TrialRecord],
    frame: pd.DataFrame | None,
) -> Iterator[Replay]:
    files = _files(store, records)
    conditions = Conditions(
        engine=settings.engine,
        n_seeds=settings.n_seeds,
        tolerance=settings.tolerance,
        environment=asdict(environment(REPOSITORY)),
    )
    founds = {
        parent: foundation(some, read_config, settings.table, has_frame=frame is not None)
        for parent, some in files.items()
        if some.is_there and all(name in some.files for name in NEEDED_FILES)
    }
    groups: dict[tuple[str, str], _Group] = {}
    for record in records:
        trial = _whole(record, files[record.parent], founds.get(record.parent))
        if isinstance(trial, Replay):
            yield trial
            continue
        found, engine = founds[trial.parent], conditions.engine_of(trial)
        assert isinstance(found, Foundation)
        groups.setdefault((found.key, repr(engine)), _Group(found=found, engine=engine, trials=[])).trials.append(trial)
    conditions = conditions.for_all([trial for group in groups.values() for trial in group.trials])
    for group in groups.values():
        yield from _trained(group, conditions, frame)


def _files(store: Store, records: Sequence[TrialRecord]) -> Mapping[str, SweepFiles]:
    """Return the files of each sweep, by its run id."""
    by_parent: dict[str, list[TrialRecord]] = {}
    for record in records:
        by_parent.setdefault(record.parent, []).append(record)
    return {
        parent: read_files(store, parent, [*NEEDED_FILES, *environment_files(some)])
        if parent
        else SweepFiles(is_there=False)
        for parent, some in by_parent.items()
    }


def _whole(record: TrialRecord, files: SweepFiles, found: Foundation | Unfit | None) -> Recorded | Replay:
    """Return what the record says, or that a part of it is missing or contradicts another."""
    missing = list(missing_parts(record, files))
    if not missing and isinstance(found, Unfit):
        missing = [found.reason]
    if not missing and record.tags[ENGINE] not in {kind.value for kind in EngineKind}:
        missing = [f"an engine that this version has ({record.tags[ENGINE]!r})"]
    if not missing and not (differing := differing_params(record)):
        return recorded(record, files)
    return Replay(
        run_id=record.run_id,
        run=record.name,
        sweep=record.tags.get(SWEEP, ""),
        trial=trial_number(record),
        verdict=Verdict.NOT_REPRODUCIBLE if missing else Verdict.DRIFTED,
        why=tuple(f"missing: {part}" for part in missing) or differing,
    )


def _trained(group: _Group, conditions: Conditions, frame: pd.DataFrame | None) -> Iterator[Replay]:
    """Yield the verdict on each trial of a group; where the ground is another one, without training."""
    table = read_again(group.found, frame)
    if isinstance(table, Unfit):
        for trial in group.trials:
            drifted = replace(replay_of(trial, Verdict.DRIFTED), why=(table.reason,))
            yield not_reproducible(trial, table.reason) if table.is_missing else drifted
        return
    same_ground = []
    for trial in group.trials:
        if reason := changed_ground(trial, table, group.found, frame):
            yield replace(replay_of(trial, Verdict.DRIFTED), why=(reason,))
        else:
            same_ground.append(trial)
    if same_ground:
        resamples = [trial.spec.resample for trial in same_ground if trial.spec.resample is not None]
        prepared = prepare_again(group.found, table, n_resamples=max(resamples, default=-1) + 1)
        yield from train_again(prepared.task, same_ground, group.engine, conditions)
