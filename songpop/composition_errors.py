"""What Hydra and OmegaConf say about a wrong override, as one plain sentence with near matches for a misspelt key."""

import difflib
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass

from hydra.errors import HydraException, OverrideParseException
from omegaconf.errors import ConfigAttributeError, ConfigKeyError, OmegaConfBaseException

from songpop.errors import SettingsError

# Lines of Hydra's and OmegaConf's messages that say nothing to a person who types a command.
_NOISE = re.compile(
    r"^\s*(full_key|object_type|reference_type|provider=)|^\s*$|^Config search path|^To append|^See http"
)
# Words of what they let through as ValueError or AssertionError, and the sentence instead.
_RAW = {
    # optimizer=null
    "Config group override": "an override of a group must name one of its options, but one gives null. Leave it out.",
    # engine.n_workers=1 where `engine` is null
    "Unexpected type for root": "a key of a group must have an option of that group, but one is in a group that is "
    "null. Name the option as well, such as engine=population",
}


@contextmanager
def plain_sentences() -> Iterator[None]:
    """Turn what Hydra and OmegaConf raise into one plain sentence."""
    try:
        yield
    except (HydraException, OmegaConfBaseException) as error:
        raise SettingsError(_sentence(error)) from error
    except (ValueError, AssertionError) as error:
        told = next((sentence for words, sentence in _RAW.items() if words in str(error)), None)
        if told is None:
            raise
        raise SettingsError(told) from error


def _sentence(error: BaseException) -> str:
    """Say what Hydra said, and what OmegaConf said below it, with near matches for a misspelt key."""
    if isinstance(error, OverrideParseException):
        return (
            f"an override must be KEY=VALUE, but `{error.override}` cannot be read as one. "
            "A value with commas, quotes, equals signs or brackets stands in quotes of its own: \"KEY='a, b'\"."
        )
    lines: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        told = re.sub(r"(?m)^In '[^']*': ", "", str(cause))
        fresh = [line.strip() for line in told.splitlines() if not _NOISE.match(line)]
        lines += [line for line in fresh if line not in lines]
        if isinstance(cause, ConfigKeyError | ConfigAttributeError) and is_dataclass(cause.object_type):
            return _unknown_key(str(cause.full_key), [field.name for field in fields(cause.object_type)])
        cause = cause.__cause__
    text = ". ".join(line.rstrip(".") for line in lines) or type(error).__name__
    if "is not a subclass of ParamSettings" in text:
        return (
            "a parameter that the space has not cannot be added by an override. Write a space of your own, "
            "conf/space/NAME.yaml (or in a folder given by --config-dir), and choose it by space=NAME."
        )
    return re.sub(r":\. ", ": ", text) + "."


def _unknown_key(key: str, known: Sequence[str]) -> str:
    """Name the keys that come close, or all of them, and say where the others stand."""
    group, dot, name = key.rpartition(".")
    close = difflib.get_close_matches(name, known, n=2)
    told = f"Use one of {', '.join(known)}."
    if close:
        told = f"Did you mean {' or '.join(f'`{group}{dot}{one}`' for one in close)}?"
    return f"`{key}` is no key of this command. {told} --cfg job shows every key."
