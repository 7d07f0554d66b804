"""The commands that a person may type next, in the form of the present one: `make promote` or `songpop promote`.

What names the store (`paths.root=…`, `tracking.uri=…`) is said again, since the next command needs it too.
"""

import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

_STORE_KEYS = ("paths.root=", "tracking.")


@dataclass(frozen=True, kw_only=True)
class Hints:
    """How the present command was called."""

    by_make: bool = False
    store_arguments: Sequence[str] = ()
    table: str | None = None  # the file that a sweep read

    @staticmethod
    def of(arguments: Sequence[str]) -> "Hints":
        """Return how the present command was called; make tells its children that it is there."""
        return Hints(
            by_make="MAKELEVEL" in os.environ,
            store_arguments=tuple(word for word in arguments if word.startswith(_STORE_KEYS)),
            table=next((word.partition("=")[2] for word in arguments if word.startswith("data.path=")), None),
        )

    def command(self, name: str, *arguments: str) -> str:
        """Return the words that call the command `name`, quoted for a shell."""
        words = shlex.join([*arguments, *self.store_arguments])
        if self.by_make:
            return f'make {name} ARGS="{words}"' if words else f"make {name}"
        return f"songpop {name} {words}".rstrip()

    def predict(self, file: str | None) -> str:
        """Return the words that rank the songs of `file`; None: those of the built-in table."""
        if not self.by_make:
            return self.command("predict", f"input={file or 'sample'}", "output=ranked.csv")
        name, *rest = self.command("predict").split(" ARGS=", 1)
        return " ARGS=".join([f"{name} DATA={shlex.quote(file)}" if file else name, *rest])
