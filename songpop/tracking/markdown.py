"""Markdown as MLflow's pages show it: strangers' words made harmless, tables with room, a length that fits.

The pages turn it into HTML with showdown (GitHub's flavor) and take styles and scripts away. Pictures are shown where
their address is an artifact's on the same server; those inside the text (data:) are not. Pure.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import quote

# Tables have no padding there, and cells would touch: a blank of half a letter's height, and one of no width after it,
# without which it would be cut off.
GAP = "\u2002\u200b"
# What means nothing: letters, digits, blanks, commas, round brackets; a dash inside a word, a dot inside a number or
# after a word, a colon after one, signs that stand alone or before a number.
_HARMLESS = re.compile(
    r"[^\W_]|[\s,();]|(?<=[^\W_])-(?=[^\W_])|(?<=\d)\.(?=\d)|(?<=[^\W\d_]{2})\.(?=\s|$)|(?<=[^\W_]{2}):(?=\s)"
    r"|(?<=\s)[=%](?=\s|$)|(?<=\s)[+](?=\d)"
)


def plain(text: object) -> str:
    """Return text that is shown as it stands: no markup, no link, no cell of a table."""
    words = " ".join(str(text).split())
    harmless = {found.start() for found in _HARMLESS.finditer(words)}
    return "".join(one if place in harmless else f"&#{ord(one)};" for place, one in enumerate(words))


def code(text: str) -> str:
    """Return text as code in a line."""
    return f"`{' '.join(text.replace('`', chr(39)).split())}`"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table; its cells are Markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(_line(cells, is_rule=place == 1) for place, cells in enumerate(lines))


def _line(cells: Sequence[str], *, is_rule: bool) -> str:
    return f"| {' | '.join(cell if is_rule else f'{cell}{GAP}' for cell in cells)} |"


def run_link(words: str, experiment_id: str, run_id: str) -> str:
    """Return a link to a run's page."""
    return f"[{plain(words)}](#/experiments/{quote(experiment_id, safe='')}/runs/{quote(run_id, safe='')})"


def model_link(model: str, version: int | str | None = None) -> str:
    """Return a link to a registered model's page, or to that of one of its versions."""
    place, words = f"#/models/{quote(model, safe='')}", plain(model)
    return f"[{words}]({place})" if version is None else f"[{words} version {version}]({place}/versions/{version})"


def artifact_address(run_id: str, path: str) -> str:
    """Return where the page finds a run's file, for a link or a picture."""
    return f"get-artifact?path={quote(path, safe='/')}&run_uuid={quote(run_id, safe='')}"


def picture(words: str, run_id: str, path: str) -> str:
    """Return a picture that lies beside a run."""
    return f"![{plain(words)}]({artifact_address(run_id, path)})"


def fitted(
    build: Callable[[Sequence[int]], str], n_rows: Sequence[int], n_max: int, *, n_kept: Sequence[int] = ()
) -> str:
    """Return a text of at most `n_max` characters, in which tables are shortened in turn, the first one first.

    Args:
        build: returns the text for so many rows of each table.
        n_rows: of each table at most.
        n_max: MLflow cuts longer texts without a word, or refuses them.
        n_kept: rows that each table keeps until all others have been shortened as well; default: none.
    """
    left = list(n_rows)
    least = [*n_kept, *(0 for _ in n_rows[len(n_kept) :])]
    while len(text := build(left)) > n_max and any(left):
        above = [place for place, n in enumerate(left) if n > least[place]]
        left[above[0] if above else next(place for place, n in enumerate(left) if n)] -= 1
    if len(text) <= n_max:
        return text
    whole = text[: n_max - 2].rpartition("\n")[0] or text[: n_max - 2]  # half a line might be half a link
    return f"{whole}\n…"
