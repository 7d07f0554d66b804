import os
import sqlite3
from pathlib import Path

import optuna
import pytest
from optuna.trial import FrozenTrial, TrialState, create_trial
from test_search_journal import disk_of

from songpop.errors import SettingsError, StoreError
from songpop.search.study_store import StudyStore
from songpop.settings import StorageSettings

IDENTITY = {"space": "abc"}


def finished(number: int) -> FrozenTrial:
    return create_trial(state=TrialState.COMPLETE, value=0.5, user_attrs={"trial": number, "pad": "x" * 500})


def store(folder: Path, url: str | None = None, name: str = "s") -> StudyStore:
    return StudyStore(name, StorageSettings(url=url), folder, IDENTITY)


@pytest.fixture(params=["journal", "sqlite"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str | None:
    return None if request.param == "journal" else f"sqlite:///{tmp_path / 'studies.db'}"


def test_trials_come_back_by_their_own_number(tmp_path: Path, url: str | None) -> None:
    first = store(tmp_path, url)
    for number in (2, 0):
        first.append([finished(number)])
    first.close()
    again = store(tmp_path, url)
    assert list(again.load()) == [0, 2]
    assert again.load()[2].value == 0.5
    again.close()


def test_studies_of_other_names_do_not_mix(tmp_path: Path, url: str | None) -> None:
    one, two = store(tmp_path, url, "one"), store(tmp_path, url, "two")
    one.append([finished(0)])
    assert two.load() == {}
    one.close()
    two.close()


def test_a_study_that_another_program_wrote_is_refused(tmp_path: Path, url: str | None) -> None:
    store(tmp_path, url).close()
    held = store(tmp_path, url)
    held.study.add_trial(create_trial(state=TrialState.COMPLETE, value=0.5))
    with pytest.raises(StoreError, match="must hold only trials that one sweep of songpop wrote"):
        held.load()
    held.close()


def test_a_study_without_our_mark_is_refused(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'theirs.db'}"
    study = optuna.create_study(study_name="s", storage=url)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=1)
    with pytest.raises(StoreError, match="was not written by songpop"):
        store(tmp_path, url)


def test_a_newer_format_is_refused(tmp_path: Path, url: str | None) -> None:
    held = store(tmp_path, url)
    held.study.set_user_attr("songpop", {"format": 2, "identity": {}})
    held.close()
    with pytest.raises(StoreError, match=r"written by a newer songpop \(format 2, this one reads 1\)"):
        store(tmp_path, url)


def test_a_kill_between_the_study_and_its_mark_is_mended(tmp_path: Path) -> None:
    store(tmp_path).close()
    path = tmp_path / "s.journal"
    path.write_bytes(path.read_bytes().split(b"\n")[0] + b'\n{"op_co')
    again = store(tmp_path)
    assert again.study.user_attrs["songpop"]["identity"] == IDENTITY
    again.close()


def test_a_full_disk_keeps_what_is_there(tmp_path: Path) -> None:
    held = store(tmp_path)
    held.append([finished(0)])
    size = (tmp_path / "s.journal").stat().st_size
    with disk_of(size + 100), pytest.raises(StoreError, match=r"could not be read or written: File too large\. Free"):
        held.append([finished(1)])
    held.close()
    again = store(tmp_path)
    assert list(again.load()) == [0]
    again.append([finished(1)])
    assert list(again.load()) == [0, 1]
    again.close()


def test_a_database_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "x.db").write_text("Track,Artist\n" * 100)
    with pytest.raises(StoreError, match=r"storage.url=sqlite.* could not be read or written: file is not a database"):
        store(tmp_path, f"sqlite:///{tmp_path / 'x.db'}")
    assert (tmp_path / "x.db").read_text().startswith("Track")


def test_a_database_of_a_newer_version(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    store(tmp_path, url).close()
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute("UPDATE version_info SET schema_version = 99")
        connection.execute("UPDATE alembic_version SET version_num = 'v99.0.0'")
    with pytest.raises(StoreError, match=r"The runtime optuna version .* is no longer compatible"):
        store(tmp_path, url)


def test_a_database_that_cannot_be_written_is_found_before_the_first_epoch(tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    store(tmp_path, f"sqlite:///{path}").close()
    with pytest.raises(StoreError, match="attempt to write a readonly database"):
        store(tmp_path, f"sqlite:///file:{path}?mode=ro&uri=true")


def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "studies").write_text("")
    with pytest.raises(StoreError, match="could not be read or written"):
        store(tmp_path / "studies")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_is_read_only(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="must be writable"):
        store(tmp_path)


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("nonsense", SettingsError, "`storage.url` must be a database's URL"),
        ("sqlite:////no/such/folder/x.db", StoreError, "unable to open database file"),
        ("postgresql+nothing://ada:secret@host/x", SettingsError, "`storage.url`"),
    ],
)
def test_urls_that_lead_nowhere(tmp_path: Path, url: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        store(tmp_path, url)
    assert "secret" not in str(caught.value)


def test_a_refused_store_lets_the_name_go(tmp_path: Path) -> None:
    (tmp_path / "s.journal").write_text("no journal\n")
    for _ in range(2):
        with pytest.raises(StoreError, match="must be a study journal"):
            store(tmp_path)
