import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from songpop.data.identity import artists_of, connected, content_of, hashes, songs_of
from songpop.settings import IdentitySettings

NAMED = IdentitySettings(title="title", artist="artist", code="code")


def rows(*cells: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(cells, columns=["title", "artist", "code"], dtype="str")


@pytest.mark.parametrize(
    ("cells", "song"),
    [
        ((("A", "x", "1"), ("a ", " X", "2"), ("B", "x", "3")), [0, 0, 1]),  # case and outer blanks aside
        ((("A", "x", "1"), ("B", "y", "1"), ("B", "y", "2")), [0, 0, 0]),  # by way of the middle row
        ((("A", "", ""), ("A", "", "2")), [0, 1]),  # two unknown artists are not one
        ((("", "", ""), ("", "", "")), [0, 0]),  # the same row again
        ((("A", "x", ""), ("B", "x", "")), [0, 1]),  # no code is no code in common
    ],
)
def test_which_rows_are_one_song(cells: tuple[tuple[str, str, str], ...], song: list[int]) -> None:
    raw = rows(*cells)
    assert songs_of(raw, NAMED, content_of(raw).row_keys).song.tolist() == song


def test_a_title_alone_names_a_song_where_there_are_no_artists() -> None:
    raw = rows(("A", "x", "1"), ("A", "y", "2"))
    songs = songs_of(raw, IdentitySettings(title="title"), content_of(raw).row_keys)
    assert songs.song.tolist() == [0, 0]


def test_song_keys_mean_the_same_in_another_table() -> None:
    here, there = (
        rows(("A", "x", "1"), ("", "", "7"), ("", "", "")),
        rows(("Z", "z", "9"), ("a", "X", "4"), ("q", "", "7")),
    )
    keys = [songs_of(raw, NAMED, content_of(raw).row_keys).song_keys for raw in (here, there)]
    assert keys[0][0] == keys[1][1]
    assert keys[0][1] == keys[1][2]
    assert len({*keys[0], *keys[1]}) == 4


def test_hashes_are_the_same_in_every_process() -> None:
    code = "from songpop.data.identity import hashes; print(hashes(['Ada', 'é']).tolist())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == str(hashes(["Ada", "é"]).tolist())


def test_the_digest_is_of_names_and_cells() -> None:
    raw = rows(("A", "x", "1"), ("B", "y", "2"))
    digest = content_of(raw).digest
    assert content_of(raw.copy()).digest == digest
    assert content_of(raw.set_axis([5, 7])).digest == digest
    for other in (raw.iloc[::-1], raw.rename(columns={"code": "kode"}), raw.replace("y", "z"), raw.iloc[:1]):
        assert content_of(other).digest != digest
    moved = rows(("A", "x1", ""), ("B", "y", "2"))
    assert content_of(moved).row_keys[0] != content_of(raw).row_keys[0]


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=20))
def test_connected_groups_agree_with_merging_one_by_one(pairs: list[tuple[int, int]]) -> None:
    first, second = (pd.Series(values) for values in zip(*pairs, strict=True))
    group = connected([first, second])
    expected = list(range(len(pairs)))
    for i in range(len(pairs)):
        for j in range(i):
            if {(0, pairs[i][0]), (1, pairs[i][1])} & {(0, pairs[j][0]), (1, pairs[j][1])}:
                expected = [expected[j] if e == expected[i] else e for e in expected]
    np.testing.assert_array_equal(group[:, None] == group, np.array(expected)[:, None] == expected)
    assert group.max() == len(set(group.tolist())) - 1


def test_artists_have_one_spelling() -> None:
    raw = rows(("A", " Ada ", ""), ("B", "ADA", ""), ("C", "", ""))
    assert artists_of(raw, NAMED).tolist() == ["ada", "ada", ""]
    assert artists_of(raw, IdentitySettings()).tolist() == ["", "", ""]
