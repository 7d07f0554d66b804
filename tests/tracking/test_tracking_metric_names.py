"""Names of metrics: known ones have a meaning, unknown ones none. Every run is walked in test_app_story.py."""

import pytest

from songpop.tracking.metric_names import SORTED_BY, meaning_of


@pytest.mark.parametrize(
    "name", [*SORTED_BY, "val_loss", "test_roc_auc", "L2_as_run_test_accuracy_low", "finals_shrinkage", "n_pruned"]
)
def test_known_names(name: str) -> None:
    assert meaning_of(name)


@pytest.mark.parametrize("name", ["accuracy", "val_auc", "best_loss", "seconds", "test_accuracy_mean"])
def test_unknown_names(name: str) -> None:
    assert meaning_of(name) is None
