"""One parent run per sweep, one child per finished trial.

Owns: writing them, mending them after a crash. Does not own: how a trial reads (trial_batch.py), reading sweeps
(sweeps.py), the registry. Nothing is written about a trial before it has ended, so a kill leaves no child behind
that runs for ever; what it can leave, a child between its three writes, `reconcile` deletes.
"""

import io
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, final

import numpy as np
from mlflow.entities import Metric, Run, RunStatus, RunTag
from mlflow.exceptions import MlflowException

from songpop.contracts import FinishedTrial, Matrix, TrialResult
from songpop.errors import ArtifactError, UnreachableError
from songpop.tracking.failures import is_passing, sentence_of, store_failures
from songpop.tracking.patience import Patience, patient
from songpop.tracking.processes import this_process
from songpop.tracking.records import (
    KIND,
    N_SLOTS,
    OF,
    PROCESS,
    STUDY,
    SWEEP,
    WEIGHTS,
    DatasetRecord,
    Reconciled,
    Status,
)
from songpop.tracking.run_ground import MAX_DIGEST_LENGTH, begin_run, source_tags, write_artifacts
from songpop.tracking.store import Store
from songpop.tracking.sweeps import children, finals_runs, sweep_runs
from songpop.tracking.trial_batch import TrialBatch, batch_of
from songpop.tracking.trial_writer import write_trials

PARENT = "mlflow.parentRunId"


