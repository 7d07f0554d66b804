"""What only the table itself can tell a report: how its columns hang together, and which of them the champion needs.

Owns: finding the table and the champion's model again. Does not own: reading the rest (report_record.py), drawing.
"""

from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pandas as pd

from songpop.app.evidence import Evidence
from songpop.app.replay_ground import Foundation, ReadConfig, Unfit, foundation, read_again
from songpop.contracts import FOR_BLOCKS, ColumnKind
from songpop.data.table import SongTable
from songpop.errors import ArtifactError
from songpop.report.records import ColumnWeight, Correlations, Report
from songpop.scoring.permutation import column_losses
from songpop.scoring.raw_model import RawModel
from songpop.tracking.candidate import candidate_of
from songpop.tracking.model_facts import checked_folder
from songpop.tracking.records import MODEL_ID, PARTS, TABLE, SweepFiles, SweepRecord
from songpop.tracking.store import Store

_SHUFFLES = 0x5EA2  # the stream of the shuffles
OnStep = Callable[[str, int, int], None]


def with_table(
    report: Report,
    store: Store,
    sweep: SweepRecord,
    files: SweepFiles,
    read_config: ReadConfig,
    table: str | None,
    evidence: Evidence | None,
    on_step: OnStep,
) -> Report:
    """Return the report with what only the table itself can tell, or why it cannot."""
    found = foundation(files, read_config, table, has_frame=False) if PARTS in files.files else Unfit(
        reason="the files of its sweep", is_missing=True
    )  # fmt: skip
    songs = found if isinstance(found, Unfit) else read_again(found, None)
    if isinstance(songs, Unfit):
        return replace(report, absences={"columns": f"It takes {songs.reason}."})
    assert isinstance(found, Foundation)
    if songs.digest != sweep.tags.get(TABLE):
        why = f"The table is another one now (digest {songs.digest[:12]}, by the record {report.table_digest[:12]})."
        return replace(report, absences={"columns": why})
    known = np.sort(np.concatenate([found.split.train, found.split.validation]))
    report = replace(report, correlations=_correlations(songs, known))
    if evidence is None or not sweep.tags.get(MODEL_ID):
        why = "Which rows each of the champion's models knows is not kept beside this sweep."
        return replace(report, absences={"columns": why})
    try:
        candidate = candidate_of(store, sweep)
        model = RawModel(checked_folder(store, candidate.location, candidate.facts))
    except ArtifactError as error:
        return replace(report, absences={"columns": str(error)})
    return replace(report, weights=_weights(model, songs, evidence, on_step))


def _correlations(songs: SongTable, known: Any) -> Correlations:
    places = [k for k, column in enumerate(songs.columns) if column.kind not in FOR_BLOCKS]
    names = tuple(_called(songs, k) for k in places)
    values = pd.DataFrame(songs.matrix[np.ix_(known, places)]).corr("spearman").to_numpy()
    return Correlations(columns=names, values=values)


def _called(songs: SongTable, k: int) -> str:
    """Return a column's name; a date is its age here."""
    source = songs.recipe.source[songs.columns[k].name]
    return f"{source} (age)" if songs.columns[k].kind is ColumnKind.AGE else source


def _weights(model: RawModel, songs: SongTable, evidence: Evidence, on_step: OnStep) -> tuple[ColumnWeight, ...]:
    rows = np.unique(np.concatenate(evidence.unseen))
    is_unseen = np.column_stack([np.isin(rows, one) for one in evidence.unseen])
    groups = songs.recipe.groups
    found = column_losses(
        model.opinions,
        songs.matrix[rows],
        songs.label[rows],
        is_unseen,
        groups,
        np.random.default_rng(_SHUFFLES),
        lambda n_done: on_step("columns shuffled", n_done, len(groups)),
    )
    return tuple(ColumnWeight(**asdict(one)) for one in found)
