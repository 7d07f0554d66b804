"""The network: from hyperparameters to an untrained Keras model with its own seeds.

Axes: R rows, F features. Owns: layers, penalties, dropout. Does not own: what they are made from (topology), training.
"""

from collections.abc import Callable

from songpop.contracts import Matrix, Params
from songpop.models.embedding_layers import embedded
from songpop.models.runtime import keras
from songpop.models.topology import (
    check_network,
    dropout_rates,
    has_bias,
    hidden_widths,
    initial_weights,
    input_seeds,
    layer_seeds,
)

# Kernel penalties by name, with Keras' formulas.
_PENALTIES: dict[str, Callable[[Params], keras.regularizers.Regularizer | None]] = {
    "none": lambda _: None,
    "l1": lambda p: keras.regularizers.L1(p.l1),
    "l2": lambda p: keras.regularizers.L2(p.l2),
    "l1_l2": lambda p: keras.regularizers.L1L2(p.l1, p.l2),
}
_NORMALIZATIONS: dict[str, Callable[..., keras.layers.Layer]] = {
    "layer": keras.layers.LayerNormalization,
    "batch": keras.layers.BatchNormalization,
}


def build_network(
    params: Params, n_features: int, seed: int, x: Matrix | None = None, *, name: str = "network"
) -> keras.Model:
    """Return an untrained network: features (R, F) to probability (R, 1).

    Hidden layers are Dense; from layer `first_regularized` on, their kernels carry the penalty, and a Dropout
    follows: `dropout_first` behind the first of them, `dropout_later` behind the others. With `normalization`, it comes
    between the dense map and its activation. With `skip`, a layer's inputs
    are then added to what comes out of it, where there are as many of both. The last layer is
    Dense(1, sigmoid), without penalty. Before the first layer the features get their noise and dropout, in training,
    and become vectors, if there is an embedding. It begins with `topology.initial_weights`. All randomness comes from
    `seed`.

    Args:
        params: of the network.
        n_features: F.
        seed: the trial's.
        x: training rows that an embedding is fitted on, shape (R, F); None: a network that gets its weights later.
        name: of the model.

    Raises:
        SettingsError: if widths, activation or regularisation cannot be meant.
    """
    check_network(params)
    widths, penalty = hidden_widths(params), _PENALTIES[params.regularization]
    seeds, rates = layer_seeds(seed, len(widths) + 1), dropout_rates(params)
    inputs = keras.Input((n_features,), name="features")
    hidden = embedded(_disturbed(inputs, params, seed), params)
    for k, (n_units, (_, dropout_seed)) in enumerate(zip(widths, seeds, strict=False)):
        inputs_of_layer = hidden
        is_plain = params.normalization == "none"
        hidden = keras.layers.Dense(
            n_units,
            activation=params.activation if is_plain else None,
            use_bias=has_bias(params),
            kernel_regularizer=penalty(params) if k >= params.first_regularized else None,
            name=f"hidden_{k}",
        )(hidden)
        if not is_plain:
            hidden = _NORMALIZATIONS[params.normalization](name=f"normalization_{k}")(hidden)
            hidden = keras.layers.Activation(params.activation, name=f"activation_{k}")(hidden)
        if rates[k] > 0:
            hidden = keras.layers.Dropout(rates[k], seed=dropout_seed, name=f"dropout_{k}")(hidden)
        if params.skip == "add" and hidden.shape == inputs_of_layer.shape:
            hidden = keras.layers.Add(name=f"skip_{k}")([hidden, inputs_of_layer])
    probability = keras.layers.Dense(1, activation="sigmoid", name="probability")(hidden)
    network = keras.Model(inputs, probability, name=name)
    network.set_weights(list(initial_weights(params, n_features, seed, x)))
    return network


def _disturbed(features: keras.KerasTensor, params: Params, seed: int) -> keras.KerasTensor:
    """Return the features as training sees them; no layer where there is nothing to do."""
    noise_seed, dropout_seed = input_seeds(seed)
    if params.input_noise > 0:
        features = keras.layers.GaussianNoise(params.input_noise, seed=noise_seed, name="input_noise")(features)
    if params.dropout_input > 0:
        features = keras.layers.Dropout(params.dropout_input, seed=dropout_seed, name="dropout_input")(features)
    return features
