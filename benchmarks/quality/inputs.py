"""What a method gets: the raw matrix that songpop's own model takes, cut as songpop cuts it, test labels withheld.

NumPy only, since songpop's environment writes these files and the peers' environment reads them.

Axes: R rows of the table, C columns of the raw matrix, N rows used, F features.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
LOGGED = ("count", "age")
CATEGORY = "category"
WITHHELD = -1  # the label of a test row


@dataclass(frozen=True, kw_only=True, eq=False)
class Inputs:
    """One cut of the table; `matrix` (R, C) has NaN for missing, `label` (R,) is 0 or 1, and -1 in test rows."""

    matrix: NDArray[np.float32]
    names: tuple[str, ...]
    kinds: tuple[str, ...]  # count, age: the logarithm is taken; number, flag: as they are; category: an index
    n_categories: tuple[int, ...]  # 0 where the column is no category
    label: NDArray[np.int8]
    train: Rows
    validation: Rows
    test: Rows
    test_digest: str  # of the test rows' content, in their order
    digest: str = ""  # of all of this

    @property
    def known(self) -> Rows:
        """Return the rows of train and validation, which any method may use as it likes."""
        return np.concatenate([self.train, self.validation])


def save_inputs(inputs: Inputs, file: Path) -> None:
    """Write inputs, labels of test rows withheld."""
    label = inputs.label.copy()
    label[inputs.test] = WITHHELD
    file.parent.mkdir(parents=True, exist_ok=True)
    arrays: dict[str, Any] = {
        "matrix": inputs.matrix, "names": inputs.names, "kinds": inputs.kinds, "n_categories": inputs.n_categories,
        "label": label, "train": inputs.train, "validation": inputs.validation, "test": inputs.test,
        "test_digest": inputs.test_digest,
    }  # fmt: skip
    np.savez_compressed(file, **arrays)


def load_inputs(file: Path) -> Inputs:
    """Return what `save_inputs` wrote, with its digest."""
    with np.load(file, allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    digest = hashlib.sha256()
    for name in sorted(found):
        digest.update(name.encode() + np.ascontiguousarray(found[name]).tobytes())
    return Inputs(
        matrix=found["matrix"],
        names=tuple(map(str, found["names"])),
        kinds=tuple(map(str, found["kinds"])),
        n_categories=tuple(map(int, found["n_categories"])),
        label=found["label"],
        train=found["train"],
        validation=found["validation"],
        test=found["test"],
        test_digest=str(found["test_digest"]),
        digest=digest.hexdigest(),
    )


def rows_digest(row_keys: NDArray[np.uint64], rows: Rows) -> str:
    """Return the digest of rows by their content, in their order; `row_keys` (R,) mean the same in every process."""
    return hashlib.sha256(row_keys[rows].astype("<u8").tobytes()).hexdigest()


def with_gaps(inputs: Inputs) -> Floats:
    """Return the features for methods that take NaN, shape (R, F): counts and ages as log1p, categories one-hot."""
    pieces = []
    for k, kind in enumerate(inputs.kinds):
        column = inputs.matrix[:, k].astype(np.float64)
        column[~np.isfinite(column)] = np.nan
        if kind == CATEGORY:
            pieces.append((column[:, None] == np.arange(inputs.n_categories[k])).astype(np.float64))
        else:
            pieces.append((np.log1p(np.maximum(column, 0.0)) if kind in LOGGED else column)[:, None])
    return np.concatenate(pieces, axis=1)


def without_gaps(features: Floats, fit_on: Rows) -> Floats:
    """Return features for methods that take no NaN: means of the rows `fit_on` instead, and a flag per such column."""
    is_missing = np.isnan(features)
    known = np.where(is_missing[fit_on], 0.0, features[fit_on])
    n_present = (~is_missing[fit_on]).sum(axis=0)
    filled = np.where(is_missing, known.sum(axis=0) / np.maximum(n_present, 1), features)
    flagged = is_missing[fit_on].any(axis=0)
    return np.concatenate([filled, is_missing[:, flagged].astype(np.float64)], axis=1)
