"""A sweep's model, and the one version that it becomes."""

import pytest
from trials import logged_candidate, sweep_of

from songpop.errors import GateError
from songpop.tracking.candidate import candidate_of, ensure_registered, version_of
from songpop.tracking.runs import start_sweep


def test_found_again_by_its_sweep(store, tmp_path) -> None:
    candidate = logged_candidate(store, tmp_path, "first")
    assert candidate_of(store, sweep_of(store, "first")) == candidate
    assert candidate.test_digest == "cd" * 32


def test_a_sweep_without_a_model(store) -> None:
    start_sweep(store, "first").finish("KILLED")
    with pytest.raises(GateError, match="no finished model to promote"):
        candidate_of(store, sweep_of(store, "first"))


def test_one_version_however_often(store, tmp_path) -> None:
    first, second = (logged_candidate(store, tmp_path, name) for name in ("first", "second"))
    assert [version_of(store, "songpop", one) for one in (first, second, first)] == [1, 2, 1]
    assert version_of(store, "another", second) == 1


def test_the_registered_model_is_made_once(store) -> None:
    for _ in range(2):
        ensure_registered(store, "songpop")
    assert [found.name for found in store.client.search_registered_models()] == ["songpop"]
