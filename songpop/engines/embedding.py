"""Numbers as vectors inside the kernel: forward, and the gradients of what is trained of it.

What is computed, and the order of weights: models.embeddings.

Axes: B rows of a batch, F features, Q parts of a feature, K = Q / 2 waves, D values of its vector, U units of the first
layer, E weights of the embedding. Arrays are float32. All but a batch itself lies feature by feature with the rows
along the last axis: so the products, which are as many as features, are wide enough for whole vectors (products).
"""

import math
from typing import TypeAlias

import numpy as np

from songpop.contracts import Matrix, Vector
from songpop.engines.compiled import inlined
from songpop.engines.products import multiply, multiply_turned, turn
from songpop.engines.waves import wave

Plan: TypeAlias = tuple[int, int, int]  # kind, Q, D: `Embedding.plan`
# The batch (F, B), parts (F * Q, B), vectors (F * D, B), their blame alike, the blame of a feature's parts (Q, B), of
# the first layer's units (U, B), the vectors row after row (B, F * D); all but the last flat
Room: TypeAlias = tuple[Vector, Vector, Vector, Vector, Vector, Vector, Matrix]

_F = np.float32
_0, _1, _2_PI = _F(0), _F(1), _F(2 * math.pi)
NONE, _PIECEWISE = 0, 1  # places in `embeddings.EMBEDDINGS`


@inlined
def room_for(plan: Plan, n_features: int, n_units: int, batch_size: int) -> Room:
    """Return the arrays that the other functions work in; without an embedding, next to nothing."""
    kind, n_parts, width = plan
    n = batch_size if kind != NONE else 0
    return (
        np.empty(n * n_features, _F),
        np.empty(n * n_features * n_parts, _F),
        np.empty(n * n_features * width, _F),
        np.empty(n * n_features * width, _F),
        np.empty(n * n_parts, _F),
        np.empty(n * n_units, _F),
        np.empty((n, n_features * width), _F),
    )


