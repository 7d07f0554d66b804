"""A network's arrays in the kernel's order, and back in Keras' order.

Keras has a normalisation's arrays behind its layer's kernel and bias; the kernel has them all before the first layer,
so that what knows of layers knows nothing of them. Owns: the order. Does not own: one vector of them (slot).
"""

from collections.abc import Sequence

from songpop.contracts import Matrix
from songpop.models.embeddings import Shapes

_N_OWN = {"none": 0, "layer": 2}  # arrays of a normalisation: gamma, beta


def shapes_of(normalization: str, widths: tuple[int, ...]) -> Shapes:
    """Return the shapes of the normalisations' arrays, in either order."""
    return tuple((width,) for width in widths for _ in range(_N_OWN[normalization]))


def by_kernel(arrays: Sequence[Matrix], normalization: str, n_before: int) -> tuple[Matrix, ...]:
    """Return arrays in Keras' order in the kernel's: the embedding's, gammas and betas, kernels and biases.

    Args:
        arrays: of a network.
        normalization: its name.
        n_before: arrays before the layers', an embedding's.
    """
    n_each, end = 2 + _N_OWN[normalization], len(arrays) - 2
    starts = range(n_before, end, n_each)
    own = [array for start in starts for array in arrays[start + 2 : start + n_each]]
    layers = [array for start in starts for array in arrays[start : start + 2]]
    return (*arrays[:n_before], *own, *layers, *arrays[end:])


def by_keras(arrays: Sequence[Matrix], normalization: str, n_before: int) -> tuple[Matrix, ...]:
    """Return arrays in the kernel's order in Keras'; the rest as in `by_kernel`."""
    n_own = _N_OWN[normalization]
    n_hidden = (len(arrays) - n_before - 2) // (2 + n_own)
    first = n_before + n_own * n_hidden
    own, layers = arrays[n_before:first], arrays[first:]
    found = list(arrays[:n_before])
    for k in range(n_hidden):
        found += [*layers[2 * k : 2 * k + 2], *own[n_own * k : n_own * (k + 1)]]
    return (*found, *layers[-2:])
