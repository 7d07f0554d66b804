import datetime as dt
import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from songpop.contracts import Column, ColumnKind
from songpop.data.cells import CellFormat, Recipe, matrix_of, parse_frame
from songpop.errors import ArtifactError, DataError

RECIPE = Recipe(
    columns=(
        Column(name="Streams", kind=ColumnKind.COUNT),
        Column(name="Popularity", kind=ColumnKind.NUMBER),
        Column(name="Explicit", kind=ColumnKind.FLAG),
        Column(name="Released age", kind=ColumnKind.AGE),
        Column(name="Genre", kind=ColumnKind.CATEGORY, categories=("pop", "rock")),
    ),
    format=CellFormat(date_format="%m/%d/%Y"),
    as_of="2024-06-15",
    source={
        "Streams": "Streams",
        "Popularity": "Popularity",
        "Explicit": "Explicit",
        "Released age": "Released",
        "Genre": "Genre",
    },
)
CSV = """Track,Streams,Popularity,Explicit,Released,Genre
A,"1,234",92,0,6/14/2024,rock
B,,,1,6/1/2024,pop
C,56,7,0,,
"""
MATRIX = [[1234, 92, 0, 1, 1], [np.nan, np.nan, 1, 14, 0], [56, 7, 0, np.nan, np.nan]]


def as_text() -> pd.DataFrame:
    return pd.read_csv(io.StringIO(CSV), dtype=str, keep_default_na=False)


def as_pandas_reads() -> pd.DataFrame:
    return pd.read_csv(io.StringIO(CSV))


DOORS = {
    "text": as_text,
    "text with NaN": lambda: pd.read_csv(io.StringIO(CSV), dtype=str),
    "plain read_csv": as_pandas_reads,
    "objects": lambda: as_pandas_reads().astype(object).where(as_pandas_reads().notna(), None),
    "JSON records": lambda: pd.DataFrame(json.loads(as_pandas_reads().to_json(orient="records"))),
    "JSON split": lambda: pd.read_json(io.StringIO(as_text().to_json(orient="split")), orient="split", dtype=False),
    "other columns and order": lambda: as_text().assign(more="?")[["more", "Genre", *as_text().columns[:-1]]],
    "parsed dates": lambda: as_text().assign(Released=pd.to_datetime(as_text()["Released"], format="%m/%d/%Y")),
}


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("strict", [True, False])
def test_the_matrix_is_the_same_through_every_door(door: str, strict: bool) -> None:
    matrix = matrix_of(DOORS[door](), RECIPE, strict=strict)
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix, np.array(MATRIX, dtype=np.float32))
    assert parse_frame(DOORS[door](), RECIPE).n_unusable(RECIPE) == {}


def test_ages_can_count_from_another_day() -> None:
    assert matrix_of(as_text(), RECIPE, as_of=dt.date(2024, 6, 25), strict=True)[0, 3] == 11


def test_no_rows_give_no_rows() -> None:
    assert matrix_of(as_text().iloc[:0], RECIPE, strict=True).shape == (0, 5)
    assert matrix_of(as_pandas_reads().iloc[:0], RECIPE, strict=False).shape == (0, 5)


@pytest.mark.parametrize(
    ("column", "cell", "message"),
    [
        ("Streams", "many", r"'Streams' must hold finite numbers from 0 up.*row 2 has 'many'"),
        ("Streams", "-3", r"row 2 has '-3'"),
        ("Streams", "inf", r"row 2 has 'inf'"),
        ("Explicit", "7", r"'Explicit' must hold 0 or 1"),
        ("Released", "31/12/2024", r"dates of the form %m/%d/%Y, but row 2 has '31/12/2024'"),
    ],
)
def test_bad_cells_stop_training_and_are_counted_when_predicting(column: str, cell: str, message: str) -> None:
    frame = as_text()
    frame.loc[1, column] = cell
    with pytest.raises(DataError, match=message):
        matrix_of(frame, RECIPE, strict=True)
    assert np.isnan(matrix_of(frame, RECIPE, strict=False)[1, list(RECIPE.source.values()).index(column)])
    assert parse_frame(frame, RECIPE).n_unusable(RECIPE) == {column: 1}


