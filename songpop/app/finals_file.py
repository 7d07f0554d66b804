"""The verdict of a finals as a file beside its sweep, and back; for everybody who tells of it, where it can be read."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from songpop.contracts import Params
from songpop.errors import ArtifactError
from songpop.evaluation.stats import Interval
from songpop.search.finals import Contestant, Finalist, Finals, Member, Origin
from songpop.tracking.records import FINALS, SweepRecord

FINALS_FILE = "finals.json"  # artifact of a sweep's run: who took part, and what became of them


def document_of(finals: Finals) -> Mapping[str, Any]:
    """Return a verdict as what JSON takes."""
    rows = [asdict(finalist) for finalist in finals.finalists]
    for row in rows:
        row["contestant"]["origin"] = row["contestant"]["origin"].value
    return {**asdict(finals), "finalists": rows}


def finals_of(text: str) -> Finals:
    """Return the verdict whose `document_of` is the JSON text.

    Raises:
        ArtifactError: if it is something else.
    """
    try:
        document = json.loads(text)
        finalists = tuple(_finalist(row) for row in document["finalists"])
        return Finals(**{**document, "finalists": finalists})
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"The finals of a sweep must be what songpop wrote, but this file cannot be read ({error!r})."
        ) from error


def finals_of_sweep(record: SweepRecord, files: Mapping[str, bytes]) -> Finals | None:
    """Return the finals that chose a sweep's model; None where none did, or their file is missing or damaged.

    Args:
        record: of the sweep.
        files: of its run, by path.
    """
    if not record.tags.get(FINALS) or FINALS_FILE not in files:
        return None
    try:
        return finals_of(files[FINALS_FILE].decode())
    except (ArtifactError, UnicodeDecodeError):
        return None


def _finalist(row: Mapping[str, Any]) -> Finalist:
    contestant, interval = row["contestant"], row["interval"]
    entered = Contestant(
        **{
            **contestant,
            "origin": Origin(contestant["origin"]),
            "params": Params(**contestant["params"]),
            "members": tuple(
                Member(params=Params(**one["params"]), n_votes=one["n_votes"]) for one in contestant.get("members", ())
            ),
        }
    )
    return Finalist(
        **{
            **row,
            "contestant": entered,
            "values": tuple(row["values"]),
            "interval": None if interval is None else Interval(**interval),
        }
    )
