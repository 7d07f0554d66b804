"""Small tables and descriptions for the tests of this folder."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf

from songpop.data.table import SongTable, load_table
from songpop.settings import ColumnSettings, DataSettings, IdentitySettings, LabelSettings

SONGS_YAML = Path(__file__).parents[2] / "conf" / "data" / "songs.yaml"
real_table = pytest.mark.skipif("SONGPOP_DATA" not in os.environ, reason="SONGPOP_DATA names no table")


def described(yaml: Path, /, **changes: Any) -> DataSettings:
    """The settings that a YAML file describes, over the schema's defaults."""
    merged = OmegaConf.merge(OmegaConf.structured(DataSettings), OmegaConf.load(yaml), changes)
    settings = OmegaConf.to_object(merged)
    assert isinstance(settings, DataSettings)
    return settings


def real_settings(**changes: Any) -> DataSettings:
    return described(SONGS_YAML, path=os.environ["SONGPOP_DATA"], **changes)


def small_settings(path: Path | str | None = None, **changes: Any) -> DataSettings:
    """A table of five columns: title, artist, score, streams, explicit."""
    settings = DataSettings(
        path=None if path is None else str(path),
        columns=ColumnSettings(counts=["streams"], flags=["explicit"], text=["title", "artist"]),
        label=LabelSettings(column="score", sources=["score"]),
        identity=IdentitySettings(title="title", artist="artist"),
    )
    for key, value in changes.items():
        setattr(settings, key, value)
    return settings


SMALL = """title,artist,score,streams,explicit
One,Ada,10,"1,234",0
Two,Ada,20,,1
Three,Bo,30,7,0
Four,Cy,40,"2,000,000",1
"""


def written(tmp_path: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def numeric_table(columns: dict[str, Any], label: Any, **extra: Any) -> SongTable:
    """A table of number columns whose rows are all different songs, or as `extra` columns say."""
    settings = DataSettings(
        thousands=None,
        columns=ColumnSettings(numbers=list(columns)),
        label=LabelSettings(column="hit", sources=["hit"]),
        identity=IdentitySettings(**{key: key for key in extra}),
    )
    settings.label.rule = settings.label.rule.__class__.above
    settings.label.value = "0.5"
    frame = pd.DataFrame({**columns, "hit": np.asarray(label).astype(int), **extra})
    return load_table(settings, frame=frame)
