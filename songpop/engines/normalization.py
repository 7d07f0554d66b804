"""Units' inputs normalised before the activation, inside the kernel: forward, and the gradients of scale and shift.

Keras' LayerNormalization: a row's values of a layer get mean 0 and deviation 1, then gamma and beta. Its
BatchNormalization: a unit's values in a batch, and in prediction by means and variances that moved along. Beta takes
the bias' place in the activation's pass (curves), so what is normalised costs one pass more on either way.

Axes: B rows of a batch, U units of a layer, G all hidden units. Gammas and betas lie layer after layer, 2 * U values
each, before the layers' own weights; moving means and variances alike, before everything. Arrays are float32 unless
said.
"""

from typing import TypeAlias

import numpy as np

from songpop.contracts import Matrix, Vector
from songpop.engines.compiled import inlined

# Place in `topology.NORMALIZATIONS`; gammas and betas (2 * G,), or (0,) for none; standardised values (B * G,), laid
# out as the hidden values are; 1 / deviation of each row, or each unit, layer after layer; moving means and variances
# (2 * G,), or (0,) for none; 1 in training, 0 in prediction.
Normalization: TypeAlias = tuple[int, Vector, Vector, Vector, Vector, int]

_F = np.float32
_0, _1, _EPSILON = _F(0), _F(1), _F(1e-3)
_KEPT, _NEW = _F(0.99), _F(0.01)  # of a moving statistic, at each step
NONE, BY_BATCH = 0, 2


@inlined
def measured_of(kind: int, n_units: int) -> int:
    """Return how many moving means and variances there are for G units."""
    return 2 * n_units if kind == BY_BATCH else 0


@inlined
def trained_of(kind: int, n_units: int) -> int:
    """Return how many gammas and betas there are for G units."""
    return 2 * n_units if kind != NONE else 0


@inlined
def normalization_of(
    kind: int, n_units: int, n_layers: int, batch_size: int, trained: Vector, measured: Vector, is_training: int
) -> Normalization:
    """Return what the other functions work with; without normalisation, next to nothing.

    Args:
        kind: place in `topology.NORMALIZATIONS`.
        n_units: G.
        n_layers: hidden ones.
        batch_size: B.
        trained: gammas and betas.
        measured: moving means and variances.
        is_training: 1, or 0.
    """
    n = batch_size if kind != NONE else 0
    n_inverses = n_units if kind == BY_BATCH else n * n_layers
    return kind, trained, np.empty(n * n_units, _F), np.empty(n_inverses, _F), measured, is_training


@inlined
def shifts_of(normalization: Normalization, unit: int, n_units: int) -> Vector:
    """Return a view of the betas of the layer whose first unit is `unit` of all."""
    return normalization[1][2 * unit + n_units : 2 * (unit + n_units)]


@inlined
def normalize(
    values: Matrix, bias: Vector, normalization: Normalization, layer: int, unit: int, batch_size: int
) -> None:
    """Make products of a layer, shape (B, U), gamma times what is standardised of them and the bias, in place.

    Args:
        values: changed.
        bias: shape (U,).
        normalization: gets what `blame_normalization` wants.
        layer: its number among the hidden ones.
        unit: its first unit's place among all.
        batch_size: greatest number of rows.
    """
    kind, trained, standard, inverses, measured, is_training = normalization
    n_rows, n_units = values.shape
    gammas, place = trained[2 * unit : 2 * unit + n_units], unit * batch_size
    mine = standard[place : place + n_rows * n_units].reshape(n_rows, n_units)
    if kind == BY_BATCH:
        moving = measured[2 * unit : 2 * (unit + n_units)]
        _by_unit(values, gammas, mine, inverses[unit : unit + n_units], moving, is_training)
        return
    _by_row(values, bias, gammas, mine, inverses[layer * batch_size : layer * batch_size + n_rows])


@inlined
def _by_row(values: Matrix, bias: Vector, gammas: Vector, standard: Matrix, inverses: Vector) -> None:
    n_rows, n_units = values.shape
    share = _1 / _F(n_units)
    for row in range(n_rows):
        total, square = _0, _0
        for j in range(n_units):
            value = values[row, j] + bias[j]
            standard[row, j] = value
            total += value
        mean = total * share
        for j in range(n_units):
            apart = standard[row, j] - mean
            square += apart * apart
        inverse = _1 / np.sqrt(square * share + _EPSILON)
        inverses[row] = inverse
        for j in range(n_units):
            value = (standard[row, j] - mean) * inverse
            standard[row, j] = value
            values[row, j] = gammas[j] * value


