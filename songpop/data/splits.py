"""Who is in which part: train, validation, test.

Owns: the four ways of cutting a table. Apart from `published`, none tears a song apart. Does not own: the
search for leaks (data/leakage.py).

Axes: R rows of the table, G groups of rows that stay together.
"""

import hashlib
from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from songpop.contracts import Indices, Split
from songpop.data.identity import connected
from songpop.data.table import SongTable
from songpop.errors import DataError, SettingsError
from songpop.settings import SplitKind, SplitSettings

TRAIN, VALIDATION, TEST = 0, 1, 2
# The published protocol, to the row: its numbers are its definition, so no setting changes them.
PUBLISHED_SEED, PUBLISHED_TEST, PUBLISHED_VALIDATION = 42, 0.2, 0.2

PartOfRow = NDArray[np.int8]  # TRAIN, VALIDATION or TEST of each row, shape (R,)


def make_split(table: SongTable, settings: SplitSettings) -> Split:
    """Cut a table into its three parts; the same table, settings and seed give the same parts.

    Args:
        table: R rows; label, song, artist and release decide, as `settings.kind` says.
        settings: kind, seed, and the shares of test and validation rows (not under `published`).

    Raises:
        DataError: if a part would be empty or of one class.
        SettingsError: if the table's description lacks the column that the split is made by.
    """
    part = _KINDS[settings.kind](table, settings)
    train, validation, test = (np.flatnonzero(part == p).astype(np.int64) for p in (TRAIN, VALIDATION, TEST))
    for name, rows in (("training", train), ("validation", validation), ("test", test)):
        _check_part(name, table.label[rows], settings.kind)
    return Split(
        train=train,
        validation=validation,
        test=test,
        name=settings.kind.value,
        seed=PUBLISHED_SEED if settings.kind is SplitKind.published else settings.seed,
        digest=split_digest(train, validation, test),
    )


def artists_together(table: SongTable) -> Indices:
    """Return a number per row, shape (R,), which rows of one artist, or of one song, share."""
    artist = pd.Series(table.artist, dtype="str")
    return connected([pd.Series(table.song), artist.mask(artist == "")])


def _check_part(name: str, label: NDArray[np.int8], kind: SplitKind) -> None:
    n_positive = int(label.sum())
    if n_positive in (0, len(label)):
        found = f"{len(label):,} rows, {n_positive:,} of them positive"
        raise DataError(
            f"Each part must have rows of both classes, but split={kind.value} gives the {name} part {found}. "
            "Bring more rows, or choose another split, split.seed, or shares (split.test, split.validation)."
        )


def split_digest(*parts: Indices) -> str:
    """Return the digest of row numbers of train, validation and test, in this order."""
    digest = hashlib.sha256()
    for rows in parts:
        digest.update(len(rows).to_bytes(8, "little") + rows.astype("<i8").tobytes())
    return digest.hexdigest()


# ── the four kinds ──────────────────────────────────────────────────────────────────────────────────────────


def _stratified(table: SongTable, settings: SplitSettings) -> PartOfRow:
    return _allot_by_class(table.song, table.label, settings)


def _by_artist(table: SongTable, settings: SplitSettings) -> PartOfRow:
    if not (table.artist != "").any():
        raise SettingsError(
            "`split=by_artist` needs `data.identity.artist`, but no row has an artist. Name the column, or choose "
            "another split."
        )
    return _allot_by_class(artists_together(table), table.label, settings)


def _by_release_date(table: SongTable, settings: SplitSettings) -> PartOfRow:
    if table.release is None:
        raise SettingsError(
            "`split=by_release_date` needs `data.identity.date`, but it is null. Name the column, or use another split."
        )
    # A song counts as new as its newest row: no training row is newer than a test row's song.
    newest = np.full(table.song.max() + 1, np.iinfo(np.int64).min)
    is_dated = ~np.isnat(table.release)
    np.maximum.at(newest, table.song[is_dated], table.release[is_dated].astype(np.int64))
    n_rows = np.bincount(table.song)
    shuffled = np.random.default_rng(settings.seed).permutation(len(newest))  # songs of one day in random order
    order = shuffled[np.argsort(-newest[shuffled].astype(np.float64), kind="stable")]
    part_of_song = np.full(len(newest), TRAIN, dtype=np.int8)
    part_of_song[order] = _allot(n_rows[order], settings)
    part_of_song[newest == np.iinfo(np.int64).min] = TRAIN
    return part_of_song[table.song]


def _published(table: SongTable, settings: SplitSettings) -> PartOfRow:
    from sklearn.model_selection import train_test_split  # a second, which no other kind pays

    rows = np.arange(len(table.label))
    known, test = train_test_split(rows, test_size=PUBLISHED_TEST, random_state=PUBLISHED_SEED)
    part = np.full(len(rows), TRAIN, dtype=np.int8)
    part[test] = TEST
    # Keras' `validation_split` takes the last rows as they stand, unshuffled.
    part[known[int(len(known) * (1 - PUBLISHED_VALIDATION)) :]] = VALIDATION
    return part


_KINDS: Mapping[SplitKind, Callable[[SongTable, SplitSettings], PartOfRow]] = {
    SplitKind.stratified: _stratified,
    SplitKind.by_artist: _by_artist,
    SplitKind.by_release_date: _by_release_date,
    SplitKind.published: _published,
}


def _allot_by_class(group: NDArray[np.int64], label: NDArray[np.int8], settings: SplitSettings) -> PartOfRow:
    """Allot whole groups at random, separately where all rows are negative, all positive, or both."""
    n_rows = np.bincount(group)
    n_positive = np.bincount(group, weights=label).astype(np.int64)
    stratum = np.where(n_positive == 0, 0, np.where(n_positive == n_rows, 1, 2))
    shuffled = np.random.default_rng(settings.seed).permutation(len(n_rows))
    part_of_group = np.full(len(n_rows), TRAIN, dtype=np.int8)
    for number in range(3):
        members = shuffled[stratum[shuffled] == number]
        part_of_group[members] = _allot(n_rows[members], settings)
    return part_of_group[group]


def _allot(n_rows: NDArray[np.int64], settings: SplitSettings) -> PartOfRow:
    """Give the first groups to test, the next to validation, the rest to train; shape (G,).

    A group goes where its middle falls, so a part misses its share by half a group at most.
    """
    ends = np.cumsum(n_rows)
    total = ends[-1] if len(ends) else 0
    middles = ends - n_rows / 2
    part = np.full(len(n_rows), TRAIN, dtype=np.int8)
    part[middles < (settings.test + settings.validation) * total] = VALIDATION
    part[middles < settings.test * total] = TEST
    return part
