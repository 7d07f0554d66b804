"""From settings to what an engine trains on: who fits on which rows, which key fixes which hyperparameter."""

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest
from quick import changed, sweep_settings

from songpop.app.listener import Silence
from songpop.app.prepare import Ground, base_params, empty_blocks, part_of, prepare, prepare_ground, read_table
from songpop.app.resampling import resampled
from songpop.contracts import Indices, Matrix, Params
from songpop.errors import LeakError, SettingsError
from songpop.settings import ModelSettings, OptimizerSettings, ScheduleSettings, SweepSettings


def with_test_rows(ground: Ground, factor: float) -> Ground:
    """The same ground, its test rows' cells multiplied."""
    matrix = ground.table.matrix.copy()
    matrix[ground.split.test] *= factor
    return replace(ground, table=replace(ground.table, matrix=matrix))


# ── preprocessing ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("overrides", "is_changed"),
    [
        ({}, False),
        ({"features": "published"}, True),  # fit_on=table, as the published work did
        ({"features": "published", "features__fit_on": "train"}, False),
    ],
)
def test_test_rows_change_the_preprocessing_only_where_it_is_fitted_on_the_table(
    ground: Ground, overrides: dict[str, object], is_changed: bool
) -> None:
    settings = sweep_settings(**overrides)
    before, after = (prepare(settings, with_test_rows(ground, factor)) for factor in (1.0, 50.0))
    assert np.array_equal(before.task.train.x, after.task.train.x) is not is_changed
    assert np.array_equal(before.task.validation.x, after.task.validation.x) is not is_changed


def test_the_task_has_training_and_validation_rows_and_no_others(ground: Ground) -> None:
    prepared = prepare(sweep_settings(), ground)
    for part, rows in ((prepared.task.train, ground.split.train), (prepared.task.validation, ground.split.validation)):
        assert np.array_equal(part.x, prepared.preprocessing.transform(ground.table.matrix[rows]))
        assert np.array_equal(part.y, ground.table.label[rows])
        assert (part.x.dtype, part.y.dtype) == (np.float32, np.float32)
    assert np.abs(prepared.task.train.x.mean(axis=0))[:3] == pytest.approx(0, abs=1e-4)


def others(ground: Ground, rows: Indices, train: Indices) -> Matrix:
    """log1p of how many other training rows have the artist of each of these rows."""
    artist = ground.table.artist
    n_others = [(artist[train] == artist[row]).sum() - (row in set(train)) if artist[row] else 0 for row in rows]
    return np.log1p(np.asarray(n_others, dtype=np.float32))


@pytest.fixture(scope="module")
def with_names(songs: pd.DataFrame) -> tuple[SweepSettings, Ground]:
    settings = sweep_settings(features__extra=["calendar", "names"])
    return settings, prepare_ground(settings, songs, Silence())


def test_a_training_row_does_not_count_itself(with_names: tuple[SweepSettings, Ground]) -> None:
    settings, ground = with_names
    prepared = prepare(settings, ground)
    place = prepared.task.blocks["names"][0]
    train, validation = (
        others(ground, rows, ground.split.train) for rows in (ground.split.train, ground.split.validation)
    )
    for part, expected in ((prepared.task.train, train), (prepared.task.validation, validation)):
        np.testing.assert_allclose(part.x[:, place], (expected - train.mean()) / train.std(), atol=1e-4)


def test_so_it_is_in_resamples(with_names: tuple[SweepSettings, Ground]) -> None:
    settings, ground = with_names
    found = resampled(settings, prepare(settings, ground), 2)
    for part, task in zip(found.parts, found.prepared.task.resamples, strict=True):
        expected = others(ground, part.train, part.train)
        scores = task.train.x[:, task.blocks["names"][0]]
        np.testing.assert_allclose(scores, (expected - expected.mean()) / expected.std(), atol=1e-4)


def test_the_baselines_rows_are_both_of_training_and_not(with_names: tuple[SweepSettings, Ground]) -> None:
    settings, ground = with_names
    prepared = prepare(settings, ground)
    known = np.sort(np.concatenate((ground.split.train, ground.split.validation)))
    part = part_of(ground.table, prepared.preprocessing, known, ground.split.train)
    is_train = np.isin(known, ground.split.train)
    np.testing.assert_array_equal(part.x[is_train], prepared.task.train.x)
    np.testing.assert_array_equal(part.x[~is_train], prepared.task.validation.x)


def test_columns_for_blocks_leave_all_else_as_it_is(with_names: tuple[SweepSettings, Ground], ground: Ground) -> None:
    settings, asked = with_names
    assert asked.split.digest == ground.split.digest
    assert asked.leaks == ground.leaks
    first, last = prepare(settings, asked).task.blocks["logs"]
    plain = prepare(sweep_settings(features__extra=[]), ground).task.train.x
    np.testing.assert_array_equal(prepare(settings, asked).task.train.x[:, first:last], plain)


# ── ground ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_leak_stops_before_the_parts_are_cut(songs: pd.DataFrame) -> None:
    with pytest.raises(LeakError, match="All Time Rank"):
        prepare_ground(sweep_settings(data__label__sources=["Track Score"]), songs, Silence())