@final
class SweepRun:
    """The record of one sweep; implements contracts.Tracker."""

    def __init__(self, store: Store, run: Run, name: str, child_tags: Mapping[str, str]) -> None:
        run_id = str(run.info.run_id)
        self._store = store
        self._client = store.client
        self._started_ms = int(run.info.start_time)
        self.run_id = run_id
        self.name = name
        self._child_tags = {PARENT: run_id, SWEEP: name, KIND: "trial", **child_tags}

    @property
    def patience(self) -> Patience:
        """How long it is waited for the store."""
        return self._store.patience

    def record(
        self,
        result: TrialResult,
        suggested: Mapping[str, Any],
        test: Mapping[str, float] | None = None,
        *,
        name: str | None = None,
    ) -> str:
        """Write one finished trial as a child run, and return its run id.

        Args:
            result: the trial.
            suggested: the parameters that were searched.
            test: metrics on the test part, where it was opened for this trial; logged as `test_*`.
            name: what the run is called; None: "trial-007 l2 rmsprop".

        Raises:
            StoreError: if the store cannot be written.
        """
        batch = batch_of(result, suggested, test or {})
        return self.record_batches([replace(batch, name=name or batch.name)])[0]

    def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
        """Write finished trials, each with the parameters that were searched, and return their run ids.

        Raises:
            StoreError: if the store cannot be written.
        """
        return self.record_batches([batch_of(result, suggested, {}) for result, suggested in trials])

    def record_batches(self, batches: Sequence[TrialBatch]) -> list[str]:
        """Write finished trials that are described already, and return their run ids.

        Raises:
            StoreError: if the store cannot be written.
        """
        tags = {**source_tags(), **self._child_tags}
        return write_trials(self._store, [replace(batch, tags={**tags, **batch.tags}) for batch in batches])

    @patient
    def begin_finals(self, n_slots: int) -> "SweepRun":
        """Return the record of this sweep's finals: a run of its own, since its runs are no trials of the search."""
        tags = {key: value for key, value in self._child_tags.items() if key not in (PARENT, KIND)}
        tags |= {N_SLOTS: str(n_slots)}
        with store_failures(self._store.where):
            found = next(finals_runs(self._store, self.run_id), None) or self._client.create_run(
                self._store.experiment_id,
                tags={**source_tags(), **tags, KIND: "finals", OF: self.run_id},
                run_name=f"{self.name} finals",
            )
            self._client.set_tag(found.info.run_id, PROCESS, this_process())
            self._client.update_run(found.info.run_id, status="RUNNING")
        return SweepRun(self._store, found, self.name, {**tags, KIND: "final", OF: self.run_id})

    def reconcile(self, finished: Sequence[FinishedTrial]) -> Reconciled:
        """Delete children of this sweep that the study does not know, and those that still say RUNNING; end its finals.

        Args:
            finished: the trials that the study remembers.
        """
        known = {trial.run_id for trial in finished}
        kept: set[str] = set()
        n_deleted = 0
        with store_failures(self._store.where):
            for run in children(self._store, self.run_id):
                if run.info.run_id in known and run.info.status != RunStatus.to_string(RunStatus.RUNNING):
                    kept.add(run.info.run_id)
                else:
                    self._client.delete_run(run.info.run_id)
                    n_deleted += 1
            _end_dead(self._store, list(finals_runs(self._store, self.run_id)))
        missing = tuple(trial.trial for trial in finished if trial.run_id not in kept)
        return Reconciled(n_deleted=n_deleted, missing=missing)

    def finish(
        self,
        status: Status = "FINISHED",
        *,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """End the sweep's run; KILLED says that it was interrupted and may go on."""
        self.annotate(self.run_id, metrics=metrics, tags=tags)
        self._terminate(status)

    @patient
    def _terminate(self, status: Status) -> None:
        # A clock that was set back must not make a run end before it began.
        end_ms = max(round(1000 * time.time()), self._started_ms)
        with store_failures(self._store.where):
            self._client.set_terminated(self.run_id, status=status, end_time=end_ms)

    @patient
    def annotate(
        self,
        run_id: str,
        *,
        metrics: Mapping[str, float] | None = None,
        tags: Mapping[str, str] | None = None,
        model_id: str | None = None,
        dataset: DatasetRecord | None = None,
    ) -> None:
        """Add metrics and tags to the sweep's run or to one of its children; the metrics may be those of a model.

        `model_id` is then the logged model that was measured, `dataset` the table it was measured on.
        """
        now_ms = round(1000 * time.time())
        table = (dataset.name, dataset.digest[:MAX_DIGEST_LENGTH]) if dataset else (None, None)
        links = {"model_id": model_id, "dataset_name": table[0], "dataset_digest": table[1]}
        with store_failures(self._store.where):
            self._client.log_batch(
                run_id,
                metrics=[Metric(key, float(v), now_ms, 0, **links) for key, v in (metrics or {}).items()],
                tags=[RunTag(key, str(value)) for key, value in (tags or {}).items()],
            )

    @patient
    def tags(self) -> Mapping[str, str]:
        """Return the tags of the sweep's run."""
        with store_failures(self._store.where):
            return dict(self._client.get_run(self.run_id).data.tags)

    @patient
    def write(self, artifacts: Mapping[str, str | bytes]) -> None:
        """Write files beside the sweep's run: path → content."""
        with store_failures(self._store.where):
            write_artifacts(self._store, self.run_id, artifacts)

    @patient
    def read(self, path: str) -> str:
        """Return a file's text that lies beside the sweep's run.

        Raises:
            ArtifactError: if it is missing.
        """
        try:
            return Path(self._client.download_artifacts(self.run_id, path)).read_text("utf-8")
        except (MlflowException, OSError) as error:
            if is_passing(error):
                raise UnreachableError(sentence_of(self._store.where, error)) from error
            raise ArtifactError(
                f"The file {path} of sweep {self.name!r} is missing in the tracking store {self._store.where}. Restore "
                "it from a copy, or search anew: search.name=…"
            ) from error

    @patient
    def keep_weights(self, run_id: str, arrays: Sequence[Matrix]) -> None:
        """Keep a trial's weights (Keras' `get_weights` order) beside its run."""
        buffer = io.BytesIO()
        np.savez(buffer, *arrays)
        with store_failures(self._store.where):
            write_artifacts(self._store, run_id, {WEIGHTS: buffer.getvalue()})

    @patient
    def load_weights(self, run_id: str) -> tuple[Matrix, ...]:
        """Return the weights that `keep_weights` kept.

        Raises:
            ArtifactError: if there are none, or the file is damaged. UnreachableError: if the store does not answer.
        """
        try:
            path = self._client.download_artifacts(run_id, WEIGHTS)
            with np.load(path, allow_pickle=False) as archive:
                return tuple(archive[f"arr_{i}"] for i in range(len(archive.files)))
        except Exception as error:  # MLflow, NumPy and zipfile each have their own way to say it
            if is_passing(error):
                raise UnreachableError(sentence_of(self._store.where, error)) from error
            raise ArtifactError(
                f"The weights of run {run_id} ({WEIGHTS}) are missing or damaged in the tracking store "
                f"{self._store.where}. Train the trial again under another search.name."
            ) from error


def start_sweep(
    store: Store,
    name: str,
    *,
    kind: str = "sweep",
    tags: Mapping[str, str] | None = None,
    params: Mapping[str, Any] | None = None,
    artifacts: Mapping[str, str | bytes] | None = None,
    dataset: DatasetRecord | None = None,
    child_tags: Mapping[str, str] | None = None,
    study: str | None = None,
) -> SweepRun:
    """Begin the record of a sweep, or go on with the one of the same name that was not deleted.

    Args:
        store: an open store.
        name: of the sweep; also the run's name.
        kind: "sweep" or "train".
        tags: written (again) at each start.
        params: written once; where a resumed sweep has other values, tags `songpop.now.KEY` say which.
        artifacts: file path inside the run → content; written at each start.
        dataset: the table.
        child_tags: tags of each trial's run (protocol, engine, digests …).
        study: id of the study that this is the record of; None always begins a new record. Only the record of that
            very study is gone on with: one of the same name may belong to somebody else.

    Raises:
        StoreError: if the store cannot be written.
    """
    with store_failures(store.where):
        before = list(sweep_runs(store, kind))
        named = [run for run in before if run.data.tags.get(SWEEP) == name]
        found = next((run for run in named if study and run.data.tags.get(STUDY) == study), None)
        if study is None:
            _end_dead(store, named)
        newest_ms = max((run.info.start_time for run in before), default=0)
        run = found or _create(store, name, kind, study, newest_ms)
        try:
            begin_run(store, run, tags or {}, params or {}, dataset, artifacts or {})
        except BaseException:
            with suppress(MlflowException):  # a store that takes nothing more takes not this either
                store.client.set_terminated(run.info.run_id, status="KILLED")  # or it would say RUNNING for ever
            raise
    return SweepRun(store, run, name, child_tags or {})


def _end_dead(store: Store, runs: Sequence[Run]) -> None:
    """End records that a killed process left RUNNING; one that lives says FINISHED again at its end."""
    for run in runs:
        if run.info.status == RunStatus.to_string(RunStatus.RUNNING):
            store.client.set_terminated(run.info.run_id, status="KILLED")


def _create(store: Store, name: str, kind: str, study: str | None, newest_ms: int) -> Run:
    return store.client.create_run(
        store.experiment_id,
        # The newest sweep is the one that was begun last, also where the clock was set back in between.
        start_time=max(round(1000 * time.time()), newest_ms + 1),
        tags={**source_tags(), SWEEP: name, KIND: kind, **({STUDY: study} if study else {})},
        run_name=name,
    )
