"""Numbers, metrics and settings as a person reads them, wherever."""

import math

import pytest

from songpop.wording import (
    METRICS,
    leak_line,
    metric_text,
    number,
    p_value,
    plural,
    probability,
    settings_line,
    share,
    simpler_line,
    span,
    with_interval,
)


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


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"optimizer": "sgd", "l2": 1.23456e-4, "batch_size": 64}, "sgd l2=0.000123 batch_size=64"),
        ({"regularization": "none", "inputs": "all", "skip": "add"}, "regularization=none inputs=all skip=add"),
        ({"batch_size": 1024.0, "step_every": 5, "dropout": 0.0}, "batch_size=1024 step_every=5 dropout=0"),
        ({}, ""),
    ],
)
def test_settings_in_one_line(settings: dict[str, object], told: str) -> None:
    assert settings_line(settings) == told


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (with_interval(0.5, (0.4, 0.6)), "0.5000 (0.4000 to 0.6000)"),
        (with_interval(0.5, (math.nan, math.nan)), "0.5000"),
        (with_interval(0.5, None), "0.5000"),
        (span(math.nan, math.nan), ""),
        (span(0.1, 0.2, share), "10.0 % to 20.0 %"),
        (metric_text("log_loss", 0.12345, (0.1, 0.2), 3), "0.123 (0.100 to 0.200)"),
        (metric_text("accuracy", 0.12345), "12.3 %"),
        (metric_text("loss", math.nan), "–"),
        (p_value(0.0004), "<0.001"),
        (p_value(0.0416), "0.042"),
        (p_value(None), "–"),
        (plural(1, "trial"), "1 trial"),
        (plural(1_200, "trial"), "1,200 trials"),
        (METRICS["roc_auc"], "ROC AUC"),
    ],
)
def test_words(found: str, told: str) -> None:
    assert found == told


def test_a_simpler_method_that_is_better_is_named() -> None:
    baselines = {"logistic regression": {"log_loss": 0.4}, "gradient boosting": {"log_loss": 0.25}}
    told = simpler_line(0.31, baselines)
    assert told is not None
    assert told.startswith("Gradient boosting is better by 0.0600: this table may not need a Keras model")
    assert simpler_line(0.25, baselines) is None
    assert simpler_line(0.31, {}) is None


@pytest.mark.parametrize(
    ("value", "told"), [(0.98765, "0.988"), (1 - 1e-9, ">0.999"), (1e-9, "<0.001"), (0.9994, "0.999")]
)
def test_nothing_is_certain(value: float, told: str) -> None:
    assert probability(value) == told


def test_every_column_that_leaks_is_named() -> None:
    assert leak_line(("A", "B + C")).startswith("LEAK: A, B + C gives the label away")
