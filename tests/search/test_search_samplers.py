import importlib.util
import warnings
from collections.abc import Mapping
from typing import Any

import numpy as np
import optuna
import pytest
from search_fakes import FOUR, SPACE, entry

from songpop.errors import SettingsError, SpaceError
from songpop.search import samplers
from songpop.search.distributions import GivenSampler, write
from songpop.search.samplers import build_proposer, random_values
from songpop.settings import SamplerKind, SamplerSettings
from songpop.space import Space

NUMBERS = Space.from_settings(
    {
        "dropout_first": entry("float", low=0.0, high=0.5),
        "dropout_later": entry("float", low=0.0, high=0.5),
    }
)


def first_candidates(kind: str, space: Space, n_trials: int, seed: int = 0) -> list[Mapping[str, Any]]:
    study = optuna.create_study(sampler=GivenSampler())
    proposer = build_proposer(SamplerSettings(kind=SamplerKind(kind), n_startup_trials=4), space, seed)
    suggested = []
    for number in range(n_trials):
        trial = study.ask()
        frozen = study.get_trials(deepcopy=False)[number]
        suggested.append(next(proposer.candidates(study, frozen)))
        write(trial, space, suggested[-1])
        study.tell(trial, float(suggested[-1].get("dropout_first", 0.0)))
    return suggested


@pytest.mark.parametrize("kind", ["tpe", "random", "qmc", "cmaes"])
def test_samplers_repeat_themselves_and_stay_inside_in_silence(kind: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        once, again = (first_candidates(kind, SPACE, 15) for _ in range(2))
    assert once == again
    assert all(SPACE.contains(values) for values in once)
    assert once != first_candidates(kind, SPACE, 15, seed=1)


@pytest.mark.parametrize("kind", ["tpe", "cmaes"])
def test_samplers_that_learn_do_learn(kind: str) -> None:
    dropouts = [values["dropout_first"] for values in first_candidates(kind, NUMBERS, 60)]
    assert np.mean(dropouts[-15:]) < 0.6 * np.mean(dropouts[:10])


def test_sobol_points_cover_the_space_more_evenly_than_chance() -> None:
    def n_cells(kind: str) -> int:
        points = first_candidates(kind, NUMBERS, 64)
        return len({(int(v["dropout_first"] * 16), int(v["dropout_later"] * 16)) for v in points})

    assert n_cells("qmc") == 64
    assert n_cells("random") < 55


@pytest.mark.parametrize("kind", ["tpe", "random", "qmc"])
def test_in_the_end_every_configuration_of_a_finite_space_is_a_candidate(kind: str) -> None:
    study = optuna.create_study(sampler=GivenSampler())
    study.ask()
    proposer = build_proposer(SamplerSettings(kind=SamplerKind(kind)), FOUR, 0)
    candidates = list(proposer.candidates(study, study.get_trials(deepcopy=False)[0]))
    assert {tuple(values.items()) for values in candidates[-4:]} == {
        tuple(values.items()) for values in FOUR.configurations()
    }


def test_the_grid_goes_on_where_the_last_trial_left_it() -> None:
    assert first_candidates("grid", FOUR, 4) == list(FOUR.grid())


def test_a_grid_needs_to_know_its_values() -> None:
    with pytest.raises(SpaceError, match=r"A grid needs `space.dropout_first.n_grid`"):
        build_proposer(SamplerSettings(kind=SamplerKind.grid), NUMBERS, 0)


@pytest.mark.parametrize(("kind", "package"), [("gp", "torch"), ("cmaes", "cmaes")])
def test_a_missing_package_is_named_with_its_extra(kind: str, package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(samplers.importlib.util, "find_spec", lambda name: None if name == package else find(name))
    with pytest.raises(SettingsError, match=rf"needs the package {package}.*pip install 'songpop\[{kind}\]'"):
        build_proposer(SamplerSettings(kind=SamplerKind(kind)), NUMBERS, 0)


def test_random_values_keep_what_is_given() -> None:
    drawn = [random_values(SPACE, 0, trial, given={"regularization": "l2", "l2": 1e-3}) for trial in range(5)]
    assert {(values["regularization"], values["l2"]) for values in drawn} == {("l2", 1e-3)}
    assert len({values["learning_rate"] for values in drawn}) == 5
    assert drawn[0] != random_values(SPACE, 0, 0, attempt=1, given={"regularization": "l2", "l2": 1e-3})
