"""Fixtures of several suites: real MLflow stores, each a copy of one that is initialised once per session."""

import gc
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Before any library reads it: two workers of pytest share the cores, and OpenMP's threads wait for each other by
# counting. The gradient boosting of a small sweep takes 0.1 s with one thread, 1 to 3 s with two on a busy machine.
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """While TensorFlow and MLflow are imported, nothing is garbage."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module", autouse=True)
def only_what_a_file_makes_is_garbage() -> None:
    """Python looks for garbage only among what the file's own tests make.

    Otherwise each look is at the million objects of TensorFlow and MLflow, half a second; KerasTuner and Keras'
    `clear_session` look five times a trial, which was half of all the time that their tests took.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def ctrl_c_is_heard() -> None:
    """A shell starts background jobs with Ctrl-C ignored, and processes that we start would inherit that."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def commands_are_proposed_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proposed command is written as a person in the activated environment has it; a test of another case says so.

    `make test` would have it written for make, and a shell that does not find songpop would have its path in it.
    """
    monkeypatch.delenv("MAKELEVEL", raising=False)
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent), prepend=os.pathsep)


@pytest.fixture(scope="session")
def store_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a fresh MLflow store; making one takes a second, copying it nothing."""
    from songpop.settings import TrackingSettings
    from songpop.tracking.store import open_store

    root = tmp_path_factory.mktemp("store-template")
    open_store(TrackingSettings(uri=f"sqlite:///{root / 'mlflow.db'}", experiment="template"), root)
    return root / "mlflow.db"


@pytest.fixture
def store_root(store_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder like `mlruns`, with a fresh store in it."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    root = tmp_path / "mlruns"
    root.mkdir()
    shutil.copy(store_template, root / "mlflow.db")
    return root


@pytest.fixture
def store(store_root: Path) -> Any:
    """An open store."""
    from songpop.settings import TrackingSettings
    from songpop.tracking.store import open_store

    return open_store(TrackingSettings(), store_root)


@pytest.fixture(scope="module")  # longer, and its event loop would be in the way of others
def chromium() -> Iterator[Any]:
    """A headless browser; what needs one is skipped where there is none, but not in CI."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        assert "CI" not in os.environ, "CI needs a Chromium: .ci/run installs it"
        pytest.skip("needs a Chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
