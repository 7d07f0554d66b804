"""The built-in table (`data=sample`): generated songs in the columns, formats and quirks of the real file.

Owns: text cells, which songs and rows repeat, the order of the file. Does not own: the numbers
(sample_numbers.py), names (sample_names.py), or where the facts come from (experiments/sample_table).
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from songpop.data.sample_names import draw_artists, draw_labels
from songpop.data.sample_numbers import Numbers, draw_numbers, draw_score, sample_facts
from songpop.errors import SettingsError, StoreError

MIN_ROWS, MAX_ROWS = 50, 100_000  # fewer show no quirks; more would need longer codes
ENCODING = "latin-1"

Places = NDArray[np.int64]


def generate_songs(*, n_rows: int = 4600, seed: int = 2024) -> pd.DataFrame:
    """Generate a table of songs as a file would hold it: every cell a string, "" where it is missing.

    Args:
        n_rows: rows, repeated ones included; 50 to 100,000.
        seed: of everything random; the same seed gives the same table on every machine.

    Returns:
        29 text columns, sorted by falling `Track Score`.

    Raises:
        SettingsError: if `n_rows` is out of range.
    """
    if not MIN_ROWS <= n_rows <= MAX_ROWS:
        raise SettingsError(f"`{MIN_ROWS} <= n_rows <= {MAX_ROWS}` must hold for the sample, but {n_rows=}.")
    facts, rng = sample_facts(), np.random.default_rng(seed)
    scale = n_rows / facts.songs["of_rows"]
    n_repeats = _share(facts.songs["exact_repeats"], scale)
    numbers = draw_numbers(facts, n_rows - n_repeats, rng)
    first = _first_of_song(numbers, facts.songs["group_sizes"], scale, rng)
    numbers = _share_streams(numbers, first, facts.songs["same_streams"], rng)
    fine, score = draw_score(facts, numbers, rng)

    songs = _text_columns(numbers, first, rng)
    songs["All Time Rank"] = _thousands(_all_time_ranks(fine, facts.songs, scale, rng))
    songs["Track Score"] = [f"{value:g}" for value in score]
    for name, column in zip(facts.counts, numbers.counts.T, strict=True):
        songs[name] = _thousands(column)
    songs["TIDAL Popularity"] = ""
    songs["Explicit Track"] = np.where(numbers.explicit, "1", "0")

    # Songs of one score stand in any order, as in the real file, whose ranks know more decimals.
    in_file = np.lexsort((rng.random(len(score)), -score))
    return songs.iloc[_with_repeats(in_file, first, n_repeats, rng)].reset_index(drop=True)


def write_songs(path: str | Path, *, n_rows: int = 4600, seed: int = 2024) -> None:
    """Write a generated table as the real file is written: latin-1, CRLF, quotes only where a cell needs them.

    Raises:
        SettingsError: if `n_rows` is out of range.
        StoreError: if the file cannot be written.
    """
    songs = generate_songs(n_rows=n_rows, seed=seed)
    try:
        songs.to_csv(path, index=False, encoding=ENCODING, lineterminator="\r\n")
    except OSError as error:
        raise StoreError(f"The sample must be written to {path}, but {error}. Choose another path.") from error


def _share(count: int, scale: float) -> int:
    """Scale a count of the real table to this one's size; a quirk never disappears altogether."""
    return max(1, round(count * scale))


