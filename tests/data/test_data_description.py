import pandas as pd
import pytest
from tables import small_settings

from songpop.contracts import Column, ColumnKind
from songpop.data.description import check_description, features_of, near, parts_of_leak
from songpop.errors import DataError, SettingsError
from songpop.settings import ColumnSettings, DataSettings, FeatureBlock

FRAME = pd.DataFrame(
    {
        "score": ["1", "2"],
        "title": ["a", "b"],
        "artist": ["c", "d"],
        "explicit": ["0", "1"],
        "streams": ["5", ""],
        "more": ["x", "y"],
    },
    dtype="str",
)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"columns": ColumnSettings(counts=["a"], flags=["a"])},
            "'a' is in `data.columns.counts` and in `data.columns.fl",
        ),
        ({"columns": ColumnSettings(text=["a"], dates=["a"])}, "one kind"),
        ({"columns": ColumnSettings(text=["title"])}, "at least one feature column"),
        ({"decimal": ",", "thousands": ","}, "`data.decimal` must be"),
        ({"allowed_leaks": ["streems"]}, r"'streems' is not in `data.columns` \(did you mean 'streams'"),
        ({"allowed_leaks": ["streams + titel"]}, "'titel'"),
        ({"allowed_leaks": ["title"]}, "'title' is not in `data.columns`|must name feature columns"),
    ],
)
def test_contradictions(changes: dict[str, object], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        check_description(small_settings(**changes))


def test_features_stand_in_the_order_of_the_file() -> None:
    features = features_of(FRAME, small_settings(), use_dates=True)
    assert [column.name for column in features.columns] == ["explicit", "streams"]
    assert features.unknown == ("more",)
    assert features.label_sources == ("score",)


def test_the_label_is_no_feature_even_if_it_is_described_and_not_declared() -> None:
    settings = small_settings(columns=ColumnSettings(counts=["streams"], numbers=["score"]))
    settings.label.sources = []
    assert [c.name for c in features_of(FRAME, settings, use_dates=True).columns] == ["streams"]
    settings.allowed_leaks = ["score"]
    assert [c.name for c in features_of(FRAME, settings, use_dates=True).columns] == ["score", "streams"]


def test_columns_without_values_are_dropped() -> None:
    features = features_of(FRAME.assign(streams="NA"), small_settings(), use_dates=True)
    assert features.dropped == ("streams",)
    with pytest.raises(DataError, match=r"all of \['explicit', 'streams'\] are empty"):
        features_of(FRAME.assign(streams="", explicit=" "), small_settings(), use_dates=True)


def test_categories_and_ages() -> None:
    columns = ColumnSettings(categories=["title"], dates=["more"])
    settings = small_settings(columns=columns)
    features = features_of(FRAME, settings, use_dates=True)
    assert features.columns == (
        Column(name="title", kind=ColumnKind.CATEGORY, categories=("a", "b")),
        Column(name="more age", kind=ColumnKind.AGE),
    )
    assert features.source["more age"] == "more"
    assert len(features_of(FRAME, settings, use_dates=False).columns) == 1
    settings.max_categories = 1
    with pytest.raises(DataError, match=r"`data.max_categories` \(1\) values, but 'title' has 2"):
        features_of(FRAME, settings, use_dates=True)


BLOCKS = (FeatureBlock.calendar, FeatureBlock.names)
CALENDAR = (
    Column(name="more day of year", kind=ColumnKind.CYCLE, period=365.25),
    Column(name="more weekday", kind=ColumnKind.CYCLE, period=7.0),
)


def test_columns_for_blocks_are_made_where_asked_for_and_stand_behind_the_others() -> None:
    settings = small_settings(columns=ColumnSettings(counts=["streams"], dates=["more"]))
    settings.max_categories = 1  # says nothing of names
    frame = FRAME.assign(artist=["D", " ada"])
    plain = features_of(frame, settings, use_dates=True)
    asked = features_of(frame, settings, use_dates=True, extra=BLOCKS)
    names = Column(name="artist name", kind=ColumnKind.NAME, categories=("ada", "d"))
    assert asked.columns == (*plain.columns, *CALENDAR, names)
    assert [asked.source[column.name] for column in asked.columns[2:]] == ["more", "more", "artist"]
    assert features_of(frame, settings, use_dates=True, extra=[FeatureBlock.rates]) == plain
    assert features_of(frame, settings, use_dates=False, extra=BLOCKS[:1]).columns == (plain.columns[0], *CALENDAR)


def test_no_column_for_a_block_where_there_is_nothing_to_make_it_of() -> None:
    settings = small_settings(columns=ColumnSettings(counts=["streams"], dates=["more"]))
    empty = features_of(FRAME.assign(more="", artist="NA"), settings, use_dates=True, extra=BLOCKS)
    assert [column.name for column in empty.columns] == ["streams"]
    settings.label.sources = ["score", "more", "artist"]  # they hold the answer
    assert [c.name for c in features_of(FRAME, settings, use_dates=True, extra=BLOCKS).columns] == ["streams"]
    settings.identity.artist = None
    assert [c.name for c in features_of(FRAME, settings, use_dates=True, extra=BLOCKS).columns] == ["streams"]


def test_a_made_column_does_not_take_the_place_of_one_of_the_table() -> None:
    frame = FRAME.rename(columns={"streams": "artist name"})
    settings = small_settings(columns=ColumnSettings(counts=["artist name"]))
    with pytest.raises(DataError, match=r"both called \['artist name'\]. Rename"):
        features_of(frame, settings, use_dates=True, extra=BLOCKS)


def test_missing_columns_are_named_with_what_looks_like_them() -> None:
    frame = FRAME.rename(columns={"streams": "Streams", "artist": "who"})
    with pytest.raises(DataError, match=r"lacks 'streams' \(did you mean 'Streams'\?\), 'artist'\."):
        features_of(frame, small_settings(), use_dates=True)


def test_a_label_that_nothing_describes_is_a_mistyped_key() -> None:
    settings: DataSettings = small_settings()
    settings.label.column = "scor"
    with pytest.raises(SettingsError, match=r"`data.label.column` must name a column .*'scor' \(did you mean 'score'"):
        features_of(FRAME, settings, use_dates=True)


def test_names_of_leaks() -> None:
    assert parts_of_leak("A", ["A"]) == ("A",)
    assert parts_of_leak("A + B", ["A", "B"]) == ("A", "B")
    assert parts_of_leak("A + B", ["A + B"]) == ("A + B",)
    assert near("zzz", ["a"]) == ""
