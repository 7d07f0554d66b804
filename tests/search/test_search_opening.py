from pathlib import Path

import pytest
from search_fakes import opened

from songpop.errors import SettingsError, StoreError
from songpop.search import opening


def test_what_cannot_be_built_lets_the_name_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(**_: object) -> None:
        raise RuntimeError("broken")

    with monkeypatch.context() as patched:
        patched.setattr(opening, "StudyBackend", broken)
        with pytest.raises(RuntimeError, match="broken"):
            opened(tmp_path)
    opened(tmp_path).close()


def test_a_name_is_held_until_it_is_closed(tmp_path: Path) -> None:
    backend = opened(tmp_path)
    with pytest.raises(StoreError, match="already running"):
        opened(tmp_path)
    backend.close()


def test_a_search_has_a_name(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"`search\.name` must be set"):
        opened(tmp_path, name="")
