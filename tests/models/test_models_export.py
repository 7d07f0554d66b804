from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from elsewhere import answers_without_songpop

from songpop.contracts import Column, ColumnKind, Params
from songpop.errors import ArtifactError, StoreError
from songpop.models.export import Trained, assemble, load_plain, predict_rows, save_model
from songpop.models.features import Preprocessing, fit_features
from songpop.models.mlp import build_network
from songpop.models.runtime import keras
from songpop.models.topology import NORMALIZATIONS
from songpop.settings import FeatureKind

COLUMNS = (
    Column(name="streams", kind=ColumnKind.COUNT),
    Column(name="explicit", kind=ColumnKind.FLAG),
    Column(name="genre", kind=ColumnKind.CATEGORY, categories=("pop", "rock")),
)
PARAMS = Params(widths="8-4", regularization="l1_l2", dropout_first=0.3, activation="selu")


def cells() -> np.ndarray:
    rng = np.random.default_rng(0)
    matrix = np.stack([10 ** rng.uniform(0, 10, 50), rng.integers(0, 2, 50), rng.integers(0, 2, 50)], axis=1)
    matrix[rng.random(matrix.shape) < 0.3] = np.nan
    matrix[0], matrix[1] = np.nan, np.inf
    return matrix.astype(np.float32)


def whole(kind: FeatureKind = FeatureKind.logs) -> tuple[keras.Model, Preprocessing, keras.Model]:
    preprocessing = fit_features(cells(), COLUMNS, kind)
    network = build_network(PARAMS, len(preprocessing.names), seed=3)
    return (
        assemble(Trained(preprocessing=preprocessing, params=PARAMS, weights=network.get_weights())),
        preprocessing,
        network,
    )


def test_whole_is_preprocessing_then_network() -> None:
    model, preprocessing, network = whole()
    found = predict_rows(model, cells())
    assert found.shape == (50,)
    np.testing.assert_allclose(found, predict_rows(network, preprocessing.transform(cells())), atol=1e-6)
    np.testing.assert_allclose(found, np.asarray(model(cells()))[:, 0], atol=1e-6)


@pytest.mark.parametrize("kind", list(FeatureKind))
def test_a_saved_model_predicts_the_same(kind: FeatureKind, tmp_path: Path) -> None:
    model, _, _ = whole(kind)
    save_model(model, tmp_path / "model.keras")
    assert [p.name for p in tmp_path.iterdir()] == ["model.keras"]
    loaded = load_plain(tmp_path / "model.keras")
    np.testing.assert_array_equal(predict_rows(loaded, cells()), predict_rows(model, cells()))


def test_what_disturbs_features_in_training_disturbs_no_prediction(tmp_path: Path) -> None:
    plain, preprocessing, network = whole()
    disturbed = replace(PARAMS, input_noise=0.5, dropout_input=0.5, mixup=0.4, weight_average=0.9)
    save_model(
        assemble(Trained(preprocessing=preprocessing, params=disturbed, weights=network.get_weights())),
        tmp_path / "model.keras",
    )
    found = predict_rows(load_plain(tmp_path / "model.keras"), cells())
    np.testing.assert_array_equal(found, predict_rows(plain, cells()))


@pytest.mark.parametrize("embedding", ["piecewise", "periodic"])
def test_an_embedding_is_saved_with_its_knots(embedding: str, tmp_path: Path) -> None:
    _, preprocessing, _ = whole()
    params, x = replace(PARAMS, embedding=embedding), preprocessing.transform(cells())
    network = build_network(params, x.shape[1], 3, x)
    save_model(
        assemble(Trained(preprocessing=preprocessing, params=params, weights=network.get_weights())),
        tmp_path / "model.keras",
    )
    found = predict_rows(load_plain(tmp_path / "model.keras"), cells())
    np.testing.assert_allclose(found, predict_rows(network, x), atol=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("normalization", NORMALIZATIONS[1:])
def test_a_process_without_songpop_normalises_the_same(normalization: str, tmp_path: Path) -> None:
    _, preprocessing, _ = whole()
    params, x = replace(PARAMS, normalization=normalization), preprocessing.transform(cells())
    network, rng = build_network(params, x.shape[1], 3), np.random.default_rng(0)
    network.set_weights([w + rng.uniform(0, 0.5, w.shape).astype(np.float32) for w in network.get_weights()])
    trained = Trained(preprocessing=preprocessing, params=params, weights=network.get_weights())
    save_model(assemble(trained), tmp_path / "model.keras")
    found = answers_without_songpop(tmp_path, cells())
    np.testing.assert_allclose(found, predict_rows(network, x), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("kind", list(FeatureKind))
def test_a_process_without_songpop_predicts_the_same(kind: FeatureKind, tmp_path: Path) -> None:
    model, _, _ = whole(kind)
    save_model(model, tmp_path / "model.keras")
    found = answers_without_songpop(tmp_path, cells())
    np.testing.assert_allclose(found, predict_rows(model, cells()), atol=1e-6)


def test_no_rows_give_no_probabilities() -> None:
    model, _, _ = whole()
    assert predict_rows(model, cells()[:0]).shape == (0,)


def test_batches_do_not_matter() -> None:
    model, _, _ = whole()
    np.testing.assert_allclose(predict_rows(model, cells(), 7), predict_rows(model, cells()), atol=1e-6)


def test_weights_of_another_network_are_refused() -> None:
    _, preprocessing, network = whole()
    with pytest.raises(ArtifactError, match="must have the shapes of the network '4'"):
        assemble(Trained(preprocessing=preprocessing, params=Params(widths="4"), weights=network.get_weights()))


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="could not be written to"):
        save_model(whole()[0], tmp_path / "none" / "model.keras")


@pytest.mark.parametrize(
    ("content", "message"), [(None, "but there is none"), (b"no model", "must be a whole and safe Keras model")]
)
def test_files_that_are_no_model(content: bytes | None, message: str, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ArtifactError, match=message):
        load_plain(path)


def test_a_file_that_is_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    save_model(whole()[0], path)
    path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(ArtifactError, match="must be a whole and safe Keras model"):
        load_plain(path)


@pytest.mark.parametrize("where", [0.1, 0.5, 0.8])
def test_a_file_with_a_damaged_part(where: float, tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    save_model(whole()[0], path)
    content = bytearray(path.read_bytes())
    start = int(where * len(content))
    content[start : start + 64] = bytes(255 - b for b in content[start : start + 64])
    path.write_bytes(content)
    with pytest.raises(ArtifactError, match="must be a whole and safe Keras model"):
        load_plain(path)


def test_code_inside_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.keras"
    inputs = keras.Input((3,))
    keras.Model(inputs, keras.layers.Lambda(lambda x: x * 2)(inputs)).save(path)
    with pytest.raises(ArtifactError, match="must be a whole and safe Keras model"):
        load_plain(path)
