"""Optimizers by name, with Keras' defaults for all that `Params` does not name."""

from collections.abc import Callable
from typing import Any

from songpop.contracts import Params
from songpop.errors import SettingsError
from songpop.models.runtime import keras

OPTIMIZERS: dict[str, Callable[..., keras.optimizers.Optimizer]] = {
    "adam": lambda p, **common: keras.optimizers.Adam(p.learning_rate, **common),
    "adamw": lambda p, **common: keras.optimizers.AdamW(p.learning_rate, weight_decay=p.weight_decay, **common),
    "nadam": lambda p, **common: keras.optimizers.Nadam(p.learning_rate, **common),
    "rmsprop": lambda p, **common: keras.optimizers.RMSprop(p.learning_rate, **common),
    "sgd": lambda p, **common: keras.optimizers.SGD(p.learning_rate, momentum=p.momentum, **common),
}


def build_optimizer(params: Params) -> keras.optimizers.Optimizer:
    """Return a fresh optimizer.

    Raises:
        SettingsError: if `params.optimizer` is unknown.
    """
    build = OPTIMIZERS.get(params.optimizer)
    if build is None:
        raise SettingsError(f"`optimizer` must be one of {sorted(OPTIMIZERS)}, but it is {params.optimizer!r}.")
    return build(params, **_common(params))


def _common(params: Params) -> dict[str, Any]:
    """Return what every optimizer takes; nothing where it is off."""
    common: dict[str, Any] = {}
    if params.clip_norm > 0:
        common["global_clipnorm"] = params.clip_norm
    if params.weight_average > 0:
        common |= {"use_ema": True, "ema_momentum": params.weight_average}
    return common
