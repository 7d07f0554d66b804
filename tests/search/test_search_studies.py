"""Studies are read without being changed, from journals and from a database."""

from pathlib import Path

import pytest
from search_fakes import FakeEngine, FakeTracker, opened

from songpop.errors import StoreError
from songpop.search.driver import run_search
from songpop.search.locks import HeldError
from songpop.search.studies import cut_back, held_study, n_torn_bytes, read_study, study_names
from songpop.settings import StorageSettings

JOURNAL = StorageSettings()


def searched(folder: Path, url: str | None = None, name: str = "study") -> tuple[object, ...]:
    backend = opened(folder, name=name, n_trials=4, storage=url)
    run_search(backend, FakeEngine(), FakeTracker, on_progress=lambda progress: None)
    kept = (backend.study_id, [(t.trial, t.state, t.value, t.run_id, dict(t.suggested)) for t in backend.finished()])
    backend.close()
    return kept


@pytest.mark.parametrize("kind", ["journal", "database"])
def test_a_study_reads_as_its_sweep_left_it(kind: str, tmp_path: Path) -> None:
    url = None if kind == "journal" else f"sqlite:///{tmp_path / 'studies.db'}"
    settings = StorageSettings(url=url)
    kept = searched(tmp_path, url)
    assert study_names(settings, tmp_path) == ("study",)
    found = read_study("study", settings, tmp_path)
    trials = [(t.trial, t.state, t.value, t.run_id, dict(t.suggested)) for t in found.trials]
    assert (found.study_id, trials) == kept
    assert n_torn_bytes("study", settings, tmp_path) == 0


def test_a_torn_line_is_not_seen_and_can_be_cut_off(tmp_path: Path) -> None:
    kept = searched(tmp_path)
    journal = tmp_path / "study.journal"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"op_code":4,"work')
    assert n_torn_bytes("study", JOURNAL, tmp_path) == 18
    assert read_study("study", JOURNAL, tmp_path).study_id == kept[0]
    assert journal.read_bytes() != whole
    cut_back("study", JOURNAL, tmp_path)
    assert journal.read_bytes() == whole


@pytest.mark.parametrize("content", [b"", b'{"op_code":0,"worker'])
def test_a_journal_that_its_maker_had_no_time_to_begin(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "study.journal").write_bytes(content)
    assert read_study("study", JOURNAL, tmp_path).trials == ()


def test_a_file_that_is_no_journal(tmp_path: Path) -> None:
    (tmp_path / "study.journal").write_text("a text\n")
    with pytest.raises(StoreError, match="must be a study journal"):
        read_study("study", JOURNAL, tmp_path)


def test_a_running_sweep_is_noticed(tmp_path: Path) -> None:
    backend = opened(tmp_path)
    with pytest.raises(HeldError, match="already running"), held_study("study", tmp_path):
        pass
    backend.close()
    with held_study("study", tmp_path), pytest.raises(HeldError):
        opened(tmp_path)
