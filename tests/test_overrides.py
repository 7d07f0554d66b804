"""Python values as Hydra's overrides: what goes in comes out of the settings."""

import pytest

from songpop.compose import compose_settings
from songpop.overrides import overrides_of


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
