"""Shell completion: Hydra's own, shifted by the command word.

Hydra's scripts call `songpop -sc query=SHELL` with the line in COMP_LINE; Hydra knows no commands, so the first word
is completed here, and the command word is taken out of the line before Hydra sees it.
"""

import os
import re
import sys
from collections.abc import Sequence

SWITCHES = ("-sc", "--shell-completion", "--shell_completion")
OWN_SWITCHES = ("--json", "--debug")  # songpop's, which Hydra does not know


def is_asked(arguments: Sequence[str]) -> bool:
    """Say whether the shell asks (with or without a command in front)."""
    return any(word in SWITCHES for word in arguments[:2])


def answer(arguments: Sequence[str], commands: Sequence[str]) -> int:
    """Install, remove or answer completion; return the exit status."""
    from songpop.compose import run_with_hydra

    line = os.environ.get("COMP_LINE", "")
    words = line.split()
    typed = words[-1] if words and not line.endswith(" ") else ""
    command = next((word for word in (*words[1:], *arguments) if word in commands), None)
    if any(word.startswith("query=") for word in arguments):
        is_typing_it = typed == command and [word for word in words if word in commands] == [typed]
        if typed.startswith("-") or command is None or is_typing_it:
            names = OWN_SWITCHES if typed.startswith("-") else commands
            sys.stdout.write("\n".join(name for name in names if name.startswith(typed)) + "\n")
            return 0
        _take_out((command, *OWN_SWITCHES))
    return run_with_hydra(command or "sweep", [word for word in arguments if word not in commands], lambda _: 0)


def _take_out(words: Sequence[str]) -> None:
    """Take words that Hydra does not know out of the line that it will complete."""
    line = os.environ["COMP_LINE"]
    shorter = line
    for word in words:
        shorter = re.sub(rf" {re.escape(word)}(?= )", "", shorter, count=1)
    os.environ["COMP_LINE"] = shorter
    os.environ["COMP_POINT"] = str(int(os.environ.get("COMP_POINT", len(line))) - (len(line) - len(shorter)))
