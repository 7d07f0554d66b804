"""What the tests of the search share: a space, an engine that computes its curves, a tracker that remembers."""

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from songpop.contracts import (
    Decision,
    Done,
    EpochReport,
    FinishedTrial,
    NextTrial,
    OnEpoch,
    Params,
    SearchBackend,
    TrialResult,
    TrialSpec,
    TrialState,
    Wait,
)
from songpop.search.advice import Advisor
from songpop.search.opening import open_search
from songpop.search.samplers import SamplerAdvisor, build_proposer
from songpop.search.study_backend import StudyBackend
from songpop.settings import (
    ParamKind,
    ParamSettings,
    PrunerKind,
    PrunerSettings,
    SamplerKind,
    SamplerSettings,
    SearchSettings,
    StorageSettings,
)
from songpop.space import Space

N_EPOCHS = 12


def entry(kind: str, **keys: Any) -> ParamSettings:
    return ParamSettings(kind=ParamKind(kind), **keys)


SPACE = Space.from_settings(
    {
        "regularization": entry("choice", choices=["none", "l2"]),
        "l2": entry("float", low=1e-5, high=1e-1, log=True, n_grid=3, when={"regularization": "l2"}),
        "dropout_first": entry("float", low=0.0, high=0.5, n_grid=2),
        "learning_rate": entry("float", low=1e-4, high=1e-1, log=True, n_grid=2),
    }
)
FOUR = Space.from_settings(
    {
        "optimizer": entry("choice", choices=["adam", "sgd"]),
        "batch_size": entry("choice", choices=[32, 64]),
    }
)


def spec_maker(
    space: Space, n_epochs: int = N_EPOCHS, seed_of: Callable[[int], int] = lambda trial: trial
) -> Callable[[int, Mapping[str, Any]], TrialSpec]:
    def make_spec(trial: int, suggested: Mapping[str, Any]) -> TrialSpec:
        params = space.to_params(suggested, Params())
        return TrialSpec(trial=trial, params=params, seed=seed_of(trial), n_epochs=n_epochs, patience=None)

    return make_spec


def opened(
    folder: Path,
    *,
    sampler: str = "random",
    pruner: str = "none",
    space: Space = SPACE,
    storage: str | None = None,
    identity: Mapping[str, str] | None = None,
    n_epochs: int = N_EPOCHS,
    pruner_options: Mapping[str, Any] | None = None,
    clock: Callable[[], float] = lambda: 0.0,
    make_seed: Callable[[int, int], int] = lambda seed, trial: trial,
    **search: Any,
) -> StudyBackend:
    settings = SearchSettings(**{"name": "study", "n_trials": 5, **search})
    return open_search(
        space=space,
        settings=settings,
        advisor=advisor_of(space, settings, sampler, n_epochs),
        pruner=PrunerSettings(kind=PrunerKind(pruner), **(pruner_options or {})),
        storage=StorageSettings(url=storage),
        identity={"space": space.digest} if identity is None else identity,
        make_spec=spec_maker(space, n_epochs, lambda trial: make_seed(settings.seed, trial)),
        n_epochs=n_epochs,
        folder=folder,
        clock=clock,
    )


def advisor_of(space: Space, settings: SearchSettings, sampler: str, n_epochs: int) -> Advisor:
    if settings.algorithm is None:
        options = SamplerSettings(kind=SamplerKind(sampler), n_startup_trials=4)
        return SamplerAdvisor(build_proposer(options, space, settings.seed))
    from songpop.search.kerastuner_advisor import build_advisor  # TensorFlow: only whom it concerns waits for it

    return build_advisor(settings, space, n_epochs)


def curve(spec: TrialSpec) -> list[float]:
    """A falling curve with noise from the trial's seed: the farther from a good learning rate, the worse."""
    rng = np.random.default_rng(spec.seed)
    level = 0.2 + 0.1 * abs(math.log10(spec.params.learning_rate / 3e-3)) + 0.2 * spec.params.dropout_first
    return [level + 0.5 / epoch + 0.01 * rng.random() for epoch in range(1, spec.n_epochs + 1)]


def result_of(spec: TrialSpec, values: list[float], state: TrialState = TrialState.COMPLETE) -> TrialResult:
    reports = [
        EpochReport(trial=spec.trial, epoch=epoch, metrics={"val_log_loss": value})
        for epoch, value in enumerate(values, start=1)
    ]
    is_failed = state is TrialState.FAILED
    best = int(np.nanargmin(values)) if values and not is_failed else 0
    return TrialResult(
        spec=spec,
        state=state,
        history=tuple(reports),
        metrics={} if is_failed else {"val_log_loss": values[best], "val_accuracy": 0.5},
        best_epoch=0 if is_failed else best + 1,
        weights=None,
        val_predictions=None,
        started_at_s=0.0,
        wall_s=0.1,
    )


def finish(backend: SearchBackend, result: TrialResult, run_id: str = "run") -> FinishedTrial:
    """Tell the backend of a trial that has ended, and have it kept."""
    backend.tell(result)
    (finished,) = backend.keep([(result, run_id)])
    return finished


class FakeEngine:
    """Trains `n_slots` trials side by side, epoch by epoch, by looking the losses up."""

    def __init__(
        self,
        n_slots: int = 1,
        values_of: Callable[[TrialSpec], list[float]] = curve,
        before_yield: Callable[[TrialResult], None] = lambda result: None,
    ) -> None:
        self.n_slots = n_slots
        self.values_of = values_of
        self.before_yield = before_yield
        self.asked: list[TrialSpec] = []
        self.n_running_max = 0

    def run(self, next_trial: NextTrial, on_epoch: OnEpoch) -> Generator[TrialResult]:
        running: list[tuple[TrialSpec, list[float], int]] = []
        is_done = False
        while running or not is_done:
            while len(running) < self.n_slots and not is_done:
                answer = next_trial()
                is_done = isinstance(answer, Done)
                if isinstance(answer, Wait):
                    break
                if isinstance(answer, TrialSpec):
                    self.asked.append(answer)
                    running.append((answer, self.values_of(answer)[: answer.last_epoch], 0))
            self.n_running_max = max(self.n_running_max, len(running))
            still: list[tuple[TrialSpec, list[float], int]] = []
            for spec, values, epoch in running:
                state = self._train_epoch(spec, values, epoch + 1, on_epoch)
                if state is None:
                    still.append((spec, values, epoch + 1))
                else:
                    result = result_of(spec, values[: epoch + 1], state)
                    self.before_yield(result)
                    yield result
            running = still

    def _train_epoch(self, spec: TrialSpec, values: list[float], epoch: int, on_epoch: OnEpoch) -> TrialState | None:
        value = values[epoch - 1]
        report = EpochReport(trial=spec.trial, epoch=epoch, metrics={"val_log_loss": value})
        is_stopped = on_epoch(report) is Decision.STOP
        if math.isnan(value):
            return TrialState.FAILED
        if is_stopped:
            return TrialState.PRUNED
        return TrialState.COMPLETE if epoch == len(values) else None


class FakeTracker:
    """Remembers what was recorded."""

    def __init__(self) -> None:
        self.recorded: list[tuple[TrialResult, dict[str, Any]]] = []

    def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
        self.recorded += [(result, dict(suggested)) for result, suggested in trials]
        return [f"run-{result.spec.trial}" for result, _ in trials]
