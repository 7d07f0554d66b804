"""A made-up sweep with all that its description is made of."""

from dataclasses import replace
from typing import Any

from songpop.app.description import RegisteredAs, SweepStory
from songpop.app.records import Champion
from songpop.contracts import Params
from songpop.search.finals import Contestant, Origin, verdict
from songpop.tracking.gate_record import Attempt
from songpop.tracking.gates import Gate
from songpop.tracking.model_facts import ModelFacts
from songpop.tracking.records import LeaderRow, SweepRecord

CONTESTANTS = (
    Contestant(origin=Origin.search, params=Params(widths="8"), suggested={"widths": "8"}, trial=7, search_value=0.288),
    Contestant(origin=Origin.champion, params=Params(widths="4"), suggested={"widths": "4"}),
    Contestant(origin=Origin.known, params=Params(widths="2"), suggested={"widths": "2"}, trial=0, search_value=0.5),
)
FINALS = verdict(
    CONTESTANTS, {0: [0.30, 0.31, 0.29], 1: [0.36, 0.35, 0.36], 2: [0.5, float("nan"), 0.5]}, [900, 90, 9], 0.25, 0.05
)
TEST = {"log_loss": 0.2988, "accuracy": 0.8765, "roc_auc": 0.9512}
CHAMPION = Champion(
    kind="bag",
    n_models=3,
    run_ids=("r1", "r2", "r3"),
    votes=(1, 1, 1),
    val_log_loss=0.3,
    reason="the lowest mean",
    test=TEST,
    test_intervals={name: (value - 0.02, value + 0.02) for name, value in TEST.items()},
    threshold=0.4321,
    test_at_threshold={"accuracy": 0.8801},
    test_at_threshold_intervals={"accuracy": (0.8601, 0.9001)},
    baselines={"majority class": {"log_loss": 0.6931}, "gradient boosting": {"log_loss": 0.2488}},
    n_test_rows=918,
    n_test_openings=2,
    baseline_accuracy=0.51,
)
RECORD = SweepRecord(
    name="songs-honest-full",
    run_id="ab12",
    kind="sweep",
    status="FINISHED",
    started_at_s=0.0,
    tags={
        "songpop.leaks": "[]",
        "songpop.label": "Track Score > 29.9 (its median)",
        "songpop.table": "cd" * 32,
        "songpop.split": "stratified ef56",
        "songpop.split_seed": "0",
        "songpop.search_seed": "0",
    },
    params={"data": "songs", "protocol": "honest", "sampler": "tpe", "pruner": "hyperband", "n_trials": "30"},
    metrics={"n_complete": 20.0, "n_pruned": 9.0, "n_failed": 1.0},
)
FACTS = ModelFacts(
    sweep=RECORD.name,
    run_id=RECORD.run_id,
    protocol="honest",
    leaks=(),
    table="songs.csv",
    is_generated=False,
    table_digest="cd" * 32,
    label="Track Score > 29.9 (its median)",
    label_rule="Track Score above_median",
    commit="12ab",
    kind="bag",
    n_seeds=3,
    test=TEST,
    sha256="ef" * 32,
)
LEADERS = tuple(
    LeaderRow(
        trial=trial,
        run_id=f"r{trial}",
        name=f"trial-{trial}",
        state="complete",
        value=0.3 + trial / 100,
        metrics={"best_val_accuracy": 0.88, "n_epochs": 21.0},
        params={"regularization": "l2", "l2": "0.00012345", "optimizer": "adamw", "learning_rate": "0.001"},
    )
    for trial in range(10)
)
PASSED = Gate(name="size", value=0.5, bound=50.0, is_passed=True, sentence="It has 0.50 MB.")
REFUSED = Gate(name="baselines", value=0.1, bound=0.0, is_passed=False, sentence="Worse than <b>boosting</b>.")
ATTEMPT = Attempt(
    model="songpop", alias="champion", when="2026-01-02T00:00:00+00:00", verdict="passed", gates=(PASSED,)
)
REFUSAL = replace(ATTEMPT, verdict="refused by baselines", gates=(PASSED, REFUSED))
STORY = SweepStory(
    record=RECORD,
    experiment_id="1",
    champion=CHAMPION,
    finals=FINALS,
    leaders=LEADERS,
    n_test_openings=2,
    facts=FACTS,
    finals_run_id="fe34",
    attempt=ATTEMPT,
    versions=(RegisteredAs(model="songpop", version=4, aliases=("champion",)),),
)


def story(**changes: Any) -> SweepStory:
    """The same sweep, but for what a test changes."""
    return replace(STORY, **changes)


def recorded(**changes: Any) -> SweepStory:
    """The same sweep with another record."""
    return story(record=replace(RECORD, **changes))
