from dataclasses import replace

import numpy as np
import pytest

from songpop.contracts import Params
from songpop.errors import SettingsError
from songpop.models.mlp import build_network

PUBLISHED = Params(first_regularized=1, regularization="l1_l2", l1=1e-3, l2=2e-3, dropout_first=0.5, dropout_later=0.2)


def test_the_published_net_to_the_layer() -> None:
    network = build_network(PUBLISHED, 22, seed=0)
    assert [layer.name for layer in network.layers] == [
        "features",
        "hidden_0",
        "hidden_1",
        "dropout_1",
        "hidden_2",
        "dropout_2",
        "hidden_3",
        "dropout_3",
        "probability",
    ]
    penalised = [layer.name for layer in network.layers if getattr(layer, "kernel_regularizer", None)]
    assert penalised == ["hidden_1", "hidden_2", "hidden_3"]
    assert [network.get_layer(f"dropout_{k}").rate for k in (1, 2, 3)] == [0.5, 0.2, 0.2]
    assert network.count_params() == 23 * 128 + 129 * 64 + 65 * 32 + 33 * 16 + 17
    assert network.output_shape == (None, 1)


@pytest.mark.parametrize(
    ("regularization", "l1", "l2"), [("none", 0, 0), ("l1", 1e-3, 0), ("l2", 0, 2e-3), ("l1_l2", 1e-3, 2e-3)]
)
def test_penalty_is_keras_formula(regularization: str, l1: float, l2: float) -> None:
    network = build_network(replace(PUBLISHED, regularization=regularization), 5, seed=1)
    kernels = [network.get_layer(f"hidden_{k}").get_weights()[0] for k in (1, 2, 3)]
    expected = sum(l1 * np.abs(k).sum() + l2 * np.square(k).sum() for k in kernels)
    assert sum(float(loss) for loss in network.losses) == pytest.approx(expected, rel=1e-5)


