"""The champion of a sweep as a file beside its run, for everybody who tells of it: only where it is what was written.

Owns: which file is believed. Does not own: its shape (records.py), writing it (crown.py).
"""

from collections.abc import Mapping
from hashlib import sha256

from songpop.app.records import CHAMPION, CHAMPION_FILE, Champion
from songpop.tracking.records import SweepRecord


def champion_of_sweep(record: SweepRecord, files: Mapping[str, bytes]) -> Champion | None:
    """Return a sweep's champion; None where it has none, or its file is missing, changed, or of another version.

    Args:
        record: of the sweep.
        files: of its run, by path.
    """
    content = files.get(CHAMPION_FILE)
    if content is None or sha256(content).hexdigest() != record.tags.get(CHAMPION):
        return None
    try:
        return Champion.from_json(content.decode())
    except (AttributeError, KeyError, TypeError, ValueError):
        return None
