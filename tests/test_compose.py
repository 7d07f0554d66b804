"""Every configuration composes, and every wrong one is told in one sentence."""

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path

import pytest

from songpop.compose import compose_settings, compose_variants, conf_dir, recorded_settings, run_with_hydra
from songpop.errors import SettingsError
from songpop.settings import ReproduceSettings, SweepSettings, check_reproduce, check_sweep

CONF = conf_dir()
COMMANDS = sorted(path.stem for path in CONF.glob("*.yaml") if path.stem != "quiet")
# Each group's options one after the other; known points are chosen by the name of the space.
GROUPS = sorted({path.parent.name for path in CONF.glob("*/*.yaml")} - {"known_points"})
READERS = {"experiment": "train", "gates": "promote"}  # the other groups are read by sweep


def options_together(command: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every option of the groups that the command reads, in as few calls as its largest group has options."""
    groups = [group for group in GROUPS if READERS.get(group, "sweep") == command]
    columns = [[f"{group}={path.stem}" for path in sorted((CONF / group).glob("*.yaml"))] for group in groups]
    for row in zip_longest(*columns):
        yield command, tuple(filter(None, row))


OPTIONS_TOGETHER = [row for command in ("sweep", "train", "promote") for row in options_together(command)]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_composes(command: str) -> None:
    compose_settings(command, [])


@pytest.mark.parametrize(("command", "options"), [*OPTIONS_TOGETHER], ids=str)
def test_every_option_composes(command: str, options: tuple[str, ...]) -> None:
    """Options of different groups together; the message names the one that does not compose."""
    compose_settings(command, options)


def test_known_points_belong_to_a_space() -> None:
    assert {path.stem for path in (CONF / "known_points").glob("*.yaml")} <= {
        path.stem for path in (CONF / "space").glob("*.yaml")
    }


def test_the_default_name_of_a_sweep() -> None:
    settings = compose_settings("sweep", ["protocol=published", "space=published"])
    assert isinstance(settings, SweepSettings)
    assert settings.search.name == "sample-published-published"


def test_the_published_protocol_chooses_split_and_features_unless_told_otherwise() -> None:
    published = compose_settings("sweep", ["protocol=published"])
    assert isinstance(published, SweepSettings)
    assert (published.split.kind.value, published.features.kind.value) == ("published", "published")
    mixed = compose_settings("sweep", ["protocol=published", "split=by_artist"])
    assert isinstance(mixed, SweepSettings)
    assert mixed.split.kind.value == "by_artist"


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (["split.seed=0,1"], ["sample-honest-full split.seed=0", "sample-honest-full split.seed=1"]),
        (["space=full,grid"], ["sample-honest-full", "sample-honest-grid"]),
        (["optimizer=adam,sgd", "train.epochs=5"], [f"sample-honest-full optimizer={o}" for o in ("adam", "sgd")]),
        (["split.seed=0,1", "search.name='mine ${split.seed}'"], ["mine 0", "mine 1"]),
        (
            ["split.seed=0,1", "model.l2=1e-4", "search.timeout_s=1e3"],
            [f"sample-honest-full split.seed={s}" for s in "01"],
        ),
    ],
)
def test_each_job_of_a_multirun_is_a_sweep_of_its_own(words: list[str], names: list[str], tmp_path: Path) -> None:
    found: list[str | None] = []

    def task(settings: object) -> int:
        assert isinstance(settings, SweepSettings)
        check_sweep(settings)
        found.append(settings.search.name)
        return 0

    assert run_with_hydra("sweep", ["-m", *words, f"paths.root={tmp_path}"], task) == 0
    assert found == names
    assert [file.name for file in tmp_path.rglob("*.yaml")] == ["multirun.yaml"]


@pytest.mark.parametrize(
    "words", [["search.name=mine", "sampler=tpe,random"], ["search.name='x-${split.test}'", "split.seed=0,1"]]
)
def test_two_jobs_of_one_name_are_refused(words: list[str], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"each job of -m must have a `search.name` of its own"):
        run_with_hydra("sweep", ["-m", *words, f"paths.root={tmp_path}"], lambda _: 0)


@pytest.mark.parametrize("ending", [130, SettingsError("no")])
def test_a_job_that_ends_badly_is_the_last(ending: int | Exception, tmp_path: Path) -> None:
    called: list[object] = []

    def task(settings: object) -> int:
        called.append(settings)
        if isinstance(ending, Exception):
            raise ending
        return ending

    words = ["-m", "split.seed=0,1", f"paths.root={tmp_path}"]
    if isinstance(ending, Exception):
        with pytest.raises(SettingsError, match="no"):
            run_with_hydra("sweep", words, task)
    else:
        assert run_with_hydra("sweep", words, task) == 130
    assert len(called) == 1


def test_the_protocols_of_a_training_keep_the_jobs_name(tmp_path: Path) -> None:
    names: list[str | None] = []

    def task(_: object) -> int:
        variants = compose_variants("train", "protocol", ["published", "honest"])
        names.extend(one.search.name for one in variants if isinstance(one, SweepSettings))
        return 0

    run_with_hydra("train", ["-m", "experiment=published", "split.seed=0,1", f"paths.root={tmp_path}"], task)
    assert names == [f"sample-{p}-published split.seed={seed}" for seed in (0, 1) for p in ("published", "honest")]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["train.epochs=0"], "`train.epochs` must be at least 1, but it is 0"),
        (["search.n_trials=0"], "`search.n_trials` must be at least 1"),
        (["train.early_stopping.patience=0"], "Use null"),
        (["split.test=0.9"], "leave rows to train on"),
        (["search.timeout_s=-1"], "must be positive or null"),
        (["data=songs"], "Add data.path=FILE"),
    ],
)
def test_keys_that_contradict_each_other(overrides: list[str], message: str) -> None:
    settings = compose_settings("sweep", overrides)
    assert isinstance(settings, SweepSettings)
    with pytest.raises(SettingsError, match=message):
        check_sweep(settings)


def test_a_folder_of_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "space").mkdir()
    (tmp_path / "space" / "mine.yaml").write_text("learning_rate: {kind: float, low: 0.001, high: 0.1, log: true}\n")
    settings = compose_settings("sweep", ["space=mine"], tmp_path)
    assert isinstance(settings, SweepSettings)
    assert list(settings.space) == ["learning_rate"]
    assert settings.search.name == "sample-honest-mine"


# ── what was recorded ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "overrides", [[], ["protocol=published"], ["data=songs", "data.path=a.csv", "split=by_artist"]]
)
def test_a_recorded_config_is_read_back(overrides: list[str], tmp_path: Path) -> None:
    from songpop.app.recording import config_text

    settings = compose_settings("sweep", [*overrides, "data.as_of='2024-06-01'"])
    assert isinstance(settings, SweepSettings)
    found = recorded_settings(config_text(settings))
    assert (found.data, found.split, found.features) == (settings.data, settings.split, settings.features)
    assert found.search == SweepSettings().search  # what trains nothing is not read, so that its keys may change


@pytest.mark.parametrize(
    "config",
    [
        "",
        "data",
        "data: {}",
        "data: {counst: 1}\nprotocol: {}\nsplit: {}\nfeatures: {}",
        "{",
        "a: [",
        "data: {generated: so}",
    ],
)
def test_a_config_that_this_version_does_not_know(config: str) -> None:
    with pytest.raises(SettingsError) as caught:
        recorded_settings(config)
    assert "\n" not in str(caught.value)
    assert str(caught.value)


@pytest.mark.parametrize(
    ("words", "kind", "n_workers"),
    [
        ([], None, None),
        (["engine=keras"], "keras", None),
        (["engine=population", "engine.n_workers=0"], "population", 0),
    ],
)
def test_reproduce_takes_the_engine_that_sweep_takes(words: list[str], kind: str | None, n_workers: int | None) -> None:
    settings = compose_settings("reproduce", words)
    assert isinstance(settings, ReproduceSettings)
    engine = settings.engine
    assert (engine and engine.kind.value, engine and engine.n_workers) == (kind, n_workers)


@pytest.mark.parametrize(
    ("overrides", "runs"),
    [
        ([], ()),
        (["run=01a2160ff0ee7d13b60a8049a50f3b7a"], ("01a2160ff0ee7d13b60a8049a50f3b7a",)),
        (["run=[ab,cd,ab]"], ("ab", "cd")),
        (["sweep=it's mine"], ()),
    ],
)
def test_runs_are_named_one_by_one_or_as_a_list(overrides: list[str], runs: tuple[str, ...]) -> None:
    from songpop.overrides import literal

    settings = compose_settings("reproduce", literal(overrides))
    assert isinstance(settings, ReproduceSettings)
    assert check_reproduce(settings) == runs
