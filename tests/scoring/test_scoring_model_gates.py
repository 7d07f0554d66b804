"""Each gate that looks at the model measures what it says, and refuses beyond its bound."""

from dataclasses import replace

import numpy as np
import pytest

from songpop.evaluation.metrics import log_loss
from songpop.scoring.model_gates import MODEL_CHECKS, Subject, baselines, calibration, fresh_process, subject_of
from songpop.settings import BASELINES, GateSettings


@pytest.fixture(scope="module")
def subject(model_template) -> Subject:
    return subject_of(model_template)


def with_probability(subject: Subject, probability: object) -> Subject:
    return replace(subject, probability=np.asarray(probability, dtype=np.float64))


def with_baselines(subject: Subject, **named: object) -> Subject:
    told = {name.replace("_", " "): np.asarray(value, dtype=np.float64) for name, value in named.items()}
    return replace(subject, sealed=replace(subject.sealed, baselines=told))


@pytest.mark.slow
def test_a_new_process_says_the_same(subject) -> None:
    found = fresh_process(subject, GateSettings())
    assert found.is_passed, found.sentence
    assert found.value is not None
    assert 0 <= found.value <= 1e-6


@pytest.mark.parametrize(("shift", "is_passed"), [(0.0, True), (9e-6, True), (2e-5, False), (np.nan, False)])
def test_the_bound_of_a_new_process(shift: float, is_passed: bool, subject, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("songpop.scoring.model_gates.predict_elsewhere", lambda *_: subject.probability + shift)
    found = fresh_process(subject, GateSettings())
    assert (found.is_passed, found.bound) == (is_passed, 1e-5)
    assert ("within gates.fresh_process (1e-05), but" in found.sentence) is not is_passed


def test_what_is_better_and_need_not_be_beaten_is_told(subject) -> None:
    perfect = np.clip(np.asarray(subject.sealed.label, dtype=float), 0.001, 0.999)
    told = with_baselines(subject, majority_class=np.full(len(perfect), 0.5), gradient_boosting=perfect)
    found = baselines(told, GateSettings(baselines=["majority class"]))
    assert found.is_passed
    assert "Not asked for, and better: gradient boosting (log loss +" in found.sentence


def test_better_than_every_baseline(subject) -> None:
    found = baselines(subject, GateSettings())
    assert found.is_passed
    mine = log_loss(subject.sealed.label, subject.probability)
    losses = {name: log_loss(subject.sealed.label, told) for name, told in subject.sealed.baselines.items()}
    assert found.value == pytest.approx(mine - min(losses.values()))
    assert f"nearest: log loss {found.value:+.4f}" in found.sentence
    assert f"against {min(losses, key=losses.__getitem__)}" in found.sentence


@pytest.mark.parametrize(
    ("settings", "is_passed"),
    [
        (GateSettings(), False),
        (GateSettings(baselines=["majority class"]), True),
        (GateSettings(baselines=[]), True),
        (GateSettings(baselines=["majority class"], baseline_margin=10.0), False),
    ],
)
def test_one_baseline_is_better(settings: GateSettings, is_passed: bool, subject) -> None:
    perfect = np.where(subject.sealed.label, 0.99, 0.01)
    half = np.full(len(perfect), 0.5)
    found = baselines(
        with_baselines(subject, majority_class=half, logistic_regression=half, gradient_boosting=perfect), settings
    )
    assert found.is_passed is is_passed
    if settings.baselines == list(BASELINES):
        assert "against gradient boosting; the difference must be below 0." in found.sentence


def test_a_leaky_model_is_told_where_less_is_asked(subject, monkeypatch: pytest.MonkeyPatch) -> None:
    perfect = np.where(subject.sealed.label, 0.99, 0.01)
    told = with_baselines(subject, majority_class=perfect)
    settings = GateSettings(baselines=["majority class"])
    assert "Search longer" in baselines(told, settings).sentence
    monkeypatch.setattr(subject.model, "card", replace(subject.model.card, leaks=("Track Score",)))
    assert "gates=published asks for less" in baselines(told, settings).sentence


def test_beyond_luck(subject) -> None:
    """Better on average by a hair: enough by default, not where the interval counts."""
    rng = np.random.default_rng(0)
    near = np.clip(subject.probability + rng.normal(0, 0.01, len(subject.probability)), 0.001, 0.999)
    own = dict.fromkeys(("majority_class",), near)
    gap = log_loss(subject.sealed.label, subject.probability) - log_loss(subject.sealed.label, near)
    settings = GateSettings(baselines=["majority class"], baseline_margin=max(-gap - 1e-9, 0.0))
    assert baselines(with_baselines(subject, **own), settings).is_passed is (gap < 0)
    settings.baseline_interval = True
    found = baselines(with_baselines(subject, **own), settings)
    assert not found.is_passed
    assert "the interval's upper end must be below" in found.sentence


def test_missing_baselines_name_the_remedy(subject) -> None:
    found = baselines(with_baselines(subject), GateSettings())
    assert not found.is_passed
    assert "majority class, logistic regression, gradient boosting did not come with it" in found.sentence
    assert "Sweep again" in found.sentence


def test_calibration(subject) -> None:
    truth = np.clip(subject.sealed.label, 0.02, 0.98)
    assert calibration(with_probability(subject, truth), GateSettings()).is_passed
    found = calibration(with_probability(subject, np.full(len(truth), 0.95)), GateSettings())
    assert not found.is_passed
    assert found.value == pytest.approx(0.45, abs=0.01)
    assert "must be at most gates.calibration (0.1), but on " in found.sentence
    assert "Search longer, or on more songs, or raise gates.calibration." in found.sentence


@pytest.mark.parametrize(
    ("gate", "settings"),
    [
        ("latency_1", GateSettings(latency_1_ms=0.0)),
        ("latency_1000", GateSettings(latency_1000_ms=0.0)),
        ("size", GateSettings(size_mb=0.0)),
    ],
)
def test_bounds_of_speed_and_size(gate: str, settings: GateSettings, subject) -> None:
    found = MODEL_CHECKS[gate](subject, GateSettings())
    assert found.is_passed, found.sentence
    refused = MODEL_CHECKS[gate](subject, settings)
    assert (refused.is_passed, refused.bound) == (False, 0.0)
    assert refused.value is not None
    assert refused.value > 0
    key = {"size": "size_mb"}.get(gate, f"{gate}_ms")
    assert f"at most gates.{key} (0 m" in refused.sentence.lower()
    assert f"or raise gates.{key}." in refused.sentence
    assert "must" not in found.sentence
