"""An embedding as Keras has it: layers, what is trained, and a file that loads elsewhere."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from songpop.contracts import Params
from songpop.models.mlp import build_network
from songpop.models.topology import initial_weights

X = np.random.default_rng(0).normal(size=(200, 5)).astype(np.float32)
KINDS = ("piecewise", "periodic")


@pytest.mark.parametrize("kind", KINDS)
def test_weights_are_in_the_order_of_the_initial_ones(kind: str) -> None:
    params = Params(embedding=kind, widths="8-4", input_noise=0.1, dropout_input=0.1)
    network, expected = build_network(params, 5, 3, X), initial_weights(params, 5, 3, X)
    assert [w.shape for w in network.get_weights()] == [w.shape for w in expected]
    for mine, theirs in zip(network.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(mine, theirs)


def test_knots_are_not_trained() -> None:
    names = [w.path for w in build_network(Params(embedding="piecewise", widths="8"), 5, 3, X).trainable_variables]
    assert names[0] == "embedding/kernel"
    assert not [name for name in names if "pieces" in name]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_what_the_paper_says(kind: str) -> None:
    params = Params(embedding=kind, embedding_width=3, n_bins=4, n_frequencies=2, widths="8")
    network = build_network(params, 5, 3, X)
    before, (kernel, bias) = network.get_weights()[: -4 - 2], network.get_weights()[-4 - 2 : -4]
    if kind == "piecewise":
        parts = X[:, :, None] * before[0] + before[1]
        parts[:, :, 1:] = np.maximum(parts[:, :, 1:], 0)
        parts[:, :, :-1] = np.minimum(parts[:, :, :-1], 1)
    else:
        angles = 2 * np.pi * X[:, :, None] * before[0]
        parts = np.concatenate([np.cos(angles), np.sin(angles)], axis=2)
    expected = np.maximum(np.einsum("rfq,fqd->rfd", parts, kernel) + bias, 0).reshape(len(X), -1)
    import keras

    found = keras.Model(network.input, network.get_layer("vectors").output)(X)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_a_penalty_does_not_act_on_it(kind: str) -> None:
    network = build_network(Params(embedding=kind, widths="8", regularization="l2", l2=0.1), 5, 3, X)
    assert float(sum(network.losses)) == pytest.approx(0.1 * np.square(network.get_weights()[-4]).sum(), rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_process_without_songpop_predicts_the_same(kind: str, tmp_path: Path) -> None:
    network = build_network(Params(embedding=kind, widths="8-4"), 5, 3, X)
    network.save(tmp_path / "model.keras")
    np.save(tmp_path / "x.npy", X)
    code = (
        "import sys\nsys.modules['songpop'] = None  # importing it raises\nimport keras, numpy as np\n"
        "model = keras.models.load_model('model.keras', safe_mode=True)\n"
        "np.save('found.npy', model.predict(np.load('x.npy'), verbose=0))"
    )
    subprocess.run([sys.executable, "-I", "-c", code], cwd=tmp_path, check=True, capture_output=True)
    np.testing.assert_allclose(np.load(tmp_path / "found.npy"), network(X), atol=1e-6)