def test_an_error_names_the_line_if_the_index_does_and_counts_the_rest() -> None:
    frame = as_text().assign(Streams="?")
    frame.index = pd.Index([2, 5, 9], name="line")
    with pytest.raises(DataError, match=r"line 2 has '\?' \(and 2 more such cells\)"):
        matrix_of(frame, RECIPE, strict=True)


def test_missing_columns_are_named() -> None:
    with pytest.raises(DataError, match=r"missing: \['Streams', 'Genre'\]"):
        matrix_of(as_text().drop(columns=["Streams", "Genre"]), RECIPE, strict=False)


def test_a_recipe_survives_json() -> None:
    assert Recipe.from_json(RECIPE.to_json()) == RECIPE


BLOCKS_RECIPE = replace(
    RECIPE,
    columns=(
        *RECIPE.columns,
        Column(name="Released day of year", kind=ColumnKind.CYCLE, period=365.25),
        Column(name="Released weekday", kind=ColumnKind.CYCLE, period=7.0),
        Column(name="Track name", kind=ColumnKind.NAME, categories=("a", "c")),
    ),
    source={**RECIPE.source, "Released day of year": "Released", "Released weekday": "Released", "Track name": "Track"},
)


@pytest.mark.parametrize("door", DOORS)
def test_columns_for_blocks_come_through_every_door_too(door: str) -> None:
    matrix = matrix_of(DOORS[door]().assign(Track=["A", "B", " c"]), BLOCKS_RECIPE, strict=True)
    np.testing.assert_array_equal(matrix[:, :5], np.array(MATRIX, dtype=np.float32))
    np.testing.assert_array_equal(matrix[:, 5:], [[166, 4, 0], [153, 5, np.nan], [np.nan, np.nan, 1]])


def test_cycles_do_not_depend_on_the_day_and_count_a_bad_date_once() -> None:
    frame = as_text()
    frame.loc[1, "Released"] = "soon"
    one, other = (matrix_of(frame, BLOCKS_RECIPE, as_of=day, strict=False) for day in (None, dt.date(2030, 1, 1)))
    np.testing.assert_array_equal(one[:, 4:], other[:, 4:])
    assert parse_frame(frame, BLOCKS_RECIPE).n_unusable(BLOCKS_RECIPE) == {"Released": 1}


def test_columns_for_blocks_survive_json_and_others_are_written_as_ever() -> None:
    assert Recipe.from_json(BLOCKS_RECIPE.to_json()) == BLOCKS_RECIPE
    assert "period" not in RECIPE.to_json()
    with pytest.raises(ArtifactError, match="period 12"):
        Recipe.from_json(BLOCKS_RECIPE.to_json().replace("365.25", "12.0"))


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"columns": [{"name": "a", "kind": "odd", "categories": []}]}'])
def test_a_damaged_recipe_is_refused(text: str) -> None:
    with pytest.raises(ArtifactError, match="recipe must be the JSON"):
        Recipe.from_json(text)


@pytest.mark.slow
def test_a_million_rows_take_seconds() -> None:
    numbers = pd.Series([f"{n:,}" for n in np.random.default_rng(0).integers(0, 10**9, 1_000_000)], dtype="str")
    names = [f"c{i}" for i in range(22)]
    recipe = Recipe(
        columns=tuple(Column(name=name, kind=ColumnKind.COUNT) for name in names),
        format=CellFormat(),
        as_of="",
        source={name: name for name in names},
    )
    matrix = matrix_of(pd.DataFrame(dict.fromkeys(names, numbers)), recipe, strict=True)
    assert matrix.shape == (1_000_000, 22)
    assert not np.isnan(matrix).any()
