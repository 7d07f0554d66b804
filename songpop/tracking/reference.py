"""The version that a candidate is held against: the champion, or, where that is lost, the last good one before it.

Without this a worse model would take the place of a champion that was deleted, since "there is no champion" then.
"""

from dataclasses import dataclass

from mlflow.entities.model_registry import ModelVersion

from songpop.errors import ArtifactError
from songpop.settings import RegistrySettings
from songpop.tracking.champion import get_version
from songpop.tracking.ledger import champions_before
from songpop.tracking.model_facts import ModelFacts, checked_folder
from songpop.tracking.remnants import facts_of
from songpop.tracking.standing import Standing
from songpop.tracking.store import Store


@dataclass(frozen=True, kw_only=True)
class Reference:
    """Whom to compare with. `why`: no comparison is possible, or it is not with the champion; else it is empty."""

    version: ModelVersion | None
    why: str = ""


def reference_of(store: Store, settings: RegistrySettings, found: Standing) -> Reference:
    """Return the version that the next champion must not be worse than.

    A damaged champion stays the reference: the comparison then refuses, and a rollback is the way out.

    Raises:
        MlflowException: if the store cannot be read.
    """
    if found.version is not None:
        return Reference(version=found.version)
    last = found.current or (found.moves[-1].version if found.moves else None)
    if last is None:
        return Reference(version=None, why="there was no champion")
    lost: dict[int, str] = {}
    for number in (last, *champions_before(found.moves, last)):
        if good_facts(store, settings, number, lost) is not None:
            break
    else:
        return Reference(version=None, why=f"no champion was left: {' '.join(lost.values()).rstrip('.')}")
    gone = f"version {last} was deleted" if last in lost else f"the alias of version {last} was deleted"
    return Reference(version=get_version(store, settings, number), why=gone)


def good_facts(store: Store, settings: RegistrySettings, version: int, lost: dict[int, str]) -> ModelFacts | None:
    """Return the facts of a version whose files are those that were logged; else note in `lost` why it is no good."""
    found = get_version(store, settings, version)
    if found is None:
        lost[version] = f"Version {version} was deleted."
        return None
    try:
        facts = facts_of(store, found)
        checked_folder(store, str(found.source), facts, remedy="promote another model")
        return facts
    except ArtifactError as error:
        lost[version] = f"Version {version} is damaged: {error}"
        return None
