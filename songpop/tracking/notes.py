"""Descriptions in MLflow: of runs, of registered models and their versions.

Owns: how long one may be, and that what a person wrote there stays. Does not own: what they say.
"""

import re
from hashlib import sha256

from mlflow.entities import LifecycleStage
from mlflow.utils.mlflow_tags import MLFLOW_RUN_NOTE

from songpop.tracking.failures import store_failures
from songpop.tracking.patience import patient
from songpop.tracking.store import Store

_MARK = "\n\n<!-- songpop {} -->"  # ends what songpop wrote, with the text's digest; the pages do not show it
_MARKED = re.compile(r"(?P<text>.*)\n\n<!-- songpop (?P<digest>[0-9a-f]+) -->\s*", re.DOTALL)
_N_MARK = 64
# A tag of a run, and a column of the registry's tables; MLflow cuts or refuses longer texts.
MAX_RUN_NOTE, MAX_MODEL_NOTE = 8_000 - _N_MARK, 5_000 - _N_MARK
FIRST_WORDS = "Which songs have high potential."  # of a registered model that has had no champion yet


@patient
def write_run_note(store: Store, run_id: str, text: str) -> bool:
    """Describe a run, unless a person did, or it is deleted; return whether it was done.

    Raises:
        StoreError: if the store cannot be written.
    """
    with store_failures(store.where):
        run = store.client.get_run(run_id)
        is_there = run.info.lifecycle_stage == LifecycleStage.ACTIVE  # a deleted run takes no tags
        if is_ours := is_there and says_songpop(run.data.tags.get(MLFLOW_RUN_NOTE)):
            store.client.set_tag(run_id, MLFLOW_RUN_NOTE, marked(text))
    return is_ours


@patient
def write_model_note(store: Store, model: str, text: str) -> bool:
    """Describe a registered model, unless a person did; return whether it was done.

    Raises:
        StoreError: if the store cannot be written.
    """
    with store_failures(store.where):
        if is_ours := says_songpop(store.client.get_registered_model(model).description):
            store.client.update_registered_model(model, marked(text))
    return is_ours


@patient
def write_version_note(store: Store, model: str, version: int, text: str) -> bool:
    """Describe a version of a registered model, unless a person did; return whether it was done.

    Raises:
        StoreError: if the store cannot be written.
    """
    with store_failures(store.where):
        if is_ours := says_songpop(store.client.get_model_version(model, str(version)).description):
            store.client.update_model_version(model, str(version), marked(text))
    return is_ours


def marked(text: str) -> str:
    """Return a description with the mark that says who wrote it."""
    return text + _MARK.format(_digest(text))


def says_songpop(note: str | None) -> bool:
    """Say whether nobody else has written or changed a description; those of earlier versions have no mark."""
    if not note or note == FIRST_WORDS or (note.startswith("LEAK: ") and "\n" not in note):
        return True
    found = _MARKED.fullmatch(note)
    return found is not None and found["digest"] == _digest(found["text"])


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]
