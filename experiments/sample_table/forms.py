"""Measure the forms of the real table: how days, titles and codes look, and which rows and names repeat."""

from collections import Counter
from typing import Any

import numpy as np
import pandas as pd

from songpop.data.sample_names import DAMAGED, UNREADABLE
from songpop.data.sample_numbers import EPOCH_OF_AGES, Numbers


def numeric(column: pd.Series) -> np.ndarray:
    """Return a column of text cells with thousands separators as floats; NaN if missing."""
    return pd.to_numeric(column.str.replace(",", "")).to_numpy(dtype=float)


def date_facts(numbers: Numbers) -> dict[str, float]:
    """Return how often days are Fridays, and 1 January among the oldest tenth."""
    days, ages = numbers.released, (EPOCH_OF_AGES - numbers.released).astype(float)
    oldest = np.quantile(ages, 0.9)
    is_old = ages >= oldest
    is_new_year = days == days.astype("datetime64[Y]").astype("datetime64[D]")
    is_friday = (days.astype(int) - 1) % 7 == 0
    fridays = is_friday[~is_old].mean()
    return {
        "vague_from_age": float(f"{oldest:.3g}"),
        "vague": round(float(is_new_year[is_old].mean()), 3),
        "moved_to_friday": round(float((fridays - 1 / 7) / (1 - 1 / 7)), 3),
    }


def song_facts(cells: pd.DataFrame) -> dict[str, Any]:
    """Return how rows repeat: exactly, by title and artist, by artist; and how ranks go wrong."""
    kept = cells.drop_duplicates()
    kept = kept[kept["Artist"] != ""]
    groups = kept.groupby(["Track", "Artist"])
    sizes = groups.size()
    same_streams = groups["Spotify Streams"].nunique()[sizes > 1].eq(1).mean()
    ranks = numeric(cells.drop_duplicates()["All Time Rank"])
    late = ranks - np.arange(1, len(ranks) + 1)
    late = late[late > 20]
    return {
        "of_rows": len(cells),
        "exact_repeats": int(cells.duplicated().sum()),
        "without_artist": int((cells["Artist"] == "").sum()),
        "group_sizes": _histogram(sizes[sizes > 1]),
        "same_streams": round(float(same_streams), 3),
        "artist_sizes": _histogram(kept["Artist"].value_counts()),
        "late_ranks": len(late),
        "mean_lateness": float(f"{late.mean():.2g}"),
    }


def _histogram(sizes: pd.Series) -> dict[str, int]:
    return {str(size): n for size, n in sorted(Counter(sizes.tolist()).items())}


def text_facts(kept: pd.DataFrame) -> dict[str, Any]:
    """Return how often titles, albums, artists and codes have which form."""
    album, track, code = kept["Album Name"], kept["Track"], kept["ISRC"]
    years = pd.to_datetime(kept["Release Date"], format="%m/%d/%Y").dt.year % 100
    shares = {
        "featuring": track.str.contains("(feat", regex=False),
        "numeric_title": track.str.fullmatch(r"[\d.,]+"),
        "album_is_title": album == track,
        "album_is_single": album.str.endswith(" - Single"),
        "damaged_title": track.str.contains(DAMAGED),
        "damaged_artist": kept["Artist"].str.contains(DAMAGED),
        "unreadable_title": track.str.contains(UNREADABLE),
        "code_of_year": code.str[5:7].astype(int) == years,
    }
    countries = code.str[:2].value_counts(normalize=True).head(12)
    return {name: round(float(hits.mean()), 4) for name, hits in shares.items()} | {
        "countries": {name: round(share, 3) for name, share in countries.items()}
    }
