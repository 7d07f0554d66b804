from typing import Any

import pytest

from songpop.app import warm_up
from songpop.settings import EngineKind, EngineSettings


@pytest.mark.parametrize(
    ("settings", "is_started"),
    [
        (EngineSettings(), True),
        (EngineSettings(n_workers=0), False),
        (EngineSettings(kind=EngineKind.keras), False),
    ],
)
def test_only_where_workers_will_be_wanted(
    settings: EngineSettings, is_started: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[bool] = []
    monkeypatch.setattr(warm_up, "start_server", lambda: started.append(True))
    warm_up.warm_up(settings)
    assert bool(started) == is_started


@pytest.mark.parametrize(
    ("words", "is_started"),
    [
        ([], True),
        (["search.n_trials=3", "space=full"], True),
        (["engine=keras"], False),
        (["+engine=keras"], False),
        (["engine.n_workers=0"], False),
        (["--cfg", "job"], False),
        (["--help"], False),
        (["-m", "space=full,published"], False),
    ],
)
def test_before_the_settings_only_where_nothing_can_speak_against_it(
    words: list[str], is_started: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Any] = []
    monkeypatch.setattr(warm_up, "start_server", lambda: started.append(True))
    warm_up.warm_up_unless_told(words)
    assert bool(started) == is_started
