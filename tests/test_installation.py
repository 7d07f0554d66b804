"""A plain installation, without the checkout: the program works, and its conf/ lies inside it."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [str(UV), "build", "--quiet", "--wheel", "--no-build-isolation", "--out-dir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, env={**os.environ, "VIRTUAL_ENV": sys.prefix})
    (found,) = folder.glob("songpop-*.whl")
    return found


def test_the_wheel_holds_conf_and_facts_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert "songpop/conf/sweep.yaml" in names
    assert "songpop/conf/space/full.yaml" in names
    assert "songpop/data/sample_facts.json" in names
    assert {name.split("/")[0] for name in names} == {
        "songpop",
        next(n for n in names if "dist-info" in n).split("/")[0],
    }


def test_an_installed_songpop_composes_its_configuration(wheel: Path, tmp_path: Path) -> None:
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    done = subprocess.run(
        [sys.executable, "-m", "songpop", "sweep", "--cfg", "job", "space=published"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "learning_rate" in done.stdout
    code = "import songpop.compose; print(songpop.compose.conf_dir())"
    shown = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(shown.stdout.strip()) == tmp_path / "site" / "songpop" / "conf"
