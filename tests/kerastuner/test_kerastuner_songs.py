import pandas as pd
import pytest

from songpop.errors import LeakError, SettingsError
from songpop.kerastuner import song_task, space_named
from songpop.space import FixedParam


def test_a_space_by_name_and_what_is_fixed_in_it() -> None:
    assert "optimizer" in space_named("full").by_name
    held = space_named("full", optimizer="sgd")
    assert isinstance(held.by_name["optimizer"], FixedParam)
    assert "weight_decay" not in held.by_name


def test_a_space_that_does_not_exist() -> None:
    with pytest.raises(SettingsError, match="nonesuch"):
        space_named("nonesuch")


def test_the_task_has_no_sealed_rows(songs: pd.DataFrame) -> None:
    task = song_task(songs)
    n_rows = len(songs)
    assert len(task.train.y) == pytest.approx(0.64 * n_rows, abs=0.02 * n_rows)
    assert len(task.validation.y) == pytest.approx(0.16 * n_rows, abs=0.02 * n_rows)
    assert task.train.x.shape[1] == task.validation.x.shape[1]


def test_a_leak_stops_it(songs: pd.DataFrame) -> None:
    leaking = songs.assign(Copy=songs["Track Score"])
    with pytest.raises(LeakError, match="Copy"):
        song_task(leaking, data__columns__numbers=["Track Score", "Copy"])
