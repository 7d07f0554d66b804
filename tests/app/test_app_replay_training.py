"""Trials trained again, all at once: where they stop, and what is said of them. Recorded by the engine itself."""

from collections.abc import Sequence
from dataclasses import asdict, replace

import numpy as np
import pytest

from songpop.app.engines import build_engine
from songpop.app.replay_training import Conditions, judge, other_seed, train_again
from songpop.contracts import Decision, Done, EpochReport, Params, Part, Task, TrialResult, TrialSpec, TrialState
from songpop.replay.record import Recorded
from songpop.replay.verdicts import Replay, Rule, Verdict
from songpop.settings import EngineSettings
from songpop.tracking.records import StoredNumber
from songpop.tracking.trial_batch import batch_of

HERE = {"machine_class": "vax", "packages": {}}
ENGINE = EngineSettings(n_workers=0)
CONDITIONS = Conditions(engine=ENGINE, n_seeds=3, tolerance=1e-4, environment=HERE)
PLAIN = Params(widths="8", learning_rate=0.01, dropout_first=0.2)
SPECS = (
    TrialSpec(trial=5, params=PLAIN, seed=1, n_epochs=4, patience=None),
    TrialSpec(trial=5, params=PLAIN, seed=2, n_epochs=9, patience=None),  # of another sweep, pruned after epoch 2
    TrialSpec(trial=6, params=replace(PLAIN, learning_rate=0.3), seed=3, n_epochs=40, patience=2),
    TrialSpec(trial=7, params=replace(PLAIN, optimizer="sgd", learning_rate=1e30), seed=4, n_epochs=4, patience=None),
)


@pytest.fixture(scope="module")
def task() -> Task:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(300, 6)).astype(np.float32)
    y = (x[:, 0] + rng.normal(size=300) > 0).astype(np.float32)
    return Task(train=Part(x=x[:200], y=y[:200]), validation=Part(x=x[200:], y=y[200:]))


def trained(task: Task, spec: TrialSpec, stop_at: int = 0) -> TrialResult:
    waiting = iter([spec])

    def on_epoch(report: EpochReport) -> Decision:
        return Decision.STOP if report.epoch == stop_at else Decision.CONTINUE

    (result,) = build_engine(ENGINE, task, 1).run(lambda: next(waiting, None) or Done(), on_epoch)
    return result


def stored(result: TrialResult) -> tuple[StoredNumber, ...]:
    return tuple(StoredNumber(metric=m.key, step=m.step, value=m.value) for m in batch_of(result, {}, {}).metrics)


def recorded(result: TrialResult, **other: object) -> Recorded:
    found = Recorded(
        run_id=f"r{result.spec.seed}", run=f"trial-{result.spec.trial}", sweep="s", parent="p", spec=result.spec,
        state=result.state, n_epochs=len(result.history), numbers=stored(result), engine="population", n_slots=4,
        best=None if result.state is TrialState.FAILED else result.value, machine="vax", table="t", split="p",
        label="l", environment=HERE,
    )  # fmt: skip
    return replace(found, **other)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def record(task: Task) -> tuple[Recorded, ...]:
    found = tuple(recorded(trained(task, spec, stop_at)) for spec, stop_at in zip(SPECS, (0, 2, 0, 0), strict=True))
    assert [one.state.value for one in found] == ["complete", "pruned", "complete", "failed"]
    assert 2 < found[2].n_epochs < 40  # it ended early
    return found


def again(task: Task, trials: Sequence[Recorded], conditions: Conditions = CONDITIONS) -> list[Replay]:
    found = {one.run_id: one for one in train_again(task, trials, conditions.engine_of(trials[0]), conditions)}
    return [found[one.run_id] for one in trials]


def test_each_ends_as_it_did(task: Task, record: tuple[Recorded, ...]) -> None:
    for one in again(task, record):
        assert (one.verdict, one.rule, one.why, one.remarks) == (Verdict.SAME, Rule.NUMBERS, (), ())
        assert one.largest is None or one.largest.size == 0.0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"state": TrialState.COMPLETE, "best": 0.5}, "it ended complete, now failed (epoch 1 ended with"),
        ({"n_epochs": 1}, ""),
    ],
)
def test_another_end_is_told(change: dict[str, object], words: str, task: Task, record: tuple[Recorded, ...]) -> None:
    (found,) = again(task, [replace(record[3], **change)])  # type: ignore[arg-type]
    assert (found.verdict is Verdict.SAME) == (not words)
    assert words in "; ".join(found.why)


@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_another_machine_asks_other_seeds(place: int, task: Task, record: tuple[Recorded, ...]) -> None:
    numbers = tuple(replace(one, value=one.value + 0.003) for one in record[place].numbers)
    there = replace(record[place], machine="pdp", numbers=numbers)
    (found,) = again(task, [there])
    is_failed = place == 3  # whose numbers are few, and n_epochs is one of them
    assert found.verdict is Verdict.SAME
    assert found.rule is Rule.SEEDS
    if not is_failed:
        (far,) = again(task, [replace(there, best=9.0)])
        assert far.verdict is Verdict.DRIFTED
        assert "outside of the 99 % prediction interval of 3 other seeds" in far.why[0]


def test_false_alarms_are_shared_out(record: tuple[Recorded, ...]) -> None:
    there = [replace(one, machine="pdp") for one in record]
    assert CONDITIONS.for_all([*record, there[0]]).level == pytest.approx(0.99)
    assert CONDITIONS.for_all([*record, *there]).level == pytest.approx(0.9975)


@pytest.mark.parametrize(
    ("engine", "trial", "n_slots", "is_like"),
    [
        (None, {}, 4, True),
        (None, {"n_slots": None, "machine": None}, None, True),
        (None, {"machine": "pdp"}, 4, False),
        (EngineSettings(n_workers=0), {}, 4, True),
        (EngineSettings(n_slots=1), {}, 1, False),
        (None, {"engine": "keras", "n_slots": 1}, 1, True),
        (EngineSettings(), {"engine": "keras", "n_slots": 1}, None, False),
    ],
)
def test_when_the_numbers_must_be_the_same(
    engine: EngineSettings | None, trial: dict[str, object], n_slots: int | None, is_like: bool,
    record: tuple[Recorded, ...],
) -> None:  # fmt: skip
    conditions = replace(CONDITIONS, engine=engine)
    one = replace(record[0], **trial)  # type: ignore[arg-type]
    assert conditions.engine_of(one).n_slots == n_slots
    assert conditions.is_like(one) is is_like


def test_a_worker_that_dies_here_says_nothing_about_the_record(record: tuple[Recorded, ...], task: Task) -> None:
    own = trained(task, SPECS[0])
    lost = replace(own, state=TrialState.FAILED, history=(), metrics={}, message="its worker process ended")
    found = judge(record[0], lost, (), CONDITIONS)
    assert found.verdict is Verdict.NOT_REPRODUCIBLE
    assert "its worker process ended" in found.why[0]


def test_other_seeds_are_others_and_the_same_ones_again() -> None:
    seeds = [other_seed(7, number) for number in range(1, 11)]
    assert len({*seeds, 7}) == 11
    assert seeds == [other_seed(7, number) for number in range(1, 11)]
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert asdict(SPECS[0])["resample"] is None
