"""The present champion's configurations: found through its runs, and nothing is made up where they are gone."""

from dataclasses import replace

import pytest
from trials import FACTS, finished_trial

from songpop.contracts import Params
from songpop.settings import RegistrySettings
from songpop.tracking.champion_spec import ChampionSpec, champion_spec
from songpop.tracking.model_facts import ModelFacts
from songpop.tracking.runs import start_sweep

PARAMS = Params(widths="32-8", optimizer="sgd", momentum=0.8)


def crowned(store, *, members: tuple[str, ...] | None = None) -> str:
    """A version that is champion, by hand; returns the run whose weights it holds."""
    run = start_sweep(store, "s")
    child = run.record(finished_trial(0, params=PARAMS), {})
    registered(store, replace(FACTS, run_id=run.run_id, members=(child,) if members is None else members))
    return child


def registered(store, facts: ModelFacts) -> None:
    """A version that is champion, with facts."""
    store.client.create_registered_model("songpop")
    store.client.create_model_version("songpop", source=str(store.root), tags=facts.to_tags())
    store.client.set_registered_model_alias("songpop", "champion", "1")


def test_they_are_those_of_its_run(store) -> None:
    crowned(store)
    assert champion_spec(store, RegistrySettings()) == ChampionSpec(version=1, votes={PARAMS: 1})


def test_an_ensembles_are_told_each_with_its_votes(store) -> None:
    run = start_sweep(store, "s")
    rates = (0.1, 0.1, 0.2, 0.2)  # two configurations, each on two resamples
    told = tuple(run.record(finished_trial(n, params=Params(learning_rate=r)), {}) for n, r in enumerate(rates))
    registered(store, replace(FACTS, kind="ensemble", members=told, votes=(5, 5, 3, 3), n_seeds=2))
    found = champion_spec(store, RegistrySettings())
    assert found is not None
    assert list(found.votes.items()) == [(Params(learning_rate=0.1), 5), (Params(learning_rate=0.2), 3)]


def test_without_a_champion_there_are_none(store) -> None:
    assert champion_spec(store, RegistrySettings()) is None
    crowned(store)
    assert champion_spec(store, RegistrySettings(alias="other")) is None


@pytest.mark.parametrize("lose", ["run", "tags", "{", "[]", '{"params": 3}'])
def test_a_champion_whose_run_does_not_tell(store, lose: str) -> None:
    child = crowned(store, members=("0" * 32,)) if lose == "run" else crowned(store)
    if lose == "tags":
        store.client.delete_tag(child, "songpop.spec")
    elif lose != "run":
        store.client.set_tag(child, "songpop.spec", lose)
    assert champion_spec(store, RegistrySettings()) == ChampionSpec(version=1, votes={})


def test_a_champion_that_was_deleted_is_none(store) -> None:
    crowned(store)
    store.client.delete_model_version("songpop", "1")
    assert champion_spec(store, RegistrySettings()) is None


def test_a_hyperparameter_that_is_no_more_is_left_out(store) -> None:
    child = crowned(store)
    tag = store.client.get_run(child).data.tags["songpop.spec"]
    store.client.set_tag(child, "songpop.spec", tag.replace('"params": {', '"params": {"of_old": 1, '))
    found = champion_spec(store, RegistrySettings())
    assert found is not None
    assert found.votes == {PARAMS: 1}