@inlined
def sizes_of(plan: Plan, n_features: int) -> tuple[int, int, int]:
    """Return how many weights come before the kernel, how many of them are not trained, and E."""
    kind, n_parts, width = plan
    if kind == NONE:
        return 0, 0, 0
    n_before = n_features * n_parts * 2 if kind == _PIECEWISE else n_features * (n_parts // 2)
    return n_before, n_before if kind == _PIECEWISE else 0, n_before + n_features * (n_parts + 1) * width


@inlined
def embed(weights: Vector, x: Matrix, plan: Plan, room: Room) -> Matrix:
    """Return the vectors of a batch, shape (B, F * D), a view into `room`; `weights` begin with the embedding's."""
    kind, n_parts, width = plan
    n_rows, n_features = x.shape
    turned = room[0][: n_features * n_rows].reshape(n_features, n_rows)
    parts = room[1][: n_features * n_parts * n_rows].reshape(n_features * n_parts, n_rows)
    vectors = room[2][: n_features * width * n_rows].reshape(n_features * width, n_rows)
    turn(x, turned)
    if kind == _PIECEWISE:
        _pieces(weights, turned, n_parts, parts)
    else:
        _waves(weights, turned, n_parts // 2, parts)
    n_before, _, stop = sizes_of(plan, n_features)
    kernel = weights[n_before : stop - n_features * width].reshape(n_features * n_parts, width)
    bias = weights[stop - n_features * width : stop]
    for f in range(n_features):
        of_parts, of_values = slice(f * n_parts, (f + 1) * n_parts), slice(f * width, (f + 1) * width)
        multiply_turned(kernel[of_parts], parts[of_parts], vectors[of_values])
    for i in range(n_features * width):
        for row in range(n_rows):
            vectors[i, row] = max(vectors[i, row] + bias[i], _0)
    rows = room[6][:n_rows]
    turn(vectors, rows)
    return rows


@inlined
def blame_embedding(
    weights: Vector,
    kernel: Matrix,
    upstream: Matrix,
    through: Matrix,
    plan: Plan,
    room: Room,
    n_features: int,
    gradients: Vector,
) -> None:
    """Fill the embedding's gradients, after `embed` of the same batch.

    Args:
        weights: begin with the embedding's.
        kernel: of the first layer, shape (F * D, U).
        upstream: blame of its units' inputs for the loss, shape (B, U).
        through: blame of the values that skip the first layer, alike; (0, U) where none do.
        plan: the embedding's.
        room: as `embed` has left it.
        n_features: F.
        gradients: shape (E,); those of constants become 0.
    """
    kind, n_parts, width = plan
    n_rows, n_units = upstream.shape
    n_before, n_constants, stop = sizes_of(plan, n_features)
    n_kernel = n_features * n_parts * width
    turned = room[0][: n_features * n_rows].reshape(n_features, n_rows)
    parts = room[1][: n_features * n_parts * n_rows].reshape(n_features * n_parts, n_rows)
    vectors = room[2][: n_features * width * n_rows].reshape(n_features * width, n_rows)
    blame = room[3][: n_features * width * n_rows].reshape(n_features * width, n_rows)
    of_feature = room[4][: n_parts * n_rows].reshape(n_parts, n_rows)
    across = room[5][: n_units * n_rows].reshape(n_units, n_rows)
    turn(upstream, across)
    multiply(kernel, across, blame)
    if len(through) > 0:
        turn(through, across)
        for i in range(n_units):
            for row in range(n_rows):
                blame[i, row] += across[i, row]
    by_kernel = gradients[n_before : n_before + n_kernel].reshape(n_features * n_parts, width)
    _through_relu(vectors, blame, gradients[stop - n_features * width : stop])
    gradients[:n_constants] = _0
    own = weights[n_before : n_before + n_kernel].reshape(n_features * n_parts, width)
    for f in range(n_features):
        of_parts, of_values = slice(f * n_parts, (f + 1) * n_parts), slice(f * width, (f + 1) * width)
        _products_of_rows(parts[of_parts], blame[of_values], by_kernel[of_parts])
        if kind != _PIECEWISE:
            multiply(own[of_parts], blame[of_values], of_feature)
            n_waves = n_parts // 2
            _through_waves(turned[f], parts[of_parts], of_feature, gradients[f * n_waves : (f + 1) * n_waves])


@inlined
def _pieces(weights: Vector, x: Matrix, n_parts: int, parts: Matrix) -> None:
    """Fill how far each value is through each piece: x (F, B), parts (F * Q, B)."""
    n_all = x.shape[0] * n_parts
    for f in range(x.shape[0]):
        for q in range(n_parts):
            i = f * n_parts + q
            scale, shift = weights[i], weights[n_all + i]
            for row in range(x.shape[1]):
                parts[i, row] = x[f, row] * scale + shift
            if q > 0:
                for row in range(x.shape[1]):
                    parts[i, row] = max(parts[i, row], _0)
            if q < n_parts - 1:
                for row in range(x.shape[1]):
                    parts[i, row] = min(parts[i, row], _1)


@inlined
def _waves(weights: Vector, x: Matrix, n_waves: int, parts: Matrix) -> None:
    """Fill the cosines, then the sines, of each value's waves: x (F, B), parts (F * 2K, B)."""
    for f in range(x.shape[0]):
        for k in range(n_waves):
            frequency, i = weights[f * n_waves + k], 2 * f * n_waves + k
            for row in range(x.shape[1]):
                parts[i, row], parts[i + n_waves, row] = wave(frequency * x[f, row])


@inlined
def _through_relu(vectors: Matrix, blame: Matrix, by_bias: Vector) -> None:
    """Take the blame of vectors to that of their inputs, in place, and sum it over rows."""
    for i in range(vectors.shape[0]):
        total = _0
        for row in range(vectors.shape[1]):
            blame[i, row] = blame[i, row] if vectors[i, row] > _0 else _0
            total += blame[i, row]
        by_bias[i] = total


@inlined
def _products_of_rows(a: Matrix, b: Matrix, products: Matrix) -> None:
    """Fill a @ b.T; shapes (Q, B), (D, B), (Q, D)."""
    for q in range(a.shape[0]):
        for j in range(b.shape[0]):
            total = _0
            for row in range(a.shape[1]):
                total += a[q, row] * b[j, row]
            products[q, j] = total


@inlined
def _through_waves(x: Vector, parts: Matrix, blame: Matrix, by_frequency: Vector) -> None:
    """Fill the gradients of a feature's frequencies: x (B,), its parts and their blame (2K, B), (K,)."""
    n_waves = len(by_frequency)
    for k in range(n_waves):
        total = _0
        for row in range(len(x)):
            cosine, sine = parts[k, row], parts[k + n_waves, row]
            total += x[row] * (cosine * blame[k + n_waves, row] - sine * blame[k, row])
        by_frequency[k] = _2_PI * total
