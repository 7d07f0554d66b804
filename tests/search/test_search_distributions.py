import optuna
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from search_fakes import SPACE

from songpop.search.distributions import GivenSampler, distribution, draw, write
from songpop.space import ChoiceParam, FixedParam, FloatParam, IntParam, Space, SpaceParam


@pytest.mark.parametrize(
    ("param", "expected"),
    [
        (FloatParam(name="l2", low=1e-3, high=1.0, log=True), FloatDistribution(1e-3, 1.0, log=True)),
        (FloatParam(name="l2", low=0.0, high=0.9, step=0.3), FloatDistribution(0.0, 0.9, step=0.3)),
        (IntParam(name="batch_size", low=1, high=9, step=2), IntDistribution(1, 9, step=2)),
        (IntParam(name="batch_size", low=1, high=9, log=True), IntDistribution(1, 9, log=True)),
        (ChoiceParam(name="optimizer", choices=("adam", "sgd")), CategoricalDistribution(["adam", "sgd"])),
        (FixedParam(name="optimizer", value="adam"), CategoricalDistribution(["adam"])),
    ],
)
def test_each_kind_has_its_distribution(param: SpaceParam, expected: object) -> None:
    assert distribution(param) == expected


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1))
def test_what_is_drawn_and_written_is_the_same_and_inside(seed: int) -> None:
    ladder = FloatParam(name="dropout_later", low=0.0, high=0.9, step=0.1)
    space = Space((*SPACE.params, ladder, IntParam(name="batch_size", low=1, high=512, log=True)))
    study = optuna.create_study(sampler=GivenSampler())
    trial = study.ask()
    values = draw(optuna.samplers.RandomSampler(seed=seed), study, study.get_trials(deepcopy=False)[0], space)
    assert study.get_trials(deepcopy=False)[0].params == {}
    write(trial, space, values)
    assert trial.params == values
    assert space.contains(values)


def test_values_are_written_to_studies_that_expect_it() -> None:
    trial = optuna.create_study().ask()
    with pytest.raises(TypeError, match="must have a GivenSampler"):
        write(trial, SPACE, {})
