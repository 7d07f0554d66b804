"""Takes the pictures of the MLflow UI for docs/how-to/read-the-mlflow-ui.md, from a sweep on the built-in table.

python docs/images/mlflow_pages.py [paths.root]; without a folder it sweeps and promotes first, which takes minutes.
"""

import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from songpop.settings import TrackingSettings
from songpop.tracking.store import Store, open_store
from songpop.tracking.sweeps import best_trials, find_sweep
from songpop.tracking.views import OBJECTIVE, VIEWS, address_of

SONGPOP = [sys.executable, "-m", "songpop"]
COMMANDS = (
    ("sweep", "sampler=random", "pruner=none", "search.name=sample-random"),
    ("sweep",),
    ("promote",),
)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
START_S = 120
MAX_BYTES = 300_000
N_COMPARED = 10
MENU, N_PAGES = ".du-bois-light-select-dropdown", 20
# The page as a person has it after the first visit: the part for training models, without the assistant.
BEFORE = """
localStorage.setItem('mlflow.workflowType_v1', '"machine_learning"');
localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true');
localStorage.setItem('mlflow.assistant.panelOpen_v1', 'false');
"""


@dataclass(frozen=True, kw_only=True)
class Shot:
    """One picture: where, what must be there before it is taken, and what is done on the page first."""

    name: str
    address: Callable[[Store], str]
    wait_for: str
    height: int = 900
    before: Callable[[Page], object] = lambda page: None


def _view(key: str, **query: str) -> Callable[[Store], str]:
    (view,) = (view for view in VIEWS if view.key == key)
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return lambda store: address_of(view, store.experiment_id) + more


def _sweep(store: Store) -> str:
    return f"#/experiments/{store.experiment_id}/runs/{find_sweep(store).run_id}"


def _best_trial(store: Store) -> str:
    (best,) = best_trials(store, find_sweep(store).run_id, 1)
    return f"#/experiments/{store.experiment_id}/runs/{best.run_id}/model-metrics"


def _comparison(store: Store) -> str:
    runs = [row.run_id for row in best_trials(store, find_sweep(store).run_id, N_COMPARED)]
    places = (quote(json.dumps(ids)) for ids in (runs, [store.experiment_id]))
    return "#/compare-runs?runs={}&experiments={}".format(*places)


def _model(store: Store) -> str:
    return "#/models/songpop"


def _show_more(page: Page) -> None:
    page.get_by_text("Show more").first.click()
    page.wait_for_function("[...document.images].every(one => one.complete && one.naturalWidth)")


def _choose(page: Page) -> None:
    """Choose what is compared: MLflow begins with the first parameters of the alphabet."""
    page.get_by_role("button", name="Clear All").click()
    for place, names in enumerate((("learning_rate", "l2", "dropout_first", "batch_size"), (OBJECTIVE,))):
        page.get_by_role("combobox").nth(place).click(force=True)
        menu = page.locator(f"{MENU}:visible").last
        for name in names:
            option = menu.locator(f".du-bois-light-select-item-option[title='{name}']")
            menu.hover()
            page.mouse.wheel(0, -5_000)
            for _ in range(N_PAGES):  # the menu holds no more than is seen of it
                if option.count():
                    break
                page.mouse.wheel(0, 100)
                page.wait_for_timeout(200)
            option.click()
        page.keyboard.press("Escape")
    page.locator(".js-plotly-plot .parcoords").first.wait_for(state="attached")


def _search_loss(page: Page) -> None:
    page.get_by_placeholder("Search metric charts").fill("loss")


SHOTS = (
    Shot(name="sweeps", address=_view("songpop-sweeps"), wait_for="text=sample-honest-full", height=420),
    Shot(name="sweep", address=_sweep, wait_for="text=Won:", height=1480, before=_show_more),
    Shot(name="trials", address=_view("songpop-trials"), wait_for="text=trial-001", height=860),
    Shot(
        name="charts",
        address=_view("songpop-trials", compareRunsMode="CHART"),
        wait_for=".js-plotly-plot .contourlayer",
        height=1240,
    ),
    Shot(name="compare", address=_comparison, wait_for=".js-plotly-plot .parcoords", height=900, before=_choose),
    Shot(name="trial", address=_best_trial, wait_for=".js-plotly-plot .scatterlayer", height=900, before=_search_loss),
    Shot(name="model", address=_model, wait_for="text=Intended use", height=1130),
)


def main(root: Path) -> None:
    """Take every picture of the store in a folder."""
    browser = browser_path()
    store = open_store(TrackingSettings(), root)
    with served(root) as address, sync_playwright() as playwright:
        context = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"]).new_context()
        context.add_init_script(BEFORE)
        for shot in SHOTS:
            page = context.new_page()
            page.set_viewport_size({"width": 1500, "height": shot.height})
            page.goto(f"{address}/{shot.address(store)}")
            page.locator(shot.wait_for).first.wait_for(state="attached", timeout=1000 * START_S)
            shot.before(page)
            page.wait_for_timeout(2_000)  # Plotly tells nobody when it has drawn the last line
            save(page.screenshot(), Path(__file__).with_name(f"mlflow-{shot.name}.png"))
            page.close()


def browser_path() -> str:
    """Return the browser that takes the pictures.

    Raises:
        SystemExit: if there is none.
    """
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        raise SystemExit(f"The pictures need a browser, one of {', '.join(BROWSERS)}: apt-get install chromium")
    return found


def save(picture: bytes, file: Path) -> None:
    """Write a screenshot in as many colours as its size allows."""
    image = Image.open(BytesIO(picture)).convert("RGB")
    for n_colours in (256, 128, 64, 32):
        image.quantize(n_colours, dither=Image.Dither.NONE).save(file, optimize=True)
        if file.stat().st_size < MAX_BYTES:
            break


@contextmanager
def served(root: Path) -> Iterator[str]:
    """Serve the UI on a free port; yield its address once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([*SONGPOP, "ui", f"paths.root={root}", f"port={port}"], stdout=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        wait_for(address, server)
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for(address: str, server: "subprocess.Popen[Any]") -> None:
    """Wait until a server answers.

    Raises:
        SystemExit: if it does not.
    """
    until = time.monotonic() + START_S
    while time.monotonic() < until and server.poll() is None:
        try:
            urlopen(address, timeout=2).close()
            return
        except OSError:
            time.sleep(0.5)
    raise SystemExit(f"The page must answer at {address} within {START_S} s, but it does not.")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            for command in COMMANDS:
                subprocess.run([*SONGPOP, *command, f"paths.root={folder}"], check=True)
            main(Path(folder))
