"""Runs songpop on splits and keeps what its champion says: run_songpop.py --splits stratified:0,1 experiment=best.

Runs in songpop's environment. Each split is a whole `songpop sweep` of its own, start-up included, in a temporary
store; further words are overrides of that command. Results that are there already are skipped. The champion sees the
raw cells of the test rows, through the very file that promotion would put into the registry.
"""

import argparse
import importlib.metadata as metadata
import json
import os
import platform
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from common import run_python, table
from export import cut, read_songs
from inputs import Floats, rows_digest
from results import Result, ResultError, commit, is_done, parse_splits, save_result

from songpop.contracts import Split
from songpop.data.table import SongTable
from songpop.evaluation.metrics import log_loss
from songpop.scoring.raw_model import CARD_FILE, RawModel

RESULTS = Path(__file__).parents[1] / "results" / "quality"
PACKAGES = ("tensorflow", "keras", "optuna", "numpy")
SLACK = 1e-4  # between the sweep's own log loss on these rows and that of its file: float32


def champion_says(songs: SongTable, split: Split, words: list[str]) -> tuple[Floats, float]:
    """Run a sweep; return its champion's probabilities of the test rows, and the seconds of the whole command.

    Raises:
        ResultError: if the sweep has no champion, or says another log loss of the same rows.
    """
    with tempfile.TemporaryDirectory() as root:
        where = (f"split={split.name}", f"split.seed={split.seed}", f"paths.root={root}")
        out, seconds = run_python("-m", "songpop", "sweep", "--json", *table().words, *words, *where)
        champion = json.loads(out)["champion"]
        cards = list(Path(root).rglob(CARD_FILE))
        if champion is None or len(cards) != 1:
            raise ResultError(f"the sweep must leave one model, but it left {len(cards)}. Was it interrupted?")
        chance = RawModel(cards[0].parent).probabilities(songs.raw.iloc[split.test])
    found, told = log_loss(songs.label[split.test], chance), champion["test"]["log_loss"]
    if abs(found - told) > SLACK:
        raise ResultError(f"the champion's log loss is {told:.5f} by the sweep, {found:.5f} by its file: other rows?")
    return chance, seconds


def main() -> None:
    """Run everything that is not there yet."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="songpop", help="of the method in the table")
    parser.add_argument("--splits", nargs="+", default=["stratified:0,1,2,3,4"])
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder of the result files")
    options, words = parser.parse_known_args()
    words += [word for word in options.splits if "=" in word]  # overrides behind --splits
    splits, songs = parse_splits([word for word in options.splits if "=" not in word]), read_songs()
    settings: dict[str, float | int | str] = {"overrides": " ".join(words)}
    versions = {"python": platform.python_version(), **{name: metadata.version(name) for name in PACKAGES}}
    for number, (kind, seed) in enumerate(splits, 1):
        head = f"[{number}/{len(splits)}] {options.name} {kind}:{seed}"
        split = cut(songs, kind, seed)
        digest = rows_digest(songs.row_keys, split.test)
        if is_done(options.results, options.name, kind, seed, test_digest=digest, inputs_digest="", settings=settings):
            print(f"{head}  there already", flush=True)
            continue
        chance, seconds = champion_says(songs, split, words)
        result = Result(
            method=options.name,
            split=kind,
            seed=seed,
            test_digest=digest,
            inputs_digest="",
            n_columns=len(songs.columns),
            n_test=len(split.test),
            n_known=len(split.train) + len(split.validation),
            seconds=round(seconds, 2),
            n_cores=len(os.sched_getaffinity(0)),
            versions=versions,
            settings=settings,
            commit=commit(),
            probability=tuple(map(float, chance)),
        )
        save_result(result, options.results)
        print(f"{head}  {seconds:.1f} s, log loss {log_loss(songs.label[split.test], chance):.4f}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except ResultError as error:
        sys.exit(f"run_songpop: {error}")
