"""The judge: loads registered models, and scores one alone or two against each other on sealed rows.

Owns: which rows count in a comparison. Does not own: what is measured of one model (model_gates.py), the verdicts
(tracking/gates.py).
"""

from pathlib import Path
from typing import final

import numpy as np

from songpop.evaluation.metrics import row_losses
from songpop.evaluation.stats import paired_difference
from songpop.scoring.model_gates import DRAWS_SEED, MODEL_CHECKS, Subject, subject_of
from songpop.scoring.raw_model import RawModel
from songpop.scoring.sealed import SealedRows
from songpop.settings import GateSettings
from songpop.tracking.gates import Comparison, Finding


@final
class SealedJudge:
    """Scores models on sealed rows; implements tracking.gates.Judge."""

    def __init__(self) -> None:
        self._subjects: dict[Path, Subject] = {}  # loaded once for all gates

    def check(self, gate: str, folder: Path, settings: GateSettings) -> Finding:
        """Look at the model in `folder`; `gate` is one of tracking.gates.MODEL_GATES.

        Raises:
            ArtifactError: if it cannot be loaded, or gives no probabilities.
        """
        if folder not in self._subjects:
            self._subjects[folder] = subject_of(folder)
        return MODEL_CHECKS[gate](self._subjects[folder], settings)

    def compare(self, champion: Path, candidate: Path) -> Comparison:
        """Score both on the candidate's sealed rows whose songs the champion was not trained on.

        Raises:
            DataError: if the champion needs columns that the candidate's table has not.
            ArtifactError: if one cannot be loaded.
        """
        sealed, known = SealedRows.load(candidate), SealedRows.load(champion).trained_keys
        is_new = ~np.isin(sealed.song_keys, known) & ~np.isin(sealed.song_keys, sealed.trained_keys)
        n_rows = int(is_new.sum())
        if not n_rows:
            return Comparison(
                n_sealed=len(is_new), n_rows=0, champion_log_loss=float("nan"), candidate_log_loss=float("nan")
            )
        rows, label = sealed.rows[is_new], sealed.label[is_new]
        theirs = row_losses(label, RawModel(champion).probabilities(rows))
        mine = row_losses(label, RawModel(candidate).probabilities(rows))
        difference = paired_difference(mine, theirs, np.random.default_rng(DRAWS_SEED))
        return Comparison(
            n_sealed=len(is_new),
            n_rows=n_rows,
            champion_log_loss=float(theirs.mean()),
            candidate_log_loss=float(mine.mean()),
            low=difference.low,
            high=difference.high,
        )
