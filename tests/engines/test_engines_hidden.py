"""Hidden layers with skips: what a network is without its products, and that none are seen where widths differ."""

import numpy as np
import pytest
from engine_suite import SPEC, run_all, same, small_task, spec_with

from songpop.contracts import Params
from songpop.engines.fused import FusedProgram
from songpop.engines.kernels import predict
from songpop.engines.population import InProcessEngine
from songpop.models.topology import ACTIVATIONS


def test_layers_of_nothing_pass_their_inputs_on() -> None:
    """With kernels and biases of 0 and relu, only what skips is left, for the last layer to sum."""
    x = np.random.default_rng(0).normal(size=(300, 6)).astype(np.float32)
    sizes, found = (6, 6, 6, 1), np.empty(300, np.float32)
    weights = np.zeros(2 * (6 * 6 + 6) + 7, np.float32)
    weights[-7:-1] = 1
    predict(weights, x, np.array(sizes), ACTIVATIONS.index("relu"), found, (0, 0, 0), 1, 0)
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-x.sum(axis=1))), atol=1e-6)
    predict(weights, x, np.array(sizes), ACTIVATIONS.index("relu"), found, (0, 0, 0), 0, 0)
    np.testing.assert_array_equal(found, np.float32(0.5))


@pytest.mark.parametrize(("widths", "is_same"), [("8-4", True), ("8-8", False), ("6-4", False)])
def test_a_skip_needs_as_many_inputs_as_units(widths: str, is_same: bool) -> None:
    """The first layer is given 6 features."""
    spec = spec_with(SPEC, widths=widths)
    plain, skipping = (
        run_all(InProcessEngine(small_task(), 1, FusedProgram(small_task())), [one])[spec.trial]
        for one in (spec, spec_with(spec, skip="add"))
    )
    assert same(plain, skipping) == is_same


def test_no_network_has_any_by_default() -> None:
    assert Params().skip == "none"
