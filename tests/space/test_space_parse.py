import math
from typing import Any

import pytest

from songpop.errors import SpaceError
from songpop.settings import ParamKind, ParamSettings
from songpop.space import ChoiceParam, FixedParam, FloatParam, IntParam
from songpop.space.parse import parse_param


def settings(kind: str, **keys: Any) -> ParamSettings:
    return ParamSettings(kind=ParamKind(kind), **keys)


@pytest.mark.parametrize(
    ("name", "entry", "expected"),
    [
        (
            "l2",
            settings("float", low=1e-6, high=1, log=True),
            FloatParam(name="l2", low=1e-6, high=1.0, log=True),
        ),
        ("l2", settings("float", low=0, high=1, step=0.3), FloatParam(name="l2", low=0.0, high=0.9, step=0.3)),
        (
            "batch_size",
            settings("int", low=8, high=64, n_grid=4),
            IntParam(name="batch_size", low=8, high=64, n_grid=4),
        ),
        ("batch_size", settings("int", low=8, high=20, step=8), IntParam(name="batch_size", low=8, high=16, step=8)),
        ("l1", settings("choice", choices=[0, 1e-3]), ChoiceParam(name="l1", choices=(0.0, 1e-3))),
        ("schedule", settings("fixed", value="step"), FixedParam(name="schedule", value="step")),
    ],
)
def test_right_forms(name: str, entry: ParamSettings, expected: object) -> None:
    assert parse_param(name, entry, ()) == expected


@pytest.mark.parametrize(
    ("name", "entry", "message"),
    [
        ("l2", settings("float", low=2.0, high=1.0), r"`low <= high` must hold, but `space.l2.low` is 2.0"),
        (
            "l2",
            settings("float", low=0, high=1, log=True),
            r"`low > 0` must hold when .*`space.l2.low` is 0",
        ),
        ("l2", settings("float", high=1.0), r"kind float needs `space.l2.low`, but it is not set"),
        ("l2", settings("float", low=0, high=1, step=0), r"`step > 0` must hold, but `space.l2.step` is 0"),
        ("l2", settings("float", low=0, high=1, step=math.nan), r"`step > 0` must hold"),
        ("l2", settings("float", low=0, high=1, step="x"), r"`space.l2.step` must be a number, but it is 'x'"),
        ("l2", settings("float", low=0.1, high=1, step=0.1, log=True), r"has both `step` and `log`"),
        ("l2", settings("float", low=0, high=1, step=0.1, n_grid=3), r"has both `step` and `n_grid`"),
        ("l2", settings("float", low=0, high=1, n_grid=1), r"`n_grid >= 2` must hold"),
        ("l2", settings("float", low="abc", high=1), r"`space.l2.low` must be a finite number, but it is 'abc'"),
        ("l2", settings("float", low=0, high=math.inf), r"`space.l2.high` must be a finite number"),
        ("l2", settings("float", low=-1, high=1), r"`space.l2.low` must be >= 0"),
        ("dropout_first", settings("float", low=0, high=1), r"`space.dropout_first.high` must be >= 0 and < 1"),
        ("batch_size", settings("float", low=1, high=64), r"batch_size is a whole number: use kind int"),
        ("l2", settings("int", low=0, high=1), r"l2 is a number: use kind float"),
        ("optimizer", settings("float", low=0, high=1), r"optimizer is a text: use kind choice"),
        ("batch_size", settings("int", low=1, high=64, step=1.5), r"must be a whole number, but it is 1.5"),
        ("optimizer", settings("choice", choices=[]), r"must be a list with at least one value, but it is \[\]"),
        ("optimizer", settings("choice", choices=["adam", "adam"]), r"'adam' stands there twice"),
        ("l1", settings("choice", choices=[1, 1.0]), r"stands there twice"),
        ("optimizer", settings("choice", choices=["adam", "adm"]), r"`space.optimizer.choices\[1\]` must be a known"),
        ("optimizer", settings("choice"), r"kind choice needs `space.optimizer.choices`"),
        ("optimizer", settings("fixed"), r"kind fixed needs `space.optimizer.value`"),
        (
            "l2",
            settings("fixed", low=0, high=1),
            r"`space.l2.low` does not belong to kind fixed.*float or int",
        ),
        ("l2", settings("choice", choices=[1.0], log=True), r"`space.l2.log` does not belong to kind choice"),
        ("l2", settings("float", low=0, high=1, value=3), r"`space.l2.value` does not belong to kind float"),
        ("lr", settings("float", low=0, high=1), r"`space.lr` names no hyperparameter"),
    ],
)
def test_wrong_forms(name: str, entry: ParamSettings, message: str) -> None:
    with pytest.raises(SpaceError, match=message):
        parse_param(name, entry, ())
