"""Optimizers by name, with Keras' defaults for all that `Params` does not name."""

from collections.abc import Callable

from songpop.contracts import Params
from songpop.errors import SettingsError
from songpop.models.runtime import keras

OPTIMIZERS: dict[str, Callable[[Params], keras.optimizers.Optimizer]] = {
    "adam": lambda p: keras.optimizers.Adam(p.learning_rate),
    "adamw": lambda p: keras.optimizers.AdamW(p.learning_rate, weight_decay=p.weight_decay),
    "nadam": lambda p: keras.optimizers.Nadam(p.learning_rate),
    "rmsprop": lambda p: keras.optimizers.RMSprop(p.learning_rate),
    "sgd": lambda p: keras.optimizers.SGD(p.learning_rate, momentum=p.momentum),
}


def build_optimizer(params: Params) -> keras.optimizers.Optimizer:
    """Return a fresh optimizer.

    Raises:
        SettingsError: if `params.optimizer` is unknown.
    """
    build = OPTIMIZERS.get(params.optimizer)
    if build is None:
        raise SettingsError(f"`optimizer` must be one of {sorted(OPTIMIZERS)}, but it is {params.optimizer!r}.")
    return build(params)
