"""What is known about a logged model: where it comes from, what it leaks, what it reached, which files it has.

Owns: the facts as tags of MLflow, and back; where a model's folder lies, and whether its files are the ones that
were logged. Does not own: what is inside the files (scoring/).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import mlflow.artifacts
from mlflow.exceptions import MlflowException
from mlflow.utils.file_utils import local_file_uri_to_path

from songpop.errors import ArtifactError
from songpop.tracking.files import sha256_of
from songpop.tracking.store import Store

DATA = "data/model"  # inside the logged model's folder: the files that songpop wrote


LEAKS = "songpop.leaks"  # the tag of every run, model and version that says which columns give the label away


def leaks_of(tags: Mapping[str, str]) -> tuple[str, ...]:
    """Return the columns that gave the label away when this was trained; what cannot be read is told as it is."""
    told = tags.get(LEAKS, "[]")
    try:
        return tuple(map(str, json.loads(told)))
    except (ValueError, TypeError):
        return (told,)


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """The tags of a logged model, and of the version that it may become."""

    sweep: str
    run_id: str  # the run that it belongs to: the trial's; of a bag, the sweep's
    protocol: str
    leaks: tuple[str, ...]  # allowed leaks, as they are named in data.allowed_leaks
    table: str  # file name, or what else it came from; for people
    is_generated: bool  # the built-in table: its songs do not exist
    table_digest: str
    label: str  # what a positive row is
    label_rule: str  # the label's column, rule and value; a median may differ between tables
    commit: str  # of songpop; empty where unknown
    kind: str = "single"  # or bag: the mean of a configuration's models; ensemble: of several configurations'
    members: tuple[str, ...] = ()  # the runs whose weights it holds
    votes: tuple[int, ...] = ()  # of each of these in the mean; empty: the same
    n_seeds: int = 1  # with so many its configuration was trained before it was chosen
    test: Mapping[str, float] = field(default_factory=dict)  # metrics on the sealed rows; empty: untested
    sha256: str = ""  # of the `.keras` file
    files: Mapping[str, str] = field(default_factory=dict)  # name inside the model's folder → SHA-256

    def to_tags(self) -> dict[str, str]:
        """Return the facts as tags."""
        return {
            "songpop.sweep": self.sweep,
            "songpop.run_id": self.run_id,
            "songpop.protocol": self.protocol,
            LEAKS: json.dumps(list(self.leaks)),
            "songpop.table_name": self.table,
            "songpop.is_generated": json.dumps(self.is_generated),
            "songpop.table_digest": self.table_digest,
            "songpop.label": self.label,
            "songpop.label_rule": self.label_rule,
            "songpop.commit": self.commit,
            "songpop.model_kind": self.kind,
            "songpop.members": json.dumps(list(self.members)),
            "songpop.votes": json.dumps(list(self.votes)),
            "songpop.n_seeds": str(self.n_seeds),
            "songpop.test": json.dumps(dict(self.test)),
            "songpop.sha256": self.sha256,
            "songpop.files": json.dumps(dict(self.files)),
        }

    @staticmethod
    def from_tags(tags: Mapping[str, str]) -> "ModelFacts":
        """Return the facts that `to_tags` wrote.

        Raises:
            ArtifactError: if a tag is missing or was changed by hand into something else.
        """
        try:
            return ModelFacts(
                sweep=tags["songpop.sweep"],
                run_id=tags["songpop.run_id"],
                protocol=tags["songpop.protocol"],
                leaks=tuple(json.loads(tags[LEAKS])),
                table=tags["songpop.table_name"],
                is_generated=json.loads(tags["songpop.is_generated"]) is True,
                table_digest=tags["songpop.table_digest"],
                label=tags["songpop.label"],
                label_rule=tags["songpop.label_rule"],
                commit=tags["songpop.commit"],
                kind=tags.get("songpop.model_kind", "single"),
                members=tuple(json.loads(tags.get("songpop.members", "[]"))),
                votes=tuple(int(n_votes) for n_votes in json.loads(tags.get("songpop.votes", "[]"))),
                n_seeds=int(tags.get("songpop.n_seeds", "1")),
                test={key: float(value) for key, value in json.loads(tags["songpop.test"]).items()},
                sha256=tags["songpop.sha256"],
                files=dict(json.loads(tags["songpop.files"])),
            )
        except (KeyError, ValueError, TypeError, AttributeError) as error:
            found = f"its tag {error.args[0]} is missing" if isinstance(error, KeyError) else "one is not what it wrote"
            raise ArtifactError(
                f"A model of songpop carries tags that say where it comes from, but {found}. "
                "Sweep again, under another search.name, and promote that model."
            ) from error


def checked_folder(store: Store, location: str, facts: ModelFacts, remedy: str = "sweep again") -> Path:
    """Return the local folder of a logged model's files, after comparing each with what was logged.

    Args:
        store: an open store.
        location: where MLflow keeps the model.
        facts: of the logged model.
        remedy: what to do if the files cannot be restored.

    Raises:
        ArtifactError: naming the file that is missing or changed.
    """
    try:
        folder = Path(mlflow.artifacts.download_artifacts(artifact_uri=location, tracking_uri=store.uri)) / DATA
    except (MlflowException, OSError) as error:
        raise ArtifactError(
            f"The model of sweep {facts.sweep!r} must lie in {location}, but it cannot be read from there."
            f"{_told_moved(store, location)} Restore the folder from a copy, or {remedy}."
        ) from error
    for name, expected in facts.files.items():
        file = folder / name
        if not file.is_file():
            raise ArtifactError(f"The model file {file} is missing. Restore it from a copy, or {remedy}.")
        if sha256_of(file) != expected:
            raise ArtifactError(
                f"The model file {file} is not the one that was logged: its SHA-256 has changed. "
                f"Restore it from a copy, or {remedy}."
            )
    return folder


def _told_moved(store: Store, location: str) -> str:
    """Return what is to be known of a place outside the store's folder; "" of one inside, and of a server's."""
    place = str(local_file_uri_to_path(location))  # type: ignore[no-untyped-call]
    if "://" in place or Path(place).is_relative_to(store.root.resolve()):
        return ""
    return (
        f" That is not in {store.root}: a store that was moved or copied has the places of the old folder, since "
        "MLflow keeps them whole. Move it back, or put a link to it where it was (ln -s NEW OLD)."
    )
