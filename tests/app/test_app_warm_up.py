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
