"""Recorded trials trained again, all of one ground in one run of the engine, each judged as soon as it has ended.

Owns: which trainings a trial needs, where each stops, what follows from them. Does not own: the ground (replay_ground),
the comparison itself (songpop/replay).
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from songpop.app.engines import started_engine
from songpop.contracts import Decision, Done, EpochReport, Task, TrialResult, TrialSpec, TrialState
from songpop.replay.circumstances import changes
from songpop.replay.comparison import Comparison, best_of, compare_numbers, compare_seeds
from songpop.replay.record import Recorded, was_lost
from songpop.replay.verdicts import Replay, Rule, Verdict
from songpop.settings import EngineKind, EngineSettings
from songpop.tracking.records import StoredNumber
from songpop.tracking.trial_batch import batch_of

FALSE_ALARMS = 0.01  # how often a call may say `drifted` by chance of those that are held against other seeds
NOT_KNOWN = "its record names neither slots nor machine, so every number is compared as if they were these"


@dataclass(frozen=True, kw_only=True)
class Conditions:
    """What trials are trained under now."""

    engine: EngineSettings | None  # None: the recorded one
    n_seeds: int
    tolerance: float
    environment: Mapping[str, Any]  # as tracking.environment's file has it
    level: float = 1 - FALSE_ALARMS  # of the interval in which the objective of one more seed lies

    def for_all(self, trials: Sequence[Recorded]) -> "Conditions":
        """Return the conditions for all trials of a call, with false alarms shared out among them (Bonferroni).

        110 sound trials, each at 99 %, gave three false alarms: losses are not quite normal over seeds.
        """
        n = sum(not self.is_like(trial) for trial in trials)
        return replace(self, level=1 - FALSE_ALARMS / max(n, 1))

    def engine_of(self, trial: Recorded) -> EngineSettings:
        """Return the engine that trains a trial: where nothing else is said, the recorded one with as many slots."""
        engine = self.engine or EngineSettings(kind=EngineKind(trial.engine))
        is_same_kind = engine.kind.value == trial.engine
        return replace(engine, n_slots=engine.n_slots or (trial.n_slots if is_same_kind else None))

    def is_like(self, trial: Recorded) -> bool:
        """Say whether the numbers must be the recorded ones: the engine is, and the machine as far as is known."""
        engine = self.engine_of(trial)
        is_same_engine = engine.kind.value == trial.engine and trial.n_slots in (None, engine.n_slots)
        return is_same_engine and trial.machine in (None, self.environment["machine_class"])


def train_again(
    task: Task, trials: Sequence[Recorded], engine: EngineSettings, conditions: Conditions
) -> Iterator[Replay]:
    """Train trials of one ground and one engine again; yield what came of each, in the order in which they end.

    A trial that was pruned is stopped where it was; one that ended early or failed has to do so by itself.
    """
    plans = list(_plans(trials, conditions))
    waiting = iter(plans)
    awaited = {k: 1 + _n_seeds(trial, conditions) for k, trial in enumerate(trials)}
    ended: dict[int, list[tuple[int, TrialResult]]] = {k: [] for k in awaited}

    def next_trial() -> TrialSpec | Done:
        plan = next(waiting, None)
        return Done() if plan is None else plan.spec

    def on_epoch(report: EpochReport) -> Decision:
        is_end = report.epoch == plans[report.trial].stop_at
        return Decision.STOP if is_end else Decision.CONTINUE

    with started_engine(engine, task, len(plans)) as started, closing(started.run(next_trial, on_epoch)) as results:
        for result in results:
            number = result.spec.trial
            k = plans[number].trial
            ended[k].append((number, result))
            if len(ended[k]) == awaited[k]:
                own, *others = (one for _, one in sorted(ended.pop(k), key=lambda pair: pair[0]))
                yield judge(trials[k], own, others, conditions)


def judge(trial: Recorded, own: TrialResult, others: Sequence[TrialResult], conditions: Conditions) -> Replay:
    """Say what came of a trial.

    Args:
        trial: the record.
        own: trained again with its own seed.
        others: with other seeds; none where every number must be the same.
        conditions: what they were trained under.
    """
    lost = [one.message for one in (own, *others) if one.state is TrialState.FAILED and was_lost(one.message)]
    if lost:
        return not_reproducible(trial, f"a worker that trains it to its end here: {lost[0]}")
    found = compare_numbers(
        trial.numbers, _numbers(own), tolerance=conditions.tolerance, n_epochs=max(trial.n_epochs, len(own.history))
    )
    why = _differing(trial, own, found)
    rule = Rule.NUMBERS
    if why and others:  # else every number is the same, whatever the engine and the machine
        rule = Rule.SEEDS
        best = [best_of(_numbers(one)) for one in others]
        against = compare_seeds(trial.best, best, tolerance=conditions.tolerance, level=conditions.level)
        why = [against] if against else []
    changed = [*_engine_change(trial, conditions), *changes(trial.environment, conditions.environment)]
    if trial.machine is None:
        changed.append(NOT_KNOWN)
    return replace(
        replay_of(trial, Verdict.DRIFTED if why else Verdict.SAME),
        rule=rule,
        n_numbers=found.n_numbers,
        first=found.first,
        largest=found.largest,
        why=tuple(why),
        causes=tuple(changed) if why else (),
        remarks=() if why else tuple(changed),
    )


def replay_of(trial: Recorded, verdict: Verdict) -> Replay:
    """Return the bare verdict on a trial."""
    return Replay(run_id=trial.run_id, run=trial.run, sweep=trial.sweep, trial=trial.spec.trial, verdict=verdict)


def not_reproducible(trial: Recorded, part: str) -> Replay:
    """Return the verdict on a trial for which a part is missing."""
    return replace(replay_of(trial, Verdict.NOT_REPRODUCIBLE), why=(f"missing: {part}",))


def other_seed(seed: int, number: int) -> int:
    """Return one more seed: a function of the trial's own and a number from 1."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0] >> 1)


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """One training: of which trial of the list, and after which epoch it is stopped (0: never)."""

    trial: int
    spec: TrialSpec
    stop_at: int


