"""The finals as a search: each spec once, nothing pruned, everything remembered."""

import math

from search_fakes import FakeEngine, FakeTracker, result_of

from songpop.contracts import Done, EpochReport, Params, TrialSpec, TrialState
from songpop.search.driver import run_search
from songpop.search.finals_backend import FinalsBackend

SPECS = [
    TrialSpec(trial=n, params=Params(learning_rate=0.001 * (n + 1)), seed=n, n_epochs=3, patience=None, resample=n % 2)
    for n in range(6)
]


def test_the_drivers_loop_runs_each_spec_once() -> None:
    backend, shown = FinalsBackend(SPECS, 2), []
    summary = run_search(
        backend, FakeEngine(2), FakeTracker, on_progress=lambda progress: shown.append(progress.n_finished)
    )
    assert (summary.n_finished, summary.interrupted) == (6, False)
    assert sorted(backend.results) == sorted(backend.run_ids) == list(range(6))
    assert shown == list(range(1, 7))
    assert "6 runs" in summary.reason


def test_what_a_run_is() -> None:
    backend = FinalsBackend(SPECS, 2)
    assert backend.n_trials == 6
    assert [dict(backend.suggested(n)) for n in (0, 1, 5)] == [
        {"finalist": 0, "resample": 0}, {"finalist": 0, "resample": 1}, {"finalist": 2, "resample": 1}
    ]  # fmt: skip


def test_nothing_is_pruned() -> None:
    backend = FinalsBackend(SPECS, 2)
    assert backend.ask() == SPECS[0]
    assert not backend.should_stop(EpochReport(trial=0, epoch=1, metrics={"val_log_loss": 99.0}))


def test_an_infinite_objective_is_a_failure() -> None:
    backend = FinalsBackend(SPECS[:1], 1)
    assert backend.ask() == SPECS[0]
    result = result_of(SPECS[0], [math.inf])
    backend.tell(result)
    (kept,) = backend.keep([(result, "run")])
    assert kept.state is backend.results[0].state is TrialState.FAILED
    assert isinstance(backend.ask(), Done)
