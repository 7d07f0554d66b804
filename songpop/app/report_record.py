"""What a report knows of a sweep, read from the tracking store; the champion and the table beside it, where they are.

Owns: reading and joining. Does not own: drawing (songpop/report), the search itself.
"""

import json
import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from songpop.app.champion_file import champion_of_sweep
from songpop.app.evidence import EVIDENCE_FILE, Evidence
from songpop.app.finals_file import FINALS_FILE, finals_of_sweep
from songpop.app.records import CHAMPION_FILE, Champion
from songpop.app.replay_ground import ReadConfig
from songpop.app.report_table import OnStep, with_table
from songpop.errors import ArtifactError, SpaceError
from songpop.published import PUBLISHED
from songpop.report.records import (
    Curve,
    Measured,
    RandomSearch,
    Report,
    Sealed,
    Trial,
    Value,
    Verdict,
)
from songpop.search.finals import Finals
from songpop.search.importance import importances_of
from songpop.settings import ProtocolName
from songpop.space import Space, space_of
from songpop.tracking.effort import worked_until
from songpop.tracking.gate_record import Attempt, last_attempt
from songpop.tracking.model_facts import leaks_of
from songpop.tracking.records import (
    COMMIT,
    CONFIG,
    GROUND,
    LABEL,
    N_SLOTS,
    PARTS,
    PARTS_SUMMARY,
    PROTOCOL,
    SEARCH_SEED,
    SPACE,
    SPLIT_SEED,
    TABLE,
    SweepFiles,
    SweepRecord,
)
from songpop.tracking.store import Store
from songpop.tracking.sweep_trials import FinalsRows, TrialRow, finals_rows, trial_rows
from songpop.tracking.sweeps import list_sweeps
from songpop.tracking.trial_records import read_files, read_trials

SPACE_FILE = "space.json"
FILES = (CONFIG, PARTS, PARTS_SUMMARY, SPACE_FILE, FINALS_FILE, CHAMPION_FILE, EVIDENCE_FILE)
EPOCHS = "epochs"  # parameter of a sweep: those that a trial may have
RANDOM = "random"


def report_of(store: Store, sweep: SweepRecord, read_config: ReadConfig, table: str | None, on_step: OnStep) -> Report:
    """Return all that is known of a sweep.

    Args:
        store: an open store.
        sweep: whose report it is.
        read_config: reads a config.yaml.
        table: where the table lies now; None: where the record says.
        on_step: told what is done of the columns, which take longest.

    Raises:
        StoreError: if the store cannot be read.
    """
    files = read_files(store, sweep.run_id, FILES)
    rows, held = _searched(trial_rows(store, sweep.run_id), _space(files)), finals_rows(store, sweep.run_id)
    finals, champion = finals_of_sweep(sweep, files.files), champion_of_sweep(sweep, files.files)
    evidence = None if EVIDENCE_FILE not in files.files else Evidence.of(files.files[EVIDENCE_FILE])
    report = Report(
        sweep=sweep.name,
        run_id=sweep.run_id,
        began=f"{datetime.fromtimestamp(sweep.started_at_s, UTC):%Y-%m-%d %H:%M} UTC",
        protocol=sweep.tags.get(PROTOCOL, ""),
        table=_table_name(files),
        table_digest=sweep.tags.get(TABLE, ""),
        label=sweep.tags.get(LABEL, ""),
        is_generated=any("generated" in source for source in files.sources),
        n_rows=_n_rows(files),
        leaks=leaks_of(sweep.tags),
        sampler=sweep.params.get("sampler", ""),
        pruner=sweep.params.get("pruner", ""),
        commit=sweep.tags.get(COMMIT, ""),
        search_seed=int(sweep.tags.get(SEARCH_SEED, "0")),
        split_seed=int(sweep.tags.get(SPLIT_SEED, "0")),
        n_epochs_each=int(sweep.params.get(EPOCHS, "0")),
        n_seats=_n_seats(sweep, rows),
        trials=_trials(rows),
        finals=finals,
        finals_s=held.wall_s,
        curves=_curves(store, held, finals),
        measured=None if champion is None else _measured(champion),
        sealed=None if evidence is None else Sealed(label=evidence.label, chance=evidence.chance),
        verdict=_verdict(last_attempt(store, sweep.run_id)),
        random=_random(store, sweep),
        importances=_importances(rows, files),
        published=PUBLISHED if sweep.tags.get(PROTOCOL) == ProtocolName.published.value else {},
    )
    return with_table(report, store, sweep, files, read_config, table, evidence, on_step)


# ── trials ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _space(files: SweepFiles) -> Space | None:
    if SPACE_FILE not in files.files:
        return None
    with _told_as_damaged(SPACE_FILE):
        return space_of(json.loads(files.files[SPACE_FILE]))


def _searched(rows: tuple[TrialRow, ...], space: Space | None) -> tuple[TrialRow, ...]:
    """Return the trials with the parameters that their search gave them, where its space is known.

    A run has all that had an effect, fixed or not, for those who compare runs.
    """
    if space is None:
        return rows
    names = {param.name for param in space.searched}
    return tuple(
        replace(row, params={k: str(row.spec_params[k]) for k in space.active(row.spec_params) if k in names})
        for row in rows
    )


