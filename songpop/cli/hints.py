"""The commands that a person may type next, in the form of the present one: `make promote` or `songpop promote`.

What names the store and the registered model is said again where it is not the default: the next command needs it.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from songpop.settings import PathSettings, RegistrySettings, TrackingSettings

_REPEATED = {"paths": PathSettings(), "tracking": TrackingSettings(), "registry": RegistrySettings()}
_KEYS = ("paths.root", "tracking.uri", "tracking.experiment", "registry.model", "registry.alias")
_WITH_REGISTRY = ("promote", "rollback", "history", "predict", "doctor")  # the others know no registered model
_SHELL = frozenset("\"'$`\\!")  # what a shell or make would read inside double quotes


@dataclass(frozen=True, kw_only=True)
class Hints:
    """How the present command was called."""

    by_make: bool = False
    program: str = "songpop"
    repeated: Sequence[str] = ()
    table: str | None = None  # the file that a sweep read
    is_multirun: bool = False

    @staticmethod
    def of(settings: Any, *, is_multirun: bool = False) -> "Hints":
        """Return how the command with these settings was called; make tells its children that it is there."""
        data = getattr(settings, "data", None)
        return Hints(
            by_make="MAKELEVEL" in os.environ,
            program=_program(),
            repeated=[f"{key}={value}" for key in _KEYS if (value := _changed(settings, key)) is not None],
            table=data.path if data else None,
            is_multirun=is_multirun,
        )

    def command(self, name: str, *arguments: str) -> str:
        """Return the words that call the command `name`; quoted for a shell, and for make."""
        given = {word.partition("=")[0] for word in arguments}
        kept = self.repeated if name in _WITH_REGISTRY else self._store_words()
        words = shlex.join([*arguments, *(word for word in kept if word.partition("=")[0] not in given)])
        if not self.by_make:
            return f"{self.program} {name} {words}".rstrip()
        return f"make {name} ARGS={_make_quoted(words)}" if words else f"make {name}"

    def remark(self, sentence: str) -> str:
        """Return what must be added to a sentence that names a command; "" where nothing must."""
        words = self._store_words()
        return f" (With {shlex.join(words)}.)" if words and "songpop " in sentence else ""

    def predict(self, file: str | None, *arguments: str) -> str:
        """Return the words that rank the songs of `file`; None: those of the built-in table."""
        if not self.by_make:
            return self.command("predict", f"input={file or 'sample'}", "output=ranked.csv", *arguments)
        name, *rest = self.command("predict", *arguments).split(" ARGS=", 1)
        data = f" DATA={shlex.quote(file.replace('$', '$$'))}" if file else ""
        return " ARGS=".join([name + data, *rest])

    def _store_words(self) -> list[str]:
        return [word for word in self.repeated if not word.startswith("registry.")]


def _program() -> str:
    """Return what calls songpop: its name, or its path where the shell would not find it."""
    script = Path(sys.executable).with_name("songpop")
    return os.path.relpath(script) if script.is_file() and not shutil.which("songpop") else "songpop"


def _changed(settings: Any, key: str) -> Any:
    """Return the value of a key where it differs from the default; None elsewhere, and where there is no such key."""
    group, name = key.split(".")
    default = getattr(_REPEATED[group], name)
    value = getattr(getattr(settings, group, None), name, default)
    if key == "tracking.uri" and value and "@" in value:
        return "…"  # it may hold a password
    return None if value == default else value


def _make_quoted(words: str) -> str:
    return shlex.quote(words.replace("$", "$$")) if _SHELL & set(words) else f'"{words}"'
