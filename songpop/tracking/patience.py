"""How long a store is waited for that cannot be reached for now.

Owns: trying again, the pauses, what the person is told. Does not own: which failures pass by waiting (failures.py),
whether an action may be repeated (whoever calls). Imports nothing heavy: a sweep makes it before MLflow is there.
"""

import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, Protocol, TypeVar, final

from songpop.errors import UnreachableError

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 10.0

P = ParamSpec("P")
R = TypeVar("R")


def _nobody(text: str) -> None:
    """Tell nobody."""


@final
class Patience:
    """Tries again what a store did not take, for a while."""

    def __init__(
        self,
        limit_s: float = 0.0,
        tell: Callable[[str], None] = _nobody,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin.

        Args:
            limit_s: seconds for which one action is tried again (`tracking.patience_s`); 0: never.
            tell: takes a sentence when the waiting begins, and another one when the store answers again.
            clock: seconds.
        """
        self.limit_s = limit_s
        self._tell = tell
        self._clock = clock
        self._is_over = threading.Event()

    def give_up(self) -> None:
        """Wait no longer, in whichever thread; also for nothing that comes later."""
        self._is_over.set()

    def keep_trying(self, attempt: Callable[[bool], R]) -> R:
        """Return what `attempt` returns.

        Args:
            attempt: told whether an earlier attempt has failed; that one may have done all, a part or nothing, since
                an answer can be lost as well as a question.

        Raises:
            UnreachableError: if the store cannot be reached for `limit_s` seconds, or `give_up` was called.
            StoreError: at once, if it fails otherwise.
        """
        try:
            return attempt(False)
        except UnreachableError as error:
            if not self.limit_s or self._is_over.is_set():
                raise
            self._tell(f"{error} Trying again for up to {self.limit_s:g} s (tracking.patience_s).")
            last = error
        started_s, pause_s = self._clock(), FIRST_PAUSE_S
        while (left_s := started_s + self.limit_s - self._clock()) > 0:
            if self._is_over.wait(min(pause_s, left_s)):
                raise last
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            try:
                result = attempt(True)
            except UnreachableError as error:
                last = error
            else:
                self._tell(f"The tracking store answers again, after {self._clock() - started_s:.0f} s.")
                return result
        raise UnreachableError(
            f"{last} It was waited for during tracking.patience_s={self.limit_s:g}; finished trials are kept, and the "
            "same command goes on with them."
        ) from last


class Patient(Protocol):
    """Whatever knows how long to wait: an open store, a sweep's run."""

    @property
    def patience(self) -> Patience:
        """How long it waits."""
        ...


H = TypeVar("H", bound=Patient)


def patient(action: Callable[Concatenate[H, P], R]) -> Callable[Concatenate[H, P], R]:
    """Repeat an action that may be repeated, as long as the patience of its first argument lasts."""

    @wraps(action)
    def repeated(holder: H, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return holder.patience.keep_trying(lambda _: action(holder, *args, **kwargs))

    return repeated
