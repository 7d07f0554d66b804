"""What a command says while it works: sentences, and the progress of a search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # commands that do not search need no search
    from songpop.search.progress import SearchProgress


class Listener(Protocol):
    """Someone who watches: the terminal, a notebook, nobody."""

    def note(self, text: str) -> None:
        """Take a sentence about what was read, dropped or decided."""
        ...

    def progress(self, progress: SearchProgress) -> None:
        """Take the state of a search after each finished trial."""
        ...

    def beat(self, progress: SearchProgress) -> None:
        """Take the state of a search while trials run, a few times a second at most."""
        ...

    def step(self, text: str, n_done: int, n_total: int) -> None:
        """Take a piece of work that is done, of so many."""
        ...


class Silence:
    """A listener for programs: says nothing."""

    def note(self, text: str) -> None:
        """Drop the sentence."""

    def progress(self, progress: SearchProgress) -> None:
        """Drop the progress."""

    def beat(self, progress: SearchProgress) -> None:
        """Drop the progress."""

    def step(self, text: str, n_done: int, n_total: int) -> None:
        """Drop the step."""
