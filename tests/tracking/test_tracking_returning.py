"""Where only the alias was deleted, promoting the same model gives it back: no gate, no look at sealed rows."""

import pytest
from trials import FixedJudge, logged_candidate

from songpop.errors import ArtifactError, RefusedError
from songpop.settings import GateSettings, RegistrySettings
from songpop.tracking.champion import champion_of
from songpop.tracking.openings import openings
from songpop.tracking.registry import chronicle, promote, rollback

SETTINGS = RegistrySettings()
JUDGE = FixedJudge({"first": 0.3, "second": 0.2})


@pytest.fixture
def candidates(store, tmp_path):
    """Two champions, the second one of today, whose alias was deleted."""
    found = [logged_candidate(store, tmp_path, name) for name in ("first", "second")]
    for candidate in found:
        promote(store, SETTINGS, GateSettings(), candidate, JUDGE)
    store.client.delete_registered_model_alias("songpop", "champion")
    return found


def test_the_same_model_gets_its_alias_back(store, candidates) -> None:
    before = openings(store)
    told = promote(store, SETTINGS, GateSettings(), candidates[1], JUDGE)
    assert (told.version, told.previous, told.is_new, told.comparison, told.gates) == (2, None, True, None, ())
    assert "alias was deleted" in told.reason
    assert openings(store) == before
    assert champion_of(store, SETTINGS).version == 2
    entry = chronicle(store, SETTINGS).entries[-1]
    assert (entry.event, entry.version, entry.sweep, entry.gates) == ("rollback", 2, "second", {})
    assert entry.reason == told.reason
    assert chronicle(store, SETTINGS).note is None
    assert not promote(store, SETTINGS, GateSettings(), candidates[1], JUDGE).is_new
    assert rollback(store, SETTINGS).version == 1


def test_another_model_is_compared_as_ever(store, candidates) -> None:
    with pytest.raises(RefusedError, match="worse than songpop version 2"):
        promote(store, SETTINGS, GateSettings(), candidates[0], JUDGE)


def test_a_damaged_one_gets_nothing_back(store, candidates) -> None:
    for file in (store.root / "artifacts").rglob("model.keras"):
        file.write_text("other weights")
    with pytest.raises(ArtifactError, match="SHA-256 has changed"):
        promote(store, SETTINGS, GateSettings(), candidates[1], JUDGE)
    assert chronicle(store, SETTINGS).champion is None
