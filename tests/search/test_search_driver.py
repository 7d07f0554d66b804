import itertools
import math
import signal
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from search_fakes import FakeEngine, FakeTracker, curve, opened, result_of

from songpop.contracts import EpochReport, NextTrial, OnEpoch, TrialResult, TrialSpec, TrialState
from songpop.errors import StoreError
from songpop.search.driver import SearchSummary, run_search
from songpop.search.progress import BEAT_S, Circumstances, SearchProgress


def searched(folder: Path, engine: FakeEngine, tracker: FakeTracker, **options: Any) -> SearchSummary:
    backend = opened(folder, **options)
    try:
        return run_search(backend, engine, lambda: tracker, on_progress=lambda progress: None)
    finally:
        backend.close()


def test_progress_after_each_trial(tmp_path: Path) -> None:
    seen: list[SearchProgress] = []
    now_s = [0.0]

    def on_progress(progress: SearchProgress) -> None:
        seen.append(progress)
        now_s[0] += 1

    backend = opened(tmp_path, n_trials=4)
    summary = run_search(backend, FakeEngine(), FakeTracker, on_progress=on_progress, clock=lambda: now_s[0])
    assert [progress.n_finished for progress in seen] == [1, 2, 3, 4]
    assert {progress.n_total for progress in seen} == {4}
    assert [progress.best_value for progress in seen] == sorted((p.best_value for p in seen), reverse=True)  # type: ignore[type-var]
    assert [progress.last.spec.trial for progress in seen if progress.last] == [0, 1, 2, 3]
    assert [progress.elapsed_s for progress in seen] == [0, 1, 2, 3]
    assert summary.best is not None
    assert summary.best.trial == seen[-1].best_trial
    assert summary.wall_s == 4


def test_beats_tell_what_runs(tmp_path: Path) -> None:
    """Between two trials, from the search's own thread: what runs, how many epochs; never more often than they say."""
    beats: list[SearchProgress] = []
    now_s = itertools.count(step=BEAT_S)
    run_search(
        opened(tmp_path, n_trials=3),
        FakeEngine(),
        FakeTracker,
        on_progress=lambda progress: None,
        on_beat=beats.append,
        circumstances=Circumstances(n_seats=4, timeout_s=60.0),
        clock=lambda: next(now_s),
    )
    assert {progress.last for progress in beats} == {None}
    assert max(progress.n_running for progress in beats) == 1
    assert [progress.n_epochs for progress in beats] == sorted(progress.n_epochs for progress in beats)
    assert beats[-1].n_epochs > 0
    assert {(progress.n_seats, progress.timeout_s) for progress in beats} == {(4, 60.0)}


def test_beats_are_rare(tmp_path: Path) -> None:
    beats: list[SearchProgress] = []
    run_search(
        opened(tmp_path, n_trials=3),
        FakeEngine(),
        FakeTracker,
        on_progress=lambda progress: None,
        on_beat=beats.append,
        clock=lambda: 0.0,
    )
    assert len(beats) == 1


def test_a_trial_is_recorded_before_it_is_told(tmp_path: Path) -> None:
    backend = opened(tmp_path, n_trials=2)

    class Watching(FakeTracker):
        def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
            kept = [trial.trial for trial in backend.finished()]
            assert not {result.spec.trial for result, _ in trials} & set(kept)
            return super().record_all(trials)

    tracker = Watching()
    run_search(backend, FakeEngine(), lambda: tracker, on_progress=lambda progress: None)
    assert [trial.run_id for trial in backend.finished()] == ["run-0", "run-1"]
    assert tracker.recorded[1][1] == backend.suggested(1)


def test_an_infinite_objective_reaches_the_tracker_as_failed(tmp_path: Path) -> None:
    tracker = FakeTracker()
    summary = searched(tmp_path, FakeEngine(values_of=lambda spec: [math.inf]), tracker, n_trials=3)
    assert (summary.n_failed, summary.n_complete, summary.best) == (3, 0, None)
    assert {result.state for result, _ in tracker.recorded} == {TrialState.FAILED}
    assert tracker.recorded[0][0].message == "val_log_loss is inf"


