"""One result file per method, split and seed: test probabilities, never labels or features.

Owns: their names, writing them whole or not at all, and refusing those of other rows.
"""

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

DIGITS = 6


class ResultError(Exception):
    """A result file does not belong to what is measured."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a method said of the test rows of one split."""

    method: str
    split: str
    seed: int
    test_digest: str  # of the test rows' content, in their order
    inputs_digest: str  # of all that the method was given; "" for songpop, which reads the table itself
    n_columns: int  # raw columns
    n_test: int
    n_known: int  # rows of train and validation
    seconds: float  # wall clock, fit and predict
    n_cores: int
    versions: dict[str, str]
    settings: dict[str, float | int | str]  # budget, seed, overrides
    probability: tuple[float, ...]  # of the class 1, in the order of the test rows
    commit: str = ""  # of this project when it was measured; empty: from before it was kept


def commit() -> str:
    """Return this project's commit, with a mark where the tree had changes; "" outside a checkout."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--abbrev=40", "--dirty"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def parse_splits(words: Iterable[str]) -> list[tuple[str, int]]:
    """Return splits and seeds of words like `stratified:0,1,2`; `stratified:1000-1004` is five."""
    found = []
    for word in words:
        kind, _, seeds = word.partition(":")
        for seed in (seeds or "0").split(","):
            first, _, last = seed.partition("-")
            found += [(kind, number) for number in range(int(first), int(last or first) + 1)]
    return found


def result_file(folder: Path, method: str, split: str, seed: int) -> Path:
    """Return where a result lies."""
    return folder / f"{method}-{split}-{seed}.json"


def save_result(result: Result, folder: Path) -> Path:
    """Write a result, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    file = result_file(folder, result.method, result.split, result.seed)
    rounded = {**asdict(result), "probability": [round(float(p), DIGITS) for p in result.probability]}
    with tempfile.NamedTemporaryFile("w", dir=folder, suffix=".part", delete=False, encoding="utf-8") as part:
        part.write(json.dumps(rounded) + "\n")
        part.flush()
        os.fsync(part.fileno())
    Path(part.name).chmod(0o644)
    Path(part.name).replace(file)
    return file


def load_result(file: Path) -> Result:
    """Return what `save_result` wrote.

    Raises:
        ResultError: if it is not such a file.
    """
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return Result(**{**found, "probability": tuple(found["probability"])})
    except (ValueError, TypeError, KeyError) as error:
        raise ResultError(f"{file} is not a result file ({error}). Delete it, and measure again.") from error


def is_done(
    folder: Path,
    method: str,
    split: str,
    seed: int,
    *,
    test_digest: str,
    inputs_digest: str,
    settings: Mapping[str, float | int | str],
) -> bool:
    """Return whether a result is there already, of these very inputs and settings.

    Raises:
        ResultError: if one is there of others.
    """
    file = result_file(folder, method, split, seed)
    if not file.is_file():
        return False
    result = load_result(file)
    check_rows(result, test_digest)
    for what, found, wanted in (
        ("inputs (columns, cells or parts)", result.inputs_digest[:12], inputs_digest[:12]),
        ("settings", result.settings, dict(settings)),
    ):
        if found != wanted:
            raise ResultError(
                f"{file} was measured with other {what}: {found}, now {wanted}. Delete it to measure again."
            )
    return True


def check_rows(result: Result, test_digest: str) -> None:
    """Refuse a result of other test rows.

    Raises:
        ResultError: naming both digests.
    """
    if result.test_digest != test_digest:
        raise ResultError(
            f"{result.method} on {result.split}:{result.seed} was measured on other test rows "
            f"({result.test_digest[:12]}, now {test_digest[:12]}): another table, or another way of cutting it. "
            "Delete its file, and measure again."
        )
    if len(result.probability) != result.n_test:
        raise ResultError(
            f"{result.method} on {result.split}:{result.seed} has {len(result.probability)} probabilities"
        )
