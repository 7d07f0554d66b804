"""The end of a sweep: the one look at the sealed test rows, and the model's place in the record."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from songpop.app.entry import Entry, known_rows
from songpop.app.evidence import EVIDENCE_FILE, Evidence
from songpop.app.listener import Listener
from songpop.app.prepare import Prepared, part_of
from songpop.app.recording import REPOSITORY, dataset_of, test_digest
from songpop.app.records import CHAMPION, CHAMPION_FILE, Champion
from songpop.contracts import Params
from songpop.errors import ArtifactError
from songpop.evaluation.baselines import baselines
from songpop.evaluation.metrics import binary_metrics
from songpop.evaluation.report import HALF, SealedReport, chosen_threshold, report_of
from songpop.models.export import predict_rows
from songpop.scoring.model_log import log_model
from songpop.scoring.profile import Profile
from songpop.scoring.raw_model import ModelCard
from songpop.scoring.sealed import SealedRows
from songpop.settings import SweepSettings
from songpop.tracking.environment import environment
from songpop.tracking.model_facts import ModelFacts
from songpop.tracking.openings import count_opening
from songpop.tracking.records import MODEL_ID
from songpop.tracking.runs import SweepRun
from songpop.tracking.store import Store

_DRAWS = 0x5EA1  # the stream of the bootstrap


def champion_before(run: SweepRun, listener: Listener) -> Champion | None:
    """Return the champion that this very sweep had when it ended last; None where its record is lost, which is told."""
    told = run.tags().get(CHAMPION)
    if told is None:
        return None
    try:
        text = run.read(CHAMPION_FILE)
    except ArtifactError as error:
        listener.note(f"What is known of this sweep's last champion is lost, so its winner is tested anew: {error}")
        return None
    if told != sha256(text.encode()).hexdigest():
        listener.note("This sweep's last champion was written half, so its winner is tested anew.")
        return None
    return Champion.from_json(text)


def crown(
    settings: SweepSettings, prepared: Prepared, store: Store, run: SweepRun, entry: Entry, listener: Listener
) -> Champion:
    """Open the sealed test rows for an entry, and log its model with all that promotion and prediction need."""
    listener.note("Opening the sealed test rows for the winner.")
    ground = prepared.ground
    table, rows = ground.table, ground.split.test
    # The opening is counted before the rows are looked at: a crash cannot hide it.
    n_openings = count_opening(store, run.run_id, test_digest(ground))
    chance = predict_rows(entry.model, table.matrix[rows]).astype(np.float64)
    rng = np.random.default_rng([settings.split.seed, _DRAWS])
    threshold = chosen_threshold(table.label[entry.rows], entry.chance)
    report = report_of(table.label[rows], chance, threshold, rng)
    others = _baselines(prepared)
    positive = float(table.label[rows].mean())
    champion = Champion(
        kind=entry.kind,
        n_models=entry.n_models,
        run_ids=entry.run_ids,
        votes=entry.votes,
        val_log_loss=entry.val_log_loss,
        reason=entry.reason,
        test=report.metrics,
        test_intervals=report.intervals,
        threshold=report.threshold,
        test_at_threshold=report.at_threshold,
        test_at_threshold_intervals=report.at_threshold_intervals,
        n_test_rows=len(rows),
        n_test_openings=n_openings,
        baseline_accuracy=max(positive, 1 - positive),
        baselines={name: _baseline(table.label[rows], found) for name, found in others.items()},
    )
    evidence = Evidence(label=table.label[rows], chance=chance, unseen=entry.unseen)
    run.write({EVIDENCE_FILE: evidence.to_bytes()})  # a report then opens nothing again
    _log(settings, prepared, store, run, entry, champion, report, others)
    return champion


def _baselines(prepared: Prepared) -> Mapping[str, Any]:
    """Return what methods without a search say of the sealed rows, trained on all others."""
    table, split = prepared.ground.table, prepared.ground.split
    known = known_rows(split)
    features = tuple(part_of(table, prepared.preprocessing, rows, split.train).x for rows in (known, split.test))
    cells = table.described_matrix
    return baselines((features[0], features[1]), (cells[known], cells[split.test]), table.label[known])


def _baseline(label: Any, chance: Any) -> dict[str, float]:
    found = asdict(binary_metrics(label, chance, HALF))
    return {name: found[name] for name in ("log_loss", "accuracy", "roc_auc")}


def _log(
    settings: SweepSettings,
    prepared: Prepared,
    store: Store,
    run: SweepRun,
    entry: Entry,
    champion: Champion,
    report: SealedReport,
    others: Mapping[str, Any],
) -> None:
    """Log the model, and point the sweep at it."""
    ground, table, split = prepared.ground, prepared.ground.table, prepared.ground.split
    card = ModelCard(
        recipe=table.recipe,
        threshold=report.threshold,
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
        trained_keys=table.song_keys[known_rows(split)],
        baselines=others,
    )
    # A single model is its own run's; a bag has many, and is the sweep's.
    run_id = entry.run_ids[0] if entry.n_models == 1 else run.run_id
    facts = ModelFacts(
        sweep=run.name,
        run_id=run_id,
        kind=entry.kind,
        members=entry.run_ids,
        votes=entry.votes,
        n_seeds=entry.n_seeds,
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
    rng = np.random.default_rng([settings.split.seed, _DRAWS])
    profile = Profile.of(table.matrix[known_rows(split)], table.columns, rng)
    logged = log_model(store, run_id, entry.model, card, sealed, facts, profile=profile, params=_told(entry.params))
    tests = {f"test_{key}": value for key, value in champion.test.items() if np.isfinite(value)}
    run.annotate(run_id, metrics=tests, model_id=logged.model_id, dataset=dataset_of(settings, ground))
    text = json.dumps(asdict(champion), indent=1)
    run.write({CHAMPION_FILE: text})
    run.annotate(run.run_id, tags={MODEL_ID: logged.model_id, CHAMPION: sha256(text.encode()).hexdigest()})


def _told(configurations: Sequence[Params]) -> dict[str, Any]:
    """Return hyperparameters for the model's page; where an ensemble's members differ, the heaviest one's first."""
    columns = [(name, [getattr(one, name) for one in configurations]) for name in asdict(configurations[0])]
    return {name: found[0] if len(set(found)) == 1 else " | ".join(map(str, found)) for name, found in columns}
