"""Numbers as a person reads them."""

import math

import pytest

from songpop.cli.wording import leak_line, number, probability, settings_line, share


@pytest.mark.parametrize(
    ("value", "shown"), [(0.31, "0.3100"), (0.123456, "0.1235"), (12, "12.0000"), (None, "–"), (math.nan, "–")]
)
def test_numbers(value: float | None, shown: str) -> None:
    assert number(value) == shown


def test_digits() -> None:
    assert number(0.123456, digits=2) == "0.12"


@pytest.mark.parametrize(
    ("value", "shown"), [(0.8765, "87.6 %"), (0.0, "0.0 %"), (1.0, "100.0 %"), (None, "–"), (math.nan, "–")]
)
def test_shares(value: float | None, shown: str) -> None:
    assert share(value) == shown


def test_settings_in_one_line() -> None:
    line = settings_line({"optimizer": "sgd", "l2": 1.23456e-4, "batch_size": 64, "regularization": "none"})
    assert line == "sgd l2=0.000123 batch_size=64 regularization=none"  # "none" alone would say nothing
    assert settings_line({}) == ""


@pytest.mark.parametrize(
    ("value", "told"), [(0.98765, "0.988"), (1 - 1e-9, ">0.999"), (1e-9, "<0.001"), (0.9994, "0.999")]
)
def test_nothing_is_certain(value: float, told: str) -> None:
    assert probability(value) == told


def test_every_column_that_leaks_is_named() -> None:
    assert leak_line(("A", "B + C")).startswith("LEAK: A, B + C gives the label away")
