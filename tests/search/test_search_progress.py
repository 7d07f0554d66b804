"""The tally: counts over calls, what is best and since when."""

from pathlib import Path

from search_fakes import FakeEngine, FakeTracker, opened

from songpop.search.driver import run_search
from songpop.search.progress import SearchProgress


def watched(folder: Path, n_trials: int) -> list[SearchProgress]:
    seen: list[SearchProgress] = []
    backend = opened(folder, n_trials=n_trials)
    run_search(backend, FakeEngine(), FakeTracker, on_progress=seen.append)
    backend.close()
    return seen


def test_counts_are_over_all_calls(tmp_path: Path) -> None:
    watched(tmp_path, 3)
    seen = watched(tmp_path, 5)
    assert [(one.n_before, one.n_finished, one.n_total) for one in seen] == [(3, 4, 5), (3, 5, 5)]
    for one in seen:
        assert one.n_complete + one.n_pruned + one.n_failed == one.n_finished


def test_the_best_trial_and_how_long_ago_it_was(tmp_path: Path) -> None:
    for one in watched(tmp_path, 6):
        assert one.last is not None
        assert one.best_trial == one.last.spec.trial - one.n_since_best
        assert one.best_suggested