def _first_of_song(numbers: Numbers, group_sizes: Mapping[str, int], scale: float, rng: np.random.Generator) -> Places:
    """Return for each row the first row of its song, which is itself for most.

    Rows of one song are neighbours by streams: they will share a stream count, and sharing must not move it.
    """
    n_rows = len(numbers.counts)
    by_streams = np.argsort(numbers.counts[:, 0], kind="stable")
    sizes = [int(size) for size, n in group_sizes.items() for _ in range(round(n * scale))]
    room = max(map(int, group_sizes))
    starts = room * rng.permutation(n_rows // room)
    first = np.arange(n_rows)
    for start, size in zip(starts, sizes, strict=False):
        members = by_streams[start : start + size]
        first[members] = members[0]
    return first


def _share_streams(numbers: Numbers, first: Places, rate: float, rng: np.random.Generator) -> Numbers:
    """Give a share of the repeated songs the stream count of their first row: the service counts songs, not rows."""
    is_shared = rng.random(len(first)) < rate
    counts = numbers.counts.copy()
    counts[:, 0] = np.where(is_shared, counts[first, 0], counts[:, 0])
    return replace(numbers, counts=counts)


def _text_columns(numbers: Numbers, first: Places, rng: np.random.Generator) -> pd.DataFrame:
    """Return the columns in front of the ranks; rows of one song have one title and artist, each its own code."""
    facts = sample_facts()
    years = numbers.released.astype("datetime64[Y]").astype(np.int64) + 1970
    labels = draw_labels(years, facts.text, rng)
    artists = _artists(len(first), facts.songs, facts.text, rng)
    return pd.DataFrame(
        {
            "Track": np.array(labels.titles, dtype=object)[first],
            "Album Name": labels.albums,
            "Artist": artists[first],
            "Release Date": _slashed(numbers.released),
            "ISRC": labels.codes,
        },
        dtype="str",
    )


def _artists(
    n_rows: int, songs: Mapping[str, Any], text: Mapping[str, Any], rng: np.random.Generator
) -> NDArray[np.object_]:
    """Return one artist per row: a few have dozens of songs and most have one; "" for those without."""
    sizes = [int(size) for size, n in songs["artist_sizes"].items() for _ in range(n)]
    block = np.repeat(np.arange(len(sizes)), sizes)
    n_blocks = -(-n_rows // len(block))  # a larger table gets further artists, not longer careers
    pool = np.concatenate([rng.permutation(block) + i * len(sizes) for i in range(n_blocks)])
    used, artist = np.unique(pool[:n_rows], return_inverse=True)
    names = np.array(draw_artists(len(used), text, rng), dtype=object)[artist]
    n_without = _share(songs["without_artist"], n_rows / songs["of_rows"])
    names[rng.choice(n_rows, n_without, replace=False)] = ""
    return names


def _all_time_ranks(
    fine: NDArray[np.float64], songs: Mapping[str, Any], scale: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Rank by the fine score; a few rows carry the later rank of another row, and leave no gap behind."""
    n_rows = len(fine)
    is_late = np.zeros(n_rows, dtype=bool)
    is_late[rng.choice(n_rows, _share(songs["late_ranks"], scale), replace=False)] = True
    lateness = rng.integers(1, max(2, round(2 * songs["mean_lateness"] * scale)), n_rows)
    ranks = np.maximum(np.cumsum(~is_late), 1)
    place = np.arange(n_rows)
    late_ranks = ranks[np.minimum(place + lateness, n_rows - 1)]
    by_score = np.argsort(-fine, kind="stable")
    result = np.empty(n_rows)
    result[by_score] = np.where(is_late, late_ranks, ranks)
    return result


def _with_repeats(in_file: Places, first: Places, n_repeats: int, rng: np.random.Generator) -> Places:
    """Return the places of all rows in file order, some standing twice; songs with several rows stay as they are."""
    n_of_song = np.bincount(first, minlength=len(first))[first]
    single = np.flatnonzero(n_of_song[in_file] == 1)
    times = np.ones(len(in_file), dtype=np.int64)
    times[rng.choice(single, n_repeats, replace=False)] = 2
    return np.repeat(in_file, times)


def _thousands(column: NDArray[np.float64]) -> list[str]:
    return ["" if np.isnan(value) else f"{int(value):,}" for value in column]


def _slashed(released: NDArray[np.datetime64]) -> list[str]:
    """Write dates as m/d/yyyy, without leading zeros."""
    days = pd.DatetimeIndex(released)
    return [f"{day.month}/{day.day}/{day.year}" for day in days]
