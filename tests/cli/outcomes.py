"""Made-up outcomes of commands: what the screen is shown without training anything."""

from dataclasses import replace
from typing import Any

import numpy as np

from songpop.app.records import BestTrial, Champion, EngineLoad, Leader, SweepOutcome
from songpop.contracts import EpochReport, Params, TrialResult, TrialSpec, TrialState
from songpop.search.finals import Contestant, Origin, verdict
from songpop.search.progress import SearchProgress

CONTESTANTS = (
    Contestant(origin=Origin.search, params=Params(widths="8"), suggested={"widths": "8"}, trial=7, search_value=0.288),
    Contestant(origin=Origin.champion, params=Params(widths="4"), suggested={"widths": "4"}),
    Contestant(origin=Origin.known, params=Params(widths="2"), suggested={"widths": "2"}, trial=0, search_value=0.5),
)
FINALS = verdict(
    CONTESTANTS,
    {0: [0.30, 0.31, 0.29], 1: [0.301, 0.309, 0.293], 2: [0.5, float("nan"), 0.5]},
    [900, 90, 9],
    0.25,
    0.05,
)
TEST = {"accuracy": 0.8765, "roc_auc": 0.9512, "log_loss": 0.2988}
CHAMPION = Champion(
    kind="bag",
    n_models=2,
    run_ids=("r1", "r2"),
    votes=(1, 1),
    val_log_loss=0.31,
    reason=FINALS.reason,
    test=TEST,
    test_intervals={name: (value - 0.02, value + 0.02) for name, value in TEST.items()},
    threshold=0.4321,
    test_at_threshold={"accuracy": 0.8801},
    test_at_threshold_intervals={"accuracy": (0.8601, 0.9001)},
    baselines={"majority class": {"log_loss": 0.6931}, "logistic regression": {"log_loss": 0.5412}},
    n_test_rows=1234,
    n_test_openings=2,
    baseline_accuracy=0.51,
)
LEADERS = tuple(
    Leader(
        rank=rank,
        trial=trial,
        val_log_loss=value,
        val_accuracy=0.86,
        n_epochs=30,
        best_epoch=21,
        suggested={"optimizer": "sgd", "l2": 1.23456e-4},
        run_id=f"r{trial}",
    )
    for rank, trial, value in ((1, 7, 0.31), (2, 3, 0.3305))
)
SWEEP = SweepOutcome(
    sweep="sample-honest-full",
    parent_run_id="p",
    protocol="honest",
    n_trials=25,
    n_complete=10,
    n_pruned=14,
    n_failed=1,
    n_new=5,
    n_epochs=300,
    n_epochs_full=750,
    min_epochs_pruned=3,
    wall_s=61.2,
    engine="population",
    load=EngineLoad(occupancy=0.931, filled_share=0.97, n_traces=8, n_deaths=1),
    best=BestTrial(run_id="r7", trial=7, params={"l2": 1.23456e-4}, val_log_loss=0.31),
    finals=FINALS,
    champion=CHAMPION,
    leaders=LEADERS,
    leaks=(),
    tracking_uri="mlruns/mlflow.db",
    interrupted=False,
    ended_because="all 25 trials are finished",
    is_newest=True,
)
ALL_FAILED = replace(SWEEP, n_complete=0, n_pruned=20, n_failed=5, best=None, finals=None, champion=None, leaders=())
INTERRUPTED = replace(SWEEP, interrupted=True, finals=None, champion=None, ended_because="interrupted")
LEAKY = replace(SWEEP, protocol="published", leaks=("Track Score",))


def progress(*, best: float | None = 0.31, state: TrialState = TrialState.COMPLETE) -> SearchProgress:
    last = 0.4
    report = EpochReport(trial=4, epoch=1, metrics={"val_log_loss": last})
    result = TrialResult(
        spec=TrialSpec(trial=4, params=Params(), seed=0, n_epochs=3, patience=None),
        state=state,
        history=(report, report, report),
        metrics={} if state is TrialState.FAILED else {"val_log_loss": last},
        best_epoch=1,
        weights=None,
        val_predictions=None,
        started_at_s=0.0,
        wall_s=1.0,
    )
    return SearchProgress(
        n_behind=0,
        n_finished=5,
        n_before=0,
        n_total=25,
        n_complete=4,
        n_pruned=1,
        n_failed=0,
        n_running=8,
        n_seats=8,
        n_epochs=200,
        best_value=best,
        best_trial=None if best is None else 2,
        best_suggested={} if best is None else {"regularization": "l2", "l2": 0.001, "optimizer": "rmsprop"},
        n_since_best=2,
        last=result,
        elapsed_s=3.0,
        timeout_s=None,
    )


def listening(outcome: SweepOutcome) -> Any:
    """`app.sweep.sweep` without a search: says and shows something, and returns `outcome`."""

    def sweep(_: Any, *, frame: Any = None, listener: Any) -> SweepOutcome:
        assert frame is None
        listener.note("4,600 rows read")
        listener.progress(progress())
        return replace(outcome, wall_s=float(np.float32(outcome.wall_s)))

    return sweep
