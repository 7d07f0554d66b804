"""The page as a person uses it, by clicks, in a headless Chromium."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

pytestmark = pytest.mark.slow


@pytest.fixture
def tab(chromium: Any, address: str) -> Iterator[Any]:
    """A page that has been opened; whatever its console or its requests to elsewhere say fails the test."""
    context = chromium.new_context(accept_downloads=True)
    opened = context.new_page()
    complaints: list[str] = []
    # Chromium itself notes each status of 400 and more.
    opened.on("console", lambda told: None if "status of 400" in told.text else complaints.append(told.text))
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("request", lambda request: None if request.url.startswith(address) else complaints.append(request.url))
    opened.goto(address)
    yield opened
    context.close()
    assert complaints == []


def drop(tab: Any, file: Path) -> None:
    """Let a file fall on the page, as a mouse does."""
    transfer = tab.evaluate_handle(
        """([name, text]) => {
            const transfer = new DataTransfer();
            transfer.items.add(new File([text], name, { type: "text/csv" }));
            return transfer;
        }""",
        [file.name, file.read_text("latin-1")],
    )
    tab.dispatch_event("#zone", "dragover", {"dataTransfer": transfer})
    tab.dispatch_event("#zone", "drop", {"dataTransfer": transfer})


def test_a_file_is_dropped_and_ranked(tab: Any, table: Path) -> None:
    drop(tab, table)
    tab.wait_for_selector("text=100 songs")
    assert tab.locator("tbody tr").count() == 20
    assert "Streams" in tab.locator("tbody tr").first.locator(".reasons").inner_text()
    assert "3 cells could not be read" in tab.locator(".findings").inner_text()


def test_a_file_is_chosen_ranked_and_downloaded(tab: Any, table: Path, tmp_path: Path) -> None:
    tab.set_input_files("#table", table)
    tab.click("text=Rank the songs")
    tab.wait_for_selector("#ranked")
    with tab.expect_download() as coming:
        tab.click("text=Download the ranked CSV")
    coming.value.save_as(tmp_path / "ranked.csv")
    found = pd.read_csv(tmp_path / "ranked.csv")
    assert len(found) == 100
    assert tab.locator("tbody th").first.inner_text() == f"song {found['rank'].iloc[0]}"


def test_the_champion_before_is_one_click_away(tab: Any, table: Path) -> None:
    tab.set_input_files("#table", table)
    tab.click("text=Rank the songs")
    tab.wait_for_selector("#ranked")
    assert not tab.locator(".compared").count()
    tab.check("#compare")
    tab.wait_for_selector(".compared")
    assert "version 1" in tab.locator(".compared").inner_text()
    tab.uncheck("#compare")
    tab.wait_for_selector(".compared", state="detached")


def test_what_is_wrong_with_a_file_is_said_and_the_next_one_works(tab: Any, table: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("a,b\n1,2\n")
    tab.set_input_files("#table", bad)
    with tab.expect_response("**/") as answer:
        tab.click("text=Rank the songs")
    assert answer.value.status == 400
    tab.wait_for_selector(".error")
    assert "these are missing" in tab.locator("#result .error").inner_text()
    tab.set_input_files("#table", table)
    tab.click("text=Rank the songs")
    tab.wait_for_selector("#ranked")
    assert not tab.locator("#result .error").count()


def test_by_keyboard_alone(tab: Any, table: Path) -> None:
    tab.set_input_files("#table", table)  # the dialogue of the system, which no test can type into
    tab.focus("#table")
    for _ in range(12):
        tab.keyboard.press("Tab")
        if tab.evaluate("document.activeElement.textContent") == "Rank the songs":
            break
    tab.keyboard.press("Enter")
    tab.wait_for_selector("#ranked")
    assert tab.evaluate("document.activeElement.id") == "result"


def test_a_server_that_is_gone_is_told(chromium: Any, address: str, table: Path) -> None:
    context = chromium.new_context()
    tab = context.new_page()
    tab.goto(address)
    tab.set_input_files("#table", table)
    context.set_offline(True)
    tab.click("text=Rank the songs")
    tab.wait_for_selector(".error")
    assert "songpop serve still runs" in tab.locator("#result .error").inner_text()
    context.close()


def test_without_scripts_the_form_works(chromium: Any, address: str, table: Path) -> None:
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(address)
    tab.set_input_files("#table", table)
    tab.click("text=Rank the songs")
    tab.wait_for_selector("#ranked")
    assert tab.locator("tbody tr").count() == 20
    context.close()


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off(chromium: Any, address: str, table: Path, width: int, scheme: str) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(address)
    tab.set_input_files("#table", table)
    tab.click("text=Rank the songs")
    tab.wait_for_selector("#ranked")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    paper = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (paper == "rgb(255, 255, 255)") == (scheme == "light")
    context.close()
