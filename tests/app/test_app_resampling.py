"""Resamples that are ready to be trained on: each with a preprocessing of its own training rows."""

import numpy as np
import pytest
from quick import changed, sweep_settings

from songpop.app.prepare import Ground, Prepared, part_of, prepare, preprocessing_of
from songpop.app.resampling import resampled
from songpop.settings import FitOn


@pytest.fixture(scope="module")
def prepared(ground: Ground) -> Prepared:
    return prepare(sweep_settings(), ground)


def test_each_is_preprocessed_by_its_own_training_rows(ground: Ground, prepared: Prepared) -> None:
    found = resampled(sweep_settings(), prepared, 3)
    task = found.prepared.task
    assert len(task.resamples) == len(found.parts) == len(found.preprocessings) == 3
    assert task.train is prepared.task.train
    for part, one in zip(found.parts, task.resamples, strict=True):
        alone = part_of(ground.table, preprocessing_of(sweep_settings(), ground, part.train), part.train, part.train)
        np.testing.assert_array_equal(one.train.x, alone.x)
        np.testing.assert_array_equal(one.validation.y, ground.table.label[part.validation])
        assert one.train.x[:, 0].mean() == pytest.approx(0, abs=1e-4)  # standardised by these very rows
    assert found.validation_ratio == pytest.approx(0.25, abs=0.02)


def test_fitted_on_the_table_they_share_what_is_fitted(ground: Ground, prepared: Prepared) -> None:
    settings = changed(sweep_settings(), "features.fit_on", FitOn.table)
    found = resampled(settings, prepared, 2)
    rows = ground.table.matrix[:20]
    first, second = (one.transform(rows) for one in found.preprocessings)
    np.testing.assert_array_equal(first, second)
