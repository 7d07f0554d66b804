"""The ground of a recorded trial: settings, table and parts as they were, or why not."""

import json
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from quick import sweep_settings

from songpop.app.listener import Silence
from songpop.app.prepare import Ground, prepare, prepare_ground
from songpop.app.recording import config_text
from songpop.app.replay_ground import Foundation, Unfit, changed_ground, foundation, prepare_again, read_again
from songpop.compose import recorded_settings
from songpop.contracts import Params, Split, TrialSpec, TrialState
from songpop.data.table import SongTable
from songpop.replay.record import Recorded
from songpop.settings import SweepSettings
from songpop.tracking.records import SweepFiles


def files_of(settings: SweepSettings, split: Split, source: str = "data frame") -> SweepFiles:
    buffer = BytesIO()
    np.savez_compressed(buffer, train=split.train, validation=split.validation, test=split.test)
    files = {"config.yaml": config_text(settings).encode(), "split.npz": buffer.getvalue()}
    return SweepFiles(is_there=True, files=files, sources=(json.dumps({"uri": source}),))


def found_in(files: SweepFiles, table: str | None = None, *, has_frame: bool = True) -> Foundation:
    found = foundation(files, recorded_settings, table, has_frame=has_frame)
    assert isinstance(found, Foundation)
    return found


def trial_on(ground: Ground) -> Recorded:
    return Recorded(
        run_id="r", run="trial-000", sweep="s", parent="p", state=TrialState.COMPLETE, n_epochs=1, best=0.4, numbers=(),
        spec=TrialSpec(trial=0, params=Params(), seed=0, n_epochs=1, patience=None), engine="population", n_slots=4,
        machine=None, table=ground.table.digest, split=ground.split.digest, label=ground.table.label_rule,
        environment={},
    )  # fmt: skip


def test_the_arrays_are_those_that_were_trained_on(ground: Ground, songs: pd.DataFrame) -> None:
    found = found_in(files_of(sweep_settings(), ground.split))
    table = read_again(found, songs)
    assert isinstance(table, SongTable)
    assert changed_ground(trial_on(ground), table, found, songs) == ""
    then, now = prepare(sweep_settings(), ground).task, prepare_again(found, table, 0).task
    for part in ("train", "validation"):
        assert np.array_equal(getattr(then, part).x, getattr(now, part).x)
        assert np.array_equal(getattr(then, part).y, getattr(now, part).y)


def test_columns_for_blocks_are_made_again(songs: pd.DataFrame) -> None:
    settings = sweep_settings(features__extra=["calendar", "names"])
    ground = prepare_ground(settings, songs, Silence())
    found = found_in(files_of(settings, ground.split))
    table = read_again(found, songs)
    assert isinstance(table, SongTable)
    assert table.columns == ground.table.columns
    then, now = prepare(settings, ground).task, prepare_again(found, table, 0).task
    assert then.blocks == now.blocks
    assert np.array_equal(then.train.x, now.train.x)
    assert np.array_equal(then.validation.x, now.validation.x)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"table": "e" * 64}, "the record says eeeeeeeeeeee"),
        ({"split": "e" * 64}, "the file split.npz has the digest"),
        ({"label": "Track Score > 0"}, "the label is 'Track Score > "),
    ],
)
def test_whatever_is_another_is_named(change: dict[str, str], words: str, ground: Ground, songs: pd.DataFrame) -> None:
    found = found_in(files_of(sweep_settings(), ground.split))
    assert words in changed_ground(replace(trial_on(ground), **change), ground.table, found, songs)  # type: ignore[arg-type]


def test_trials_of_one_ground_have_one_key(ground: Ground) -> None:
    files = files_of(sweep_settings(), ground.split)
    assert found_in(files).key == found_in(files).key
    others = [
        files_of(sweep_settings(features__use_dates=False), ground.split),
        files_of(sweep_settings(), replace(ground.split, train=ground.split.train[1:])),
        files_of(sweep_settings(data__as_of="2024-01-01"), ground.split),
    ]
    assert len({found_in(one).key for one in (files, *others)}) == 4


@pytest.mark.parametrize("content", [b"data: {counst: 1}", b"\xff", b""])
def test_a_config_that_cannot_be_understood(content: bytes, ground: Ground) -> None:
    files = files_of(sweep_settings(), ground.split)
    found = foundation(
        replace(files, files={**files.files, "config.yaml": content}), recorded_settings, None, has_frame=True
    )
    assert isinstance(found, Unfit)
    assert found.is_missing
    assert found.reason.startswith("a file config.yaml of its sweep that this version understands")


def test_parts_that_cannot_be_read(ground: Ground) -> None:
    files = files_of(sweep_settings(), ground.split)
    broken = replace(files, files={**files.files, "split.npz": b"PK"})
    found = foundation(broken, recorded_settings, None, has_frame=True)
    assert found == Unfit(reason="a file split.npz of its sweep that can be read", is_missing=True)


def test_where_the_table_lies(ground: Ground, songs: pd.DataFrame, tmp_path: Path) -> None:
    frame = files_of(sweep_settings(), ground.split)
    told = read_again(found_in(frame, has_frame=False), None)
    assert isinstance(told, Unfit)
    assert told.reason.startswith("the table: it was a data frame")
    generated = read_again(found_in(files_of(sweep_settings(), ground.split, "generated songs"), has_frame=False), None)
    assert isinstance(generated, SongTable)
    assert generated.digest != ground.table.digest
    songs.to_csv(tmp_path / "songs.csv", index=False)
    given = read_again(found_in(frame, str(tmp_path / "songs.csv"), has_frame=False), None)
    assert isinstance(given, SongTable)
    assert given.digest == ground.table.digest
