"""Shell completion: Hydra's own, shifted by the command word.

Hydra's scripts call `songpop -sc query=SHELL` with the line in COMP_LINE; Hydra knows no commands, so the first word
is completed here, and the command word is taken out of the line before Hydra sees it.
"""

import os
import sys
from collections.abc import Sequence

SWITCHES = ("-sc", "--shell-completion", "--shell_completion")
SHELLS = ("bash", "zsh", "fish")


def is_asked(arguments: Sequence[str]) -> bool:
    """Say whether the shell asks (with or without a command in front)."""
    return any(word in SWITCHES for word in arguments[:2])


def answer(arguments: Sequence[str], commands: Sequence[str]) -> int:
    """Install, remove or answer completion; return the exit status."""
    from songpop.compose import run_with_hydra

    words = os.environ.get("COMP_LINE", "").split()
    asks_for_choices = any(word.startswith("query=") for word in arguments)
    if asks_for_choices and (len(words) < 2 or (len(words) == 2 and not os.environ["COMP_LINE"].endswith(" "))):
        typed = words[1] if len(words) == 2 else ""
        sys.stdout.write("\n".join(name for name in commands if name.startswith(typed)) + "\n")
        return 0
    command = next((word for word in (*words[1:2], *arguments) if word in commands), "sweep")
    if asks_for_choices:
        line = os.environ["COMP_LINE"]
        shorter = line.replace(f" {command}", "", 1)
        os.environ["COMP_LINE"] = shorter
        os.environ["COMP_POINT"] = str(int(os.environ.get("COMP_POINT", len(line))) - (len(line) - len(shorter)))
    switches = [word for word in arguments if word not in commands]
    return run_with_hydra(command, switches, lambda _: 0)
