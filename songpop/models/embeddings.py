"""What hyperparameters say about numbers as vectors, in NumPy alone: shapes, the weights to begin with, the pieces.

Source: Gorishniy, Rubachev and Babenko, On embeddings for numerical features in tabular deep learning, NeurIPS 2022:
PLE with a linear layer and ReLU (`piecewise`), and PLR, a linear layer and ReLU on waves (`periodic`).

Axes: R rows, F features, Q parts of a feature (its T pieces, or cosine and sine of its K waves), D values of its
vector. Weights in Keras' order: scale and shift of pieces, (F, T) each, which are fitted and not trained, or
frequencies of waves, (F, K); then kernel (F, Q, D) and bias (F, D). Arrays are float32 unless said.
"""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from songpop.contracts import Matrix, Params
from songpop.space.legal import LEGAL

EMBEDDINGS = LEGAL["embedding"]
_STREAM = 0x1E  # keeps these initial weights apart from what else is drawn from a trial's seed
# Knots closer than this share of their own size are one: a float32 could not tell where between them a value lies.
_NEAREST, _LEAST = 1e-4, 1e-6

Shapes = tuple[tuple[int, ...], ...]


@final
@dataclass(frozen=True, kw_only=True)
class Embedding:
    """How features become vectors."""

    kind: str
    n_features: int  # F
    n_parts: int  # Q
    width: int  # D

    @property
    def n_outputs(self) -> int:
        """What the first layer is given: F times D values, or the features themselves."""
        return self.n_features * (self.width if self.kind != "none" else 1)

    @property
    def constants(self) -> Shapes:
        """Shapes of the arrays that come first and are not trained."""
        return ((self.n_features, self.n_parts),) * 2 if self.kind == "piecewise" else ()

    @property
    def trained(self) -> Shapes:
        """Shapes of the arrays that are trained, behind the constants and before those of the layers."""
        if self.kind == "none":
            return ()
        frequencies = ((self.n_features, self.n_parts // 2),) if self.kind == "periodic" else ()
        return (*frequencies, (self.n_features, self.n_parts, self.width), (self.n_features, self.width))

    @property
    def plan(self) -> tuple[int, int, int]:
        """Kind's place in EMBEDDINGS, Q and D, as the kernel wants them."""
        return EMBEDDINGS.index(self.kind), self.n_parts, self.width


def embedding_of(params: Params, n_features: int) -> Embedding:
    """Return how a network's features become vectors."""
    n_parts = {"none": 0, "piecewise": params.n_bins, "periodic": 2 * params.n_frequencies}[params.embedding]
    return Embedding(kind=params.embedding, n_features=n_features, n_parts=n_parts, width=params.embedding_width)


def initial_embedding(params: Params, n_features: int, seed: int, x: Matrix | None = None) -> tuple[Matrix, ...]:
    """Return the weights that training begins with, in Keras' order.

    Kernel and bias are uniform within 1 / sqrt(Q), frequencies normal with deviation `frequency_scale`, as in the
    paper. Drawn by NumPy, in a stream of its own.

    Args:
        params: of the network.
        n_features: F.
        seed: the trial's.
        x: the training rows that pieces are fitted on, shape (R, F); None: none, every piece is 0, which is for a
            network that is given its weights afterwards.
    """
    embedding = embedding_of(params, n_features)
    if embedding.kind == "none":
        return ()
    rng = np.random.default_rng(np.random.SeedSequence([seed, _STREAM]))
    *frequencies, kernel, bias = embedding.trained
    drawn = [rng.normal(0, params.frequency_scale, shape) for shape in frequencies]
    drawn += [rng.uniform(-1, 1, shape) / np.sqrt(embedding.n_parts) for shape in (kernel, bias)]
    fitted: tuple[Matrix, ...] = ()
    if embedding.constants:
        fitted = pieces(np.zeros((1, n_features), dtype=np.float32) if x is None else x, embedding.n_parts)
    return (*fitted, *(array.astype(np.float32) for array in drawn))


def pieces(x: Matrix, n_pieces: int) -> tuple[Matrix, Matrix]:
    """Return scale and shift of each piece, shapes (F, T): scale * x + shift runs from 0 to 1 between two knots.

    Knots are the quantiles of a feature at 0, 1 / T … 1, each once. Where some coincide, the feature has fewer pieces:
    the first of them in the first places, the last one in the last place, whose value is not cut above, and the pieces
    between them always 0. A feature of one piece has it in the first place, and a constant one has none.

    Args:
        x: training rows, shape (R, F), R at least 1; finite.
        n_pieces: T, at least 2.
    """
    scale, shift = (np.zeros((x.shape[1], n_pieces), dtype=np.float32) for _ in range(2))
    # Sorted column after column, which takes a fifth of what np.quantile takes along the first axis.
    columns = np.sort(np.ascontiguousarray(x.T), axis=1)
    places = np.linspace(0, columns.shape[1] - 1, n_pieces + 1)
    below = places.astype(np.int64)
    above = np.minimum(below + 1, columns.shape[1] - 1)
    low, high = columns[:, below].astype(np.float64), columns[:, above].astype(np.float64)
    for feature, quantiles in enumerate(low + (high - low) * (places - below)):
        knots = _apart(quantiles)
        n_found = len(knots) - 1
        if n_found < 1:
            continue
        at = np.arange(n_found)
        if n_found > 1:
            at[-1] = n_pieces - 1
        width = np.diff(knots)
        scale[feature, at] = 1 / width
        shift[feature, at] = -knots[:-1] / width
    return scale, shift


def _apart(quantiles: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return those of the ascending quantiles that are not too close to the one kept before."""
    knots = quantiles[:1].tolist()
    for quantile in quantiles[1:].tolist():
        if quantile - knots[-1] > max(_NEAREST * max(abs(quantile), abs(knots[-1])), _LEAST):
            knots.append(quantile)
    return np.array(knots)
