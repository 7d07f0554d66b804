import json
from dataclasses import asdict

import pytest

from songpop.contracts import Params
from songpop.space.identity import identity_of
from songpop.space.legal import LEGAL, OF_PART, OFF_AT, OFF_AT_0, OFF_AT_NONE

# What a version before the cocktail took down for the defaults.
BEFORE = (
    '{"activation": "relu", "batch_size": 64, "cosine_to": 0.0, "decay_to": 0.01, "dropout_first": 0.0, '
    '"dropout_later": 0.0, "first_regularized": 0, "l1": 0.0001, "l2": 0.0001, "learning_rate": 0.001, '
    '"momentum": 0.9, "optimizer": "adam", "plateau_factor": 0.5, "plateau_patience": 5, "regularization": "none", '
    '"schedule": "constant", "step_every": 10, "step_factor": 0.5, "warmup_epochs": 3, "weight_decay": 0.004, '
    '"widths": "128-64-32-16"}'
)


def test_an_older_study_goes_on() -> None:
    assert json.dumps(identity_of(Params()), sort_keys=True) == BEFORE
    assert Params(**json.loads(BEFORE)) == Params()


@pytest.mark.parametrize("name", OFF_AT_0)
def test_what_is_on_tells_apart(name: str) -> None:
    params = Params(**{name: 0.1})
    assert identity_of(params) == {**identity_of(Params()), name: 0.1}
    assert set(asdict(params)) - set(identity_of(params)) == {*OFF_AT, *OF_PART} - {name}


@pytest.mark.parametrize("name", LEGAL["embedding"][1:])
def test_how_a_part_is_made_tells_apart_where_there_is_one(name: str) -> None:
    params = Params(embedding=name)
    found = set(identity_of(params)) - set(identity_of(Params()))
    assert found == {"embedding", *(key for key, (_, kinds) in OF_PART.items() if name in kinds)}
    assert identity_of(Params(n_bins=7)) == identity_of(Params())


def test_what_says_how_a_part_is_made_names_a_part_and_its_names() -> None:
    for name, (part, kinds) in OF_PART.items():
        assert name in asdict(Params())
        assert part in OFF_AT_NONE
        assert set(kinds) <= set(LEGAL[part]) - {"none"}
