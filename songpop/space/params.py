"""One searched parameter: float, int, choice or fixed, and the values that it can take.

Owns: membership, the grid, the point at a share of the range. Does not own: checks of a configuration (parse).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, final

from songpop.errors import SpaceError
from songpop.space.legal import Value

_TOLERANCE = 1e-9  # of a step: 0.1 + 0.2 is still on the ladder 0, 0.1, 0.2, 0.3


@dataclass(frozen=True, kw_only=True)
class Condition:
    """The parameter exists only while `parent` is active and has one of `values`."""

    parent: str
    values: tuple[Value, ...]


When = tuple[Condition, ...]  # all of them must hold


@final
@dataclass(frozen=True, kw_only=True)
class FloatParam:
    """A number between `low` and `high`, both included."""

    name: str
    low: float
    high: float
    log: bool = False
    step: float | None = None
    n_grid: int | None = None
    when: When = ()

    @property
    def n_values(self) -> int | None:
        """How many values there are; None: a continuum."""
        if self.low == self.high:
            return 1
        if self.step is None:
            return None
        return int((Decimal(str(self.high)) - Decimal(str(self.low))) / Decimal(str(self.step))) + 1

    def values(self) -> Sequence[Value] | None:
        """All values in order; None: a continuum."""
        n_values = self.n_values
        return None if n_values is None else [self._rung(rung) for rung in range(n_values)]

    def grid(self) -> Sequence[Value]:
        """The values that a grid takes.

        Raises:
            SpaceError: if neither `step` nor `n_grid` says which.
        """
        values = self.values()
        if values is not None:
            return values
        if self.n_grid is None:
            raise SpaceError(
                f"A grid needs `space.{self.name}.n_grid` or `space.{self.name}.step`, but neither is set. "
                f"Add space.{self.name}.n_grid=5, or choose another sampler."
            )
        # The ends are exact, whatever the logarithm does to them.
        inner = [self._between(rung / (self.n_grid - 1)) for rung in range(1, self.n_grid - 1)]
        return [self.low, *inner, self.high]

    def at(self, share: float) -> float:
        """Return the value at `share` of the range, 0 <= share < 1."""
        n_values = self.n_values
        return self._between(share) if n_values is None else self._rung(_index(share, n_values))

    def snap(self, value: Any) -> Value:
        """Return `value` itself, or the exact rung of the ladder that it means."""
        if self.step is None or self.low == self.high:
            return float(value)
        return self._rung(round((float(value) - self.low) / self.step))

    def contains(self, value: Any) -> bool:
        """Say whether the parameter can take `value`."""
        if not _is_number(value) or not self.low <= self.snap(value) <= self.high:  # type: ignore[operator]
            return False
        return self.step is None or abs(float(self.snap(value)) - value) <= _TOLERANCE * self.step

    def _rung(self, rung: int) -> float:
        # In decimals, as the user wrote them: 0.1 * 3 is 0.3.
        return float(Decimal(str(self.low)) + rung * Decimal(str(self.step or 0)))

    def _between(self, share: float) -> float:
        if not self.log:
            return self.low + share * (self.high - self.low)
        value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        return min(max(value, self.low), self.high)


@final
@dataclass(frozen=True, kw_only=True)
class IntParam:
    """A whole number between `low` and `high`, both included."""

    name: str
    low: int
    high: int
    log: bool = False
    step: int = 1
    n_grid: int | None = None
    when: When = ()

    @property
    def n_values(self) -> int:
        """How many values there are."""
        return (self.high - self.low) // self.step + 1

    def values(self) -> Sequence[Value]:
        """All values in order."""
        return range(self.low, self.high + 1, self.step)

    def grid(self) -> Sequence[Value]:
        """The values that a grid takes: `n_grid` of them, each once, or all."""
        if self.n_grid is None or self.n_grid >= self.n_values:
            return self.values()
        last = self.n_grid - 1
        inner = [self._between(rung / last) for rung in range(1, last)]
        return list(dict.fromkeys([self.low, *inner, self.high]))

    def at(self, share: float) -> int:
        """Return the value at `share` of the range, 0 <= share < 1."""
        if not self.log:
            return self.low + self.step * _index(share, self.n_values)
        value = math.exp(math.log(self.low) + share * (math.log(self.high + 1) - math.log(self.low)))
        return min(max(int(value), self.low), self.high)

    def snap(self, value: Any) -> Value:
        """Return `value` as a whole number."""
        return int(value)

    def contains(self, value: Any) -> bool:
        """Say whether the parameter can take `value`."""
        return _is_number(value) and value == int(value) and int(value) in self.values()

    def _between(self, share: float) -> int:
        if not self.log:
            return self.low + self.step * round(share * (self.high - self.low) / self.step)
        return round(math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low))))


@final
@dataclass(frozen=True, kw_only=True)
class ChoiceParam:
    """One of several values."""

    name: str
    choices: tuple[Value, ...]
    when: When = ()

    @property
    def n_values(self) -> int:
        """How many values there are."""
        return len(self.choices)

    def values(self) -> Sequence[Value]:
        """All values in order."""
        return self.choices

    def grid(self) -> Sequence[Value]:
        """The values that a grid takes: all."""
        return self.choices

    def at(self, share: float) -> Value:
        """Return the value at `share` of the list, 0 <= share < 1."""
        return self.choices[_index(share, len(self.choices))]

    def snap(self, value: Any) -> Value:
        """Return the choice that equals `value`."""
        return self.choices[self.choices.index(value)]

    def contains(self, value: Any) -> bool:
        """Say whether the parameter can take `value`."""
        return value in self.choices


@final
@dataclass(frozen=True, kw_only=True)
class FixedParam:
    """One value, which is not searched."""

    name: str
    value: Value
    when: When = ()

    @property
    def n_values(self) -> int:
        """How many values there are: one."""
        return 1

    def values(self) -> Sequence[Value]:
        """The value."""
        return (self.value,)

    def grid(self) -> Sequence[Value]:
        """The value."""
        return (self.value,)

    def at(self, share: float) -> Value:
        """Return the value, whatever the share."""
        del share
        return self.value

    def snap(self, value: Any) -> Value:
        """Return the value; `value` is taken to be it."""
        del value
        return self.value

    def contains(self, value: Any) -> bool:
        """Say whether `value` is the value."""
        return bool(value == self.value)


SpaceParam = FloatParam | IntParam | ChoiceParam | FixedParam


def _index(share: float, n_values: int) -> int:
    return min(int(share * n_values), n_values - 1)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
