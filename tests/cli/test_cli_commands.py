"""A handler per command: the exit status, and with --json one object on standard output and nothing else."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from outcomes import ALL_FAILED, INTERRUPTED, LEAKY, SWEEP, listening

from songpop.app.records import SweepOutcome
from songpop.cli import COMMANDS, run
from songpop.cli.commands import HANDLERS
from songpop.evaluation.stats import t_interval
from songpop.settings import TrackingSettings
from songpop.tracking.gates import Gate, refuse_if_any
from songpop.tracking.ledger import LedgerEntry
from songpop.tracking.moves import append
from songpop.tracking.store import open_store

Capsys = pytest.CaptureFixture[str]


def only_object(out: str) -> Any:
    """The one JSON object that standard output holds, on one line."""
    assert out.count("\n") == 1
    assert out.endswith("\n")
    return json.loads(out, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def assert_told_as_json(told: Any, words: list[str], status: int) -> None:
    """With --json a failure is the one object; without, standard output is empty."""
    if "--json" not in words:
        assert told.out == ""
        return
    sentence = told.err.splitlines()[-1].removeprefix("songpop: ")
    assert only_object(told.out) == {"error": sentence, "exit_status": status}


@pytest.mark.parametrize("words", [["swep"], ["promote", "foo=1"], ["history", "registry.model=' '"]])
def test_a_mistake_as_json(words: list[str], capsys: Capsys) -> None:
    assert run([*words, "--json"]) == 2
    assert_told_as_json(capsys.readouterr(), ["--json"], 2)


def test_every_command_has_a_handler() -> None:
    assert list(HANDLERS) == list(COMMANDS)


@pytest.mark.parametrize(
    ("outcome", "status"), [(SWEEP, 0), (LEAKY, 0), (INTERRUPTED, 130)], ids=["finished", "leaky", "interrupted"]
)
def test_a_sweep_as_json(outcome: SweepOutcome, status: int, monkeypatch: pytest.MonkeyPatch, capsys: Capsys) -> None:
    monkeypatch.setattr("songpop.app.sweep.sweep", listening(outcome))
    assert run(["sweep", "--json"]) == status
    told = capsys.readouterr()
    found = only_object(told.out)
    assert (found["sweep"], found["n_trials"], found["interrupted"]) == (outcome.sweep, 25, outcome.interrupted)
    assert found["leaks"] == list(outcome.leaks)
    assert "4,600 rows read" in told.err
    assert "trial 4: complete" in told.err
    assert "Leaderboard" not in told.err


def test_a_sweep_for_a_person(monkeypatch: pytest.MonkeyPatch, capsys: Capsys) -> None:
    monkeypatch.setattr("songpop.app.sweep.sweep", listening(SWEEP))
    assert run(["sweep"]) == 0
    told = capsys.readouterr()
    assert "Leaderboard of sample-honest-full" in told.out
    assert "4,600 rows read" not in told.out
    assert "{" not in told.out


@pytest.mark.parametrize("words", [["sweep"], ["sweep", "--json"]])
def test_a_sweep_without_a_winner_is_refused(words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capsys) -> None:
    monkeypatch.setattr("songpop.app.sweep.sweep", listening(ALL_FAILED))
    assert run(words) == 4
    told = capsys.readouterr()
    assert "of 25 trials 20 were pruned and 5 failed" in told.err
    assert_told_as_json(told, words, 4)


EMPTY: dict[str, Any] = {
    "sweeps": [],
    "trainings": [],
    "tuners": [],
    "n_test_openings": {},
    "sweep": None,
    "trials": [],
    "published": {},
    "side_by_side": None,
}
NOBODY = {"alias": "champion", "champion": None, "entries": [], "terms": [], "note": None, "leaks": []}


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["history"], {**NOBODY, "model": "songpop"}),
        (["history", "registry.model=mine"], {**NOBODY, "model": "mine"}),
        (["compare"], EMPTY),
    ],
)
def test_an_empty_store_as_json(words: list[str], expected: object, store_root: Path, capsys: Capsys) -> None:
    assert run([*words, "--json", f"paths.root='{store_root}'"]) == 0
    told = capsys.readouterr()
    assert only_object(told.out) == expected
    assert told.err == ""


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["promote"], 4, "Run: songpop sweep"),
        (["promote", "sweep=mine"], 4, "Run: songpop sweep"),
        (["rollback"], 4, "no earlier champion"),
        (["predict", "input=sample", "output=b.csv"], 4, "songpop promote registry.model=songpop paths.root="),
        (["predict", "input=a.csv", "output=b.csv"], 3, "there is no file a.csv"),  # the cheapest look comes first
        (["predict", "output=b.csv"], 2, "`input` must name a CSV file"),
        (["predict", "input=a.csv"], 2, "Add output=FILE"),
    ],
)
def test_what_an_empty_store_cannot_do(
    words: list[str], status: int, message: str, store_root: Path, capsys: Capsys
) -> None:
    assert run([*words, "--json", f"paths.root='{store_root}'"]) == status
    told = capsys.readouterr()
    assert_told_as_json(told, ["--json"], status)
    assert message in told.err


def lost_champion(root: Path) -> None:
    """A champion of the model `mine` whose alias was deleted; its files were never there."""
    store = open_store(TrackingSettings(), root)
    store.client.create_registered_model("mine")
    store.client.create_model_version("mine", source="file:///nowhere")
    entry = LedgerEntry(
        number=0, event="promote", version=1, previous=None, sweep="s", when="2026-01-01T00:00:00+00:00", reason=""
    )
    append(store, "mine", entry)


@pytest.mark.parametrize("words", [[], ["--json"]])
@pytest.mark.parametrize(
    ("command", "status"), [("history", 0), ("doctor", 5), ("predict input=sample output=ranked.csv", 4)]
)
def test_what_may_be_typed_next_acts_on_the_same_store_and_model(
    command: str, status: int, words: list[str], store_root: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    monkeypatch.delenv("MAKELEVEL", raising=False)
    lost_champion(store_root)
    monkeypatch.chdir(store_root.parent)
    assert run([*command.split(), *words, "paths.root=./mlruns", "registry.model=mine"]) == status
    told = " ".join("".join(capsys.readouterr()).replace("│", " ").split())
    for name in ("rollback", "promote"):
        assert f"songpop {name} paths.root=./mlruns registry.model=mine" in told


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_refused_promotion_tells_every_gate(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capsys, store_root: Path
) -> None:
    gates = (
        Gate(name="size", value=0.5, bound=50.0, is_passed=True, sentence="It has 0.50 MB."),
        Gate(name="tested", value=math.nan, bound=None, is_passed=False, sentence="It has no test metrics."),
    )

    def promote(*_: object, **__: object) -> None:
        refuse_if_any(gates)

    monkeypatch.setattr("songpop.app.registry.promote", promote)
    assert run(["promote", f"paths.root='{store_root}'", *words]) == 4
    told = capsys.readouterr()
    assert told.err.splitlines()[-1] == "songpop: It has no test metrics. (1 of 2 gates refused: tested.)"
    assert "REFUSED" in told.err
    assert "passed" in told.err
    if words:
        found = only_object(told.out)
        assert found["refused"] == found["error"]
        assert found["exit_status"] == 4
        assert found["refused"].startswith("It has no test metrics.")
        assert [(gate["name"], gate["value"], gate["is_passed"]) for gate in found["gates"]] == [
            ("size", 0.5, True), ("tested", None, False),
        ]  # fmt: skip
    else:
        assert told.out == ""


def trained(n_failed: int) -> Any:
    """The outcome of a training of one model over three seeds."""
    from songpop.app.train import TrainedModel, TrainedProtocol, TrainOutcome

    values = (0.5, 0.6, 0.7)[n_failed:]
    model = TrainedModel(
        protocol="honest",
        model="net",
        runs={"accuracy": (math.nan,) * n_failed + values},
        intervals={"accuracy": t_interval(values)} if values else {},
        published={},
        n_failed=n_failed,
        run_ids=("a", "b", "c"),
        mean_epochs=2.0,
    )
    protocol = TrainedProtocol(
        protocol="honest",
        models=(model,),
        majority=0.5,
        parent_run_id="p",
        leaks=(),
        table_digest="t",
        split_digest="s",
        n_rows={"train": 64, "validation": 16, "test": 20},
        n_test_openings=1,
    )
    return TrainOutcome(protocols=(protocol,), verdicts=(), n_seeds=3, first_seed=0, commit="")


def test_train_composes_a_variant_for_every_protocol(monkeypatch: pytest.MonkeyPatch, capsys: Capsys) -> None:
    seen: list[Any] = []
    monkeypatch.setattr("songpop.app.train.train", lambda variants, **_: seen.extend(variants) or trained(n_failed=1))
    assert run(["train", "--json", "experiment=published", "train.n_seeds=3"]) == 0
    assert [(one.protocol.name.value, one.features.fit_on.value) for one in seen] == [
        ("published", "table"),
        ("honest", "train"),
    ]
    assert {one.train.n_seeds for one in seen} == {3}
    (protocol,) = only_object(capsys.readouterr().out)["protocols"]
    assert protocol["models"][0]["runs"] == {"accuracy": [None, 0.6, 0.7]}


@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_training_that_only_failed_is_refused(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    monkeypatch.setattr("songpop.app.train.train", lambda *_, **__: trained(n_failed=3))
    assert run(["train", *words]) == 4
    told = capsys.readouterr()
    assert "all 3 failed" in told.err
    assert_told_as_json(told, words, 4)


def test_check_reads_a_table_and_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["check", "--json", "data.columns.counts=[Spotify Streams, YouTube Views]", "features.use_dates=false"]
    assert run(words) == 0
    told = capsys.readouterr()
    found = only_object(told.out)
    assert (found["n_rows"], found["n_columns"]) == (sum(found["parts"].values()), 4)
    assert "rows read" in told.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("n_same", "status"), [(1, 0), (0, 4)])
@pytest.mark.parametrize("words", [[], ["--json"]])
def test_a_replay_that_is_not_the_same_ends_with_the_status_of_a_gate(
    words: list[str], n_same: int, status: int, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    from songpop.app.reproduce import ReproduceOutcome
    from songpop.replay.verdicts import Replay, Verdict

    verdict = Verdict.SAME if n_same else Verdict.DRIFTED
    outcome = ReproduceOutcome(
        n_runs=1, n_same=n_same, n_drifted=1 - n_same, n_not_reproducible=0, tolerance=1e-4, wall_s=1.0,
        replays=(Replay(run_id="r", run="trial-001", sweep="s", trial=1, verdict=verdict),),
    )  # fmt: skip
    monkeypatch.setattr("songpop.app.reproduce.reproduce", lambda *_, **__: outcome)
    assert run(["reproduce", *words, "run=r"]) == status
    told = capsys.readouterr().out
    if words:
        found = only_object(told)
        assert (found["n_same"], found["replays"][0]["verdict"]) == (n_same, verdict.value)
    else:
        assert f"1 {verdict.value} (tolerance 0.0001)." in told
