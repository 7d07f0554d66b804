"""How the weights of a network lie in arrays that many networks are stacked in.

Owns: the order of weights, packing, unpacking. Does not own: arithmetic (stacked).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from songpop.models.runtime import tf

Tensor = Any

_ALONE = 1024  # weights of a kernel that is an array of its own; smaller ones share one, to save calls


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How the weights of a network lie in arrays: the large kernels each alone, all else side by side in the last.

    One operation per large kernel and step, and one for all small arrays together: faster than an array each and
    than one for all (docs/decisions/0007), since nothing large is cut out and put together again in every step.
    """

    shapes: tuple[tuple[int, ...], ...]  # in Keras' order: kernel, bias, kernel, bias …

    @cached_property
    def alone(self) -> tuple[int, ...]:
        """Positions of the arrays that stand alone."""
        return tuple(k for k, shape in enumerate(self.shapes) if np.prod(shape) >= _ALONE)

    @cached_property
    def together(self) -> tuple[int, ...]:
        """Positions of the arrays that share the last one."""
        return tuple(k for k in range(len(self.shapes)) if k not in self.alone)

    @cached_property
    def n_together(self) -> int:
        """Length of the last array: a multiple of 16, so that no value is computed by a loop's remainder."""
        return -(-sum(int(np.prod(self.shapes[k])) for k in self.together) // 16) * 16

    @property
    def specs(self) -> list[Tensor]:
        """TensorSpecs of the arrays, with S slots."""
        return [tf.TensorSpec((None, *self.shapes[k])) for k in self.alone] + [tf.TensorSpec((None, self.n_together))]

    @property
    def lambda_specs(self) -> list[Tensor]:
        """TensorSpecs of the penalties of each array: one number per slot, or one per slot and value."""
        return [tf.TensorSpec((2, None, 1, 1))] * len(self.alone) + [tf.TensorSpec((2, None, self.n_together))]

    def pack(self, arrays: Sequence[np.ndarray]) -> tuple[np.ndarray, ...]:
        """Return one trial's weights, in Keras' order, as they lie here."""
        flat = np.zeros(self.n_together, dtype=np.float32)
        start = 0
        for k in self.together:
            size = int(np.prod(self.shapes[k]))
            flat[start : start + size] = arrays[k].reshape(-1)
            start += size
        return (*(np.asarray(arrays[k], dtype=np.float32) for k in self.alone), flat)

    def unpack(self, packed: Sequence[Tensor], reshape: Callable[[Tensor, tuple[int, ...]], Tensor]) -> list[Tensor]:
        """Return the arrays in Keras' order.

        Args:
            packed: with or without a leading axis of slots.
            reshape: gives a piece of the last array, shape (…, size), its own shape.
        """
        arrays: list[Tensor] = [None] * len(self.shapes)
        for k, array in zip(self.alone, packed, strict=False):
            arrays[k] = array
        start = 0
        for k in self.together:
            size = int(np.prod(self.shapes[k]))
            arrays[k] = reshape(packed[-1][..., start : start + size], self.shapes[k])
            start += size
        return arrays

    def join(self, arrays: Sequence[Tensor]) -> list[Tensor]:
        """Return stacked arrays in Keras' order, each with S slots, as they lie here."""
        n_slots = tf.shape(arrays[0])[0]
        pieces = [tf.reshape(arrays[k], (n_slots, -1)) for k in self.together]
        n_left = self.n_together - sum(int(np.prod(self.shapes[k])) for k in self.together)
        return [*(arrays[k] for k in self.alone), tf.concat([*pieces, tf.zeros((n_slots, n_left))], axis=1)]
