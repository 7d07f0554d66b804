"""The page: every section with its figure, its finding in words and its numbers, in one file that asks nobody."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from songpop.report.records import Absence, Report
from songpop.report.sections import CHAPTERS, Section
from songpop.report.summary import summary_of
from songpop.report.theme import png_of, settle, styled, svg_of

PAGE = "report.html"
DRAWING = "drawing"
OnStep = Callable[[str, int, int], None]  # what is done, how many of it, of how many


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A section as the page has it."""

    section: Section
    svg: Markup | None  # None: there is no figure
    finding: str  # or why there is no figure
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Pages:
    """The files of a report by name, and the sections that have no figure, with the reason."""

    files: dict[str, bytes]
    absent: Mapping[str, str]


def written_pages(report: Report, on_step: OnStep = lambda _text, _n_done, _n_total: None) -> Pages:
    """Return the page and its figures as PNG.

    Args:
        report: of what.
        on_step: told which chapters are drawn, which takes seconds.
    """
    figures: dict[str, bytes] = {}
    chapters = []
    for n_done, chapter in enumerate(CHAPTERS):
        on_step(DRAWING, n_done, len(CHAPTERS))
        shown = []
        for section in chapter.sections:
            with styled():
                found = section.draw(report)
            if isinstance(found, Absence):
                shown.append(Shown(section=section, svg=None, finding=found.reason))
                continue
            settle(found.figure)
            figures[f"{section.key}.png"] = png_of(found.figure)
            svg = Markup(svg_of(found.figure, section.key, found.titles))  # our own drawing, escaped as XML
            shown.append(Shown(section=section, svg=svg, finding=found.finding, columns=found.columns, rows=found.rows))
        chapters.append((chapter.title, shown))
    on_step(DRAWING, len(CHAPTERS), len(CHAPTERS))
    page = _templates().get_template("report.html").render(report=report, chapters=chapters, summary=summary_of(report))
    absent = {one.section.key: one.finding for _, shown in chapters for one in shown if one.svg is None}
    return Pages(files={PAGE: page.encode(), **figures}, absent=absent)


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("songpop.report"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
