"""The Python interface: the names, and what stands behind each."""

import importlib
import inspect
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import songpop
from songpop import api
from songpop.errors import DataError, GateError, SettingsError


def test_the_functions_are_the_commands() -> None:
    from songpop.cli import COMMANDS

    pages = {"ui", "serve", "dashboard", "report"}
    assert set(songpop.__all__) == set(api.__all__) == set(COMMANDS) - pages


@pytest.mark.parametrize("name", songpop.__all__)
def test_no_module_stands_in_the_way_of_a_function(name: str) -> None:
    for module in pkgutil.walk_packages(songpop.__path__, "songpop."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    assert getattr(songpop, name) is getattr(api, name)
    assert inspect.isfunction(getattr(songpop, name))
    assert inspect.getdoc(getattr(songpop, name))


def test_importing_costs_nothing_heavy() -> None:
    code = "import json, sys, songpop; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"tensorflow", "mlflow", "optuna", "pandas", "hydra", "numpy"} & set(json.loads(done.stdout))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'swep'"):
        songpop.swep  # noqa: B018


@pytest.mark.parametrize("key", ["serch__n_trials", "serch.n_trials"])
def test_a_misspelt_key_is_told_as_the_command_line_tells_it(key: str) -> None:
    with pytest.raises(SettingsError, match="Did you mean `search`"):
        songpop.sweep(**{key: 3})


def test_a_folder_of_the_users_own_is_searched(tmp_path: Path) -> None:
    (tmp_path / "space").mkdir()
    (tmp_path / "space" / "mine.yaml").write_text("learning_rate: {kind: float, low: 1.0, high: 0.1}\n")
    with pytest.raises(SettingsError, match="learning_rate"):
        songpop.sweep(space="mine", config_dir=tmp_path, paths__root=str(tmp_path / "mlruns"))
    with pytest.raises(SettingsError, match=r"'space': .*full"):
        songpop.sweep(space="mine")
    assert not (tmp_path / "mlruns").exists()


def test_train_runs_under_every_protocol_of_the_experiment(monkeypatch: pytest.MonkeyPatch) -> None:
    variants = []
    monkeypatch.setattr("songpop.app.train.train", lambda settings, **_: variants.extend(settings))
    songpop.train(experiment="published")
    assert [settings.protocol.name.value for settings in variants] == ["published", "honest"]
    assert [settings.split.kind.value for settings in variants] == ["published", "stratified"]
    variants.clear()
    songpop.train(protocol="published")
    assert [settings.protocol.name.value for settings in variants] == ["published"]


def test_an_empty_store_has_no_champions_and_says_so(store_root: Path) -> None:
    where = {"paths__root": str(store_root)}
    assert songpop.history(**where).entries == ()
    assert songpop.compare(**where).sweep is None
    with pytest.raises(GateError, match="songpop sweep"):
        songpop.promote(**where)


def test_a_frame_without_the_tables_columns_is_refused(tmp_path: Path) -> None:
    import pandas as pd

    with pytest.raises(DataError, match="Track Score"):
        songpop.check(pd.DataFrame({"a": ["1"]}), paths__root=str(tmp_path))
