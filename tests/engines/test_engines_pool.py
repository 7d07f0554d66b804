"""Real worker processes: the suite, a kill, a hang, a crash, and what is left behind (nothing)."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from engine_suite import SPEC, EngineSuite, run_all, small_task, spec_with

from songpop.contracts import Decision, Done, Engine, EpochReport, Task, TrialResult, TrialSpec, TrialState, Wait
from songpop.engines import pool
from songpop.engines.pool import PoolEngine
from songpop.engines.population import InProcessEngine
from songpop.errors import EngineError, SettingsError

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SPECS = [replace(SPEC, trial=k, seed=k, n_epochs=40) for k in range(12)]


def pool_of(n_workers: int = 2, n_slots: int = 2, trial_timeout_s: float = 300.0) -> PoolEngine:
    return PoolEngine(small_task(), n_workers=n_workers, n_slots=n_slots, trial_timeout_s=trial_timeout_s)


class TestPoolEngine(EngineSuite):
    fresh_process = (
        "import json\nfrom engine_suite import SPEC, history_of, run_all, small_task\n"
        "from songpop.engines.pool import PoolEngine\n"
        "engine = PoolEngine(small_task(), n_workers=1, n_slots=2, trial_timeout_s=300.0)\n"
        "print(json.dumps(history_of(run_all(engine, [SPEC])[3])))"
    )

    def make_engine(self, task: Task) -> Engine:
        return PoolEngine(task, n_workers=2, n_slots=2, trial_timeout_s=300.0)


def run_and(
    engine: PoolEngine, specs: list[TrialSpec], act: Callable[[EpochReport], Decision | None]
) -> dict[int, TrialResult]:
    """Run the specs; `act` sees each report, and may decide on it."""
    queue = iter([*specs, *(Done() for _ in range(1000))])

    def on_epoch(report: EpochReport) -> Decision:
        return act(report) or Decision.CONTINUE

    return {result.spec.trial: result for result in engine.run(lambda: next(queue), on_epoch)}


def worker_of(engine: PoolEngine, trial: int) -> pool._Worker:
    """Return the worker that trains a trial."""
    return next(worker for worker in engine._workers if trial in engine._slots._seated[worker.number])


def test_a_trial_that_goes_on_survives_its_worker() -> None:
    whole = replace(SPEC, n_epochs=8)
    specs = [replace(whole, trial=0, pause_at=3), replace(whole, trial=3, goes_on_from=0)]
    engine, killed, reported = pool_of(n_workers=1), list[int](), list[int]()

    def next_trial() -> TrialSpec | Wait | Done:
        return specs.pop(0) if len(specs) == 2 or (specs and reported) else (Wait() if specs else Done())

    def on_epoch(report: EpochReport) -> Decision:
        if report.trial == 3:
            reported.append(report.epoch)
            if not killed:
                killed.append(worker_of(engine, 3).pid)
                os.kill(killed[0], signal.SIGKILL)
        return Decision.CONTINUE

    results = {}
    for result in engine.run(next_trial, on_epoch):
        results[result.spec.trial] = result
        reported.append(0)
    alone = run_all(InProcessEngine(small_task(), 1), [whole])[3]
    assert engine.report().n_deaths == 1
    assert results[3].history == alone.history
    # It went on at epoch 4; from the first epoch on it was trained again, and what was decided is not asked again.
    assert [epoch for epoch in reported if epoch] == [4, 5, 6, 7, 8]


def test_many_processes_give_what_one_gives() -> None:
    engine = pool_of()
    results, expected = run_all(engine, SPECS), run_all(InProcessEngine(small_task(), 3), SPECS)
    for trial, result in expected.items():
        assert results[trial].history == result.history
    report = engine.report()
    assert (report.n_traces, report.n_deaths) == (0, 0)
    assert 0.3 < report.occupancy.share <= 1


def test_a_killed_worker_changes_no_result_and_loses_none() -> None:
    seen: list[tuple[int, int]] = []
    engine = pool_of()

    def act(report: EpochReport) -> None:
        seen.append((report.trial, report.epoch))
        if len(seen) == 30:
            os.kill(worker_of(engine, report.trial).pid, signal.SIGKILL)

    results = run_and(engine, SPECS, act)
    expected = run_all(InProcessEngine(small_task(), 3), SPECS)
    assert engine.report().n_deaths == 1
    assert sorted(results) == sorted(expected)
    for trial, result in expected.items():
        assert results[trial].history == result.history
        assert results[trial].state is TrialState.COMPLETE
    assert len(seen) == len(set(seen))  # an epoch that is trained again is not decided on again


def test_a_trial_that_was_stopped_is_stopped_again_where_its_worker_dies_before_it_has_ended() -> None:
    engine = pool_of(n_slots=1)

    def act(report: EpochReport) -> Decision | None:
        if (report.trial, report.epoch) != (5, 7):
            return None
        os.kill(worker_of(engine, 5).pid, signal.SIGKILL)
        return Decision.STOP

    results = run_and(engine, SPECS[:8], act)
    assert engine.report().n_deaths == 1
    assert results[5].state is TrialState.PRUNED
    assert len(results[5].history) == 7


def test_a_trial_that_takes_its_worker_down_twice_is_given_up() -> None:
    engine = pool_of(n_slots=1)

    def act(report: EpochReport) -> None:
        if report.trial == 5:
            worker_of(engine, 5).kill("was killed by a test")

    results = run_and(engine, SPECS[:8], act)
    assert results[5].state is TrialState.FAILED
    assert results[5].message == "its worker process was killed by a test; the one before died too"
    others = [result.state for trial, result in results.items() if trial != 5]
    assert others == [TrialState.COMPLETE] * 7


def test_a_hung_worker_is_ended() -> None:
    run_all(pool_of(), [SPEC])  # by now the server has imported, perhaps compiled, the kernels: more than 8 s
    engine = pool_of(n_workers=2, trial_timeout_s=8.0)
    stopped: list[int] = []

    def act(report: EpochReport) -> None:
        if not stopped:
            # The other one may not have come up yet, and that would be another error.
            stopped.append(worker_of(engine, report.trial).pid)
            os.kill(stopped[0], signal.SIGSTOP)

    results = run_and(engine, SPECS, act)
    assert engine.report().n_deaths == 1
    assert {result.state for result in results.values()} == {TrialState.COMPLETE}
    assert sorted(results) == list(range(12))


def test_a_worker_that_cannot_start_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "work", os.abort)
    with pytest.raises(EngineError, match="must start, but it ended with exit code"):
        run_all(pool_of(), SPECS)


def test_what_a_worker_refuses_is_told() -> None:
    with pytest.raises(SettingsError, match="dropout_first"):
        run_all(pool_of(), [replace(spec_with(dropout_first=3.0), trial=0)])


def test_a_worker_s_bug_is_one_sentence_and_its_traceback_a_note() -> None:
    task = small_task()
    broken = replace(task, train=replace(task.train, x=task.train.x[:, 0]))  # no matrix
    with pytest.raises(EngineError, match="must not meet an error like this, but it did: IndexError") as caught:
        run_all(PoolEngine(broken, n_workers=1, n_slots=1, trial_timeout_s=60.0), [SPEC])
    assert "\n" not in str(caught.value)
    assert "Traceback" in caught.value.__notes__[0]


def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from test_engines_pool import SPECS, pool_of, run_and\n"
        "engine = pool_of()\n"
        "run_and(engine, SPECS, lambda report: print(*engine.worker_pids(), flush=True))"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    workers = [int(word) for word in parent.stdout.readline().split()]
    assert len(workers) == 2
    parent.kill()
    parent.wait()
    deadline = time.monotonic() + 20
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < deadline, "a worker outlived its parent"
        time.sleep(0.1)


def test_a_script_without_a_guard_runs_once(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "from engine_suite import SPEC, run_all\nfrom test_engines_pool import pool_of\n"
        "print(sorted(run_all(pool_of(), [SPEC])))\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert done.stdout == "[3]\n"
