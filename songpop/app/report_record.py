"""What a report knows of a sweep, read from the tracking store; the champion and the table beside it, where they are.

Owns: reading and joining. Does not own: drawing (songpop/report), the search itself.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from songpop.app.crown import CHAMPION_FILE
from songpop.app.evidence import EVIDENCE_FILE, Evidence
from songpop.app.finals_file import finals_of
from songpop.app.records import Champion
from songpop.app.replay_ground import Foundation, ReadConfig, Unfit, foundation, read_again
from songpop.contracts import FOR_BLOCKS
from songpop.data.table import SongTable
from songpop.errors import ArtifactError
from songpop.published import PUBLISHED
from songpop.report.records import (
    ColumnWeight,
    Correlations,
    Curve,
    Measured,
    RandomSearch,
    Report,
    Sealed,
    Trial,
    Value,
    Verdict,
)
from songpop.scoring.permutation import column_losses
from songpop.scoring.raw_model import RawModel
from songpop.search.finals import Finals
from songpop.search.importance import importances_of
from songpop.settings import ProtocolName
from songpop.tracking.candidate import candidate_of
from songpop.tracking.model_facts import checked_folder, leaks_of
from songpop.tracking.records import (
    COMMIT,
    CONFIG,
    LABEL,
    MODEL_ID,
    N_SLOTS,
    PARTS,
    SPLIT,
    TABLE,
    SweepFiles,
    SweepRecord,
)
from songpop.tracking.store import Store
from songpop.tracking.sweep_trials import FinalsRows, TrialRow, finals_rows, last_verdict, trial_rows
from songpop.tracking.sweeps import list_sweeps
from songpop.tracking.trial_records import read_files, read_trials

FINALS_FILE, SPACE_FILE, PARTS_SUMMARY, ENVIRONMENT_FILE = "finals.json", "space.json", "split.json", "environment.json"
FILES = (CONFIG, PARTS, PARTS_SUMMARY, SPACE_FILE, FINALS_FILE, CHAMPION_FILE, EVIDENCE_FILE, ENVIRONMENT_FILE)
SPACE, SEARCH_SEED, SPLIT_SEED, PROTOCOL = (
    "songpop.space",
    "songpop.search_seed",
    "songpop.split_seed",
    "songpop.protocol",
)
RANDOM = "random"
_SHUFFLES = 0x5EA2  # the stream of the shuffles
OnStep = Callable[[str, int, int], None]


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
    rows, held = trial_rows(store, sweep.run_id), finals_rows(store, sweep.run_id)
    finals = _finals(files)
    champion = None if CHAMPION_FILE not in files.files else Champion.from_json(files.files[CHAMPION_FILE].decode())
    evidence = None if EVIDENCE_FILE not in files.files else Evidence.of(files.files[EVIDENCE_FILE])
    environment = json.loads(files.files.get(ENVIRONMENT_FILE, b"{}"))
    report = Report(
        sweep=sweep.name,
        run_id=sweep.run_id,
        began=datetime.fromtimestamp(sweep.started_at_s, UTC).isoformat(timespec="seconds"),
        protocol=sweep.tags.get(PROTOCOL, ""),
        table=Path(files.sources[0]).name if files.sources else "",
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
        n_epochs_each=int(sweep.params.get("epochs", "0")),
        n_seats=_n_seats(sweep, rows, environment),
        trials=_trials(rows),
        finals=finals,
        finals_s=held.wall_s,
        curves=_curves(store, held, finals),
        measured=None if champion is None else _measured(champion),
        sealed=None if evidence is None else Sealed(label=evidence.label, chance=evidence.chance),
        verdict=_verdict(last_verdict(store, sweep.run_id)),
        random=_random(store, sweep),
        importances=_importances(rows, files),
        published=PUBLISHED if sweep.tags.get(PROTOCOL) == ProtocolName.published.value else {},
    )
    return _with_table(report, store, sweep, files, read_config, table, evidence, on_step)


# ── trials ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _trials(rows: tuple[TrialRow, ...]) -> tuple[Trial, ...]:
    began_s = min((row.began_s for row in rows), default=0.0)
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
            began_s=row.began_s - began_s,
            ended_s=row.ended_s - began_s,
        )
        for row in rows
    )


def _value(text: str) -> Value:
    try:
        return float(text)
    except ValueError:
        return text


def _n_seats(sweep: SweepRecord, rows: tuple[TrialRow, ...], environment: Mapping[str, Any]) -> int:
    """Return how many trials could run at once: slots of a process, by as many processes as there were cores."""
    n_slots = int(sweep.tags.get(N_SLOTS, "1"))
    moments = sorted([(row.began_s, 1) for row in rows] + [(row.ended_s, -1) for row in rows])
    n_most = int(np.max(np.cumsum([change for _, change in moments]), initial=1))
    return n_slots * max(1, -(-n_most // n_slots))


def _random(store: Store, sweep: SweepRecord) -> RandomSearch | None:
    """Return a search on the same ground and space whose trials came by chance: another one than this."""
    ground = (TABLE, SPLIT, SPACE)
    for other in list_sweeps(store):
        is_same = all(other.tags.get(key) == sweep.tags.get(key) for key in ground)
        if is_same and other.run_id != sweep.run_id and other.params.get("sampler") == RANDOM:
            return RandomSearch(name=other.name, trials=_trials(trial_rows(store, other.run_id)))
    return None


def _importances(rows: tuple[TrialRow, ...], files: SweepFiles) -> Mapping[str, float]:
    if SPACE_FILE not in files.files:
        return {}
    complete = [(row.params, row.value) for row in rows if row.state == "complete" and math.isfinite(row.value)]
    return importances_of(complete, json.loads(files.files[SPACE_FILE]))


# ── finals and champion ─────────────────────────────────────────────────────────────────────────────────────────────


def _finals(files: SweepFiles) -> Finals | None:
    return finals_of(files.files[FINALS_FILE].decode()) if FINALS_FILE in files.files else None


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


def _verdict(document: Mapping[str, Any] | None) -> Verdict | None:
    if document is None:
        return None
    gates = tuple((gate["name"], bool(gate["is_passed"]), str(gate["sentence"])) for gate in document["gates"])
    return Verdict(is_passed=document["verdict"] == "passed", gates=gates)


# ── the table ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _n_rows(files: SweepFiles) -> Mapping[str, int]:
    parts = json.loads(files.files.get(PARTS_SUMMARY, b"{}")).get("parts", {})
    return {name: int(part["n_rows"]) for name, part in parts.items()}


def _with_table(
    report: Report,
    store: Store,
    sweep: SweepRecord,
    files: SweepFiles,
    read_config: ReadConfig,
    table: str | None,
    evidence: Evidence | None,
    on_step: OnStep,
) -> Report:
    """Return the report with what only the table itself can tell, or why it cannot."""
    found = foundation(files, read_config, table, has_frame=False) if PARTS in files.files else Unfit(
        reason="the files of its sweep", is_missing=True
    )  # fmt: skip
    songs = found if isinstance(found, Unfit) else read_again(found, None)
    if isinstance(songs, Unfit):
        return replace(report, absences={"columns": f"It takes {songs.reason}."})
    assert isinstance(found, Foundation)
    if songs.digest != sweep.tags.get(TABLE):
        why = f"The table is another one now (digest {songs.digest[:12]}, by the record {report.table_digest[:12]})."
        return replace(report, absences={"columns": why})
    known = np.sort(np.concatenate([found.split.train, found.split.validation]))
    report = replace(report, correlations=_correlations(songs, known))
    if evidence is None or not sweep.tags.get(MODEL_ID):
        why = "Which rows each of the champion's models knows is not kept beside this sweep."
        return replace(report, absences={"columns": why})
    try:
        candidate = candidate_of(store, sweep)
        model = RawModel(checked_folder(store, candidate.location, candidate.facts))
    except ArtifactError as error:
        return replace(report, absences={"columns": str(error)})
    return replace(report, weights=_weights(model, songs, evidence, on_step))


def _correlations(songs: SongTable, known: Any) -> Correlations:
    places = [k for k, column in enumerate(songs.columns) if column.kind not in FOR_BLOCKS]
    names = tuple(songs.recipe.source[songs.columns[k].name] for k in places)
    values = pd.DataFrame(songs.matrix[np.ix_(known, places)]).corr("spearman").to_numpy()
    return Correlations(columns=names, values=values)


def _weights(model: RawModel, songs: SongTable, evidence: Evidence, on_step: OnStep) -> tuple[ColumnWeight, ...]:
    rows = np.unique(np.concatenate(evidence.unseen))
    is_unseen = np.column_stack([np.isin(rows, one) for one in evidence.unseen])
    sources = [songs.recipe.source[column.name] for column in songs.columns]
    groups = {name: [k for k, source in enumerate(sources) if source == name] for name in dict.fromkeys(sources)}
    found = column_losses(
        model.opinions,
        songs.matrix[rows],
        songs.label[rows],
        is_unseen,
        groups,
        np.random.default_rng(_SHUFFLES),
        lambda n_done: on_step("columns shuffled", n_done, len(groups)),
    )
    return tuple(ColumnWeight(**asdict(one)) for one in found)
