from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tables import SMALL, described, real_settings, real_table, small_settings, written

from songpop.contracts import ColumnKind
from songpop.data.cells import CellFormat, matrix_of
from songpop.data.table import describe, load_table, read_csv_text
from songpop.errors import DataError, SettingsError
from songpop.settings import FeatureBlock

# Another table needs a YAML file and no code: semicolons, decimal commas, a text category, no date, another label.
OTHER_YAML = """# songpop sweep --config-dir=mine data=radio data.path=FILE
name: radio
separator: ";"
decimal: ","
thousands: "."
columns:
  counts: [Plays]
  numbers: [Tempo]
  categories: [Genre]
label: {column: Hit, rule: equals, value: "ja", sources: [Hit]}
identity: {title: Song}
"""
OTHER_CSV = """Song;Genre;Tempo;Plays;Hit
Eins;pop;120,5;1.234.567;ja
Zwei;rock;98;12;nein
Drei;;88,25;;nein
Vier;pop;;900;ja
"""


def test_a_small_table(tmp_path: Path) -> None:
    table = load_table(small_settings(written(tmp_path, SMALL)))
    np.testing.assert_array_equal(table.matrix, np.float32([[1234, 0], [np.nan, 1], [7, 0], [2e6, 1]]))
    assert table.label.tolist() == [0, 0, 1, 1]
    assert table.label_rule == "score > 25 (its median)"
    assert [c.kind for c in table.columns] == [ColumnKind.COUNT, ColumnKind.FLAG]
    assert table.artist.tolist() == ["ada", "ada", "bo", "cy"]
    assert table.song.tolist() == [0, 1, 2, 3]
    assert table.release is None
    assert table.recipe.as_of == ""
    assert table.report.missing == {"streams": 1}
    assert table.report.label_threshold == 25
    assert table.raw["streams"].tolist() == ["1,234", "", "7", "2,000,000"]


def test_another_table_needs_a_yaml_file_and_no_code(tmp_path: Path) -> None:
    settings = described(written(tmp_path, OTHER_YAML, "radio.yaml"), path=str(written(tmp_path, OTHER_CSV)))
    table = load_table(settings)
    assert [c.name for c in table.columns] == ["Genre", "Tempo", "Plays"]
    assert table.columns[0].categories == ("pop", "rock")
    np.testing.assert_array_equal(
        table.matrix, np.float32([[0, 120.5, 1234567], [1, 98, 12], [np.nan, 88.25, np.nan], [0, np.nan, 900]])
    )
    assert table.label.tolist() == [1, 0, 0, 1]
    assert table.label_rule == "Hit = ja"
    assert table.recipe.format == CellFormat(decimal=",", thousands=".")
    unseen = pd.DataFrame({"Genre": ["jazz"], "Tempo": ["1,5"], "Plays": [3]})
    np.testing.assert_array_equal(matrix_of(unseen, table.recipe, strict=False), np.float32([[np.nan, 1.5, 3]]))


def test_the_digest_knows_cells_and_not_the_file(tmp_path: Path) -> None:
    digest = load_table(small_settings(written(tmp_path, SMALL))).digest
    for name, content in {
        "crlf": SMALL.replace("\n", "\r\n"),
        "no last newline": SMALL.rstrip("\n"),
        "quotes": SMALL.replace("Ada", '"Ada"'),
    }.items():
        assert load_table(small_settings(written(tmp_path, content, name))).digest == digest
    other = SMALL.replace("30", "31")
    assert load_table(small_settings(written(tmp_path, other))).digest != digest


def test_a_frame_is_as_good_as_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL)
    from_file = load_table(small_settings(path))
    for frame in (pd.read_csv(path), pd.read_csv(path, dtype=str), read_csv_text(small_settings(path))):
        table = load_table(small_settings(), frame=frame)
        np.testing.assert_array_equal(table.matrix, from_file.matrix)
        assert table.digest == from_file.digest
        assert table.row_keys.tolist() == from_file.row_keys.tolist()


def test_exact_duplicates_are_dropped_and_counted(tmp_path: Path) -> None:
    path = written(tmp_path, SMALL + 'One,Ada,10,"1,234",0\nOne,Ada,50,9,0\n')
    table = load_table(small_settings(path))
    assert (table.report.n_read, table.report.n_duplicates, table.report.n_rows, table.report.n_songs) == (6, 1, 5, 4)
    assert table.song.tolist() == [0, 1, 2, 3, 0]
    kept = load_table(small_settings(path, drop_duplicates=False))
    assert kept.matrix.shape == (6, 2)
    assert kept.song.tolist() == [0, 1, 2, 3, 0, 0]
    assert kept.digest == table.digest
    assert "6 rows read, 1 exact duplicates dropped, 5 rows of 4 songs" in describe(table, "songs.csv")[0]