def test_weights_come_from_the_seed_alone() -> None:
    first, again, other = (build_network(PUBLISHED, 22, seed).get_weights() for seed in (7, 7, 8))
    assert len(first) == 10
    for a, b, c in zip(first, again, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.ndim == 1 or not np.array_equal(a, c)
    limit = np.sqrt(6 / (22 + 128))  # Glorot uniform
    assert 0.98 * limit < np.abs(first[0]).max() <= limit


def test_dropout_comes_from_the_seed_alone() -> None:
    x = np.ones((4, 22), dtype=np.float32)
    first, again, other = (np.asarray(build_network(PUBLISHED, 22, seed)(x, training=True)) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_no_dropout_layer_without_a_rate() -> None:
    network = build_network(replace(PUBLISHED, dropout_first=0.0), 3, seed=0)
    assert [layer.name for layer in network.layers if "dropout" in layer.name] == ["dropout_2", "dropout_3"]


def test_features_are_disturbed_in_training_alone_and_by_the_seed() -> None:
    disturbed = replace(PUBLISHED, regularization="none", dropout_first=0.0, dropout_later=0.0, input_noise=0.5)
    disturbed = replace(disturbed, dropout_input=0.3)
    x = np.random.default_rng(0).normal(size=(64, 22)).astype(np.float32)
    names = [layer.name for layer in build_network(disturbed, 22, seed=7).layers]
    assert names[:4] == ["features", "input_noise", "dropout_input", "hidden_0"]
    first, again, other = (np.asarray(build_network(disturbed, 22, seed)(x, training=True)) for seed in (7, 7, 8))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    plain = build_network(replace(disturbed, input_noise=0.0, dropout_input=0.0), 22, seed=7)
    assert [layer.name for layer in plain.layers][:2] == ["features", "hidden_0"]
    np.testing.assert_array_equal(plain(x), build_network(disturbed, 22, seed=7)(x, training=False))


def test_a_layer_with_as_many_units_as_inputs_has_a_skip() -> None:
    network = build_network(Params(widths="5-8-8-4", skip="add", dropout_first=0.1, dropout_later=0.1), 5, seed=0)
    names = [layer.name for layer in network.layers]
    assert [name for name in names if "skip" in name] == ["skip_0", "skip_2"]
    assert names.index("skip_2") > names.index("dropout_2") > names.index("hidden_2")
    x = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    k = network.get_weights()
    relu = lambda z: np.maximum(z, 0)  # noqa: E731
    first = relu(x @ k[0] + k[1]) + x
    second = relu(first @ k[2] + k[3])
    third = relu(second @ k[4] + k[5]) + second
    logits = relu(third @ k[6] + k[7]) @ k[8] + k[9]
    np.testing.assert_allclose(network(x), 1 / (1 + np.exp(-logits)), atol=1e-5)


def test_a_layer_is_normalised_between_its_products_and_its_activation() -> None:
    network = build_network(Params(widths="8-4", normalization="layer", dropout_first=0.1), 5, seed=0)
    names = [layer.name for layer in network.layers]
    assert names[1:5] == ["hidden_0", "normalization_0", "activation_0", "dropout_0"]
    x = np.random.default_rng(0).normal(size=(7, 5)).astype(np.float32)
    k = network.get_weights()
    hidden = x
    for first in (0, 4):
        z = hidden @ k[first] + k[first + 1]
        z = (z - z.mean(axis=1, keepdims=True)) / np.sqrt(z.var(axis=1, keepdims=True) + 1e-3)
        hidden = np.maximum(z * k[first + 2] + k[first + 3], 0)
    np.testing.assert_allclose(network(x), 1 / (1 + np.exp(-(hidden @ k[8] + k[9]))), atol=1e-5)


def test_a_layer_that_is_normalised_by_batches_has_no_bias() -> None:
    network = build_network(Params(widths="8-4", normalization="batch", dropout_first=0.1), 5, seed=0)
    assert [layer.name for layer in network.layers][1:5] == ["hidden_0", "normalization_0", "activation_0", "dropout_0"]
    rng = np.random.default_rng(0)
    network.set_weights([w + rng.uniform(0, 0.5, w.shape).astype(np.float32) for w in network.get_weights()])
    x, k = rng.normal(size=(7, 5)).astype(np.float32), network.get_weights()
    hidden = x
    for kernel, gamma, beta, mean, variance in (k[:5], k[5:10]):
        hidden = np.maximum((hidden @ kernel - mean) / np.sqrt(variance + 1e-3) * gamma + beta, 0)
    np.testing.assert_allclose(network(x), 1 / (1 + np.exp(-(hidden @ k[10] + k[11]))), atol=1e-5)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (Params(widths="128-"), "`widths` must be whole numbers"),
        (Params(widths="64-0"), "`widths` must be whole numbers"),
        (Params(widths="64,32"), "`widths` must be whole numbers"),
        (Params(activation="relu6"), "`activation` must be a known activation, but it is .relu6."),
        (Params(regularization="l3"), "`regularization` must be a known regularization, but it is .l3."),
        (Params(dropout_first=1.0), "`dropout_first` must be >= 0 and < 1"),
        (Params(dropout_later=-0.1), "`dropout_later` must be >= 0 and < 1"),
        (Params(dropout_input=1.0), "`dropout_input` must be >= 0 and < 1"),
        (Params(label_smoothing=-0.1), "`label_smoothing` must be >= 0 and < 1"),
        (Params(weight_average=1.0), "`weight_average` must be >= 0 and < 1"),
        (Params(input_noise=1.1), "`input_noise` must be >= 0 and <= 1"),
        (Params(mixup=float("inf")), "`mixup` must be a finite number"),
        (Params(embedding="fourier"), "`embedding` must be a known embedding"),
        (Params(normalization="group"), "Use one of none, layer, batch"),
        (Params(skip="concat"), "Use one of none, add"),
        (Params(embedding_width=0), "`embedding_width` must be >= 1"),
        (Params(n_bins=1), "`n_bins` must be >= 2"),
        (Params(n_frequencies=0), "`n_frequencies` must be >= 1"),
        (Params(frequency_scale=0.0), "`frequency_scale` must be > 0"),
        (Params(clip_norm=-1.0), "`clip_norm` must be >= 0"),
    ],
)
def test_what_cannot_be_meant(params: Params, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        build_network(params, 3, seed=0)
