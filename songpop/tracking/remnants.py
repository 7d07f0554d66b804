"""What logged models still know of the registry: tags that a version has lost, versions of a deleted registered model.

Owns: finding it. Does not own: writing it back (soundness.py, when a person asks the doctor).
"""

import json
from collections.abc import Iterator, Mapping

from mlflow.entities import LoggedModel
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_MODEL_VERSIONS

from songpop.errors import ArtifactError
from songpop.tracking.model_facts import ModelFacts
from songpop.tracking.records import MODEL_ID
from songpop.tracking.store import Store


def facts_of(store: Store, version: ModelVersion) -> ModelFacts:
    """Return the facts of a registered version.

    Raises:
        ArtifactError: if its tags were damaged; the remedy is one that works.
    """
    try:
        return ModelFacts.from_tags(version.tags)
    except ArtifactError as error:
        problem = str(error).partition(". ")[0]
        raise ArtifactError(
            f"Version {version.version} of {version.name!r} is damaged. {problem}. {_remedy(store, version)}"
        ) from error


def lost_tags(store: Store, version: ModelVersion) -> Mapping[str, str]:
    """Return the tags that a version had when it was registered, from its logged model; {} if that is lost as well."""
    model_id = version.tags.get(MODEL_ID) or _id_in(str(version.source))
    try:
        tags = ModelFacts.from_tags(store.client.get_logged_model(model_id).tags).to_tags() if model_id else {}
    except (MlflowException, ArtifactError):
        return {}
    return {**tags, MODEL_ID: model_id} if tags else {}


def told_deleted(store: Store, model: str) -> str | None:
    """Return what is known of a registered model that is not there, in a sentence; None if there never was one."""
    known = sorted(_versions_of(store, model))
    if not known:
        return None
    told = ", ".join(f"version {version} was of sweep {sweep!r}" for version, sweep in known)
    return (
        f"The registered model {model!r} was deleted or renamed, and its ledger went with it: {told}. "
        f"Who was champion is known no more. Promote one again: songpop promote sweep={known[-1][1]}"
    )


def _versions_of(store: Store, model: str) -> Iterator[tuple[int, str]]:
    for logged in _logged_models(store):
        for one in json.loads(logged.tags.get(MLFLOW_MODEL_VERSIONS, "[]")):
            if one["name"] == model:
                yield int(one["version"]), logged.tags.get("songpop.sweep", "?")


def _logged_models(store: Store) -> Iterator[LoggedModel]:
    token: str | None = None
    while True:
        page = store.client.search_logged_models([store.experiment_id], page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _remedy(store: Store, version: ModelVersion) -> str:
    if lost_tags(store, version):
        return "Its logged model has the tags still: songpop doctor copies them back"
    return (
        f"Restore them from a copy of the store, or delete version {version.version} (songpop ui) and give the alias "
        "back with songpop rollback, or to a newer model with songpop promote sweep=NAME"
    )


def _id_in(source: str) -> str:
    """Return the id of the logged model whose folder a version's source is."""
    return next((part for part in source.split("/") if part.startswith("m-")), "")
