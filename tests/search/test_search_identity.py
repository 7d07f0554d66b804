import json

import pytest

from songpop.errors import ResumeError
from songpop.search.identity import check_identity

KEPT = {"table": "a" * 64, "train": json.dumps({"epochs": 30, "stop": {"patience": 10}}), "note": "{not json"}


def test_the_same_is_the_same() -> None:
    check_identity("s", KEPT, {**KEPT, "train": json.dumps({"stop": {"patience": 10}, "epochs": 30})})


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"table": "b" * 64}, "table was aaaaaaaaaaaaaaaaaaaaaaaa…, now bbbbbbbbbbbbbbbbbbbbbbbb…"),
        ({"train": json.dumps({"epochs": 30, "stop": {"patience": None}})}, "train.stop.patience was 10, now None"),
        ({"note": "x"}, "note was {not json, now x"),
    ],
)
def test_every_difference_is_named(change: dict[str, str], told: str) -> None:
    with pytest.raises(ResumeError, match="'s' was started with something else") as error:
        check_identity("s", KEPT, {**KEPT, **change})
    assert told in str(error.value)
    assert "search.name=" in str(error.value)
    assert "epochs" not in str(error.value)
