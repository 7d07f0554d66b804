"""A tuner that keeps every trial in MLflow, as songpop's own sweeps are kept, and is loud about trials that fail."""

import importlib.util
import json
import os
import time
import uuid
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, final

from songpop.errors import SettingsError, StoreError
from songpop.kerastuner.record import Curves, batch_of_trial
from songpop.search.kerastuner_runtime import keras_tuner
from songpop.settings import TrackingSettings
from songpop.tracking.environment import environment
from songpop.tracking.failures import store_failures
from songpop.tracking.records import CIRCUMSTANCES, ENGINE, TRIAL, TUNER
from songpop.tracking.runs import SweepRun, start_sweep
from songpop.tracking.store import Store, open_store
from songpop.tracking.sweeps import children

_FILE = "tracking.json"  # in the project's folder: which record is this project's


@final
class TrackedTuner(keras_tuner.Tuner):  # type: ignore[misc] # KerasTuner has no types
    """`keras_tuner.Tuner` with a record: a parent run for the search, a child run for each trial.

    ::

        tuner = TrackedTuner(oracle, build_model, directory="tuning", project_name="mine")
        tuner.search(x, y, validation_data=(x_val, y_val))
        tuner.run_id  # of the search in MLflow

    The runs lie where songpop's lie, with the same names: `songpop ui` shows them. A project that goes on, goes on
    with its record; a trial that fails is told as a warning, with its error, and is a FAILED run.
    """

    def __init__(
        self,
        oracle: Any,
        hypermodel: Any = None,
        *,
        tracking_uri: str | None = None,
        experiment: str = TrackingSettings().experiment,
        root: str | Path = "mlruns",
        **options: Any,
    ) -> None:
        """Make the tuner.

        Args:
            oracle: any of KerasTuner's, or an `OptunaOracle`.
            hypermodel: as for `keras_tuner.Tuner`.
            tracking_uri: of MLflow; None: MLFLOW_TRACKING_URI, else a database in `root`.
            experiment: of MLflow.
            root: folder of the default store and its artifacts.
            **options: as for `keras_tuner.Tuner`: directory, project_name, overwrite, executions_per_trial …

        Raises:
            SettingsError: if tensorboard is missing, without which KerasTuner fails every trial, or if the tuner is
                one of several processes, of which each would keep a record.
            StoreError: if the tracking store cannot be used.
        """
        if importlib.util.find_spec("tensorboard") is None:
            raise SettingsError(
                "KerasTuner needs the package tensorboard, without which each of its trials fails, but it is not "
                "installed. Install it by: pip install tensorboard."
            )
        if "KERASTUNER_ORACLE_IP" in os.environ:
            raise SettingsError(
                "TrackedTuner must search in one process, but KERASTUNER_ORACLE_IP makes it one of several. Unset it, "
                "or use keras_tuner.Tuner."
            )
        super().__init__(oracle, hypermodel, **options)
        self._store = open_store(TrackingSettings(uri=tracking_uri, experiment=experiment), Path(root))
        self._run: SweepRun | None = None
        self._curves: dict[str, Curves] = {}

    @property
    def run_id(self) -> str | None:
        """The search's run in MLflow; None before `search`."""
        return None if self._run is None else self._run.run_id

    def search(self, *fit_args: Any, **fit_kwargs: Any) -> None:
        """Search, as `keras_tuner.Tuner.search` does; the record says FINISHED, or KILLED if an error ends it."""
        self._run = self._begun(self._store)
        try:
            self._mend(self._run)
            super().search(*fit_args, **fit_kwargs)
        except BaseException:
            with suppress(StoreError):  # that was the reason, perhaps
                self._run.finish("KILLED")
            raise
        self._run.finish(metrics=self._best())

    # ── what KerasTuner calls ───────────────────────────────────────────────────────────────────────────────

    def on_trial_begin(self, trial: Any) -> None:
        """Begin to listen."""
        super().on_trial_begin(trial)
        self._curves[trial.trial_id] = Curves(time.time())

    def on_epoch_end(self, trial: Any, model: Any, epoch: int, logs: Mapping[str, float] | None = None) -> None:
        """Note an epoch's metrics."""
        super().on_epoch_end(trial, model, epoch, logs)
        self._curves[trial.trial_id].note(epoch + 1, logs or {})

    def on_trial_end(self, trial: Any) -> None:
        """Let the oracle end the trial, and keep it if it is not to be tried again."""
        curves = self._curves.pop(trial.trial_id)
        try:
            super().on_trial_end(trial)
        finally:
            self._keep(self.oracle.get_trial(trial.trial_id), curves)

    # ── the record ──────────────────────────────────────────────────────────────────────────────────────────

    def _keep(self, trial: Any, curves: Curves) -> None:
        if trial.status not in ("COMPLETED", "FAILED"):
            return
        is_pruned = getattr(self.oracle, "is_pruned", lambda _: False)(trial.trial_id)
        batch = batch_of_trial(trial, curves, time.time() - curves.started_at_s, is_pruned=is_pruned)
        assert self._run is not None
        self._run.record_batches([batch])
        if trial.status == "FAILED":
            _warn(trial)

    def _begun(self, store: Store) -> SweepRun:
        found = environment(Path.cwd())
        space = self.oracle.get_space().get_config()["space"]
        return start_sweep(
            store,
            self.project_name,
            kind=TUNER,
            study=_project_id(Path(self.project_dir)),
            child_tags={ENGINE: "keras_tuner"},
            params={
                "oracle": type(self.oracle).__name__,
                "objective": self.oracle.objective.name,
                "max_trials": self.oracle.max_trials,
                "seed": self.oracle.seed,
            },
            artifacts={CIRCUMSTANCES: found.to_json(), "space.json": json.dumps(space, indent=2)},
        )

    def _mend(self, run: SweepRun) -> None:
        """Bring record and project together after a kill: a run for each trial that has ended, and for no other."""
        ended = {int(name): t for name, t in self.oracle.trials.items() if t.status in ("COMPLETED", "FAILED")}
        there: set[int] = set()
        with store_failures(self._store.where):
            for child in children(self._store, run.run_id):
                told = child.data.tags.get(TRIAL, "")
                if not told.isdigit():
                    continue  # a person's own
                if int(told) in ended and int(told) not in there:
                    there.add(int(told))
                else:
                    self._store.client.delete_run(child.info.run_id)
        for number in sorted(set(ended) - there):
            self._keep(ended[number], Curves(time.time()))

    def _best(self) -> dict[str, float]:
        best = self.oracle.get_best_trials(1)
        return {"best_score": float(best[0].score)} if best and best[0].status == "COMPLETED" else {}


def _project_id(folder: Path) -> str:
    """Return the id of the project in this folder, made when its first search begins."""
    file = folder / _FILE
    if not file.exists():
        partial = file.with_suffix(".partial")
        partial.write_text(json.dumps({"project": uuid.uuid4().hex}), encoding="utf-8")
        partial.replace(file)
    project: str = json.loads(file.read_text(encoding="utf-8"))["project"]
    return project


def _warn(trial: Any) -> None:
    reason = (trial.message or "its score is no number").strip().splitlines()[-1]
    warnings.warn(f"Trial {trial.trial_id} failed: {reason}", stacklevel=4)
