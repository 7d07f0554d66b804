"""The present champion's hyperparameters, so that a new sweep's finals can hold its own against them."""

import json
from dataclasses import dataclass, fields

from mlflow.exceptions import MlflowException

from songpop.contracts import Params
from songpop.errors import ArtifactError
from songpop.settings import RegistrySettings
from songpop.tracking.champion import alias_version, get_version, registered_model
from songpop.tracking.failures import store_failures
from songpop.tracking.model_facts import ModelFacts
from songpop.tracking.patience import patient
from songpop.tracking.records import SPEC
from songpop.tracking.store import Store


@dataclass(frozen=True, kw_only=True)
class ChampionSpec:
    """The version that the alias points to, and its hyperparameters; None: its record does not tell them."""

    version: int
    params: Params | None


@patient
def champion_spec(store: Store, settings: RegistrySettings) -> ChampionSpec | None:
    """Return the champion's hyperparameters; None where there is no champion.

    They are not told where the version or its run was deleted, or songpop did not record it. Its files are not looked
    at: a damaged champion is for `promote` and `predict` to refuse.

    Raises:
        StoreError: if the store cannot be read.
    """
    with store_failures(store.where):
        registered = registered_model(store, settings.model)
        number = alias_version(registered, settings) if registered else None
        if number is None:
            return None
        return ChampionSpec(version=number, params=_params(store, settings, number))


def _params(store: Store, settings: RegistrySettings, number: int) -> Params | None:
    version = get_version(store, settings, number)
    if version is None:
        return None
    try:
        facts = ModelFacts.from_tags(version.tags)
        spec = store.client.get_run((facts.members or (facts.run_id,))[0]).data.tags[SPEC]
        told = dict(json.loads(spec)["params"])
    except (ArtifactError, KeyError, TypeError, ValueError):
        return None
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    known = {field.name for field in fields(Params)}
    return Params(**{name: value for name, value in told.items() if name in known})
