from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from results import (
    Result,
    ResultError,
    check_rows,
    is_done,
    load_result,
    parse_splits,
    result_file,
    save_result,
)

SAME: dict[str, Any] = {"test_digest": "t" * 64, "inputs_digest": "i" * 64, "settings": {"seed": 3}}


@pytest.fixture
def result() -> Result:
    return Result(
        method="lightgbm", split="stratified", seed=3, n_columns=2, n_test=2, n_known=8, seconds=1.5, n_cores=2,
        versions={"lightgbm": "4"}, probability=(0.12345678, 1.0), **SAME,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["stratified:0,2"], [("stratified", 0), ("stratified", 2)]),
        (["by_artist:1000-1002"], [("by_artist", 1000), ("by_artist", 1001), ("by_artist", 1002)]),
        (["a:0,4-5", "b"], [("a", 0), ("a", 4), ("a", 5), ("b", 0)]),
    ],
)
def test_splits_are_words(words: list[str], expected: list[tuple[str, int]]) -> None:
    assert parse_splits(words) == expected


def test_a_result_comes_back_rounded(result: Result, tmp_path: Path) -> None:
    file = save_result(result, tmp_path / "quality")
    assert load_result(file) == replace(result, probability=(0.123457, 1.0))
    assert [path.name for path in file.parent.iterdir()] == ["lightgbm-stratified-3.json"]  # no part is left


def test_a_result_that_is_there_is_not_measured_again(result: Result, tmp_path: Path) -> None:
    assert not is_done(tmp_path, "lightgbm", "stratified", 3, **SAME)
    save_result(result, tmp_path)
    assert is_done(tmp_path, "lightgbm", "stratified", 3, **SAME)
    assert not is_done(tmp_path, "lightgbm", "stratified", 4, **SAME)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"test_digest": "other"}, "other test rows"),
        ({"inputs_digest": "other"}, "other inputs"),
        ({"settings": {"seed": 4}}, "other settings"),
    ],
)
def test_a_result_of_something_else_is_refused(
    result: Result, tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    save_result(result, tmp_path)
    with pytest.raises(ResultError, match=message):
        is_done(tmp_path, "lightgbm", "stratified", 3, **{**SAME, **change})


def test_a_probability_is_missing(result: Result) -> None:
    with pytest.raises(ResultError, match="1 probabilities"):
        check_rows(replace(result, probability=(0.5,)), result.test_digest)


def test_a_torn_file_is_refused(result: Result, tmp_path: Path) -> None:
    file = save_result(result, tmp_path)
    file.write_text(file.read_text()[:50])
    with pytest.raises(ResultError, match="not a result file"):
        load_result(result_file(tmp_path, "lightgbm", "stratified", 3))
