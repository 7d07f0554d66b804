"""Two champions in folders, the page in front of them, and tables to drop."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import waitress.server
from flask import Flask
from flask.testing import FlaskClient
from folders import LIMITS, FolderChampions
from small_models import saved_folder, songs

from songpop.web.page import create_page


@pytest.fixture(scope="session")
def champions(tmp_path_factory: pytest.TempPathFactory) -> FolderChampions:
    """The present one follows streams, the one before goes against them."""
    root = tmp_path_factory.mktemp("champions")
    return FolderChampions(saved_folder(root / "one", sign=-1.0), saved_folder(root / "two"))


@pytest.fixture(scope="session")
def page(champions: FolderChampions) -> Flask:
    return create_page(champions, LIMITS)


@pytest.fixture
def client(page: Flask) -> FlaskClient:
    return page.test_client()


@pytest.fixture(scope="session")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hundred songs, three of them with a cell that cannot be read."""
    file = tmp_path_factory.mktemp("tables") / "next month.csv"
    frame = songs(100, seed=5)
    frame.loc[:2, "Streams"] = "many"
    frame.to_csv(file, index=False, encoding="latin-1")
    return file


@pytest.fixture(scope="session")
def address(page: Flask) -> Iterator[str]:
    """The page behind a real server."""
    server = waitress.server.create_server(page, host="127.0.0.1", port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
