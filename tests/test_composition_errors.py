"""A wrong override is told in one sentence, with the key or option that was perhaps meant."""

import pytest

from songpop.compose import compose_settings
from songpop.errors import SettingsError


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["serch.n_trials=3"], "Did you mean `search`"),
        (["search.n_trails=3"], "Did you mean `search.n_trials`"),
        (["search.n_trials=many"], "'many' .* could not be converted to Integer"),
        (["optimizer.learning_rate=abc"], "'abc' .* could not be converted to Float"),
        (["optimizer=null"], "must name one of its options"),
        (["space=ful"], "Available options in 'space': .*cocktail. full. grid"),
        (["split.kind=sideways"], "expected one of"),
        (["space.l2.lwo=1"], "Did you mean `space.l2.low`"),
        (["a=["], "override"),
    ],
)
def test_a_wrong_override_is_told_in_one_sentence(overrides: list[str], message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        compose_settings("sweep", overrides)
    assert "\n" not in str(caught.value)


def test_a_key_of_a_group_that_is_null() -> None:
    with pytest.raises(SettingsError, match="Name the option as well, such as engine=population"):
        compose_settings("reproduce", ["engine.n_workers=0"])