def test_ctrl_c_while_training_drops_the_running_trial_only(tmp_path: Path) -> None:
    def interrupted_at_two(spec: TrialSpec) -> list[float]:
        if spec.trial == 2:
            raise KeyboardInterrupt
        return curve(spec)

    summary = searched(tmp_path, FakeEngine(values_of=interrupted_at_two), FakeTracker(), n_trials=5)
    assert summary.interrupted
    assert (summary.n_finished, summary.reason) == (2, "interrupted")
    again = FakeEngine()
    summary = searched(tmp_path, again, FakeTracker(), n_trials=5)
    assert [spec.trial for spec in again.asked] == [2, 3, 4]
    assert (summary.n_finished, summary.n_new, summary.interrupted) == (5, 3, False)


def test_ctrl_c_while_recording_waits_until_the_study_knows(tmp_path: Path) -> None:
    class Interrupting(FakeTracker):
        def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
            if not self.recorded:
                signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
            return super().record_all(trials)

    tracker = Interrupting()
    engine = FakeEngine(before_yield=lambda result: time.sleep(0.05))
    summary = searched(tmp_path, engine, tracker, n_trials=50)
    assert summary.interrupted
    assert summary.n_finished == len(tracker.recorded) < 50


def test_training_goes_on_while_a_store_is_slow(tmp_path: Path) -> None:
    """All trials end while the first is being recorded; the others are then written together, in their order."""
    is_trained = threading.Event()
    n_behind: list[int] = []

    class Slow(FakeTracker):
        def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
            assert is_trained.wait(timeout=30)
            return super().record_all(trials)

    def trained(result: TrialResult) -> None:
        if result.spec.trial == 4:
            is_trained.set()

    backend, tracker = opened(tmp_path, n_trials=5), Slow()
    run_search(
        backend, FakeEngine(before_yield=trained), lambda: tracker, on_progress=lambda p: n_behind.append(p.n_behind)
    )
    assert [result.spec.trial for result, _ in tracker.recorded] == [0, 1, 2, 3, 4]
    assert [trial.run_id for trial in backend.finished()] == [f"run-{k}" for k in range(5)]
    assert n_behind == [4, 3, 2, 1, 0]


def test_a_store_that_fails_stops_the_search(tmp_path: Path) -> None:
    class Failing(FakeTracker):
        def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
            raise StoreError("the store is full")

    with pytest.raises(StoreError, match="full"):
        searched(tmp_path, FakeEngine(), Failing(), n_trials=2)


def test_a_tracker_that_cannot_be_opened_ends_the_search_at_an_epoch(tmp_path: Path) -> None:
    """Not only when a trial ends, which may be long after."""
    n_epochs = []

    def refuse() -> FakeTracker:
        raise StoreError("no store")

    class Slow(FakeEngine):
        def run(self, next_trial: NextTrial, on_epoch: OnEpoch) -> Generator[TrialResult]:
            spec = next_trial()
            assert isinstance(spec, TrialSpec)
            for epoch in range(1, 10_000):
                n_epochs.append(epoch)
                on_epoch(EpochReport(trial=spec.trial, epoch=epoch, metrics={"val_log_loss": 0.5}))
                time.sleep(0.001)
            yield result_of(spec, [0.5])

    with pytest.raises(StoreError, match="no store"):
        run_search(opened(tmp_path, n_trials=2), Slow(), refuse, on_progress=lambda progress: None)
    assert len(n_epochs) < 9_000


def test_a_second_ctrl_c_while_the_record_is_opened_concludes_nothing(tmp_path: Path) -> None:
    """The first waits for what has ended to be kept; nobody may open, or end, the record a second time meanwhile."""
    opened_trackers, may_open = [], threading.Event()

    def open_slowly() -> FakeTracker:
        opened_trackers.append(FakeTracker())
        for _ in range(2):
            time.sleep(0.3)
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        assert may_open.wait(timeout=30)
        return opened_trackers[-1]

    with pytest.raises(KeyboardInterrupt):
        run_search(opened(tmp_path, n_trials=3), FakeEngine(), open_slowly, on_progress=lambda progress: None)
    may_open.set()
    assert len(opened_trackers) == 1


def test_a_first_ctrl_c_while_the_last_trials_are_written_waits_for_them(tmp_path: Path) -> None:
    tracker = FakeTracker()

    def open_slowly() -> FakeTracker:
        time.sleep(0.3)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)
        time.sleep(0.3)
        return tracker

    backend = opened(tmp_path, n_trials=3)
    summary = run_search(backend, FakeEngine(), open_slowly, on_progress=lambda progress: None)
    assert summary.interrupted
    assert len(tracker.recorded) == summary.n_finished == 3
