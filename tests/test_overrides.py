"""Python values as Hydra's overrides: what goes in comes out of the settings."""

from typing import Any

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import example, given
from hypothesis import strategies as st

from songpop.compose import compose_settings
from songpop.overrides import literal, overrides_of, quoted
from songpop.settings import SweepSettings


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"search__n_trials": 5}, ["search.n_trials=5"]),
        ({"space": "published"}, ["space=published"]),
        ({"train.early_stopping.patience": None}, ["train.early_stopping.patience=null"]),
        ({"data__allowed_leaks": ["Track Score", "A + B"]}, ["data.allowed_leaks=['Track Score','A + B']"]),
        ({"data__path": "it's, a file=1.csv"}, [r"data.path='it\'s, a file=1.csv'"]),
        ({"data__drop_duplicates": False}, ["data.drop_duplicates=false"]),
    ],
)
def test_keyword_arguments_become_overrides(values: dict[str, object], words: list[str]) -> None:
    assert overrides_of(values) == words
    compose_settings("sweep", words)


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(st.characters(exclude_categories=["Cc", "Cs"]).filter(lambda one: one != "$"))
    | st.text("0123456789_.+-einfalsru", max_size=6),
    lambda item: (
        st.lists(item, max_size=3) | st.dictionaries(st.from_regex(r"[a-z]{3}", fullmatch=True), item, max_size=2)
    ),
    max_leaves=5,
)


@given(VALUES)
@example("2024_10")
@example({"widths": "8"})
@example(["1e5", "NaN", "null", ".5", "-inf", "0", "False"])
def test_hydra_reads_what_was_written(value: Any) -> None:
    assert OverridesParser.create().parse_override(f"key={quoted(value)}").value() == value


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("sweep=[a]", ["a"]),
        (
            "sweep=[songs-honest-full optimizer=adam, 2024_10,it's]",
            ["songs-honest-full optimizer=adam", "2024_10", "it's"],
        ),
        ("""sweep=['a, b',"c"]""", ["a, b", "c"]),
        ("sweep=[]", []),
        ("sweep=songs-*", "songs-*"),
    ],
)
def test_a_list_of_names_needs_no_quotes(word: str, names: object) -> None:
    assert compose_settings("compare", literal([word])).sweep == names  # type: ignore[union-attr]


def test_a_name_of_digits_stays_as_it_was_typed() -> None:
    settings = compose_settings("sweep", literal(["search.name=2024_10"]))
    assert isinstance(settings, SweepSettings)
    assert settings.search.name == "2024_10"  # Hydra would read the number 202410
