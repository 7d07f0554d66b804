"""The present champion's configurations, so that a new sweep's finals can hold its own against them."""

import json
from collections.abc import Mapping
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
    """The version that the alias points to, and its configurations."""

    version: int
    votes: Mapping[Params, int]  # that each has in its mean, the heaviest first; empty: its record does not tell them


@patient
def champion_spec(store: Store, settings: RegistrySettings) -> ChampionSpec | None:
    """Return the champion's configurations; None where there is no champion.

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
        return ChampionSpec(version=number, votes=_votes(store, settings, number))


def _votes(store: Store, settings: RegistrySettings, number: int) -> Mapping[Params, int]:
    version = get_version(store, settings, number)
    if version is None:
        return {}
    try:
        facts = ModelFacts.from_tags(version.tags)
        # A configuration's runs lie side by side, one per resample: its first one tells it.
        run_ids, votes = facts.members[:: facts.n_seeds] or (facts.run_id,), facts.votes[:: facts.n_seeds]
        found = [_params(store.client.get_run(run_id).data.tags[SPEC]) for run_id in run_ids]
        return dict(zip(found, votes or [1] * len(found), strict=True))
    except (ArtifactError, KeyError, TypeError, ValueError):
        return {}
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return {}


def _params(spec: str) -> Params:
    told = dict(json.loads(spec)["params"])
    known = {field.name for field in fields(Params)}
    return Params(**{name: value for name, value in told.items() if name in known})