@pytest.mark.slow
def test_a_worker_that_looks_for_leaks_says_what_this_process_would(songs: pd.DataFrame) -> None:
    leaky, seen = sweep_settings(data__label__sources=["Track Score"]), list[str]()
    told = []
    for meanwhile in (None, lambda: seen.append("done")):
        with pytest.raises(LeakError, match="All Time Rank") as caught:
            prepare_ground(leaky, songs, Silence(), meanwhile)
        told.append(str(caught.value))
    assert told[0] == told[1]
    assert seen == ["done"]
    honest = prepare_ground(sweep_settings(), songs, Silence(), lambda: None)
    assert honest.leaks == prepare_ground(sweep_settings(), songs, Silence()).leaks


def test_no_song_is_in_two_parts(ground: Ground) -> None:
    keys = ground.table.song_keys
    parts = [{*keys[rows].tolist()} for rows in (ground.split.train, ground.split.validation, ground.split.test)]
    assert sum(map(len, parts)) == len(set.union(*parts))


def test_a_frame_comes_before_the_generated_table(songs: pd.DataFrame) -> None:
    assert read_table(sweep_settings(), songs.head(60)).report.n_read == 60


def test_ages_can_be_left_out(songs: pd.DataFrame) -> None:
    names = [column.name for column in read_table(sweep_settings(features__use_dates=False), songs).columns]
    assert names == ["Spotify Streams", "YouTube Views", "Shazam Counts"]


# ── hyperparameters ─────────────────────────────────────────────────────────────────────────────────────────


def test_every_hyperparameter_has_one_key() -> None:
    groups = (ModelSettings, OptimizerSettings, ScheduleSettings)
    keys = [field.name for group in groups for field in fields(group)]
    assert sorted([*keys, "batch_size"]) == sorted(field.name for field in fields(Params))


def test_without_overrides_they_are_the_defaults() -> None:
    assert base_params(sweep_settings()) == Params()


@pytest.mark.parametrize(
    ("key", "name", "value"),
    [
        ("model.widths", "widths", "32-8"),
        ("model.activation", "activation", "gelu"),
        ("model.first_regularized", "first_regularized", 2),
        ("model.regularization", "regularization", "l1_l2"),
        ("model.l1", "l1", 0.25),
        ("model.l2", "l2", 0.25),
        ("model.dropout_first", "dropout_first", 0.25),
        ("model.dropout_later", "dropout_later", 0.25),
        ("model.dropout_input", "dropout_input", 0.25),
        ("model.input_noise", "input_noise", 0.25),
        ("model.mixup", "mixup", 0.25),
        ("model.embedding", "embedding", "periodic"),
        ("model.normalization", "normalization", "layer"),
        ("model.skip", "skip", "add"),
        ("model.embedding_width", "embedding_width", 7),
        ("model.n_bins", "n_bins", 7),
        ("model.n_frequencies", "n_frequencies", 7),
        ("model.frequency_scale", "frequency_scale", 0.25),
        ("model.label_smoothing", "label_smoothing", 0.25),
        ("optimizer.clip_norm", "clip_norm", 0.25),
        ("optimizer.weight_average", "weight_average", 0.25),
        ("optimizer.optimizer", "optimizer", "nadam"),
        ("optimizer.learning_rate", "learning_rate", 0.25),
        ("optimizer.momentum", "momentum", 0.25),
        ("optimizer.weight_decay", "weight_decay", 0.25),
        ("schedule.schedule", "schedule", "plateau"),
        ("schedule.step_every", "step_every", 7),
        ("schedule.step_factor", "step_factor", 0.25),
        ("schedule.decay_to", "decay_to", 0.25),
        ("schedule.cosine_to", "cosine_to", 0.25),
        ("schedule.warmup_epochs", "warmup_epochs", 7),
        ("schedule.plateau_patience", "plateau_patience", 7),
        ("schedule.plateau_factor", "plateau_factor", 0.25),
        ("train.batch_size", "batch_size", 7),
    ],
)
def test_a_key_fixes_its_hyperparameter(key: str, name: str, value: object) -> None:
    assert base_params(changed(SweepSettings(), key, value)) == replace(Params(), **{name: value})


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("model.activation", "rellu", "`model.activation` .* Did you mean `relu`"),
        ("optimizer.optimizer", "adaam", "`optimizer.optimizer` .* Did you mean `adam`"),
        ("optimizer.learning_rate", -1.0, "`optimizer.learning_rate` must be > 0"),
        ("model.dropout_first", 1.0, "`model.dropout_first` must be >= 0 and < 1"),
        ("schedule.plateau_factor", 1.0, "`schedule.plateau_factor` must be > 0 and < 1"),
        ("model.widths", "64x32", "`model.widths` must be layer widths"),
    ],
)
def test_a_value_that_no_network_has_is_told_by_its_key(key: str, value: object, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        base_params(changed(SweepSettings(), key, value))


def test_blocks_that_a_table_has_no_columns_for_are_known(songs: pd.DataFrame, ground: Ground) -> None:
    assert empty_blocks(prepare(sweep_settings(), ground)) == ()
    undated = sweep_settings(features__use_dates=False)
    assert empty_blocks(prepare(undated, prepare_ground(undated, songs, Silence()))) == ("rates", "ages")
