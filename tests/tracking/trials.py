"""Finished trials and models for the tests of tracking, made by hand."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from mlflow.entities import LoggedModelStatus

from songpop.contracts import EpochReport, FinishedTrial, Params, TrialResult, TrialSpec, TrialState
from songpop.settings import GateSettings
from songpop.tracking.candidate import Candidate, candidate_of
from songpop.tracking.files import digests_of
from songpop.tracking.gates import Comparison, Finding
from songpop.tracking.model_facts import DATA, ModelFacts
from songpop.tracking.records import MODEL_ID, TEST_DIGEST, SweepRecord
from songpop.tracking.runs import start_sweep
from songpop.tracking.store import Store
from songpop.tracking.sweeps import find_sweep


def finished_trial(
    trial: int = 0,
    *,
    value: float = 0.4,
    n_epochs: int = 3,
    state: TrialState = TrialState.COMPLETE,
    params: Params | None = None,
    message: str = "",
) -> TrialResult:
    """A trial whose loss falls to `value`."""
    history = tuple(
        EpochReport(
            trial=trial,
            epoch=epoch,
            metrics={
                "loss": value + 0.2 / epoch,
                "val_loss": value + 0.1 / epoch,
                "val_log_loss": value + (n_epochs - epoch) * 0.01,
                "val_accuracy": 0.8,
                "learning_rate": 1e-3,
            },
        )
        for epoch in range(1, n_epochs + 1)
    )
    failed = state is TrialState.FAILED
    return TrialResult(
        spec=TrialSpec(
            trial=trial,
            params=params or Params(regularization="l2", optimizer="rmsprop"),
            seed=trial + 100,
            n_epochs=n_epochs,
            patience=None,
        ),
        state=state,
        history=history,
        metrics={} if failed else {"val_log_loss": value, "val_accuracy": 0.8, "val_roc_auc": 0.9},
        best_epoch=0 if failed else n_epochs,
        weights=None if failed else (np.ones((2, 3), np.float32), np.zeros(3, np.float32)),
        val_predictions=None,
        started_at_s=1_700_000_000.0 + trial,
        wall_s=2.0,
        message=message,
    )


def remembered(trial: int, run_id: str) -> FinishedTrial:
    """The same trial as the study remembers it."""
    return FinishedTrial(
        trial=trial, state=TrialState.COMPLETE, suggested={}, value=0.4, n_epochs=3, best_epoch=3, run_id=run_id
    )


FACTS = ModelFacts(
    label_rule="Track Score above_median ",
    sweep="songs-honest-full",
    run_id="",
    protocol="honest",
    leaks=(),
    table="songs.csv",
    is_generated=False,
    table_digest="ab" * 32,
    label="Track Score > 29.9",
    commit="",
    n_seeds=10,
    test={"log_loss": 0.3, "accuracy": 0.88},
)


RECORD_TAGS = {
    TEST_DIGEST: "cd" * 32,
    "songpop.space": "ab12",
    "songpop.table": "cd34",
    "songpop.split": "stratified ef56",
    "songpop.search_seed": "0",
    "songpop.split_seed": "0",
    "songpop.spec": "{}",  # the candidates here are their sweep's own run
}
RECORD_FILES: dict[str, str | bytes] = {
    "config.yaml": "{}",
    "space.json": "{}",
    "split.npz": b"PK",
    "environment.json": json.dumps({"commit": "12ab", "lock_digest": "34cd", "packages": {"songpop": "0.1"}}),
}


def logged_candidate(store: Store, folder: Path, name: str, **facts: object) -> Candidate:
    """A sweep called `name` with a complete record and a logged model of one small file; no Keras needed."""
    run = start_sweep(store, name, tags=RECORD_TAGS, artifacts=RECORD_FILES)
    data = folder / name / DATA
    data.mkdir(parents=True)
    (data / "model.keras").write_text(f"weights of {name}")
    known = replace(FACTS, sweep=name, run_id=run.run_id, files=digests_of(data), **facts)  # type: ignore[arg-type]
    logged = store.client.create_logged_model(
        store.experiment_id, name="model", source_run_id=run.run_id, tags=known.to_tags()
    )
    store.client.log_model_artifacts(logged.model_id, str(folder / name))
    store.client.finalize_logged_model(logged.model_id, LoggedModelStatus.READY)
    run.finish(tags={MODEL_ID: logged.model_id})
    return candidate_of(store, sweep_of(store, name))


def sweep_of(store: Store, name: str) -> SweepRecord:
    """The sweep as the store remembers it."""
    return find_sweep(store, name)


class FixedJudge:
    """A judge that knows each model's log loss by the text of its file; differences have an interval of no width."""

    def __init__(self, losses: Mapping[str, float], n_rows: int = 500) -> None:
        self._losses = losses
        self._n_rows = n_rows

    def check(self, gate: str, folder: Path, settings: GateSettings) -> Finding:
        assert (folder / "model.keras").is_file()
        return Finding(is_passed=True, value=0.0, bound=settings.size_mb, sentence=f"{gate} is well.")

    def compare(self, champion: Path, candidate: Path) -> Comparison:
        theirs, mine = self._loss(champion), self._loss(candidate)
        return Comparison(
            n_sealed=920,
            n_rows=self._n_rows,
            champion_log_loss=theirs,
            candidate_log_loss=mine,
            low=mine - theirs,
            high=mine - theirs,
        )

    def _loss(self, folder: Path) -> float:
        return self._losses[(folder / "model.keras").read_text().removeprefix("weights of ")]
