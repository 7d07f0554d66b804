"""Which values each field of `contracts.Params` may hold: type, names, range.

Owns: the legal names and ranges, and the check of one value against them. Does not own: how a space varies them.
"""

import difflib
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, get_type_hints

from songpop.contracts import Params
from songpop.errors import SpaceError
from songpop.settings import FeatureBlock, FeatureKind

Value = str | int | float

FIELD_TYPES: Mapping[str, type] = MappingProxyType(get_type_hints(Params))

LEGAL: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "embedding": ("none", "piecewise", "periodic"),
        "activation": ("relu", "gelu", "silu", "selu", "elu", "tanh"),
        "normalization": ("none", "layer", "batch"),
        "skip": ("none", "add"),
        "regularization": ("none", "l1", "l2", "l1_l2"),
        "optimizer": ("adam", "adamw", "nadam", "rmsprop", "sgd"),
        "schedule": ("constant", "step", "exponential", "cosine", "warmup_cosine", "plateau"),
    }
)

# Each is something that training does, or, at 0, does not.
OFF_AT_0 = ("dropout_input", "input_noise", "mixup", "label_smoothing", "clip_norm", "weight_average")
# Each is a part that a network has, or, by this name, has not.
OFF_AT_NONE = ("embedding", "normalization", "skip")
# What a network without it has; recorded and told only where it is something else.
OFF_AT: Mapping[str, Value] = MappingProxyType(
    {"inputs": "all", **dict.fromkeys(OFF_AT_NONE, "none"), **dict.fromkeys(OFF_AT_0, 0.0)}
)
# What says how such a part is made, and under which of the part's names; recorded and told only there.
OF_PART: Mapping[str, tuple[str, tuple[str, ...]]] = MappingProxyType(
    {
        "embedding_width": ("embedding", ("piecewise", "periodic")),
        "n_bins": ("embedding", ("piecewise",)),
        "n_frequencies": ("embedding", ("periodic",)),
        "frequency_scale": ("embedding", ("periodic",)),
    }
)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """The range of a number; an open end is not part of it."""

    low: float
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False

    def contain(self, value: float) -> bool:
        """Say whether `value` lies in the range."""
        above = value > self.low if self.low_open else value >= self.low
        below = value < self.high if self.high_open else value <= self.high
        return above and below

    def __str__(self) -> str:
        left = f"{'>' if self.low_open else '>='} {self.low:g}"
        if math.isinf(self.high):
            return left
        return f"{left} and {'<' if self.high_open else '<='} {self.high:g}"


BOUNDS: Mapping[str, Bounds] = MappingProxyType(
    {
        "embedding_width": Bounds(low=1),
        "n_bins": Bounds(low=2),
        "n_frequencies": Bounds(low=1),
        "frequency_scale": Bounds(low=0, low_open=True),
        "first_regularized": Bounds(low=0),
        "batch_size": Bounds(low=1),
        "l1": Bounds(low=0),
        "l2": Bounds(low=0),
        "dropout_first": Bounds(low=0, high=1, high_open=True),
        "dropout_later": Bounds(low=0, high=1, high_open=True),
        "dropout_input": Bounds(low=0, high=1, high_open=True),
        "input_noise": Bounds(low=0, high=1),
        "mixup": Bounds(low=0),
        "label_smoothing": Bounds(low=0, high=1, high_open=True),
        "learning_rate": Bounds(low=0, low_open=True),
        "momentum": Bounds(low=0, high=1, high_open=True),
        "weight_decay": Bounds(low=0),
        "clip_norm": Bounds(low=0),
        "weight_average": Bounds(low=0, high=1, high_open=True),
        "step_every": Bounds(low=1),
        "step_factor": Bounds(low=0, high=1, low_open=True),
        "decay_to": Bounds(low=0, high=1, low_open=True),
        "cosine_to": Bounds(low=0, high=1),
        "warmup_epochs": Bounds(low=0),
        "plateau_patience": Bounds(low=1),
        "plateau_factor": Bounds(low=0, high=1, low_open=True, high_open=True),
    }
)

_WIDTHS = re.compile(r"[1-9]\d*(-[1-9]\d*)*")


def near(name: str, names: Mapping[str, Any] | tuple[str, ...]) -> str:
    """Return " Did you mean `…`?" with the names closest to `name`, or the names themselves where none is close."""
    close = difflib.get_close_matches(str(name), list(names), n=3)
    if close:
        return f" Did you mean {' or '.join(f'`{one}`' for one in close)}?"
    return f" Use one of {', '.join(names)}."


def check_name(key: str, name: str) -> None:
    """Refuse a parameter that the networks do not have.

    Raises:
        SpaceError: with the names that come close.
    """
    if name not in FIELD_TYPES:
        raise SpaceError(f"`{key}` names no hyperparameter.{near(name, FIELD_TYPES)}")


def check_value(key: str, name: str, value: Any) -> Value:
    """Return `value` in the type of the field `name`, if the field may hold it.

    Args:
        key: where the value stands in the configuration, for the message.
        name: a field of `contracts.Params`.
        value: anything a configuration file can hold.

    Raises:
        SpaceError: naming the key, the rule and the value.
    """
    typed = _TYPED[FIELD_TYPES[name]](key, value)
    if name in LEGAL and typed not in LEGAL[name]:
        raise SpaceError(f"`{key}` must be a known {name}, but it is {value!r}.{near(str(value), LEGAL[name])}")
    if name == "widths" and not _WIDTHS.fullmatch(str(typed)):
        raise SpaceError(f'`{key}` must be layer widths joined by "-", such as "128-64-32", but it is {value!r}.')
    if name == "inputs":
        _check_inputs(key, str(typed))
    if name in BOUNDS and not BOUNDS[name].contain(float(typed)):
        raise SpaceError(f"`{key}` must be {BOUNDS[name]}, but it is {value!r}.")
    return typed


def _check_inputs(key: str, value: str) -> None:
    """Refuse a name that no block of features has; which blocks are made is the table's and features.extra's matter."""
    known = ("all", *(kind.value for kind in FeatureKind), *(block.value for block in FeatureBlock))
    for name in value.split("+"):
        if name not in known or (name == "all" and value != name):
            raise SpaceError(
                f'`{key}` must be "all" or blocks of features joined by "+", such as "rates+ages", but it is '
                f"{value!r}.{near(name, known[1:])}"
            )


def _as_float(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise SpaceError(f"`{key}` must be a finite number, but it is {value!r}.")
    return float(value)


def _as_int(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise SpaceError(f"`{key}` must be a whole number, but it is {value!r}.")
    return int(value)


def _as_str(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise SpaceError(f"`{key}` must be a text, but it is {value!r}. Write it in quotes.")
    return value


_TYPED: Mapping[type, Callable[[str, Any], Value]] = {float: _as_float, int: _as_int, str: _as_str}
