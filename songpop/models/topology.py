"""What hyperparameters say about a network, in NumPy alone: shapes, penalties, dropout, the weights to begin with.

Owns: what engines and the Keras model must agree on. Does not own: layers (mlp), training (engines). Workers import
this, and never TensorFlow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import numpy as np

from songpop.contracts import Matrix, Params
from songpop.errors import SettingsError
from songpop.models.embeddings import embedding_of, initial_embedding
from songpop.space.legal import LEGAL, OF_PART, OFF_AT_0, OFF_AT_NONE, check_value

ACTIVATIONS, NORMALIZATIONS = LEGAL["activation"], LEGAL["normalization"]
_CHECKED = (
    "activation", "regularization", "dropout_first", "dropout_later", *OFF_AT_0, *OFF_AT_NONE, *OF_PART,
)  # fmt: skip
_INPUT_STREAM = 0x1A


@dataclass(frozen=True)
class Normalization:
    """What each unit of a normalised layer has, in Keras' order: gamma and beta, then what is measured."""

    n_trained: int
    n_measured: int  # a moving mean and variance
    has_bias: bool  # the layer's own, which a mean over the batch would take away


NORMALIZED: Mapping[str, Normalization] = MappingProxyType(
    {
        "none": Normalization(0, 0, has_bias=True),
        "layer": Normalization(2, 0, has_bias=True),
        "batch": Normalization(2, 2, has_bias=False),
    }
)


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


def input_seeds(seed: int) -> tuple[int, int]:
    """Return (seed of the features' noise, seed of their dropout), from one trial's seed; none of `layer_seeds`."""
    noise, dropout = np.random.SeedSequence([seed, _INPUT_STREAM]).generate_state(2).tolist()
    return noise >> 1, dropout >> 1


def weight_shapes(sizes: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Return the shapes of kernel, bias, kernel, bias …, in Keras' order; `sizes` are those of `layer_sizes`."""
    return tuple(shape for n_in, n_out in pairwise(sizes) for shape in ((n_in, n_out), (n_out,)))


def layer_sizes(params: Params, n_features: int) -> tuple[int, ...]:
    """Return what the first layer is given, the units of each hidden layer, and 1.

    Raises:
        SettingsError: if `widths` cannot be meant.
    """
    return embedding_of(params, n_features).n_outputs, *hidden_widths(params), 1


def normalization_size(params: Params, sizes: tuple[int, ...]) -> int:
    """Return how many numbers the normalisations learn, less the biases that they make needless.

    `sizes` are those of `layer_sizes`.
    """
    kind = NORMALIZED[params.normalization]
    return (kind.n_trained - (not kind.has_bias)) * sum(sizes[1:-1])


def has_bias(params: Params) -> bool:
    """Return whether hidden layers have a bias."""
    return NORMALIZED[params.normalization].has_bias


def initial_weights(params: Params, n_features: int, seed: int, x: Matrix | None = None) -> tuple[Matrix, ...]:
    """Return the weights that training begins with, in Keras' order: the embedding's, if there is one, and the layers'.

    Kernels are Glorot uniform, Keras' default, for every activation (selu too); biases are 0. A normalisation's gammas
    are 1, its betas 0, behind its layer's kernel and bias; for batch normalisation, moving means 0 and variances 1
    behind them, and no bias. Drawn by NumPy, so that no engine needs TensorFlow for them.

    Args:
        params: of the network.
        n_features: F.
        seed: the trial's.
        x: training rows that an embedding is fitted on, shape (R, F); None: a network that gets its weights later.

    Raises:
        SettingsError: if `widths` cannot be meant.
    """
    sizes = layer_sizes(params, n_features)
    arrays: list[Matrix] = list(initial_embedding(params, n_features, seed, x))
    seeds = layer_seeds(seed, len(sizes) - 1)
    for k, ((n_in, n_out), (kernel_seed, _)) in enumerate(zip(pairwise(sizes), seeds, strict=True)):
        limit = np.sqrt(6 / (n_in + n_out))
        kernel = np.random.default_rng(kernel_seed).uniform(-limit, limit, (n_in, n_out))
        is_last = k == len(sizes) - 2
        arrays.append(kernel.astype(np.float32))
        if is_last or has_bias(params):
            arrays.append(np.zeros(n_out, dtype=np.float32))
        arrays += () if is_last else _initial_normalization(params, n_out)
    return tuple(arrays)


def _initial_normalization(params: Params, n_units: int) -> tuple[Matrix, ...]:
    """Return a layer's gamma and beta, if it is normalised, and by batches its moving mean and variance."""
    ones, zeros = np.ones(n_units, dtype=np.float32), np.zeros(n_units, dtype=np.float32)
    kind = NORMALIZED[params.normalization]
    return (*(ones, zeros)[: kind.n_trained], *(zeros, ones)[: kind.n_measured])


def dropout_rates(params: Params) -> tuple[float, ...]:
    """Return the dropout rate behind each hidden layer.

    Raises:
        SettingsError: if widths or rates cannot be meant.
    """
    check_network(params)
    return tuple(_dropout_rate(params, k) for k in range(len(hidden_widths(params))))


def penalties(params: Params) -> tuple[float, float]:
    """Return the lambdas (l1, l2) that act on the kernels from layer `first_regularized` on; 0 for none."""
    uses_l1 = params.regularization in ("l1", "l1_l2")
    uses_l2 = params.regularization in ("l2", "l1_l2")
    return (params.l1 if uses_l1 else 0.0, params.l2 if uses_l2 else 0.0)


def check_network(params: Params) -> None:
    """Check what a network is made of, against what a space may say of it (space/legal.py).

    Raises:
        SpaceError: if activation, regularisation, a rate or another number cannot be meant.
    """
    for name in _CHECKED:
        check_value(name, name, getattr(params, name))


def _dropout_rate(params: Params, layer: int) -> float:
    """Return the dropout rate behind hidden layer `layer`."""
    if layer < params.first_regularized:
        return 0.0
    return params.dropout_first if layer == params.first_regularized else params.dropout_later
