"""Which rows are the same song, and hashes by which rows, songs and tables are known again.

Owns: groups of rows, keys, the digest of a table. Does not own: who is in which part (data/splits.py).

All hashes are blake2b or sha256 of text: the same in every process, on every machine, for every path.

Axes: R rows.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from songpop.settings import IdentitySettings

UNIT, RECORD = "\x1f", "\x1e"  # ASCII's separators of cells and rows: no table has them in its text
N_ROWS_AT_ONCE = 50_000

Keys = NDArray[np.uint64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Content:
    """What a table says: `row_keys` (R,), hashes of each row's cells; `digest`, sha256 of names and cells."""

    row_keys: Keys
    digest: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Songs:
    """Which row is which song.

    `song` (R,) numbers the songs of this table from 0; `song_keys` (R,) are hashes that mean the same song in any
    table: of artist and title, else of the code, else of the row.
    """

    song: NDArray[np.int64]
    song_keys: Keys


def content_of(raw: pd.DataFrame) -> Content:
    """Hash a frame of text cells, row by row and as a whole."""
    whole = hashlib.sha256(UNIT.join(raw.columns).encode())
    keys = []
    for start in range(0, len(raw), N_ROWS_AT_ONCE):
        piece = raw.iloc[start : start + N_ROWS_AT_ONCE]
        rows = [UNIT.join(row) for row in zip(*(piece[name].tolist() for name in raw.columns), strict=True)]
        whole.update((RECORD + RECORD.join(rows)).encode())
        keys.append(hashes(rows))
    return Content(row_keys=np.concatenate([np.empty(0, np.uint64), *keys]), digest=whole.hexdigest())


def songs_of(raw: pd.DataFrame, identity: IdentitySettings, row_keys: Keys) -> Songs:
    """Find the rows that are one song: same artist and title, same code, or the same row again.

    Args:
        raw: text cells, R rows.
        identity: the columns that say who is who; a row in which they are empty is known by its content.
        row_keys: shape (R,), from `content_of`.
    """
    name = _names(raw, identity)
    code = _normalised(raw, identity.code)
    row = pd.Series(row_keys, index=raw.index).astype("str")
    song = connected([name.mask(name == ""), code.mask(code == ""), row])
    text = ("name" + UNIT + name).where(name != "", ("code" + UNIT + code).where(code != "", "row" + UNIT + row))
    return Songs(song=song, song_keys=hashes(text.tolist()))


def connected(marks: "Sequence[pd.Series]") -> NDArray[np.int64]:
    """Number the groups of rows that share a mark, directly or by way of other rows.

    Args:
        marks: any number of columns of marks, each of shape (R,), NaN for none.

    Returns:
        Shape (R,): group numbers from 0, in order of appearance.
    """
    n_rows = len(marks[0])
    rows, nodes, n_nodes = [], [], n_rows
    for column in marks:
        codes, uniques = pd.factorize(column)  # NaN has the code -1
        rows.append(np.flatnonzero(codes >= 0))
        nodes.append(codes[codes >= 0] + n_nodes)
        n_nodes += len(uniques)
    edges = (np.concatenate(rows), np.concatenate(nodes))
    graph = coo_array((np.ones(len(edges[0]), dtype=np.int8), edges), shape=(n_nodes, n_nodes))
    _, component = connected_components(graph, directed=False)
    return pd.factorize(component[:n_rows])[0].astype(np.int64)


def artists_of(raw: pd.DataFrame, identity: IdentitySettings) -> "NDArray[np.object_]":
    """Return the artist of each row, shape (R,), in one spelling (case and outer blanks aside); "" if not known."""
    return _normalised(raw, identity.artist).to_numpy(dtype=object)


def hashes(texts: Iterable[str]) -> Keys:
    """Return 64-bit hashes of texts, the same in every process."""
    joined = b"".join(hashlib.blake2b(text.encode(), digest_size=8).digest() for text in texts)
    return np.frombuffer(joined, dtype="<u8").astype(np.uint64)


def _names(raw: pd.DataFrame, identity: IdentitySettings) -> "pd.Series[str]":
    # A title alone names a song only where the table has no artists at all: two unknown artists are not one.
    title = _normalised(raw, identity.title)
    if identity.artist is None:
        return title
    artist = _normalised(raw, identity.artist)
    return (artist + UNIT + title).where((artist != "") & (title != ""), "")


def _normalised(raw: pd.DataFrame, column: str | None) -> "pd.Series[str]":
    if column is None:
        return pd.Series("", index=raw.index, dtype="str")
    return raw[column].str.strip().str.casefold()