def dated(tmp_path: Path, *dates: str, **changes: object) -> object:
    lines = [f"{line},{day}" for line, day in zip(SMALL.splitlines(), ("day", *dates), strict=True)]
    settings = small_settings(written(tmp_path, "\n".join(lines)), **changes)
    settings.columns.dates = ["day"]
    settings.identity.date = "day"
    return settings


def test_ages_count_from_the_newest_date_or_from_as_of(tmp_path: Path) -> None:
    table = load_table(dated(tmp_path, "2024-01-01", "2024-01-31", "", "2023-12-31"))
    assert table.report.as_of == "2024-01-31"
    np.testing.assert_array_equal(table.matrix[:, 2], [30, 0, np.nan, 31])
    assert table.release is not None
    assert np.isnat(table.release).tolist() == [False, False, True, False]
    later = load_table(dated(tmp_path, "2024-01-01", "2024-01-31", "", "2023-12-31", as_of="2024-02-01"))
    assert later.matrix[0, 2] == 31
    without = load_table(dated(tmp_path, "2024-01-01", "2024-01-31", "", "2023-12-31"), use_dates=False)
    assert without.matrix.shape == (4, 2)
    assert without.recipe.as_of == ""
    assert load_table(dated(tmp_path, "", "", "", "")).report.dropped == ("day",)


def test_columns_for_blocks_change_nothing_else(tmp_path: Path) -> None:
    settings = dated(tmp_path, "2024-01-01", "2024-01-31", "", "2023-12-31")
    plain, asked = (load_table(settings, extra=extra) for extra in ((), (FeatureBlock.calendar, FeatureBlock.names)))
    np.testing.assert_array_equal(asked.matrix[:, 3:], [[1, 0, 0], [31, 2, 0], [np.nan, np.nan, 1], [365, 6, 2]])
    assert asked.columns[-1].categories == ("ada", "bo", "cy")
    np.testing.assert_array_equal(asked.described_matrix, plain.matrix)
    assert asked.described.tolist() == [0, 1, 2]
    assert plain.described_matrix is plain.matrix
    assert (asked.digest, asked.report) == (plain.digest, plain.report)
    told = [line for line in describe(asked, "songs.csv") if line not in describe(plain, "songs.csv")]
    assert told == ["made for features.extra: day day of year · day weekday · artist name"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"1,234"', "lots", r"'streams' must hold finite numbers from 0 up.* line 2 has 'lots'"),
        ("7,0\n", "inf,0\n", r"'streams' .* line 4 has 'inf'"),
        ("7,0\n", "-7,0\n", r"'streams' .* line 4 has '-7'"),
        ("7,0\n", "7,maybe\n", r"'explicit' must hold 0 or 1 .* line 4 has 'maybe'"),
        ("Ada,10", "Ada,", r"label's column 'score' must have no empty cell.*line 2"),
        ("streams", "strems", r"lacks 'streams' \(did you mean 'strems'\?\)"),
        (SMALL[SMALL.index("\n") + 1 :], "", r"must have rows, but .* has none"),
    ],
)
def test_bad_tables_get_one_sentence(tmp_path: Path, old: str, new: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        load_table(small_settings(written(tmp_path, SMALL.replace(old, new, 1))))


def test_bad_dates_and_frames(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'day' must hold dates of the form %Y-%m-%d, but line 3 has '31\.1\.2024'"):
        load_table(dated(tmp_path, "2024-01-01", "31.1.2024", "", ""))
    with pytest.raises(SettingsError, match=r"`data.as_of` must be a date YYYY-MM-DD, but it is 'today'"):
        load_table(dated(tmp_path, "2024-01-01", "", "", "", as_of="today"))
    with pytest.raises(DataError, match=r"the frame repeats \['a'\]"):
        load_table(small_settings(), frame=pd.DataFrame([[1, 2]], columns=["a", "a"]))


@real_table
def test_the_real_table_is_read_as_it_is_known() -> None:
    table = load_table(real_settings())
    assert table.matrix.shape == (4_598, 22)
    assert table.report.n_duplicates == 2
    assert table.report.n_positive == 2_294
    assert table.report.label_threshold == 29.9
    assert table.report.dropped == ("TIDAL Popularity",)
    assert table.report.label_sources == ("All Time Rank", "Track Score")
    assert table.report.unknown == ()
    assert table.report.as_of == "2024-06-14"
    assert table.report.missing["SiriusXM Spins"] == 2_123
    assert (table.artist == "").sum() == 5
    settings = real_settings()
    plain = load_table(settings, frame=pd.read_csv(str(settings.path), encoding="latin-1"))
    np.testing.assert_array_equal(plain.matrix, table.matrix)


@real_table
def test_the_published_protocol_has_22_features_with_the_score() -> None:
    table = load_table(real_settings(drop_duplicates=False, allowed_leaks=["Track Score"]), use_dates=False)
    assert table.matrix.shape == (4_600, 22)
    assert table.columns[0].name == "Track Score"
    assert table.columns[-1].name == "Explicit Track"
    assert table.report.label_sources == ("All Time Rank",)
