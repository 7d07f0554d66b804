import pytest

from songpop.contracts import Params
from songpop.engines.signature import Signature, signature_of, stack_size
from songpop.errors import SettingsError


def test_only_shapes_and_the_activation_make_another_signature() -> None:
    one = signature_of(Params())
    assert one == Signature(widths=(128, 64, 32, 16), activation="relu", batch_size=64)
    assert signature_of(Params(optimizer="sgd", l2=0.1, regularization="l2", dropout_first=0.5, schedule="step")) == one
    for other in (Params(widths="8"), Params(activation="silu"), Params(batch_size=32)):
        assert signature_of(other) != one
    assert signature_of(Params(batch_size=32)).network == one.network  # the program's batch has a free length


def test_what_cannot_be_built_has_none() -> None:
    with pytest.raises(SettingsError, match="widths"):
        signature_of(Params(widths="8-x"))
    with pytest.raises(KeyError):
        signature_of(Params(activation="sine"))


@pytest.mark.parametrize(
    ("n_trials", "size"), [(1, 2), (3, 4), (4, 4), (5, 8), (13, 16), (17, 20), (21, 24), (600, 600)]
)
def test_stacks_have_few_sizes(n_trials: int, size: int) -> None:
    assert stack_size(n_trials) == size
