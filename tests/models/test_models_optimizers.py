import pytest

from songpop.contracts import Params
from songpop.errors import SettingsError
from songpop.models.optimizers import OPTIMIZERS, build_optimizer


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_by_name_with_the_rate_given(name: str) -> None:
    optimizer = build_optimizer(Params(optimizer=name, learning_rate=0.25))
    assert type(optimizer).__name__.lower() == name
    assert float(optimizer.learning_rate) == 0.25


@pytest.mark.parametrize(
    ("name", "key", "value"), [("sgd", "momentum", 0.7), ("adamw", "weight_decay", 0.05), ("adam", "beta_1", 0.9)]
)
def test_what_the_parameters_say_and_keras_defaults_otherwise(name: str, key: str, value: float) -> None:
    config = build_optimizer(Params(optimizer=name, momentum=0.7, weight_decay=0.05)).get_config()
    assert config[key] == pytest.approx(value)


@pytest.mark.parametrize("name", sorted(OPTIMIZERS))
def test_clipping_and_averages_are_any_optimizer_s_and_off_by_default(name: str) -> None:
    off = build_optimizer(Params(optimizer=name)).get_config()
    assert (off["global_clipnorm"], off["use_ema"]) == (None, False)
    on = build_optimizer(Params(optimizer=name, clip_norm=0.5, weight_average=0.9)).get_config()
    assert (on["global_clipnorm"], on["use_ema"], on["ema_momentum"]) == (0.5, True, 0.9)


def test_unknown() -> None:
    with pytest.raises(SettingsError, match=r"`optimizer` must be one of \['adam'.*'lion'"):
        build_optimizer(Params(optimizer="lion"))
