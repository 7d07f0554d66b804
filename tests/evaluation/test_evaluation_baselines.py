"""Baselines: each is the scikit-learn method of its name on the rows that it was given."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from songpop.evaluation.baselines import BOOSTED, LINEAR, MAJORITY, baselines
from songpop.evaluation.metrics import log_loss


def test_they_learn_what_they_can() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(900, 3)).astype(np.float32)
    y = (x[:, 0] * x[:, 1] > 0).astype(np.int8)  # no line tells them apart
    cells = np.where(rng.random(x.shape) < 0.05, np.nan, x).astype(np.float32)
    found = baselines((x[:600], x[600:]), (cells[:600], cells[600:]), y[:600])
    assert set(found) == {MAJORITY, LINEAR, BOOSTED}
    np.testing.assert_allclose(found[MAJORITY], y[:600].mean())
    linear = LogisticRegression(max_iter=1000).fit(x[:600], y[:600]).predict_proba(x[600:])[:, 1]
    np.testing.assert_allclose(found[LINEAR], linear)
    losses = {name: log_loss(y[600:], chance) for name, chance in found.items()}
    assert losses[BOOSTED] < 0.5 < losses[LINEAR] == pytest.approx(losses[MAJORITY], abs=0.02)
