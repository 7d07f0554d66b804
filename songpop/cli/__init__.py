"""The command line: reads arguments, calls one function of `app`, prints, and sets the exit status.

Nothing heavy is imported before a command is known, so that `songpop --help` answers at once.
"""

import gc
import json
import os
import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from songpop.cli.endings import ending_of
from songpop.errors import RefusedError, SettingsError

HELP = """songpop COMMAND [--json] [--debug] [hydra overrides …]

Finds the best Keras model for a table of songs, and keeps every trial on the record.

{commands}

  songpop sweep search.n_trials=50 space=published     a key or group is set by KEY=VALUE
  songpop sweep data=songs data.path=FILE              your own table
  songpop reproduce sweep=NAME n_runs=20               are twenty trials what their records say?
  songpop COMMAND --cfg job                            every key of a command, with its value
  songpop COMMAND --help                               its groups and their options (Hydra's own help)

--json prints exactly one JSON object on standard output, with "error" and "exit_status" where a command failed;
--debug shows tracebacks.
Exit status: 0 done · 1 bug or memory · 2 configuration · 3 data or leak · 4 refused by a gate, or not the same when
trained again · 5 store or file · 130 interrupted.
"""

COMMANDS = {
    "sweep": "search, or go on with a search of the same name",
    "train": "fixed models (experiment=published), each over several seeds",
    "compare": "a table of sweeps and trainings; sweep=[A,B]: some sweeps side by side",
    "promote": "make the newest sweep's best model the champion",
    "rollback": "give the alias back to the champion before",
    "history": "who was champion when, and why",
    "reproduce": "train tracked trials again from their records, and compare: run=ID",
    "predict": "rank songs with the champion: input=FILE output=FILE",
    "serve": "the same as a web page, for people without a terminal",
    "report": "a sweep as one page with its figures: sweep=NAME",
    "check": "what is in a table, what is wrong with it, what leaks",
    "doctor": "whether study, tracking and registry agree; mends what can be mended",
    "ui": "the MLflow UI on the project's store",
    "dashboard": "Optuna's own pages on every study of the project",
}

TRAINING = ("sweep", "train", "reproduce")  # commands that want workers

GC_THRESHOLD = 200_000  # new objects between two looks for cycles; Python's own is 700
RETRY_S = 0.05  # until a Ctrl-C that was dropped is sent again


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit with its status; SIGTERM ends it as Ctrl-C does, with everything kept."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.unraisablehook = _send_again
    _open_streams()
    # TensorFlow and MLflow make a million objects that live until the end. To look through them again and again for
    # cycles takes a fifth of the time of their import, and two seconds at the exit.
    gc.set_threshold(GC_THRESHOLD)
    status = run(list(sys.argv[1:] if arguments is None else arguments))
    gc.freeze()
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run the program and return its exit status."""
    has_told = False
    try:
        status = _dispatch([word for word in arguments if word != "--debug"])
        has_told = True
        sys.stdout.flush()  # a closed pipe or a full disk is met here, where it can still be told
    except BrokenPipeError:
        # Someone closed our output (`songpop history | head`): nothing is wrong, and nothing more can be said.
        _drop_output()
        return 0
    except (Exception, KeyboardInterrupt) as error:
        if "--debug" in arguments:
            traceback.print_exc()
        sentence, status = ending_of(error)
        _say(f"songpop: {sentence}", sys.stderr)
        if "--json" in arguments and not has_told and not _is_of_output(error):
            _tell_failure(error, sentence, status)
        if isinstance(error, OSError):
            _drop_output()
    return status


def _is_of_output(error: BaseException) -> bool:
    """Say whether standard output itself takes nothing more, perhaps after a part of the one object."""
    return isinstance(error, OSError) and error.filename is None


def _tell_failure(error: BaseException, sentence: str, status: int) -> None:
    """Print the one object of a command that failed: programs need not read standard error."""
    from songpop.app.records import as_json

    refused = {"refused": str(error), "gates": as_json(error.gates)} if isinstance(error, RefusedError) else {}
    with suppress(OSError, ValueError):
        _say(json.dumps({"error": sentence, "exit_status": status, **refused}, allow_nan=False, default=str))
        sys.stdout.flush()


def _open_streams() -> None:
    """Let nothing that is printed fail: closed streams lead nowhere, characters that a terminal lacks become `?`."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by the shell: `songpop history >&-`
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - for as long as the program runs
        else:
            stream.reconfigure(errors="replace")


def _drop_output() -> None:
    """Send what standard output still holds nowhere, or Python would fail on it once more at its end."""
    with suppress(OSError, ValueError):  # no file descriptor: a program's own stream, which we leave alone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _send_again(lost: "sys.UnraisableHookArgs") -> None:
    """Repeat a Ctrl-C that came while an object was being deleted: Python drops it there, and would go on."""
    if lost.exc_type is KeyboardInterrupt:
        # The signal itself, which also wakes a call that waits.
        threading.Timer(RETRY_S, signal.pthread_kill, (threading.main_thread().ident, signal.SIGINT)).start()
    else:
        sys.__unraisablehook__(lost)


def _dispatch(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        _say(_help())
        return 0 if arguments else SettingsError.exit_status
    if arguments[0] in ("-V", "--version"):
        from songpop import __version__

        _say(f"songpop {__version__}")
        return 0
    from songpop.cli import completion

    if completion.is_asked(arguments):
        return completion.answer(arguments, list(COMMANDS))
    command, rest = arguments[0], arguments[1:]
    if command not in COMMANDS:
        raise SettingsError(_unknown(command))
    words = [word for word in rest if word != "--json"]
    if command in TRAINING:
        from songpop.app.warm_up import warm_up_unless_told

        warm_up_unless_told(words)
    from songpop.cli.commands import run_command

    return run_command(command, words, as_json="--json" in rest)


def _unknown(command: str) -> str:
    import difflib

    near = difflib.get_close_matches(command, COMMANDS, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    return f"a command of songpop must come first, one of {', '.join(COMMANDS)}; got `{command}`.{hint}"


def _help() -> str:
    width = max(map(len, COMMANDS)) + 2
    return HELP.format(commands="\n".join(f"  {name:<{width}}{text}" for name, text in COMMANDS.items()))


def _say(text: str, stream: TextIO | None = None) -> None:
    print(text, file=stream or sys.stdout)
