"""The records of tracking are frozen, and their tags do not collide."""

import dataclasses

import pytest

from songpop.tracking import records


def test_records_are_frozen() -> None:
    mended = records.Reconciled(n_deleted=0, missing=())
    with pytest.raises(dataclasses.FrozenInstanceError):
        mended.n_deleted = 1  # type: ignore[misc]


def test_tags_differ() -> None:
    tags = [value for name, value in vars(records).items() if name.isupper() and isinstance(value, str)]
    assert len(tags) == len(set(tags)) >= 8
