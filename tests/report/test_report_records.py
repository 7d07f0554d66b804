"""What follows from a record: who is complete, who is best."""

from made import EMPTY, REPORT


def test_the_best_is_a_complete_trial() -> None:
    assert REPORT.best is not None
    assert REPORT.best.state == "complete"
    assert REPORT.best.value == min(trial.value for trial in REPORT.complete)
    assert EMPTY.best is None
