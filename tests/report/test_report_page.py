"""The page: one file, every section with its words, nothing from elsewhere, nothing that a name could smuggle in."""

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made import BARE, EMPTY, REPORT, trials

from songpop.report.page import PAGE, Pages, written_pages
from songpop.report.records import Report
from songpop.report.sections import CHAPTERS

KEYS = [section.key for chapter in CHAPTERS for section in chapter.sections]


@pytest.fixture(scope="module")
def pages() -> Pages:
    return written_pages(REPORT)


@pytest.fixture(scope="module")
def page(pages: Pages) -> str:
    return pages.files[PAGE].decode()


def test_every_section_has_a_figure_and_a_png(pages: Pages) -> None:
    assert pages.absent == {}
    assert set(pages.files) == {PAGE, *(f"{key}.png" for key in KEYS)}
    for name, content in pages.files.items():
        assert content.startswith(b"\x89PNG") or name == PAGE


def test_every_figure_has_words_and_numbers(page: str) -> None:
    assert page.count('role="img"') == len(KEYS)
    for words in re.findall(r'role="img" aria-label="(.*?)">', page, re.S):
        assert len(words) > 60
        assert re.search(r"\d", words)
    assert page.count("<details>") == page.count("<figcaption>") == len(KEYS)
    for key in KEYS:
        assert f'href="#{key}"' in page
        assert f'id="{key}"' in page


def test_nothing_is_asked_of_anybody(page: str) -> None:
    assert "<script" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page
    for attribute in re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?([^"\')\s>]+)', page):
        assert attribute.startswith(("#", "data:", "http://www.w3.org/")), attribute


def test_it_tells_how_far_it_has_drawn() -> None:
    steps: list[tuple[str, int, int]] = []
    written_pages(EMPTY, lambda *step: steps.append(step))
    assert steps == [("drawing", n, len(CHAPTERS)) for n in range(len(CHAPTERS) + 1)]


def test_ids_are_there_once(page: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_figures_follow_the_colours_of_the_page(page: str) -> None:
    for svg in re.findall(r"<svg.*?</svg>", page, re.S):
        ET.fromstring(svg)
        assert "var(--ink)" in svg
        assert "#1b1f24" not in svg
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page


def test_a_mouse_is_told_what_a_point_is(page: str) -> None:
    assert "<title>trial 0: " in page or "<title>trial 1: " in page


@pytest.mark.slow
def test_the_same_sweep_gives_the_same_bytes(pages: Pages) -> None:
    assert written_pages(REPORT).files[PAGE] == pages.files[PAGE]


@pytest.mark.parametrize("report", [BARE, EMPTY], ids=["no finals", "no trials"])
def test_what_cannot_be_drawn_is_told(report: Report) -> None:
    pages = written_pages(report)
    assert pages.absent
    page = pages.files[PAGE].decode()
    assert page.count("No picture: ") == len(pages.absent)
    assert set(pages.files) == {PAGE, *(f"{key}.png" for key in KEYS if key not in pages.absent)}


HOSTILE = "<script>alert(1)</script>\"'&$x_{2}$"


def hostile() -> Report:
    named = tuple(
        replace(one, params={**one.params, HOSTILE: HOSTILE if k % 2 else "b"}) for k, one in enumerate(trials(30))
    )
    return replace(
        REPORT,
        sweep=HOSTILE,
        table=HOSTILE,
        label=HOSTILE,
        leaks=(HOSTILE,),
        trials=named,
        weights=tuple(replace(one, column=HOSTILE) for one in REPORT.weights),
        importances={HOSTILE: 1.0},
    )


def test_names_are_text() -> None:
    page = written_pages(hostile()).files[PAGE].decode()
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.slow
def test_ten_thousand_trials_are_a_small_page() -> None:
    page = written_pages(replace(REPORT, trials=trials(10_000), random=None)).files[PAGE]
    assert len(page) < 10_000_000


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(chromium: Any, page: str, tmp_path: Path, scheme: str) -> None:
    file = tmp_path / PAGE
    file.write_text(page, "utf-8")
    context = chromium.new_context(color_scheme=scheme, viewport={"width": 360, "height": 800})
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text))
    tab.on("request", lambda request: None if request.url.startswith("file:") else complaints.append(request.url))
    tab.goto(file.as_uri())
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    assert tab.evaluate("document.querySelector('.drawing').scrollWidth") >= 640  # in its own box: text can be read
    dark = tab.evaluate("getComputedStyle(document.querySelector('.page')).backgroundColor")
    tab.check("#other", force=True)
    other = tab.evaluate("getComputedStyle(document.querySelector('.page')).backgroundColor")
    assert (dark == "rgb(255, 255, 255)", other == "rgb(255, 255, 255)") == (scheme == "light", scheme == "dark")
    reached = set()
    for _ in range(200):
        tab.keyboard.press("Tab")
        reached.add(tab.evaluate("document.activeElement.tagName + document.activeElement.textContent.trim()"))
    assert sum(one.startswith("SUMMARY") for one in reached) == len(KEYS)
    assert complaints == []
    context.close()
