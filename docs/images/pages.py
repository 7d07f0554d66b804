"""Takes the pictures of songpop's own pages: the report, the page of `serve`, and a sweep in the terminal.

python docs/images/pages.py [paths.root]; without a folder it sweeps on the built-in table and promotes first.
"""

import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mlflow_pages import COMMANDS, SONGPOP, browser_path, save, wait_for
from playwright.sync_api import Browser, sync_playwright

from songpop.data.sample import generate_songs

WIDTH = 1200
HERE = Path(__file__).parent


def main(root: Path) -> None:
    """Take every picture of the store in a folder."""
    subprocess.run(
        [*SONGPOP, "report", "sweep=sample-honest-full", f"output={root / 'page'}", f"paths.root={root}"], check=True
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=["--no-sandbox"])
        picture_report(browser, root / "page" / "report.html")
        with served(root) as address:
            picture_page(browser, address, root)


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


@contextmanager
def served(root: Path) -> Iterator[str]:
    """Serve the page on a free port; yield its address once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = subprocess.Popen([*SONGPOP, "serve", f"paths.root={root}", f"port={port}"], stderr=subprocess.DEVNULL)
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