def _plans(trials: Sequence[Recorded], conditions: Conditions) -> Iterator[_Plan]:
    """Yield the trainings, numbered anew: trials of several sweeps may have one number."""
    number = 0
    for k, trial in enumerate(trials):
        stop_at = trial.n_epochs if trial.state is TrialState.PRUNED else 0
        others = [other_seed(trial.spec.seed, one) for one in range(1, _n_seeds(trial, conditions) + 1)]
        for seed in (trial.spec.seed, *others):
            yield _Plan(trial=k, spec=replace(trial.spec, trial=number, seed=seed), stop_at=stop_at)
            number += 1


def _n_seeds(trial: Recorded, conditions: Conditions) -> int:
    return 0 if conditions.is_like(trial) else conditions.n_seeds


def _numbers(result: TrialResult) -> list[StoredNumber]:
    """Return what would be stored of a trial, so that it is compared with what is."""
    return [StoredNumber(metric=m.key, step=m.step, value=m.value) for m in batch_of(result, {}, {}).metrics]


def _differing(trial: Recorded, own: TrialResult, found: Comparison) -> list[str]:
    numbers = [] if found.first is None else [found.first.told()]
    if own.state is trial.state:
        return numbers
    message = f" ({own.message})" if own.message else ""
    return [*numbers, f"it ended {trial.state.value}, now {own.state.value}{message}"]


def _engine_change(trial: Recorded, conditions: Conditions) -> list[str]:
    now = conditions.engine_of(trial)
    if now.kind.value != trial.engine:
        return [f"engine {trial.engine}, now {now.kind.value}"]
    return [] if trial.n_slots in (None, now.n_slots) else [f"{trial.n_slots} slots, now {now.n_slots}"]