@inlined
def _by_unit(
    values: Matrix, gammas: Vector, standard: Matrix, inverses: Vector, moving: Vector, is_training: int
) -> None:
    """Standardise each unit's values by the batch, whose statistics are then taken into the moving ones, or by those.

    The layer has no bias.
    """
    n_rows, n_units = values.shape
    means, variances = np.zeros(n_units, _F), np.zeros(n_units, _F)
    if is_training:
        _measure(values, means, variances)
        for j in range(n_units):
            moving[j] = _KEPT * moving[j] + _NEW * means[j]
            moving[n_units + j] = _KEPT * moving[n_units + j] + _NEW * variances[j]
    else:
        means[:], variances[:] = moving[:n_units], moving[n_units:]
    for j in range(n_units):
        inverses[j] = _1 / np.sqrt(variances[j] + _EPSILON)
    for row in range(n_rows):
        for j in range(n_units):
            value = (values[row, j] - means[j]) * inverses[j]
            standard[row, j] = value
            values[row, j] = gammas[j] * value


@inlined
def _measure(values: Matrix, means: Vector, variances: Vector) -> None:
    """Add mean and variance (of the rows as they are, not of what they were drawn from) of each unit's values."""
    n_rows, n_units = values.shape
    share = _1 / _F(n_rows)
    for row in range(n_rows):
        for j in range(n_units):
            means[j] += share * values[row, j]
    for row in range(n_rows):
        for j in range(n_units):
            apart = values[row, j] - means[j]
            variances[j] += share * apart * apart


@inlined
def blame_normalization(
    blame: Matrix, normalization: Normalization, gradients: Vector, layer: int, unit: int, batch_size: int
) -> None:
    """Fill a layer's gradients, and take the blame of the activation's inputs to that of products and bias, in place.

    Args:
        blame: shape (B, U); changed.
        normalization: as `normalize` has left it.
        gradients: of all gammas and betas.
        layer: as in `normalize`.
        unit: as in `normalize`.
        batch_size: as in `normalize`.
    """
    kind, trained, standard, inverses, _, _ = normalization
    n_rows, n_units = blame.shape
    middle, place = 2 * unit + n_units, unit * batch_size
    gammas, by_gamma, by_beta = trained[2 * unit : middle], gradients[2 * unit : middle], gradients[middle:]
    mine = standard[place : place + n_rows * n_units].reshape(n_rows, n_units)
    _sum_rows(blame, mine, by_gamma, by_beta[:n_units])
    if kind == BY_BATCH:
        _blame_by_unit(blame, gammas, mine, inverses[unit : unit + n_units], by_gamma, by_beta[:n_units])
        return
    _blame_by_row(blame, gammas, mine, inverses[layer * batch_size : layer * batch_size + n_rows])


@inlined
def _sum_rows(blame: Matrix, standard: Matrix, by_gamma: Vector, by_beta: Vector) -> None:
    by_gamma[:] = _0
    by_beta[:] = _0
    for row in range(blame.shape[0]):
        for j in range(blame.shape[1]):
            by_gamma[j] += blame[row, j] * standard[row, j]
            by_beta[j] += blame[row, j]


@inlined
def _blame_by_row(blame: Matrix, gammas: Vector, standard: Matrix, inverses: Vector) -> None:
    n_rows, n_units = blame.shape
    share = _1 / _F(n_units)
    for row in range(n_rows):
        total, along = _0, _0
        for j in range(n_units):
            scaled = blame[row, j] * gammas[j]
            total += scaled
            along += scaled * standard[row, j]
        mean, slope = total * share, along * share
        for j in range(n_units):
            blame[row, j] = inverses[row] * (blame[row, j] * gammas[j] - mean - standard[row, j] * slope)


@inlined
def _blame_by_unit(
    blame: Matrix, gammas: Vector, standard: Matrix, inverses: Vector, by_gamma: Vector, by_beta: Vector
) -> None:
    n_rows, n_units = blame.shape
    share = _1 / _F(n_rows)
    for row in range(n_rows):
        for j in range(n_units):
            rest = blame[row, j] - share * (by_beta[j] + standard[row, j] * by_gamma[j])
            blame[row, j] = gammas[j] * inverses[j] * rest
