"""A champion's verdict on rows: ranks, intervals, reasons and remarks, the same in whatever pieces they come."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_models import CARD, RECIPE, songs

from songpop.contracts import Params
from songpop.data.cells import matrix_of
from songpop.errors import DataError
from songpop.models.ensemble import average
from songpop.models.export import Trained, save_model
from songpop.models.features import fit_features
from songpop.models.mlp import build_network
from songpop.scoring.ranker import ADDED, Ranker, Verdict, rank_frame
from songpop.scoring.raw_model import CARD_FILE, MODEL_FILE
from songpop.settings import FeatureKind, Order
from songpop.tracking.files import sha256_of

SONGS = songs(40, seed=3)


@pytest.fixture(scope="module")
def ranker(model_template: Path) -> Ranker:
    return Ranker.load(model_template)


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Ranker:
    """A champion of three members."""
    folder = tmp_path_factory.mktemp("bag")
    preprocessing = fit_features(matrix_of(songs(200, seed=1), RECIPE, strict=True), RECIPE.columns, FeatureKind.logs)
    params = Params(widths="8")
    networks = [build_network(params, len(preprocessing.names), seed) for seed in range(3)]
    members = [Trained(preprocessing=preprocessing, params=params, weights=one.get_weights()) for one in networks]
    save_model(average(members), folder / MODEL_FILE)
    card = replace(CARD, sha256=sha256_of(folder / MODEL_FILE))
    (folder / CARD_FILE).write_text(card.to_json(), "utf-8")
    return Ranker.load(folder)


def verdict_of(ranker: Ranker, frame: pd.DataFrame, n_reasons: int = 0) -> Verdict:
    return rank_frame(ranker, frame, n_reasons=n_reasons)[1]


def test_as_given_and_by_rank(ranker: Ranker) -> None:
    given, _ = rank_frame(ranker, SONGS, order=Order.given)
    ranked, _ = rank_frame(ranker, SONGS)
    assert given["Track"].tolist() == SONGS["Track"].tolist()
    assert list(ranked.columns) == [*ADDED, *SONGS.columns]
    assert ranked["rank"].tolist() == sorted(given["rank"])
    pd.testing.assert_frame_equal(ranked.sort_index(), given)


def test_equal_songs_share_the_better_rank(ranker: Ranker) -> None:
    twice = pd.concat([SONGS, SONGS.assign(Track=SONGS["Track"] + " (again)")], ignore_index=True)
    ranks = rank_frame(ranker, twice)[0]["rank"].tolist()
    assert ranks == sorted(ranks)
    assert ranks[:4] == [1, 1, 3, 3]


@pytest.fixture(scope="module")
def wholes(ranker: Ranker) -> dict[int, Verdict]:
    return {n_reasons: verdict_of(ranker, SONGS, n_reasons) for n_reasons in (0, 7, 40)}


@settings(max_examples=10, deadline=None)
@given(st.lists(st.integers(0, 40), max_size=3), st.sampled_from([0, 7, 40]))
def test_pieces_are_judged_as_the_whole(
    ranker: Ranker, wholes: dict[int, Verdict], cuts: list[int], n_reasons: int
) -> None:
    ends = [*sorted(cuts), 40]
    pieces = [SONGS.iloc[first:end] for first, end in zip([0, *ends], ends, strict=False)]
    found = ranker.judge(map(ranker.parse, pieces), n_reasons=n_reasons)
    whole = wholes[n_reasons]
    pd.testing.assert_frame_equal(found.added, whole.added, rtol=1e-5)
    np.testing.assert_array_equal(found.order, whole.order)


def test_a_single_model_has_no_interval(ranker: Ranker) -> None:
    assert verdict_of(ranker, SONGS).added[["probability_low", "probability_high"]].isna().all(axis=None)


def test_the_interval_of_a_bag_holds_its_probability(bag: Ranker) -> None:
    added = verdict_of(bag, SONGS).added
    assert (added["probability_low"] < added["probability"]).all()
    assert (added["probability"] < added["probability_high"]).all()


def test_reasons_are_those_of_the_most_promising(ranker: Ranker) -> None:
    added = verdict_of(ranker, SONGS, n_reasons=5).added
    assert sorted(added.loc[added["reasons"] != "", "rank"]) == [1, 2, 3, 4, 5]


def test_the_reasons_of_a_song_do_not_depend_on_its_neighbours(ranker: Ranker) -> None:
    ranked, _ = rank_frame(ranker, SONGS, n_reasons=40)
    alone, _ = rank_frame(ranker, SONGS.loc[ranked.index[:1]], n_reasons=1)
    assert alone["reasons"].tolist() == ranked["reasons"].tolist()[:1]


def test_the_small_model_looks_at_streams_alone(ranker: Ranker) -> None:
    for reasons in rank_frame(ranker, SONGS, n_reasons=10)[0]["reasons"].tolist()[:10]:
        assert reasons.startswith("Streams "), reasons


def test_unusable_cells_are_counted_and_remarked(ranker: Ranker) -> None:
    harmed = SONGS.copy()
    harmed.loc[:2, "Streams"] = "many"
    verdict = verdict_of(ranker, harmed)
    assert verdict.unusable == {"Streams": 3}
    assert verdict.unreadable == ()
    assert verdict_of(ranker, SONGS.assign(Streams="many")).unreadable == ("Streams",)
    assert verdict.added["remarks"].str.startswith("unusable: Streams").tolist() == [True] * 3 + [False] * 37


@pytest.mark.parametrize("name", ADDED)
def test_no_column_may_be_called_as_one_that_is_added(name: str, ranker: Ranker) -> None:
    with pytest.raises(DataError, match=f"must not have columns called .*{name}.*Rename"):
        ranker.parse(SONGS.assign(**{name: "1"}))


def test_without_a_profile_there_are_no_reasons(bag: Ranker) -> None:
    verdict = verdict_of(bag, pd.concat([SONGS] * 3), n_reasons=5)
    assert not bag.has_profile
    assert (verdict.added["reasons"] == "").all()
    assert verdict.drift == ()


def test_a_table_like_the_training_one_has_not_drifted(ranker: Ranker) -> None:
    assert verdict_of(ranker, songs(300, seed=9)).drift == ()


def test_a_table_that_has_drifted(ranker: Ranker) -> None:
    other = songs(300, seed=9).assign(Spins=[str(500 + i % 300) for i in range(300)])
    (found,) = verdict_of(ranker, other).drift
    assert (found.column, found.missing) == ("Spins", 0.0)
    assert found.below == 0