def _trials(rows: tuple[TrialRow, ...]) -> tuple[Trial, ...]:
    """Return a search's trials; their times are those of a clock that stood still while no trial was trained."""
    spans = [(row.began_s, row.ended_s) for row in rows]
    began = worked_until([row.began_s for row in rows], spans)
    ended = worked_until([row.ended_s for row in rows], spans)
    n_epochs = {row.number: int(row.metrics.get("n_epochs", 0)) for row in rows}
    return tuple(
        Trial(
            number=row.number,
            name=row.name,
            run_id=row.run_id,
            state=row.state,
            value=row.value,
            accuracy=row.metrics.get("best_val_accuracy", math.nan),
            params={name: _value(text) for name, text in row.params.items()},
            n_epochs=n_epochs[row.number],
            best_epoch=int(row.metrics.get("best_epoch", 0)),
            n_new_epochs=n_epochs[row.number] - n_epochs.get(-1 if row.goes_on_from is None else row.goes_on_from, 0),
            goes_on_from=row.goes_on_from,
            began_s=float(began_s),
            ended_s=float(ended_s),
        )
        for row, began_s, ended_s in zip(rows, began, ended, strict=True)
    )


def _value(text: str) -> Value:
    try:
        return float(text)
    except ValueError:
        return text


def _n_seats(sweep: SweepRecord, rows: tuple[TrialRow, ...]) -> int:
    """Return how many trials could run at once: the slots of as many processes as the most that ever ran needed.

    How many processes there were is not recorded: one that never trained beside the others is not counted.
    """
    n_slots = int(sweep.tags.get(N_SLOTS, "1"))
    moments = sorted([(row.began_s, 1) for row in rows] + [(row.ended_s, -1) for row in rows])
    n_most = int(np.max(np.cumsum([change for _, change in moments]), initial=1))
    return n_slots * max(1, -(-n_most // n_slots))


def _random(store: Store, sweep: SweepRecord) -> RandomSearch | None:
    """Return a search on the same ground, of the same space and epochs, whose trials came by chance: not this one."""
    for other in list_sweeps(store):
        is_same = all(other.tags.get(key) == sweep.tags.get(key) for key in (*GROUND, SPACE))
        is_same = is_same and other.params.get(EPOCHS) == sweep.params.get(EPOCHS)
        if is_same and other.run_id != sweep.run_id and other.params.get("sampler") == RANDOM:
            trials = _trials(trial_rows(store, other.run_id))
            if any(one.state == "complete" and math.isfinite(one.value) for one in trials):
                return RandomSearch(name=other.name, trials=trials)
    return None


def _importances(rows: tuple[TrialRow, ...], files: SweepFiles) -> Mapping[str, float]:
    if SPACE_FILE not in files.files:
        return {}
    complete = [(row.params, row.value) for row in rows if row.state == "complete" and math.isfinite(row.value)]
    with _told_as_damaged(SPACE_FILE):
        return importances_of(complete, json.loads(files.files[SPACE_FILE]))


# ── finals and champion ─────────────────────────────────────────────────────────────────────────────────────────────


def _curves(store: Store, held: FinalsRows, finals: Finals | None) -> tuple[Curve, ...]:
    if finals is None or not held.rows:
        return ()
    places = {
        json.dumps(asdict(one.contestant.params), sort_keys=True): place
        for place, one in enumerate(finals.finalists)
        if not one.contestant.members
    }
    found = []
    for row, record in zip(held.rows, read_trials(store, [row.run_id for row in held.rows]), strict=True):
        place = places.get(json.dumps(dict(row.spec_params), sort_keys=True))
        losses = {one.step: one.value for one in record.numbers if one.metric == "val_log_loss"}
        if place is not None and losses:
            ordered = tuple(losses[step] for step in sorted(losses))
            found.append(Curve(finalist=place, resample=int(row.params.get("resample", "0")), losses=ordered))
    return tuple(found)


def _measured(champion: Champion) -> Measured:
    return Measured(
        kind=champion.kind,
        n_models=champion.n_models,
        reason=champion.reason,
        metrics=champion.test,
        intervals=champion.test_intervals,
        threshold=champion.threshold,
        at_threshold=champion.test_at_threshold,
        at_threshold_intervals=champion.test_at_threshold_intervals,
        n_rows=champion.n_test_rows,
        n_openings=champion.n_test_openings,
        baselines=champion.baselines,
    )


def _verdict(attempt: Attempt | None) -> Verdict | None:
    if attempt is None:
        return None
    gates = tuple((gate.name, gate.is_passed, gate.sentence) for gate in attempt.gates)
    return Verdict(is_passed=attempt.verdict == "passed", gates=gates)


def _table_name(files: SweepFiles) -> str:
    """Return the name of the table's file, without the folders of whoever swept it; MLflow keeps a source as JSON."""
    if not files.sources:
        return "a table without a name"
    try:
        source = str(next(iter(json.loads(files.sources[0]).values())))
    except (ValueError, AttributeError, StopIteration):
        source = files.sources[0]
    return Path(source).name


def _n_rows(files: SweepFiles) -> Mapping[str, int]:
    with _told_as_damaged(PARTS_SUMMARY):
        parts = json.loads(files.files.get(PARTS_SUMMARY, b"{}")).get("parts", {})
        return {name: int(part["n_rows"]) for name, part in parts.items()}


@contextmanager
def _told_as_damaged(name: str) -> Iterator[None]:
    """Tell what a sweep's file that is something else makes of its reading.

    Raises:
        ArtifactError: naming the file.
    """
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, SpaceError) as error:
        raise ArtifactError(f"The file {name} of a sweep is damaged ({error!r}). Restore it from a copy.") from error
