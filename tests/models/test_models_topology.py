import subprocess
import sys

import numpy as np
import pytest

from songpop.contracts import Params
from songpop.models.mlp import build_network
from songpop.models.topology import hidden_widths, initial_weights, input_seeds, layer_seeds


def test_initial_weights_are_those_of_the_network() -> None:
    expected = build_network(Params(widths="40-32-8"), 6, seed=5).get_weights()
    for mine, theirs in zip(initial_weights(Params(widths="40-32-8"), 6, 5), expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_no_seed_is_used_twice() -> None:
    pairs = [pair for seed in range(20) for pair in (*layer_seeds(seed, 5), input_seeds(seed))]
    seeds = [number for pair in pairs for number in pair]
    assert len(set(seeds)) == len(seeds)
    assert min(seeds) >= 0
    assert max(seeds) < 2**31


def test_workers_need_no_tensorflow_for_it() -> None:
    code = "import sys\nimport songpop.engines.population\nprint({'tensorflow', 'keras'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


@pytest.mark.parametrize(("widths", "expected"), [("128-64", (128, 64)), ("8", (8,))])
def test_widths(widths: str, expected: tuple[int, ...]) -> None:
    assert hidden_widths(Params(widths=widths)) == expected
