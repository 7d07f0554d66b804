"""The validation predictions of a sweep's trials as files beside its parent run: a few kilobytes for each trial.

One file for all trials that were recorded together, so that there are no more files than writes.
"""

import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from songpop.contracts import Vector
from songpop.tracking.failures import store_failures
from songpop.tracking.patience import patient
from songpop.tracking.store import Store

FOLDER = "val_predictions"


def predictions_file(predictions: Mapping[int, Vector]) -> dict[str, bytes]:
    """Return the artifact of these trials by its path; none for no trials."""
    if not predictions:
        return {}
    buffer = io.BytesIO()
    np.savez(buffer, **{str(trial): values for trial, values in predictions.items()})  # type: ignore[arg-type]
    return {f"{FOLDER}/trial-{min(predictions):05d}.npz": buffer.getvalue()}


@patient
def load_predictions(store: Store, run_id: str) -> tuple[dict[int, Vector], int]:
    """Return the predictions that are kept beside a parent run, by trial, and the number of files that are damaged.

    A file that cannot be read costs its trials their part in an ensemble, and nothing else.

    Raises:
        StoreError: if the store does not answer.
    """
    found: dict[int, Vector] = {}
    n_damaged = 0
    with store_failures(store.where):
        if not store.client.list_artifacts(run_id, FOLDER):
            return found, n_damaged
        folder = Path(store.client.download_artifacts(run_id, FOLDER))
    for file in sorted(folder.glob("*.npz")):
        try:
            with np.load(file, allow_pickle=False) as archive:
                found.update({int(trial): archive[trial] for trial in archive.files})
        except Exception:  # NumPy and zipfile each have their own ways to say it
            n_damaged += 1
    return found, n_damaged
