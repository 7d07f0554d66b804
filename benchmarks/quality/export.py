"""Writes what the peers get, from songpop's own table and split: export.py --splits stratified:0,1 by_artist:0.

Runs in songpop's environment; the files stay on this machine (benchmarks/quality/exports is git-ignored), for they
hold the table.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import table
from inputs import Inputs, rows_digest, save_inputs
from results import parse_splits

from songpop.app.prepare import read_table
from songpop.compose import Settings, compose_settings
from songpop.contracts import ColumnKind, Split
from songpop.data.splits import make_split
from songpop.data.table import SongTable

EXPORTS = Path(__file__).parent / "exports"


def read_songs() -> SongTable:
    """Return the table that SONGPOP_DATA names, else the generated one."""
    return read_table(_settings(), None)  # type: ignore[arg-type]


def cut(songs: SongTable, kind: str, seed: int) -> Split:
    """Return the split of that kind and seed, as `songpop sweep` cuts the table."""
    return make_split(songs, _settings(f"split={kind}", f"split.seed={seed}").split)  # type: ignore[union-attr]


def inputs_of(songs: SongTable, split: Split) -> Inputs:
    """Return what the peers get."""
    columns = [songs.columns[k] for k in songs.described]
    return Inputs(
        matrix=songs.described_matrix,
        names=tuple(column.name for column in columns),
        kinds=tuple(column.kind.value for column in columns),
        n_categories=tuple(len(column.categories) if column.kind is ColumnKind.CATEGORY else 0 for column in columns),
        label=songs.label,
        train=split.train,
        validation=split.validation,
        test=split.test,
        test_digest=rows_digest(songs.row_keys, split.test),
    )


def _settings(*words: str) -> Settings:
    return compose_settings("sweep", [*table().words, "protocol=honest", *words])


def main() -> None:
    """Write one file per split."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--splits", nargs="+", default=["stratified:0,1,2,3,4"])
    songs = read_songs()
    for kind, seed in parse_splits(parser.parse_args().splits):
        inputs = inputs_of(songs, cut(songs, kind, seed))
        save_inputs(inputs, EXPORTS / f"{kind}-{seed}.npz")
        parts = f"{len(inputs.train):,} / {len(inputs.validation):,} / {len(inputs.test):,} rows"
        print(f"{kind}:{seed}  {parts}, {len(inputs.names)} columns, test {inputs.test_digest[:12]}", flush=True)


if __name__ == "__main__":
    main()
