import math
from dataclasses import fields

import pytest

from songpop.contracts import Params
from songpop.errors import SpaceError
from songpop.space.legal import BOUNDS, FIELD_TYPES, LEGAL, OFF_AT_0, OFF_AT_NONE, check_name, check_value


@pytest.mark.parametrize("field", fields(Params), ids=lambda field: field.name)
def test_every_default_is_legal(field: object) -> None:
    name, default = field.name, field.default  # type: ignore[attr-defined]
    assert check_value(name, name, default) == default


def test_what_is_off_at_0_is_off_by_default() -> None:
    assert all(getattr(Params(), name) == 0 == BOUNDS[name].low for name in OFF_AT_0)


def test_what_is_off_by_name_is_off_by_default() -> None:
    assert all(getattr(Params(), name) == "none" == LEGAL[name][0] for name in OFF_AT_NONE)


def test_every_field_has_names_a_range_or_a_form() -> None:
    assert set(FIELD_TYPES) == {*LEGAL, *BOUNDS, "widths", "inputs"}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("inputs", "rates+age", r'blocks of features joined by "\+", such as "rates\+ages", .* mean `ages`'),
        ("inputs", "all+rates", r'must be "all" or blocks'),
        ("learning_rate", "abc", r"`space.x` must be a finite number, but it is 'abc'"),
        ("learning_rate", math.nan, "finite number, but it is nan"),
        ("learning_rate", math.inf, "finite number, but it is inf"),
        ("learning_rate", True, "finite number, but it is True"),
        ("learning_rate", None, "finite number, but it is None"),
        ("learning_rate", 0, "must be > 0, but it is 0"),
        ("dropout_first", 1.0, "must be >= 0 and < 1, but it is 1.0"),
        ("dropout_later", -0.1, "must be >= 0 and < 1"),
        ("dropout_input", 1.0, "must be >= 0 and < 1, but it is 1.0"),
        ("input_noise", 1.5, "must be >= 0 and <= 1, but it is 1.5"),
        ("mixup", -0.1, "must be >= 0, but it is -0.1"),
        ("mixup", math.inf, "finite number"),
        ("label_smoothing", 1.0, "must be >= 0 and < 1"),
        ("clip_norm", -1, "must be >= 0"),
        ("weight_average", 1.0, "must be >= 0 and < 1"),
        ("embedding", "piecwise", "Did you mean `piecewise`"),
        ("normalization", "group", "Use one of none, layer, batch"),
        ("skip", "concat", "Use one of none, add"),
        ("embedding_width", 0, "must be >= 1"),
        ("n_bins", 1, "must be >= 2"),
        ("n_frequencies", 0, "must be >= 1"),
        ("frequency_scale", 0.0, "must be > 0"),
        ("l1", -1e-9, "must be >= 0"),
        ("batch_size", 0, "must be >= 1, but it is 0"),
        ("batch_size", 32.5, "must be a whole number, but it is 32.5"),
        ("batch_size", True, "must be a whole number"),
        ("plateau_factor", 1.0, "must be > 0 and < 1"),
        ("widths", 64, "must be a text, but it is 64. Write it in quotes"),
        ("widths", "128,64", 'joined by "-"'),
        ("widths", "128-0", 'joined by "-"'),
        ("widths", "", 'joined by "-"'),
        ("activation", "rleu", "must be a known activation, but it is 'rleu'. Did you mean `relu`"),
        ("optimizer", "lion", "Use one of adam, adamw, nadam, rmsprop, sgd"),
        ("regularization", "L2", "must be a known regularization"),
        ("schedule", "cosin", "Did you mean `cosine`"),
    ],
)
def test_what_a_field_may_not_hold(name: str, value: object, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        check_value("space.x", name, value)


def test_whole_numbers_become_floats_where_floats_are_meant() -> None:
    value = check_value("space.l1", "l1", 0)
    assert isinstance(value, float)


def test_a_misspelt_name_gets_its_neighbours() -> None:
    with pytest.raises(SpaceError, match=r"`space.learnin_rate` names no hyperparameter. Did you mean `learning_rate`"):
        check_name("space.learnin_rate", "learnin_rate")
