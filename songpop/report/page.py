"""The page: every section with its figure, its finding in words and its numbers, in one file that asks nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from matplotlib.figure import Figure

from songpop.report.records import Absence, Report
from songpop.report.sections import CHAPTERS, Section
from songpop.report.summary import summary_of
from songpop.report.theme import png_of, settle, styled, svg_of

PAGE = "report.html"


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


def written_pages(report: Report) -> Pages:
    """Return the page and its figures as PNG."""
    figures: dict[str, Figure] = {}
    chapters = []
    for chapter in CHAPTERS:
        shown = []
        for section in chapter.sections:
            with styled():
                found = section.draw(report)
            if isinstance(found, Absence):
                shown.append(Shown(section=section, svg=None, finding=found.reason))
                continue
            settle(found.figure)
            figures[f"{section.key}.png"] = found.figure
            svg = Markup(svg_of(found.figure, section.key, found.titles))  # our own drawing, escaped as XML
            shown.append(Shown(section=section, svg=svg, finding=found.finding, columns=found.columns, rows=found.rows))
        chapters.append((chapter.title, shown))
    page = _templates().get_template("report.html").render(report=report, chapters=chapters, summary=summary_of(report))
    absent = {one.section.key: one.finding for _, shown in chapters for one in shown if one.svg is None}
    return Pages(
        files={PAGE: page.encode(), **{name: png_of(figure) for name, figure in figures.items()}}, absent=absent
    )


@cache
def _templates() -> Environment:
    return Environment(
        loader=PackageLoader("songpop.report"),
        autoescape=select_autoescape(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
