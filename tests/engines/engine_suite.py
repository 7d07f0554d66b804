"""What every engine has to do; an engine is tested by inheriting this and making itself."""

import json
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from songpop.contracts import (
    Decision,
    Done,
    Engine,
    EpochReport,
    Params,
    Part,
    Task,
    TrialResult,
    TrialSpec,
    TrialState,
    Wait,
)
from songpop.engines.batch_order import epoch_order
from songpop.engines.mixup import mixing_shares
from songpop.evaluation.metrics import accuracy, log_loss, roc_auc
from songpop.models.export import predict_rows
from songpop.models.mlp import build_network
from songpop.models.schedules import learning_rates, start_plateau, step_plateau

N_ROWS, N_FEATURES = 200, 6
PARAMS = Params(widths="8-4", regularization="l2", l2=1e-2, dropout_first=0.3, dropout_later=0.1, learning_rate=1e-2)
COCKTAIL: dict[str, Any] = {
    "embedding": "piecewise",
    "normalization": "layer",
    "skip": "add",
    "label_smoothing": 0.1,
    "mixup": 0.4,
    "input_noise": 0.2,
    "dropout_input": 0.1,
    "weight_average": 0.9,
    "clip_norm": 0.2,
}
SPEC = TrialSpec(trial=3, params=PARAMS, seed=11, n_epochs=4, patience=None)


