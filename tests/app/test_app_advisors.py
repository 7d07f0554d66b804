import pytest
from quick import sweep_settings

from songpop.app.advisors import advisor_name, build_advisor, told_search
from songpop.app.prepare import searched_space
from songpop.search.samplers import SamplerAdvisor
from songpop.settings import OracleKind


def test_optuna_s_sampler_is_the_default() -> None:
    settings = sweep_settings()
    assert isinstance(build_advisor(settings, searched_space(settings)), SamplerAdvisor)
    assert advisor_name(settings) == "tpe"
    assert told_search(settings) == "Searching by tpe, giving up by hyperband"


@pytest.mark.parametrize("kind", OracleKind)
def test_each_oracle_is_built_and_named(kind: OracleKind) -> None:
    settings = sweep_settings(search="kerastuner", search__algorithm=kind.value, space="grid")
    advisor = build_advisor(settings, searched_space(settings))
    assert type(advisor).__module__ == "songpop.search.kerastuner_advisor"
    assert advisor_name(settings) == f"kerastuner {kind.value}"
    assert ("giving up by none" in told_search(settings)) == (kind is not OracleKind.hyperband)
