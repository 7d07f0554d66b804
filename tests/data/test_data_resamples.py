"""Resamples: the sealed rows stay out, songs stay whole, every other row is validated once per round."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tables import numeric_table

from songpop.contracts import Split
from songpop.data.resamples import Resample, resamples_of, validation_ratio
from songpop.data.splits import make_split
from songpop.data.table import SongTable
from songpop.errors import DataError
from songpop.settings import SplitKind, SplitSettings

RNG = np.random.default_rng(0)
SONG = RNG.integers(220, size=300)  # some songs have several rows
TABLE = numeric_table(
    {"x": RNG.normal(size=300)},
    RNG.integers(2, size=300),
    title=[f"song {number}" for number in SONG],
    artist=["" if number % 11 == 0 else f"artist {number % 40}" for number in SONG],
)


def cut(table: SongTable, n: int, **keys: object) -> tuple[Split, tuple[Resample, ...]]:
    split = make_split(table, SplitSettings(**keys))  # type: ignore[arg-type]
    return split, resamples_of(table, split, n)


def rows_of(split: Split) -> np.ndarray:
    return np.sort(np.concatenate([split.train, split.validation]))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**20), st.sampled_from([SplitKind.stratified, SplitKind.by_artist, SplitKind.published]))
def test_parts_are_the_rows_that_are_not_sealed(seed: int, kind: SplitKind) -> None:
    split, resamples = cut(TABLE, 7, seed=seed, kind=kind)
    assert len(resamples) == 7
    for one in resamples:
        assert np.array_equal(np.sort(np.concatenate([one.train, one.validation])), rows_of(split))
        assert not set(one.train) & set(one.validation)
        assert len(one.validation) == pytest.approx(len(rows_of(split)) / 5, abs=25)
    if kind is not SplitKind.published:
        for one in resamples:
            assert not set(TABLE.song[one.train]) & set(TABLE.song[one.validation])
    if kind is SplitKind.by_artist:
        for one in resamples:
            assert not (set(TABLE.artist[one.train]) & set(TABLE.artist[one.validation])) - {""}


def validated(resamples: Sequence[Resample]) -> np.ndarray:
    return np.sort(np.concatenate([one.validation for one in resamples]))


def test_a_round_validates_every_row_once() -> None:
    split, resamples = cut(TABLE, 10)
    for first in (0, 5):
        assert np.array_equal(validated(resamples[first : first + 5]), rows_of(split))
    assert not np.array_equal(resamples[0].validation, resamples[5].validation)  # shuffled again


def test_the_first_ones_do_not_depend_on_how_many_there_are() -> None:
    _, few = cut(TABLE, 3)
    _, many = cut(TABLE, 12)
    for one, other in zip(few, many, strict=False):
        assert np.array_equal(one.train, other.train)


def test_the_ratio_of_the_parts_is_known_from_the_split() -> None:
    split, resamples = cut(TABLE, 5)
    told = validation_ratio(len(split.train), len(split.validation))
    found = [len(one.validation) / len(one.train) for one in resamples]
    assert np.mean(found) == pytest.approx(told, rel=0.05)


def test_positive_rows_are_shared_out() -> None:
    split, resamples = cut(TABLE, 5)
    share = TABLE.label[rows_of(split)].mean()
    assert all(TABLE.label[one.validation].mean() == pytest.approx(share, abs=0.1) for one in resamples)


def test_another_split_seed_cuts_otherwise() -> None:
    split, resamples = cut(TABLE, 1)
    again = resamples_of(TABLE, split, 1)
    assert np.array_equal(again[0].train, resamples[0].train)
    other = Split(**{**vars(split), "seed": 1})
    assert not np.array_equal(resamples_of(TABLE, other, 1)[0].train, resamples[0].train)


def test_a_part_of_one_class_is_refused() -> None:
    split, _ = cut(TABLE, 1)
    label = TABLE.label.copy()
    label[rows_of(split)] = 0
    label[rows_of(split)[0]] = 1  # one positive row: four folds have none to validate with
    with pytest.raises(DataError, match="finals=none"):
        resamples_of(SongTable(**{**vars(TABLE), "label": label}), split, 5)
