"""Copies of studies: whole, in the sweep's order, up to date, and never written back."""

from pathlib import Path

import optuna
import pytest
from optuna.study import Study
from search_fakes import FakeEngine, FakeTracker, opened

from songpop.search import study_copies
from songpop.search.driver import run_search
from songpop.search.study_copies import StudyCopies
from songpop.settings import StorageSettings


@pytest.fixture(autouse=True)
def looks_need_no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_copies, "MIN_PAUSE_S", 0.0)


def searched(folder: Path, n_trials: int, name: str = "study", url: str | None = None) -> None:
    backend = opened(folder, name=name, n_trials=n_trials, storage=url)
    run_search(backend, FakeEngine(), FakeTracker, on_progress=lambda progress: None)
    backend.close()


def copy_of(copies: StudyCopies, name: str = "study") -> Study:
    return optuna.load_study(study_name=name, storage=copies.storage)


@pytest.mark.parametrize("kind", ["journal", "database"])
def test_copies_catch_up_with_a_study_that_grows(kind: str, tmp_path: Path) -> None:
    url = None if kind == "journal" else f"sqlite:///{tmp_path / 'studies.db'}"
    copies = StudyCopies(StorageSettings(url=url), tmp_path)
    if kind == "journal":
        copies.catch_up()  # nothing is there yet
        assert not copies.storage.get_all_studies()
    for n_trials in (3, 5, 5):
        searched(tmp_path, n_trials, url=url)
        copies.catch_up()
        trials = copy_of(copies).get_trials()
        assert [trial.user_attrs["trial"] for trial in trials] == list(range(n_trials))
    assert copy_of(copies).metric_names == ["val_log_loss"]
    assert all(trial.intermediate_values for trial in trials)


def test_trials_that_are_copied_together_have_the_sweeps_numbers(tmp_path: Path) -> None:
    searched(tmp_path, 4)
    journal = tmp_path / "study.journal"
    head = [line for line in journal.read_text().splitlines(keepends=True) if '"op_code":4' not in line]
    ended = [line for line in journal.read_text().splitlines(keepends=True) if '"op_code":4' in line]
    journal.write_text("".join([*head, *reversed(ended)]))  # as two workers may end them
    copies = StudyCopies(StorageSettings(), tmp_path)
    copies.catch_up()
    assert [trial.user_attrs["trial"] for trial in copy_of(copies).get_trials()] == [0, 1, 2, 3]


def test_what_is_done_to_a_copy_does_not_reach_the_study(tmp_path: Path) -> None:
    searched(tmp_path, 2)
    before = (tmp_path / "study.journal").read_bytes()
    copies = StudyCopies(StorageSettings(), tmp_path)
    copies.catch_up()
    copy_of(copies).set_user_attr("note", "x")
    optuna.delete_study(study_name="study", storage=copies.storage)
    assert (tmp_path / "study.journal").read_bytes() == before


def test_a_study_that_was_begun_anew_is_copied_anew(tmp_path: Path) -> None:
    searched(tmp_path, 4)
    copies = StudyCopies(StorageSettings(), tmp_path)
    copies.catch_up()
    (tmp_path / "study.journal").unlink()
    searched(tmp_path, 2)
    copies.catch_up()
    assert len(copy_of(copies).get_trials()) == 2


def test_a_study_that_was_deleted_is_no_copy_any_more(tmp_path: Path) -> None:
    searched(tmp_path, 2)
    copies = StudyCopies(StorageSettings(), tmp_path)
    copies.catch_up()
    (tmp_path / "study.journal").unlink()
    (tmp_path / "lost.journal").symlink_to(tmp_path / "nowhere")  # as one that is deleted between two looks
    copies.catch_up()
    assert not copies.storage.get_all_studies()
    assert "could not be read" in copies.left_out["lost"]
    (tmp_path / "lost.journal").unlink()
    searched(tmp_path, 3)
    copies.catch_up()
    assert len(copy_of(copies).get_trials()) == 3


def test_a_damaged_journal_is_left_out_and_the_others_are_there(tmp_path: Path) -> None:
    searched(tmp_path, 2)
    (tmp_path / "bad.journal").write_text("a text\n")
    (tmp_path / "begun.journal").write_text("")  # its maker had no time
    copies = StudyCopies(StorageSettings(), tmp_path)
    copies.catch_up()
    assert [study.study_name for study in copies.storage.get_all_studies()] == ["study"]
    assert "must be a study journal" in copies.left_out["bad"]


def test_a_moment_later_nothing_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(study_copies, "MIN_PAUSE_S", 60.0)
    copies = StudyCopies(StorageSettings(), tmp_path)
    searched(tmp_path, 2)
    copies.catch_up()
    searched(tmp_path, 4)
    copies.catch_up()
    assert len(copy_of(copies).get_trials()) == 2