def small_task() -> Task:
    """A task that a few epochs learn something of."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(N_ROWS + 80, N_FEATURES)).astype(np.float32)
    y = (x[:, 0] + x[:, 1] + rng.normal(size=len(x)) > 0).astype(np.float32)
    return Task(train=Part(x=x[:N_ROWS], y=y[:N_ROWS]), validation=Part(x=x[N_ROWS:], y=y[N_ROWS:]))


def spec_with(spec: TrialSpec = SPEC, **params: object) -> TrialSpec:
    return replace(spec, params=replace(spec.params, **params))


def run_all(engine: Engine, specs: Iterable[TrialSpec | Wait], stop_at: int | None = None) -> dict[int, TrialResult]:
    """Run the specs; every trial is given up after epoch `stop_at`."""
    queue = iter([*specs, *(Done() for _ in range(1000))])

    def on_epoch(report: EpochReport) -> Decision:
        return Decision.STOP if report.epoch == stop_at else Decision.CONTINUE

    results = list(engine.run(lambda: next(queue), on_epoch))
    assert len({r.spec.trial for r in results}) == len(results)
    return {r.spec.trial: r for r in results}


def run_rounds(engine: Engine, specs: list[TrialSpec]) -> tuple[dict[int, TrialResult], list[tuple[int, int]]]:
    """Run each spec when the one before it has ended; return also trial and epoch of every report."""
    results: dict[int, TrialResult] = {}
    reported: list[tuple[int, int]] = []
    asked: list[TrialSpec] = []

    def next_trial() -> TrialSpec | Wait | Done:
        if len(asked) > len(results):
            return Wait()
        if len(asked) == len(specs):
            return Done()
        asked.append(specs[len(asked)])
        return asked[-1]

    def on_epoch(report: EpochReport) -> Decision:
        reported.append((report.trial, report.epoch))
        return Decision.CONTINUE

    for result in engine.run(next_trial, on_epoch):
        results[result.spec.trial] = result
    return results, reported


KNOWN: dict[type, dict[tuple[TrialSpec, int | None], TrialResult]] = {}


class EngineSuite(ABC):
    """The behaviour of `contracts.Engine`."""

    fresh_process = ""  # code that prints json of [val_log_loss per epoch] of SPEC

    @abstractmethod
    def make_engine(self, task: Task) -> Engine: ...

    def run_one(self, spec: TrialSpec, stop_at: int | None = None) -> TrialResult:
        """Return what the engine makes of a spec, trained once for all tests of the suite that ask."""
        known, key = KNOWN.setdefault(type(self), {}), (spec, stop_at)
        if key not in known:
            known[key] = self.run_again(spec, stop_at)
        return known[key]

    def run_again(self, spec: TrialSpec, stop_at: int | None = None) -> TrialResult:
        """Return the same, trained by another engine."""
        results = run_all(self.make_engine(small_task()), [spec], stop_at)
        assert list(results) == [spec.trial]
        return results[spec.trial]

    def test_a_trial_is_reported_epoch_by_epoch_and_yielded_once(self) -> None:
        task = small_task()
        results = run_all(self.make_engine(task), [Wait(), SPEC, Wait(), replace(SPEC, trial=4)])
        assert set(results) == {3, 4}
        result = results[3]
        assert result.state is TrialState.COMPLETE
        assert [r.epoch for r in result.history] == [1, 2, 3, 4]
        assert all(r.trial == 3 for r in result.history)
        assert {"loss", "val_loss", "val_log_loss", "val_accuracy", "learning_rate"} <= set(result.history[0].metrics)
        assert result.history[-1].metrics["loss"] < result.history[0].metrics["loss"]
        assert result.wall_s > 0
        assert result.value == result.metrics["val_log_loss"]

    def test_without_patience_the_last_weights_are_kept_and_are_those_that_were_measured(self) -> None:
        result = self.run_one(replace(SPEC, watch="val_loss"))
        validation = small_task().validation
        assert result.best_epoch == 4
        assert result.weights is not None
        assert result.val_predictions is not None
        network = build_network(PARAMS, N_FEATURES, seed=0)
        network.set_weights(list(result.weights))
        again = predict_rows(network, validation.x)
        np.testing.assert_allclose(again, result.val_predictions, atol=1e-6)
        y = validation.y
        assert result.metrics["val_log_loss"] == pytest.approx(log_loss(y, again), abs=1e-6)
        assert result.metrics["val_accuracy"] == pytest.approx(accuracy(y, again))
        assert result.metrics["val_roc_auc"] == pytest.approx(roc_auc(y, again), abs=1e-4)
        penalty = PARAMS.l2 * sum(float(np.square(k).sum()) for k in (result.weights[0], result.weights[2]))
        assert result.metrics["val_loss"] - result.metrics["val_log_loss"] == pytest.approx(penalty, rel=1e-4)

    @pytest.mark.parametrize(("name", "value"), [*COCKTAIL.items(), ("embedding", "periodic")])
    def test_each_part_of_a_cocktail_acts_and_is_the_same_again(self, name: str, value: Any) -> None:
        plain = spec_with(widths="6-6")  # as many units as features
        spec = spec_with(plain, **{name: value})
        first = self.run_one(spec)
        assert same(first, self.run_again(spec))
        assert history_of(first) != history_of(self.run_one(plain))

    def test_averaged_weights_are_measured_and_kept_and_the_others_trained(self) -> None:
        """The averages of a trial that learns are behind its weights; the training loss is that of the latter."""
        raw, averaged = self.run_one(SPEC), self.run_one(spec_with(weight_average=0.99))
        assert [r.metrics["loss"] for r in averaged.history] == [r.metrics["loss"] for r in raw.history]
        assert all(
            one.metrics["val_log_loss"] > other.metrics["val_log_loss"]
            for one, other in zip(averaged.history, raw.history, strict=True)
        )
        assert averaged.weights is not None
        network = build_network(PARAMS, N_FEATURES, seed=0)
        network.set_weights(list(averaged.weights))
        validation = small_task().validation
        again = predict_rows(network, validation.x)
        np.testing.assert_allclose(again, averaged.val_predictions, atol=1e-6)
        assert averaged.metrics["val_log_loss"] == pytest.approx(log_loss(validation.y, again), abs=1e-6)
        penalty = PARAMS.l2 * sum(float(np.square(k).sum()) for k in (averaged.weights[0], averaged.weights[2]))
        measured = averaged.metrics["val_loss"] - averaged.metrics["val_log_loss"]
        assert measured == pytest.approx(penalty, rel=1e-4)

    def test_mixed_rows_and_smooth_labels_are_trained_on(self) -> None:
        """Without movement, the training loss is that of what is seen, in batches the last of which is short."""
        plain = {"optimizer": "sgd", "learning_rate": 1e-12, "regularization": "none"}
        none = {"dropout_first": 0.0, "dropout_later": 0.0}
        spec = spec_with(replace(SPEC, n_epochs=2), mixup=0.4, label_smoothing=0.2, **plain, **none)
        train, network = small_task().train, build_network(spec.params, N_FEATURES, spec.seed)
        n_steps = -(-N_ROWS // spec.params.batch_size)
        for epoch, report in enumerate(self.run_one(spec).history):
            order, total = epoch_order(spec.seed, epoch, N_ROWS), 0.0
            for step, share in enumerate(mixing_shares(0.4, spec.seed, epoch, n_steps)):
                rows = order[step * spec.params.batch_size :][: spec.params.batch_size]
                x, y = (share * part[rows] + (1 - share) * part[rows[::-1]] for part in (train.x, train.y))
                p = predict_rows(network, x)
                y = y * 0.8 + 0.1
                total -= float((y * np.log(p) + (1 - y) * np.log1p(-p)).sum())
            assert report.metrics["loss"] == pytest.approx(total / N_ROWS, rel=1e-5)

    @pytest.mark.parametrize("batch_size", [64, N_ROWS, 3 * N_ROWS])
    def test_any_batch_size_trains_on_every_row(self, batch_size: int) -> None:
        """Without movement, the training loss is the mean over all rows, short last batch included."""
        spec = spec_with(
            replace(SPEC, n_epochs=1),
            batch_size=batch_size,
            optimizer="sgd",
            learning_rate=1e-12,
            regularization="none",
            dropout_first=0.0,
            dropout_later=0.0,
        )
        result = self.run_one(spec)
        train = small_task().train
        network = build_network(spec.params, N_FEATURES, spec.seed)
        expected = log_loss(train.y, predict_rows(network, train.x))
        assert result.history[0].metrics["loss"] == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize("watch", ["val_log_loss", "val_loss"])
    def test_early_stopping_keeps_the_best_weights(self, watch: str) -> None:
        spec = spec_with(replace(SPEC, n_epochs=40, patience=2, watch=watch), learning_rate=0.3, l2=0.3)
        result = self.run_one(spec)
        watched = [r.metrics[watch] for r in result.history]
        assert result.state is TrialState.COMPLETE
        assert result.best_epoch == 1 + int(np.argmin(watched))
        assert len(watched) == result.best_epoch + 2
        assert result.metrics[watch] == min(watched)

    def test_a_trial_that_is_given_up_keeps_its_best_weights(self) -> None:
        result = self.run_one(SPEC, stop_at=2)
        values = [r.metrics["val_log_loss"] for r in result.history]
        assert result.state is TrialState.PRUNED
        assert len(values) == 2
        assert result.metrics["val_log_loss"] == min(values)
        assert result.weights is not None

    @pytest.mark.parametrize("params", [{"optimizer": "sgd", "learning_rate": 1e30}])
    def test_a_loss_that_is_no_number_is_a_failed_trial(self, params: dict[str, object]) -> None:
        result = self.run_one(spec_with(replace(SPEC, n_epochs=30), **params))
        assert result.state is TrialState.FAILED
        assert len(result.history) < 30
        assert "epoch" in result.message
        assert result.weights is None
        assert result.val_predictions is None
        assert result.best_epoch == 0
        assert result.metrics == {}
        assert np.isnan(result.value)

    def test_the_rate_of_each_epoch_is_the_schedule_s(self) -> None:
        spec = spec_with(schedule="warmup_cosine", warmup_epochs=2)
        used = [r.metrics["learning_rate"] for r in self.run_one(spec).history]
        assert used == pytest.approx(list(learning_rates(spec.params, spec.n_epochs)))

    def test_a_schedule_changes_what_is_learnt(self) -> None:
        """From a rate of 0 on, nothing moves any more."""
        spec = spec_with(schedule="step", step_every=2, step_factor=0.0)
        values = [r.metrics["val_log_loss"] for r in self.run_one(spec).history]
        assert values[0] != values[1]
        assert values[1] == values[2] == values[3]

    def test_plateau_follows_the_watched_metric(self) -> None:
        spec = spec_with(replace(SPEC, n_epochs=10), schedule="plateau", plateau_patience=1, learning_rate=0.3)
        history = self.run_one(spec).history
        state, expected = start_plateau(spec.params), []
        for report in history:
            expected.append(state.learning_rate)
            state = step_plateau(spec.params, state, report.metrics["val_log_loss"])
        assert [r.metrics["learning_rate"] for r in history] == pytest.approx(expected)
        assert expected[-1] < expected[0]

    @pytest.mark.parametrize("cocktail", [{}, COCKTAIL], ids=["plain", "cocktail"])
    def test_a_trial_does_not_depend_on_what_ran_before(self, cocktail: dict[str, Any]) -> None:
        spec = spec_with(**cocktail)
        others = [
            replace(spec_with(spec, optimizer="sgd", batch_size=16), trial=0),
            replace(spec, trial=1, seed=12),
        ]
        after = run_all(self.make_engine(small_task()), [*others, spec])
        assert history_of(self.run_one(spec)) == history_of(after[3])
        assert history_of(after[1]) != history_of(after[3])

    @pytest.mark.parametrize(
        ("cocktail", "is_held"),
        [({}, False), ({**COCKTAIL, "normalization": "batch"}, True)],
        ids=["plain, its state lost", "a cocktail, its state held"],
    )
    def test_a_trial_that_goes_on_ends_as_if_it_had_never_paused(self, cocktail: dict[str, Any], is_held: bool) -> None:
        whole = spec_with(replace(SPEC, n_epochs=6), schedule="plateau", plateau_patience=1, **cocktail)
        rounds = [
            replace(whole, trial=0, pause_at=1),
            replace(whole, trial=1, pause_at=4, goes_on_from=0),
            replace(whole, trial=2, goes_on_from=1),
        ]
        if is_held:
            results, reported = run_rounds(self.make_engine(small_task()), rounds)
        else:
            alone = [run_rounds(self.make_engine(small_task()), [spec]) for spec in rounds]
            results = {trial: result for found, _ in alone for trial, result in found.items()}
            reported = [report for _, reports in alone for report in reports]
        assert [len(results[trial].history) for trial in range(3)] == [1, 4, 6]
        assert all(report.trial == 2 for report in results[2].history)
        assert same(replace_trial(results[2]), self.run_one(whole))
        expected = [(0, 1), (1, 2), (1, 3), (1, 4), (2, 5), (2, 6)]
        assert reported == (expected if is_held else [(t, e) for t, n in enumerate((1, 4, 6)) for e in range(1, n + 1)])

    def test_a_trial_that_has_waited_out_its_patience_does_not_pause(self) -> None:
        whole = spec_with(replace(SPEC, n_epochs=40, patience=2), learning_rate=0.3, l2=0.3)
        n_epochs = len(self.run_one(whole).history)
        specs = [replace(whole, trial=0, pause_at=n_epochs), replace(whole, trial=3, goes_on_from=0)]
        results, _ = run_rounds(self.make_engine(small_task()), specs)
        assert history_of(results[0]) == history_of(results[3])
        assert same(results[3], self.run_one(whole))

    @pytest.mark.slow
    def test_a_trial_is_the_same_in_another_process(self) -> None:
        code = f"import sys; sys.path.insert(0, {str(__file__).rpartition('/')[0]!r})\n{self.fresh_process}"
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert json.loads(done.stdout) == [list(row) for row in history_of(self.run_one(SPEC))]


def replace_trial(result: TrialResult, trial: int = 3) -> TrialResult:
    """Return a result under another trial's number."""
    return replace(result, history=tuple(replace(report, trial=trial) for report in result.history))


def same(one: TrialResult, other: TrialResult) -> bool:
    assert one.weights is not None
    assert other.weights is not None
    are_weights_equal = all((a == b).all() for a, b in zip(one.weights, other.weights, strict=True))
    return are_weights_equal and one.history == other.history and one.metrics == other.metrics


def history_of(result: TrialResult) -> list[tuple[float, ...]]:
    """Loss and validation loss of each epoch."""
    return [(r.metrics["loss"], r.metrics["val_log_loss"]) for r in result.history]
