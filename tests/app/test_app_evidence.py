"""What is kept of a crowning: it comes back whole, or is called damaged."""

import numpy as np
import pytest

from songpop.app.evidence import Evidence
from songpop.errors import ArtifactError

EVIDENCE = Evidence(
    label=np.array([0, 1, 1], dtype=np.int8),
    chance=np.array([0.1, 0.8, 0.7]),
    unseen=(np.array([1, 2, 3]), np.array([5]), np.array([2, 9])),
)


def test_the_file_holds_all() -> None:
    found = Evidence.of(EVIDENCE.to_bytes())
    np.testing.assert_array_equal(found.label, EVIDENCE.label)
    np.testing.assert_array_equal(found.chance, EVIDENCE.chance)
    assert [rows.tolist() for rows in found.unseen] == [[1, 2, 3], [5], [2, 9]]


@pytest.mark.parametrize("content", [b"", b"PK nonsense", EVIDENCE.to_bytes()[:-30]])
def test_a_damaged_file(content: bytes) -> None:
    with pytest.raises(ArtifactError, match=r"evidence\.npz.*Restore it from a copy"):
        Evidence.of(content)
