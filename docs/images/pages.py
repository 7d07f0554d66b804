"""Takes the pictures of songpop's own pages and of its terminal: report, `serve`, dashboard, live table, two commands.

python docs/images/pages.py [paths.root]; without a folder it sweeps on the built-in table and promotes first.
"""

import io
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlflow_pages import COMMANDS, SONGPOP, browser_path, save, wait_for
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.text import Text

import songpop
from songpop.cli.live import search_panel
from songpop.data.sample import generate_songs
from songpop.search.progress import SearchProgress

WIDTH = 1200
N_COLUMNS = 122  # of a terminal
HERE = Path(__file__).parent


def main(root: Path) -> None:
    """Take every picture of the store in a folder."""
    subprocess.run(
        [*SONGPOP, "report", "sweep=sample-honest-full", f"output={root / 'page'}", f"paths.root={root}"], check=True
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        picture_report(browser, root / "page" / "report.html")
        with served("serve", root) as address:
            picture_page(browser, address, root)
        with served("dashboard", root) as address:
            picture_dashboard(browser, address)
    picture_live_table()
    picture_command("predict", root, "input=sample", "output=ranked.csv")
    picture_command("compare", root, "sweep=*")


def picture_report(browser: Browser, page: Path) -> None:
    """Its head in light, the published question, and a chapter in dark."""
    for name, scheme, anchor, height in (
        ("report", "light", "", 1100),
        ("report-paths", "light", "#regularisation", 1150),
        ("report-dark", "dark", "#best-by-trial", 1150),
    ):
        tab = browser.new_context(
            color_scheme=scheme, viewport={"width": WIDTH, "height": height}, reduced_motion="reduce"
        ).new_page()
        tab.goto(f"{page.as_uri()}{anchor}")
        tab.wait_for_timeout(500)
        save(tab.screenshot(), HERE / f"{name}.png")


def picture_page(browser: Browser, address: str, root: Path) -> None:
    """A file that has been dropped: next month's songs, one column of them in another unit."""
    songs = generate_songs(seed=99).sample(300, random_state=0)
    views = songs["YouTube Views"].str.replace(",", "")
    songs["YouTube Views"] = views.where(views == "", views + "00")
    songs.iloc[:2, songs.columns.get_loc("Shazam Counts")] = "many"
    file = root / "next month.csv"
    songs.to_csv(file, index=False)
    for name, scheme in (("serve", "light"), ("serve-dark", "dark")):
        tab = browser.new_context(color_scheme=scheme, viewport={"width": WIDTH, "height": 1300}).new_page()
        tab.goto(address)
        tab.set_input_files("#table", file)
        tab.click("text=Rank the songs")
        tab.wait_for_selector("#ranked")
        tab.evaluate("window.scrollTo(0, 0)")
        save(tab.screenshot(), HERE / f"{name}.png")


def picture_dashboard(browser: Browser, address: str) -> None:
    """A study in Optuna's dashboard."""
    tab = browser.new_context(viewport={"width": WIDTH, "height": 1020}).new_page()
    tab.goto(f"{address}/dashboard/studies/0")
    tab.wait_for_selector("text=Hyperparameter Importance")
    tab.wait_for_timeout(3_000)  # Plotly tells nobody when it has drawn the last line
    save(tab.screenshot(), HERE / "optuna-dashboard.png")


class Halfway:
    """A listener that keeps what the live table shows when half of the trials have finished."""

    def __init__(self) -> None:
        self.progress_then: SearchProgress | None = None

    def note(self, text: str) -> None:
        """Drop the sentence."""

    def step(self, text: str, n_done: int, n_total: int) -> None:
        """Drop the step."""

    def progress(self, progress: SearchProgress) -> None:
        """Drop what comes after a trial: then the table shows the next beat."""

    def beat(self, progress: SearchProgress) -> None:
        """Keep the first state in the second half."""
        if self.progress_then is None and 2 * progress.n_finished >= progress.n_total:
            self.progress_then = progress


def picture_live_table() -> None:
    """The table of a search on the built-in table that is halfway."""
    halfway = Halfway()
    with tempfile.TemporaryDirectory() as folder:
        songpop.sweep(listener=halfway, search__n_trials=100, finals="none", paths__root=folder)
    progress = halfway.progress_then
    assert progress is not None, "a search of a hundred trials has a second half"
    console = Console(record=True, width=90, file=io.StringIO())
    rate = (progress.n_finished + progress.n_behind) / progress.elapsed_s
    console.print(search_panel(progress, rate, progress.elapsed_s))
    console.save_svg(str(HERE / "live.svg"), title="songpop sweep")


def picture_command(command: str, root: Path, *words: str) -> None:
    """What a command prints, as a terminal shows it."""
    done = subprocess.run(
        [*SONGPOP, command, *words, f"paths.root={root}"], cwd=root, capture_output=True, text=True, check=True
    )
    console = Console(record=True, width=N_COLUMNS, file=io.StringIO())
    console.print(Text(f"$ songpop {command} {' '.join(words)}"))
    console.print(Text(done.stdout.rstrip()))
    console.save_svg(str(HERE / f"{command}.svg"), title=f"songpop {command}")


@contextmanager
def served(command: str, root: Path) -> Iterator[str]:
    """Serve a page on a free port; yield its address once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([*SONGPOP, command, f"paths.root={root}", f"port={port}"], stderr=subprocess.DEVNULL)
    try:
        wait_for(f"http://127.0.0.1:{port}", server)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait()


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            for command in COMMANDS:
                subprocess.run([*SONGPOP, *command, f"paths.root={folder}"], check=True)
            main(Path(folder))
