"""The network: from hyperparameters to an untrained Keras model with its own seeds.

Axes: R rows, F features. Owns: layers, penalties, dropout, initial weights. Does not own: training.
"""

from collections.abc import Callable, Collection
from itertools import pairwise

import numpy as np

from songpop.contracts import Matrix, Params
from songpop.errors import SettingsError
from songpop.models.runtime import keras

ACTIVATIONS = ("relu", "gelu", "silu", "selu", "elu", "tanh")
# Kernel penalties by name, with Keras' formulas.
REGULARIZATIONS: dict[str, Callable[[Params], keras.regularizers.Regularizer | None]] = {
    "none": lambda _: None,
    "l1": lambda p: keras.regularizers.L1(p.l1),
    "l2": lambda p: keras.regularizers.L2(p.l2),
    "l1_l2": lambda p: keras.regularizers.L1L2(p.l1, p.l2),
}


def hidden_widths(params: Params) -> tuple[int, ...]:
    """Return the units of the hidden layers, from `params.widths`.

    Raises:
        SettingsError: if `widths` is not whole numbers from 1 joined by "-".
    """
    words = params.widths.split("-")
    if not all(w.isdecimal() and int(w) > 0 for w in words):
        raise SettingsError(
            f'`widths` must be whole numbers from 1 joined by "-", like "128-64", but it is {params.widths!r}.'
        )
    return tuple(int(w) for w in words)


def layer_seeds(seed: int, n_layers: int) -> tuple[tuple[int, int], ...]:
    """Return (seed of the initial kernel, seed of the dropout) for each layer, from one trial's seed."""
    state = np.random.SeedSequence(seed).generate_state(2 * n_layers).tolist()
    # Keras takes seeds below 2**31.
    return tuple((state[2 * k] >> 1, state[2 * k + 1] >> 1) for k in range(n_layers))


def build_network(params: Params, n_features: int, seed: int) -> keras.Model:
    """Return an untrained network: features (R, F) to probability (R, 1).

    Hidden layers are Dense; from layer `first_regularized` on, their kernels carry the penalty, and a Dropout
    follows: `dropout_first` behind the first of them, `dropout_later` behind the others. The last layer is
    Dense(1, sigmoid), without penalty. Kernels begin as Keras' default, Glorot uniform, for every activation
    (selu too); biases as 0. All randomness comes from `seed`.

    Raises:
        SettingsError: if widths, activation or regularisation cannot be meant.
    """
    _check(params)
    widths, penalty = hidden_widths(params), REGULARIZATIONS[params.regularization]
    seeds = layer_seeds(seed, len(widths) + 1)
    inputs = hidden = keras.Input((n_features,), name="features")
    for k, (n_units, (kernel_seed, dropout_seed)) in enumerate(zip(widths, seeds, strict=False)):
        hidden = keras.layers.Dense(
            n_units,
            activation=params.activation,
            kernel_initializer=keras.initializers.GlorotUniform(kernel_seed),
            kernel_regularizer=penalty(params) if k >= params.first_regularized else None,
            name=f"hidden_{k}",
        )(hidden)
        rate = _dropout_rate(params, k)
        if rate > 0:
            hidden = keras.layers.Dropout(rate, seed=dropout_seed, name=f"dropout_{k}")(hidden)
    probability = keras.layers.Dense(
        1,
        activation="sigmoid",
        kernel_initializer=keras.initializers.GlorotUniform(seeds[-1][0]),
        name="probability",
    )(hidden)
    return keras.Model(inputs, probability, name="network")


def initial_weights(params: Params, n_features: int, seed: int) -> tuple[Matrix, ...]:
    """Return what `build_network(params, n_features, seed).get_weights()` would, without building a network.

    Raises:
        SettingsError: if `widths` cannot be meant.
    """
    sizes = (n_features, *hidden_widths(params), 1)
    arrays: list[Matrix] = []
    for shape, (kernel_seed, _) in zip(pairwise(sizes), layer_seeds(seed, len(sizes) - 1), strict=True):
        kernel = keras.initializers.GlorotUniform(kernel_seed)(shape)
        arrays += [np.asarray(kernel, dtype=np.float32), np.zeros(shape[1], dtype=np.float32)]
    return tuple(arrays)


def dropout_rates(params: Params) -> tuple[float, ...]:
    """Return the dropout rate behind each hidden layer.

    Raises:
        SettingsError: if widths or rates cannot be meant.
    """
    _check(params)
    return tuple(_dropout_rate(params, k) for k in range(len(hidden_widths(params))))


def penalties(params: Params) -> tuple[float, float]:
    """Return the lambdas (l1, l2) that act on the kernels from layer `first_regularized` on; 0 for none."""
    uses_l1 = params.regularization in ("l1", "l1_l2")
    uses_l2 = params.regularization in ("l2", "l1_l2")
    return (params.l1 if uses_l1 else 0.0, params.l2 if uses_l2 else 0.0)


def count_parameters(params: Params, n_features: int) -> int:
    """Return the number of trained weights of the network that `build_network` makes.

    Raises:
        SettingsError: if `widths` cannot be meant.
    """
    sizes = (n_features, *hidden_widths(params), 1)
    return sum((n_in + 1) * n_out for n_in, n_out in pairwise(sizes))


def _check(params: Params) -> None:
    choices: tuple[tuple[str, str, Collection[str]], ...] = (
        ("activation", params.activation, ACTIVATIONS),
        ("regularization", params.regularization, REGULARIZATIONS),
    )
    for key, value, known in choices:
        if value not in known:
            raise SettingsError(f"`{key}` must be one of {list(known)}, but it is {value!r}.")
    for key, rate in (("dropout_first", params.dropout_first), ("dropout_later", params.dropout_later)):
        if not 0 <= rate < 1:
            raise SettingsError(f"`0 <= {key} < 1` must hold, but it is {rate}.")


def _dropout_rate(params: Params, layer: int) -> float:
    """Return the dropout rate behind hidden layer `layer`."""
    if layer < params.first_regularized:
        return 0.0
    return params.dropout_first if layer == params.first_regularized else params.dropout_later
