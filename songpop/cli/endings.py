"""How a command ends that did not succeed: the sentence and the exit status of every exception.

Owns: the table. Does not own: raising, printing. What no table foresees is a bug of songpop, and is told as one.
"""

from songpop.errors import SongpopError, StoreError

INTERRUPTED = 130
BUG = 1
KEPT = "interrupted; what was finished is kept, and the same command goes on with it."  # where nothing else is said


def ending_of(error: BaseException) -> tuple[str, int]:
    """Return the sentence that a person sees, and the exit status.

    Args:
        error: whatever a command raised.
    """
    if isinstance(error, SongpopError):
        return str(error), error.exit_status
    if isinstance(error, KeyboardInterrupt):
        return str(error) or KEPT, INTERRUPTED
    if isinstance(error, MemoryError):
        return "the machine has too little memory for this. Take a smaller table, or another machine.", BUG
    if isinstance(error, OSError) and error.strerror:
        name = error.filename or "a file or the output"
        return (
            f"{name} could not be read or written: {error.strerror}. Mend that and try again.",
            StoreError.exit_status,
        )
    first_line = next(iter(str(error).strip().splitlines()), "")
    return (
        f"this is a bug of songpop, not of yours ({type(error).__name__}: {first_line}). "
        "The same command with --debug shows where; please report it.",
        BUG,
    )
