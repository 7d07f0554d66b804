"""What is not as it was when a trial was trained: interpreter, packages, lock, commit, machine."""

from collections.abc import Iterator, Mapping
from typing import Any

SHOWN = 12  # characters of a digest or commit
# Field of tracking.environment.Environment → how it is called; packages are told one by one.
FIELDS = {
    "python": "Python",
    "commit": "commit",
    "is_dirty": "uncommitted changes",
    "lock_digest": "requirements.lock",
    "machine_class": "machine",
    "platform": "platform",
}


def changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what differs, a phrase for each, packages first.

    Args:
        then: the recorded environment, as its file has it; what it lacks, an older songpop did not record.
        now: this one.
    """
    packages = then.get("packages")
    changed = (
        _packages(packages, now.get("packages") or {})
        if packages is not None
        else ["the packages are not on the record"]
    )
    return (*changed, *_fields(then, now))


def _packages(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[str]:
    for name in dict.fromkeys([*then, *now]):
        if then.get(name) != now.get(name):
            yield f"{name} {then.get(name, 'not installed')}, now {now.get(name, 'not installed')}"


def _fields(then: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    for name, called in FIELDS.items():
        if name in then and then[name] != now.get(name):
            yield f"{called} {_told(then[name])}, now {_told(now.get(name))}"


def _told(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = "unknown" if value is None else str(value)
    is_digest = len(text) >= 40 and " " not in text and "-" not in text
    return text[:SHOWN] if is_digest else text
