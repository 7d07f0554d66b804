"""`songpop train`: fixed models, each over several seeds, under one or more protocols."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from songpop.app.listener import Listener, Silence
from songpop.app.prepare import Prepared, base_params, prepare, prepare_ground
from songpop.app.recording import open_run
from songpop.contracts import Decision, Done, EpochReport, Params, TrialResult, TrialSpec, TrialState
from songpop.errors import SettingsError
from songpop.evaluation.metrics import binary_metrics
from songpop.evaluation.stats import Interval, t_interval
from songpop.published import Verdict, judge
from songpop.settings import FixedModel, SweepSettings, check_sweep

METRICS = ("loss", "accuracy", "precision", "recall", "f1", "roc_auc")
THE_GROUPS_MODEL = "model"  # its name where train.models is empty


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """One fixed model under one protocol: test metrics, a value per seed; failed runs are counted, not averaged."""

    protocol: str
    model: str
    runs: Mapping[str, tuple[float, ...]]
    intervals: Mapping[str, Interval]
    published: Mapping[str, float]
    n_failed: int
    run_ids: tuple[str, ...]
    mean_epochs: float


@dataclass(frozen=True, kw_only=True)
class TrainOutcome:
    """What `songpop train` found."""

    models: tuple[TrainedModel, ...]
    verdicts: tuple[Verdict, ...]
    majority: Mapping[str, float]  # protocol: accuracy of always guessing the larger class of the test part
    parent_run_ids: Mapping[str, str]
    leaks: Mapping[str, tuple[str, ...]]
    n_seeds: int
    table_digest: str


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """Which model and seed a trial number means."""

    spec: TrialSpec
    model: str


def train(
    variants: Sequence[SweepSettings], *, frame: pd.DataFrame | None = None, listener: Listener | None = None
) -> TrainOutcome:
    """Train the settings' fixed models over `train.n_seeds` seeds, under each variant's protocol.

    Every model is measured on the test part: nothing is chosen by these numbers. The runs are tracked.

    Raises:
        SettingsError: if a model's parameters are unknown; DataError: if the table cannot be used.
    """
    listener = listener or Silence()
    for settings in variants:
        check_sweep(settings, has_frame=frame is not None)
    plans = [_plans(settings) for settings in variants]
    outcomes = [_train_under(settings, plan, frame, listener) for settings, plan in zip(variants, plans, strict=True)]
    models = tuple(model for outcome in outcomes for model in outcome.models)
    majority = {key: value for outcome in outcomes for key, value in outcome.majority.items()}
    published = {model.model: model.published for model in models if model.published}
    runs = {(model.protocol, model.model): model.runs for model in models}
    return TrainOutcome(
        models=models,
        verdicts=judge(runs, published, majority) if published else (),
        majority=majority,
        parent_run_ids={key: value for outcome in outcomes for key, value in outcome.parent_run_ids.items()},
        leaks={key: value for outcome in outcomes for key, value in outcome.leaks.items()},
        n_seeds=variants[0].train.n_seeds,
        table_digest=outcomes[0].table_digest,
    )


def _train_under(
    settings: SweepSettings, plans: Sequence[_Plan], frame: pd.DataFrame | None, listener: Listener
) -> TrainOutcome:
    from songpop.engines.keras_fit import KerasEngine

    protocol = settings.protocol.name.value
    ground = prepare_ground(settings, frame, listener)
    prepared = prepare(settings, ground)
    run = open_run(settings, ground, name=f"train-{settings.search.name}", n_trials=len(plans), kind="train")
    tests: dict[int, dict[str, float]] = {}
    run_ids: dict[int, str] = {}
    n_epochs: dict[int, int] = {}
    waiting = iter(plans)

    def next_trial() -> TrialSpec | Done:
        plan = next(waiting, None)
        return Done() if plan is None else plan.spec

    with run.closing():
        for result in KerasEngine(prepared.task).run(next_trial, _go_on):
            plan = plans[result.spec.trial]
            tests[result.spec.trial] = test = _test(prepared, result)
            n_epochs[result.spec.trial] = len(result.history)
            run_ids[result.spec.trial] = run.record(result, {"model": plan.model, "seed": result.spec.seed}, test)
            listener.note(_line(protocol, plan, result, test, len(tests), len(plans)))
    models = [
        _summary(
            protocol,
            name,
            model,
            [plan.spec.trial for plan in plans if plan.model == name],
            tests,
            run_ids,
            n_epochs,
        )
        for name, model in _models(settings).items()
    ]
    positive = float(ground.table.label[ground.split.test].mean())
    return TrainOutcome(
        models=tuple(models),
        verdicts=(),
        majority={protocol: max(positive, 1 - positive)},
        parent_run_ids={protocol: run.parent_run_id},
        leaks={protocol: ground.leaks.allowed},
        n_seeds=settings.train.n_seeds,
        table_digest=ground.table.digest,
    )


def _go_on(_: EpochReport) -> Decision:
    return Decision.CONTINUE


def _models(settings: SweepSettings) -> dict[str, FixedModel]:
    if settings.train.models:
        return settings.train.models
    patience = settings.train.early_stopping.patience
    return {THE_GROUPS_MODEL: FixedModel(epochs=settings.train.epochs, patience=patience)}


def _plans(settings: SweepSettings) -> list[_Plan]:
    """Seeds outside, models inside: an interrupted experiment has as many seeds of each."""
    base = base_params(settings)
    models = {name: (model, _params(name, model, base)) for name, model in _models(settings).items()}
    return [
        _Plan(
            model=name,
            spec=TrialSpec(
                trial=index * len(models) + place,
                params=params,
                seed=settings.train.seed + index,
                n_epochs=model.epochs or settings.train.epochs,
                patience=model.patience,
                watch=settings.protocol.watch,
            ),
        )
        for index in range(settings.train.n_seeds)
        for place, (name, (model, params)) in enumerate(models.items())
    ]


def _params(name: str, model: FixedModel, base: Params) -> Params:
    known = {field.name: type(getattr(base, field.name)) for field in fields(base)}
    for key in model.params:
        if key not in known:
            near = get_close_matches(key, known, n=1)
            hint = f" Did you mean `{near[0]}`?" if near else f" Known are {', '.join(known)}."
            raise SettingsError(f"`train.models.{name}.params` names a parameter `{key}` that no network has.{hint}")
    return replace(base, **{key: known[key](value) for key, value in model.params.items()})


def _test(prepared: Prepared, result: TrialResult) -> dict[str, float]:
    """Return the metrics on the test part; `loss` includes the penalty, as Keras' `evaluate` has it."""
    from songpop.models.export import assemble, predict_rows

    if result.state is TrialState.FAILED or result.weights is None:
        return {}
    table, rows = prepared.ground.table, prepared.ground.split.test
    model = assemble(prepared.preprocessing, result.spec.params, result.weights)
    metrics = binary_metrics(table.label[rows], predict_rows(model, table.matrix[rows]))
    penalty = result.metrics["val_loss"] - result.metrics["val_log_loss"]
    values = {field.name: float(getattr(metrics, field.name)) for field in fields(metrics)}
    return {**values, "loss": values["log_loss"] + penalty}


def _summary(
    protocol: str,
    name: str,
    model: FixedModel,
    trials: Sequence[int],
    tests: Mapping[int, Mapping[str, float]],
    run_ids: Mapping[int, str],
    n_epochs: Mapping[int, int],
) -> TrainedModel:
    finished = [trial for trial in trials if tests.get(trial)]
    runs = {metric: tuple(tests[trial][metric] for trial in finished) for metric in (*METRICS, "log_loss")}
    return TrainedModel(
        protocol=protocol,
        model=name,
        runs=runs,
        intervals={metric: t_interval(np.asarray(values)) for metric, values in runs.items()},
        published=model.published,
        n_failed=len(trials) - len(finished),
        run_ids=tuple(run_ids[trial] for trial in trials if trial in run_ids),
        mean_epochs=float(np.mean([n_epochs[trial] for trial in finished])) if finished else 0.0,
    )


def _line(protocol: str, plan: _Plan, result: TrialResult, test: Mapping[str, Any], done: int, n: int) -> str:
    reached = f"test accuracy {test['accuracy']:.4f}" if test else f"failed: {result.message}"
    return f"{protocol} {done}/{n}: {plan.model}, seed {plan.spec.seed}: {reached} ({len(result.history)} epochs)"
