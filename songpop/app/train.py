"""`songpop train`: fixed models, each over several seeds, under one or more protocols."""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pandas as pd

from songpop.app.engines import MIN_ROUNDS, build_engine, n_slots_of
from songpop.app.listener import Listener, Silence
from songpop.app.prepare import Prepared, base_params, import_tensorflow, prepare, prepare_ground
from songpop.app.recording import REPOSITORY, open_run, test_digest
from songpop.app.story import describe_training
from songpop.app.warm_up import has_workers
from songpop.contracts import Decision, Done, EpochReport, Params, TrialResult, TrialSpec, TrialState
from songpop.errors import SettingsError
from songpop.evaluation.metrics import binary_metrics
from songpop.evaluation.stats import Interval, t_interval
from songpop.models.export import Trained, assemble, predict_rows
from songpop.published import PUBLISHED, Verdict, judge
from songpop.settings import EngineSettings, FixedModel, SweepSettings, check_sweep
from songpop.space.legal import check_name, check_value
from songpop.tracking.environment import environment
from songpop.tracking.openings import count_opening
from songpop.tracking.patience import Patience
from songpop.tracking.records import MODELS
from songpop.tracking.trainings import metric_prefix, training_metrics

METRICS = ("loss", "accuracy", "precision", "recall", "f1", "roc_auc", "log_loss")
THE_GROUPS_MODEL = "model"  # its name where train.models is empty


@dataclass(frozen=True, kw_only=True)
class TrainedModel:
    """One fixed model under one protocol: test metrics, a value per seed.

    A failed run is NaN in `runs` and counted in `n_failed`; intervals and epochs are of the others.
    """

    protocol: str
    model: str
    runs: Mapping[str, tuple[float, ...]]
    intervals: Mapping[str, Interval]
    published: Mapping[str, float]
    n_failed: int
    run_ids: tuple[str, ...]
    mean_epochs: float


@dataclass(frozen=True, kw_only=True)
class TrainedProtocol:
    """The models under one protocol, and the ground they stood on."""

    protocol: str
    models: tuple[TrainedModel, ...]
    majority: float  # accuracy of always guessing the larger class of the test part
    parent_run_id: str
    leaks: tuple[str, ...]
    table_digest: str
    split_digest: str
    n_rows: Mapping[str, int]
    n_test_openings: int  # how often these very test rows were looked at, whoever looked


@dataclass(frozen=True, kw_only=True)
class TrainOutcome:
    """What `songpop train` found."""

    protocols: tuple[TrainedProtocol, ...]
    verdicts: tuple[Verdict, ...]
    n_seeds: int
    first_seed: int
    commit: str  # of songpop; empty where unknown


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """Which model a trial number means."""

    spec: TrialSpec
    model: str


@dataclass(frozen=True, kw_only=True)
class _Measured:
    """One trained model on the test part; `test` is empty if it failed."""

    trial: int
    model: str
    run_id: str
    n_epochs: int
    test: Mapping[str, float]


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
    plans = [_plans(settings) for settings in variants]  # all of them, so that a wrong name is told before hours pass
    protocols = tuple(
        _train_under(settings, plan, frame, listener) for settings, plan in zip(variants, plans, strict=True)
    )
    models = [model for protocol in protocols for model in protocol.models]
    published = {model.model: model.published for model in models if model.published}
    runs = {(model.protocol, model.model): model.runs for model in models}
    majority = {protocol.protocol: protocol.majority for protocol in protocols}
    return TrainOutcome(
        protocols=protocols,
        verdicts=judge(runs, published, majority) if published else (),
        n_seeds=variants[0].train.n_seeds,
        first_seed=variants[0].train.seed,
        commit=environment(REPOSITORY).commit or "",
    )


def _train_under(
    settings: SweepSettings, plans: Sequence[_Plan], frame: pd.DataFrame | None, listener: Listener
) -> TrainedProtocol:
    protocol = settings.protocol.name.value
    ground = prepare_ground(settings, frame, listener, import_tensorflow if has_workers(settings.engine) else None)
    prepared = prepare(settings, ground)
    measured: list[_Measured] = []
    name = f"train-{settings.search.name}"
    n_slots = n_slots_of(settings.engine, len(plans) * MIN_ROUNDS)
    patience = Patience(settings.tracking.patience_s, listener.note)
    with open_run(settings, ground, kind="train", name=name, n_slots=n_slots, patience=patience) as (store, run):
        run.annotate(run.run_id, tags={MODELS: json.dumps(list(_models(settings)))})
        # One, however many models: nothing is chosen by their numbers.
        n_openings = count_opening(store, run.run_id, test_digest(ground))
        for plan, result in _results(settings.engine, prepared, plans):
            test = _test(prepared, result)
            called = f"{plan.model}, seed {plan.spec.seed}"
            run_id = run.record(result, {"model": plan.model, "seed": plan.spec.seed}, test, name=called)
            trial = plan.spec.trial
            measured.append(
                _Measured(trial=trial, model=plan.model, run_id=run_id, n_epochs=len(result.history), test=test)
            )
            reached = f"test accuracy {test['accuracy']:.4f}" if test else f"failed: {result.message}"
            listener.note(
                f"{protocol} {len(measured)}/{len(plans)}: {called}: {reached} ({len(result.history)} epochs)"
            )
        measured.sort(key=lambda one: one.trial)  # a population ends them in another order
        models = tuple(_summary(protocol, name, model, measured) for name, model in _models(settings).items())
        means = {model.model: {m: (i.mean, i.low, i.high) for m, i in model.intervals.items()} for model in models}
        run.finish(metrics=dict(training_metrics(means)))
        describe_training(store, run.run_id)
    positive = float(ground.table.label[ground.split.test].mean())
    parts = {"train": ground.split.train, "validation": ground.split.validation, "test": ground.split.test}
    return TrainedProtocol(
        protocol=protocol,
        models=models,
        majority=max(positive, 1 - positive),
        parent_run_id=run.run_id,
        leaks=ground.leaks.allowed,
        table_digest=ground.table.digest,
        split_digest=ground.split.digest,
        n_rows={name: len(rows) for name, rows in parts.items()},
        n_test_openings=n_openings,
    )


