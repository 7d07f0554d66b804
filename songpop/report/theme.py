"""How figures look: one drawing for paper, screen, light and dark.

Each is drawn once, in colours that stand for something. As PNG they are what they are; in the page's SVG they become
variables, which its style sheet sets for light, dark and print.
"""

import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

INK, MUTED, GRID, PAPER = "#1b1f24", "#57606b", "#d8dee5", "#fffffe"
# Okabe and Ito's colours, which a colour-blind reader can tell apart; markers and dashes say it once more.
SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
MARKERS = ("o", "s", "^", "D", "v", "P")
DASHES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (1, 1)))
VARIABLES = {INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "paper"} | {c: f"s{k}" for k, c in enumerate(SERIES)}
WIDTH, HEIGHT = 8.0, 4.2  # inches
PNG_DPI = 150
MANY = 2_000  # marks; from here on they are pixels, so that a page of ten thousand trials stays small
STYLE: Any = {
    "svg.fonttype": "none",  # text stays text
    "svg.hashsalt": "songpop",  # the same data give the same bytes
    "font.size": 10,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "figure.facecolor": PAPER,
    "axes.facecolor": PAPER,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.8,
}
NO_METADATA = {"Date": None, "Creator": None, "Format": None, "Type": None}  # with all of these, none is written
_SVG = "http://www.w3.org/2000/svg"
_LINK = "http://www.w3.org/1999/xlink"


def styled() -> AbstractContextManager[None]:
    """Return a context in which all that is drawn has the report's style."""
    return mpl.rc_context(STYLE)


def new_figure(n_rows: int = 1, n_columns: int = 1, *, height: float = HEIGHT, **options: Any) -> tuple[Figure, Any]:
    """Return a figure, and its axes as `Figure.subplots` gives them."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.subplots(n_rows, n_columns, **options)


def short(name: str, n: int = 24) -> str:
    """Return a name that fits beside an axis."""
    return name if len(name) <= n else f"{name[: n - 1]}…"


def literal(text: str) -> str:
    """Return text that matplotlib draws as it is: a dollar sign would begin a formula."""
    return text.replace("$", r"\$")


def log_scale(axes: Axes, values: Sequence[float], which: Literal["x", "y"] = "y") -> None:
    """Let an axis of losses be logarithmic where they span a factor of five or more."""
    finite = [value for value in values if value > 0]
    if finite and max(finite) >= 5 * min(finite):
        axes.set(**{f"{which}scale": "log"})
        axis = axes.xaxis if which == "x" else axes.yaxis
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def few_ticks(axes: Axes, low: float, high: float) -> None:
    """Let the horizontal axis of a narrow picture be logarithmic, with so few ticks that their labels stay apart."""
    axes.set_xscale("log")
    is_short = high < 100 * low
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 3) if is_short else (1,), numticks=4))
    if is_short:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())


def settle(figure: Figure) -> None:
    """Lay a figure out once: it would be done again for each file that is made of it, and takes longer than they do."""
    with styled():
        figure.draw_without_rendering()
        figure.set_layout_engine("none")


def png_of(figure: Figure) -> bytes:
    """Return a figure as PNG, on white."""
    buffer = io.BytesIO()
    with styled():
        figure.savefig(buffer, format="png", dpi=PNG_DPI, metadata={"Software": None})
    return buffer.getvalue()


def svg_of(figure: Figure, key: str, titles: Mapping[str, Sequence[str]]) -> str:
    """Return a figure as SVG for the inside of a page.

    Args:
        figure: drawn in the colours of this file.
        key: makes the ids of this figure its own.
        titles: gid of a group of marks → what a mouse is told of each.
    """
    buffer = io.StringIO()
    with styled():
        figure.savefig(buffer, format="svg", metadata=NO_METADATA)
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _LINK)
    root = ET.fromstring(buffer.getvalue())
    for group in root.iter(f"{{{_SVG}}}g"):
        _tell(group, titles.get(group.get("id", ""), ()))
    for name in ("width", "height"):
        root.attrib.pop(name, None)  # the style sheet says how wide, the view box the rest
    root.set("aria-hidden", "true")  # the figure around it has the words
    root.set("focusable", "false")
    text = re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{key}-", ET.tostring(root, encoding="unicode"))
    for colour, variable in VARIABLES.items():
        text = text.replace(colour, f"var(--{variable})")
    return text


def _tell(group: Any, titles: Sequence[str]) -> None:
    marks = list(group.iter(f"{{{_SVG}}}use")) if titles else []
    if len(marks) == len(titles):
        for mark, words in zip(marks, titles, strict=True):
            title = ET.SubElement(mark, f"{{{_SVG}}}title")
            title.text = words
