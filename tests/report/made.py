"""A made-up sweep, as a report knows one: every figure can be drawn of it, without a store or a model."""

from dataclasses import replace
from typing import Any

import numpy as np

from songpop.contracts import Params
from songpop.evaluation.stats import Interval
from songpop.report.records import (
    ColumnWeight,
    Correlations,
    Curve,
    Measured,
    RandomSearch,
    Report,
    Sealed,
    Trial,
    Verdict,
)
from songpop.search.finals import Contestant, Finalist, Finals, Origin

TYPES, OPTIMIZERS = ("none", "l1", "l2", "l1_l2"), ("adam", "rmsprop", "nadam")


def trials(n: int = 60, seed: int = 0) -> tuple[Trial, ...]:
    rng = np.random.default_rng(seed)
    return tuple(_trial(k, rng) for k in range(n))


def _trial(number: int, rng: np.random.Generator) -> Trial:
    kind, optimizer = str(rng.choice(TYPES)), str(rng.choice(OPTIMIZERS))
    rate = float(10 ** rng.uniform(-4, -1))
    params: dict[str, float | str] = {
        "regularization": kind,
        "optimizer": optimizer,
        "learning_rate": rate,
        "widths": "64-32",
    }
    params["dropout"] = float(rng.uniform(0, 0.5))
    for name in ("l1", "l2"):
        if name in kind:
            params[name] = float(10 ** rng.uniform(-6, -1))
    state = "failed" if number == 7 else "pruned" if rng.random() < 0.4 else "complete"
    return Trial(
        number=number,
        name=f"trial-{number:03} {kind} {optimizer}",
        run_id=f"{number:032x}",
        state=state,
        value=float("nan")
        if state == "failed"
        else float(0.05 + abs(np.log10(rate) + 2.3) / 10 + rng.exponential(0.02)),
        accuracy=0.9,
        params=params,
        n_epochs=9 if state == "pruned" else 30,
        best_epoch=5,
        n_new_epochs=9 if state == "pruned" else 30,
        goes_on_from=None,
        began_s=number * 0.5,
        ended_s=number * 0.5 + 2.0,
    )


def rounds() -> tuple[Trial, ...]:
    """One training in three rounds, each of which goes on from the one before; the second is as good as the last."""
    one = replace(REPORT.complete[0], value=0.2)
    values = ((0, None, 3, 3, 0.3), (1, 0, 9, 6, 0.2), (2, 1, 27, 18, 0.2))
    return tuple(
        replace(one, number=number, goes_on_from=before, n_epochs=n_epochs, n_new_epochs=n_new, value=value)
        for number, before, n_epochs, n_new, value in values
    )


def finalist(place: int, mean: float, **changes: Any) -> Finalist:
    values = tuple(mean + 0.01 * np.sin(np.arange(5) + place))
    contestant = Contestant(
        origin=Origin.search, params=Params(optimizer=OPTIMIZERS[place % 3]), suggested={"l2": 0.001}, trial=place
    )
    interval = Interval(mean=mean, low=mean - 0.01, high=mean + 0.01, n=5)
    known = {"difference": mean - 0.05, "p_value": 0.04} if place else {}
    return Finalist(contestant=contestant, values=values, interval=interval, n_weights=4_000, **{**known, **changes})


FINALS = Finals(
    finalists=(finalist(0, 0.05), finalist(1, 0.06, is_within_noise=True), finalist(2, 0.5)),
    winner=0,
    reason="the lowest mean",
    shrinkage=0.002,
    n_resamples=5,
)
RNG = np.random.default_rng(1)
CHANCE = RNG.random(200)
METRICS = {"log_loss": 0.31, "accuracy": 0.88, "roc_auc": 0.93, "pr_auc": 0.9, "calibration_error": 0.03}
DECIDED = {"accuracy": 0.9, "precision": 0.91, "recall": 0.89}
REPORT = Report(
    sweep="songs-honest-full",
    run_id="ab" * 16,
    began="2026-01-02 03:04 UTC",
    protocol="honest",
    table="songs.csv",
    table_digest="cd" * 32,
    label="Track Score > 29.9 (its median)",
    is_generated=False,
    n_rows={"train": 640, "validation": 160, "test": 200},
    leaks=(),
    sampler="tpe",
    pruner="hyperband",
    commit="12ab" * 10,
    search_seed=0,
    split_seed=0,
    n_epochs_each=30,
    n_seats=4,
    trials=trials(),
    finals=FINALS,
    finals_s=12.0,
    curves=tuple(
        Curve(finalist=k, resample=j, losses=tuple(0.5 / np.arange(1, 20 + j))) for k in range(3) for j in range(3)
    ),
    measured=Measured(
        kind="bag",
        n_models=5,
        reason="the lowest mean",
        metrics=METRICS,
        intervals={name: (value - 0.02, value + 0.02) for name, value in METRICS.items()},
        threshold=0.47,
        at_threshold=DECIDED,
        at_threshold_intervals={name: (value - 0.02, value + 0.02) for name, value in DECIDED.items()},
        n_rows=200,
        n_openings=1,
        baselines={"logistic regression": {"log_loss": 0.4}},
    ),
    sealed=Sealed(label=(RNG.random(200) < CHANCE).astype(np.int8), chance=CHANCE),
    weights=tuple(
        ColumnWeight(column=f"Column {k}", mean=0.1 * k, low=0.1 * k - 0.05, high=0.1 * k + 0.05) for k in range(6)
    ),
    correlations=Correlations(
        columns=("A", "B", "C"), values=np.array([[1, 0.5, -0.9], [0.5, 1, np.nan], [-0.9, np.nan, 1]])
    ),
    verdict=Verdict(is_passed=True, gates=(("size", True, "It has 0.5 MB."),)),
    random=RandomSearch(name="by-chance", trials=trials(40, seed=5)),
    importances={"learning_rate": 0.7, "l2": 0.25, "optimizer": 0.04, "dropout": 0.004},
)
BARE = replace(
    REPORT, finals=None, finals_s=None, curves=(), measured=None, sealed=None, weights=(), correlations=None,
    verdict=None, random=None, importances={}, absences={"columns": "It takes the table."},
)  # fmt: skip
EMPTY = replace(BARE, trials=())
