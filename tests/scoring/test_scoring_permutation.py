"""What a column is worth: nothing where nobody looks at it, and only members that do not know a row answer for it."""

import numpy as np
import pytest
from scipy.special import expit

from songpop.evaluation.metrics import row_losses
from songpop.models.opinions import Opinions
from songpop.scoring.permutation import column_losses

RNG = np.random.default_rng(0)
MATRIX = RNG.normal(size=(300, 3)).astype(np.float32)
LABEL = (MATRIX[:, 0] > 0).astype(np.int8)
GROUPS = {"needed": [0], "ignored": [1, 2]}


def opinions(matrix: np.ndarray) -> Opinions:
    """Two members that look at the first column, the second one the wrong way round."""
    logits = 3.0 * matrix[:, [0]].astype(np.float64)
    return Opinions(logits=np.concatenate([logits, -logits], axis=1), votes=(1, 1))


def losses(is_unseen: np.ndarray) -> dict[str, object]:
    found = column_losses(opinions, MATRIX, LABEL, is_unseen, GROUPS, np.random.default_rng(1))
    return {one.column: one for one in found}


def test_a_column_that_is_needed_and_one_that_is_not() -> None:
    found = losses(np.tile([True, False], (300, 1)))
    assert found["needed"].low > 0.5  # type: ignore[attr-defined]
    assert found["ignored"].mean == pytest.approx(0, abs=1e-12)  # type: ignore[attr-defined]


def test_only_members_that_do_not_know_a_row_answer_for_it() -> None:
    wrong = losses(np.tile([False, True], (300, 1)))
    assert wrong["needed"].high < 0  # type: ignore[attr-defined]  # without its column the second one errs less


def test_the_loss_is_that_of_the_mean_probability() -> None:
    found = column_losses(
        lambda matrix: Opinions(logits=np.ones((len(matrix), 2)), votes=(3, 1)),
        MATRIX, LABEL, np.ones((300, 2), dtype=bool), GROUPS, np.random.default_rng(1),
    )  # fmt: skip
    assert {one.mean for one in found} == {0.0}
    assert row_losses(LABEL, np.full(300, expit(1.0))).mean() > 0


def test_it_says_how_far_it_is() -> None:
    told: list[int] = []
    column_losses(opinions, MATRIX, LABEL, np.ones((300, 2), dtype=bool), GROUPS, np.random.default_rng(1), told.append)
    assert told == [1, 2]
