"""Which trials fit into one stack, on a GPU: those whose arrays have the same shapes.

Owns: the signature of a trial, the sizes that a stack may have. Does not own: arrays.
"""

from dataclasses import dataclass

from songpop.contracts import Params
from songpop.models.topology import ACTIVATIONS, hidden_widths

# XLA compiles a network's whole epoch for each size, and a stack is filled up to the next one with idle copies. None of
# one: TensorFlow multiplies a stack of one by other code, which rounds otherwise on processors without AVX-512.
_SIZES = (2, 4, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512)


@dataclass(frozen=True, kw_only=True)
class Signature:
    """What changes shapes or operations; everything else varies from slot to slot."""

    widths: tuple[int, ...]
    activation: str
    batch_size: int

    @property
    def network(self) -> tuple[tuple[int, ...], str]:
        """What the compiled program depends on: the batch is an axis of free length."""
        return self.widths, self.activation


def signature_of(params: Params) -> Signature:
    """Return the signature of a trial.

    Raises:
        SettingsError: if `widths` cannot be meant.
        KeyError: if the activation is unknown, which no space lets pass.
    """
    if params.activation not in ACTIVATIONS:
        raise KeyError(params.activation)
    return Signature(widths=hidden_widths(params), activation=params.activation, batch_size=params.batch_size)


def stack_size(n_trials: int) -> int:
    """Return the smallest size of a stack that holds so many trials."""
    return next((size for size in _SIZES if size >= n_trials), n_trials)
