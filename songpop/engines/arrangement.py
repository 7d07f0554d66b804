"""A network's arrays in the kernel's order, and back in Keras' order.

Keras has a normalisation's arrays behind its layer's kernel; the kernel has them all before the first layer, and what
is not trained but measured (moving means and variances) before everything, so that what knows of layers knows nothing
of them. A layer that has no bias in Keras has one of zeros in the kernel. Owns: the order. Does not own: one vector of
them (slot).
"""

from collections.abc import Sequence

import numpy as np

from songpop.contracts import Matrix
from songpop.models.embeddings import Shapes
from songpop.models.topology import NORMALIZED


def measured_shapes(normalization: str, widths: tuple[int, ...]) -> Shapes:
    """Return the shapes of the arrays that are measured, before all others."""
    return tuple((width,) for width in widths for _ in range(NORMALIZED[normalization].n_measured))


def trained_shapes(normalization: str, widths: tuple[int, ...]) -> Shapes:
    """Return the shapes of gammas and betas, before the layers."""
    return tuple((width,) for width in widths for _ in range(NORMALIZED[normalization].n_trained))


def by_kernel(arrays: Sequence[Matrix], normalization: str, n_before: int) -> tuple[Matrix, ...]:
    """Return arrays in Keras' order in the kernel's: measured, the embedding's, gammas and betas, kernels and biases.

    Args:
        arrays: of a network.
        normalization: its name.
        n_before: arrays before the layers', an embedding's.
    """
    kind, end = NORMALIZED[normalization], len(arrays) - 2
    n_layer = 1 + kind.has_bias
    n_each = n_layer + kind.n_trained + kind.n_measured
    measured: list[Matrix] = []
    trained: list[Matrix] = []
    layers: list[Matrix] = []
    for start in range(n_before, end, n_each):
        kernel, *own = arrays[start : start + n_each]
        layers += [kernel, own.pop(0) if kind.has_bias else np.zeros(kernel.shape[1:], dtype=np.float32)]
        trained += own[: kind.n_trained]
        measured += own[kind.n_trained :]
    return (*measured, *arrays[:n_before], *trained, *layers, *arrays[end:])


def by_keras(arrays: Sequence[Matrix], normalization: str, n_before: int) -> tuple[Matrix, ...]:
    """Return arrays in the kernel's order in Keras'; the rest as in `by_kernel`."""
    kind = NORMALIZED[normalization]
    n_hidden = (len(arrays) - n_before - 2) // (2 + kind.n_trained + kind.n_measured)
    ends = np.cumsum([n_hidden * kind.n_measured, n_before, n_hidden * kind.n_trained]).tolist()
    measured, embedded = arrays[: ends[0]], arrays[ends[0] : ends[1]]
    trained, layers = arrays[ends[1] : ends[2]], arrays[ends[2] :]
    found = list(embedded)
    for k in range(n_hidden):
        found += layers[2 * k : 2 * k + 1 + kind.has_bias]
        found += trained[kind.n_trained * k : kind.n_trained * (k + 1)]
        found += measured[kind.n_measured * k : kind.n_measured * (k + 1)]
    return (*found, *layers[-2:])
