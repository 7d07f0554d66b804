"""Bags: the mean of the members in one plain file, and log odds that tell songs beyond doubt apart."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from elsewhere import answers_without_songpop
from scipy.special import expit

from songpop.contracts import Column, ColumnKind, Matrix, Params
from songpop.errors import ArtifactError
from songpop.models.ensemble import Members, average, member_logits
from songpop.models.export import Trained, assemble, load_plain, predict_rows, save_model
from songpop.models.features import fit_features
from songpop.models.mlp import build_network
from songpop.settings import FeatureKind

COLUMNS = tuple(Column(name=f"c{k}", kind=ColumnKind.COUNT) for k in range(4))


def cells(n: int = 50, seed: int = 0) -> Matrix:
    rng = np.random.default_rng(seed)
    found = rng.lognormal(3, 1, size=(n, 4)).astype(np.float32)
    found[rng.random(found.shape) < 0.1] = np.nan
    return found


def members(n: int = 3, votes: Sequence[int] = (1,) * 6) -> list[Trained]:
    """Models that were fitted on different rows: one of them saw nothing missing, and has fewer features."""
    made = []
    for k in range(n):
        rows = cells(40, seed=k)
        preprocessing = fit_features(np.nan_to_num(rows) if k == 1 else rows, COLUMNS, FeatureKind.logs)
        params = Params(widths="8-4")
        network = build_network(params, len(preprocessing.names), seed=k)
        weights = network.get_weights()
        made.append(Trained(preprocessing=preprocessing, params=params, weights=weights, n_votes=votes[k]))
    return made


def test_a_bag_is_the_mean_of_its_members() -> None:
    made = members()
    expected = np.mean([predict_rows(assemble(member), cells()) for member in made], axis=0)
    np.testing.assert_allclose(predict_rows(average(made), cells()), expected, atol=1e-7)


def test_one_member_is_no_bag() -> None:
    (member,) = members(1)
    np.testing.assert_array_equal(predict_rows(average([member]), cells()), predict_rows(assemble(member), cells()))


def test_a_bag_loads_in_safe_mode_without_songpop(tmp_path: Path) -> None:
    bag = average(members())
    save_model(bag, tmp_path / "model.keras")
    found = answers_without_songpop(tmp_path, cells())
    np.testing.assert_allclose(found, predict_rows(bag, cells()), atol=1e-6)


@pytest.mark.parametrize("n_members", [1, 3])
def test_log_odds_are_those_of_the_probability(n_members: int, tmp_path: Path) -> None:
    model = average(members(n_members))
    save_model(model, tmp_path / "model.keras")
    expected = predict_rows(model, cells())
    said = Members(load_plain(tmp_path / "model.keras")).predict(cells())
    assert said.logits.shape == (50, n_members)
    np.testing.assert_allclose(expit(said.joint), expected, atol=1e-6)


def test_a_model_without_a_sigmoid_has_no_logits() -> None:
    with pytest.raises(ArtifactError, match="must end in a Dense layer with a sigmoid"):
        member_logits(fit_features(cells(), COLUMNS, FeatureKind.logs).model)


@pytest.mark.parametrize("n_members", [1, 3, 6])
def test_an_answer_does_not_depend_on_the_rows_beside_it(n_members: int) -> None:
    asked, rows = Members(average(members(n_members))), cells()
    together = asked.predict(rows).logits
    for n in (1, 3, 13):
        parts = [asked.predict(rows[first : first + n]).logits for first in range(0, len(rows), n)]
        np.testing.assert_array_equal(np.concatenate(parts), together)


def test_no_rows_give_no_logits() -> None:
    assert Members(average(members(2))).predict(cells()[:0]).logits.shape == (0, 2)


def test_a_member_with_two_votes_counts_twice() -> None:
    made = members(2, votes=(2, 1))
    expected = np.average([predict_rows(assemble(member), cells()) for member in made], axis=0, weights=[2, 1])
    model = average(made)
    np.testing.assert_allclose(predict_rows(model, cells()), expected, atol=1e-7)
    said = Members(model).predict(cells())
    assert (said.logits.shape, said.votes) == ((50, 2), (2, 1))  # asked once, counted twice
    np.testing.assert_allclose(expit(said.joint), expected, atol=1e-6)


def test_many_members_answer_through_a_graph_and_alike() -> None:
    made = members(6)
    few = [Members(average(made[:3])), Members(average(made[3:]))]
    expected = np.concatenate([some.predict(cells()).logits for some in few], axis=1)
    np.testing.assert_allclose(Members(average(made)).predict(cells()).logits, expected, atol=1e-5)


def test_members_share_the_preprocessing_that_they_have_in_common(tmp_path: Path) -> None:
    first, second, third = members(3)
    made = [first, replace(second, preprocessing=first.preprocessing, weights=first.weights), third]
    expected = np.mean([predict_rows(assemble(member), cells()) for member in made], axis=0)
    bag = average(made)
    assert [layer.name for layer in bag.layers if layer.name.startswith("pre")] == [
        "preprocessing_0",
        "preprocessing_1",
    ]
    save_model(bag, tmp_path / "model.keras")
    loaded = load_plain(tmp_path / "model.keras")
    np.testing.assert_allclose(predict_rows(loaded, cells()), expected, atol=1e-7)
    np.testing.assert_allclose(expit(Members(loaded).predict(cells()).joint), expected, atol=1e-6)