def _results(
    engine_settings: EngineSettings, prepared: Prepared, plans: Sequence[_Plan]
) -> Iterator[tuple[_Plan, TrialResult]]:
    waiting = iter(plans)

    def next_trial() -> TrialSpec | Done:
        plan = next(waiting, None)
        return Done() if plan is None else plan.spec

    by_trial = {plan.spec.trial: plan for plan in plans}
    engine = build_engine(engine_settings, prepared.task, len(plans) * MIN_ROUNDS)  # nothing is learnt from them
    for result in engine.run(next_trial, _go_on):
        yield by_trial[result.spec.trial], result


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
    for name, model in _models(settings).items():
        _check(name, model)
    _check_names(list(_models(settings)))
    models = {name: (model, _params(name, model, base)) for name, model in _models(settings).items()}
    return [
        _Plan(
            model=name,
            spec=TrialSpec(
                trial=index * len(models) + place,
                params=params,
                seed=settings.train.seed + index,
                n_epochs=settings.train.epochs if model.epochs is None else model.epochs,
                patience=model.patience,
                watch=settings.protocol.watch,
            ),
        )
        for index in range(settings.train.n_seeds)
        for place, (name, (model, params)) in enumerate(models.items())
    ]


def _check(name: str, model: FixedModel) -> None:
    for key, value in (("epochs", model.epochs), ("patience", model.patience)):
        if value is not None and value < 1:
            raise SettingsError(f"`train.models.{name}.{key}` must be at least 1 or null, but it is {value}.")
    if model.claim not in (None, *PUBLISHED):
        raise SettingsError(
            f"`train.models.{name}.claim` must be one of {', '.join(PUBLISHED)} or null, but it is {model.claim!r}."
        )


def _check_names(names: Sequence[str]) -> None:
    """Refuse two models whose metrics would have the same names in MLflow."""
    for place, name in enumerate(names):
        alike = [other for other in names[:place] if metric_prefix(other) == metric_prefix(name)]
        if alike:
            raise SettingsError(
                "`train.models` must have names that differ in letters or digits, but "
                f"{alike[0]!r} and {name!r} do not. Rename one."
            )


def _params(name: str, model: FixedModel, base: Params) -> Params:
    values: dict[str, Any] = {}
    for key, value in model.params.items():
        place = f"train.models.{name}.params.{key}"
        check_name(place, key)
        values[key] = check_value(place, key, value)
    return replace(base, **values)


def _test(prepared: Prepared, result: TrialResult) -> dict[str, float]:
    """Return the metrics on the test part; `loss` includes the penalty, as Keras' `evaluate` has it."""
    if result.state is TrialState.FAILED or result.weights is None:
        return {}
    table, rows = prepared.ground.table, prepared.ground.split.test
    model = assemble(Trained(preprocessing=prepared.preprocessing, params=result.spec.params, weights=result.weights))
    metrics = binary_metrics(table.label[rows], predict_rows(model, table.matrix[rows]))
    penalty = result.metrics["val_loss"] - result.metrics["val_log_loss"]
    values = {field.name: float(getattr(metrics, field.name)) for field in fields(metrics)}
    return {**values, "loss": values["log_loss"] + penalty}


def _summary(protocol: str, name: str, model: FixedModel, measured: Sequence[_Measured]) -> TrainedModel:
    mine = [one for one in measured if one.model == name]
    finished = [one for one in mine if one.test]
    # A failed run keeps its place: claims compare models seed by seed.
    runs = {metric: tuple(one.test.get(metric, math.nan) for one in mine) for metric in METRICS}
    values = {metric: [one.test[metric] for one in finished] for metric in METRICS}
    return TrainedModel(
        protocol=protocol,
        model=name,
        runs=runs,
        intervals={metric: t_interval(found) for metric, found in values.items() if found},
        published=PUBLISHED[model.claim] if model.claim else {},
        n_failed=len(mine) - len(finished),
        run_ids=tuple(one.run_id for one in mine),
        mean_epochs=float(np.mean([one.n_epochs for one in finished])) if finished else 0.0,
    )
