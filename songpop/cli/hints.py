"""The commands that a person may type next, in the form of the present one: `make promote` or `songpop promote`.

What names the store and the registered model is said again where it is not the default: the next command needs it.
"""

import os
import re
import shlex
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from songpop.cli import COMMANDS
from songpop.settings import PathSettings, RegistrySettings, StorageSettings, TrackingSettings

_REPEATED = {
    "paths": PathSettings(),
    "tracking": TrackingSettings(),
    "storage": StorageSettings(),
    "registry": RegistrySettings(),
}
_KEYS = ("paths.root", "tracking.uri", "tracking.experiment", "storage.url", "registry.model", "registry.alias")
# The groups that only some commands have; a sweep's finals know the champion.
_ONLY_OF = {
    "registry": ("sweep", "promote", "rollback", "history", "predict", "serve", "doctor"),
    "storage": ("sweep", "doctor", "dashboard"),
}
_IN_A_SENTENCE = re.compile(rf"\bsongpop ({'|'.join(COMMANDS)})\b((?: [a-z_]+(?:\.[a-z_]+)*=[^\s`,;]*[^\s`,;.])*)")
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
        kept = [word for word in self.repeated if name in _ONLY_OF.get(word.partition(".")[0], (name,))]
        words = shlex.join([*arguments, *(word for word in kept if word.partition("=")[0] not in given)])
        if not self.by_make:
            return f"{self.program} {name} {words}".rstrip()
        return f"make {name} ARGS={_make_quoted(words)}" if words else f"make {name}"

    def completed(self, sentence: str) -> str:
        """Return a sentence whose commands are those that a person can paste: they act on the same store and model."""
        return _IN_A_SENTENCE.sub(lambda found: self.command(found[1], *found[2].split()), sentence)

    def predict(self, file: str | None, *arguments: str) -> str:
        """Return the words that rank the songs of `file`; None: those of the built-in table."""
        if not self.by_make:
            return self.command("predict", f"input={file or 'sample'}", "output=ranked.csv", *arguments)
        name, *rest = self.command("predict", *arguments).split(" ARGS=", 1)
        data = f" DATA={shlex.quote(file.replace('$', '$$'))}" if file else ""
        return " ARGS=".join([name + data, *rest])


def _program() -> str:
    """Return what calls songpop: its name, or its path where the shell would not find it."""
    script = Path(sys.executable).with_name("songpop")
    return os.path.relpath(script) if script.is_file() and not shutil.which("songpop") else "songpop"


def _changed(settings: Any, key: str) -> Any:
    """Return the value of a key where it differs from the default; None elsewhere, and where there is no such key."""
    group, name = key.split(".")
    default = getattr(_REPEATED[group], name)
    value = getattr(getattr(settings, group, None), name, default)
    if key in ("tracking.uri", "storage.url") and value and "@" in value:
        return "…"  # it may hold a password
    return None if value == default else value


def _make_quoted(words: str) -> str:
    return shlex.quote(words.replace("$", "$$")) if _SHELL & set(words) else f'"{words}"'
