"""The first songs as they are shown: by rank, with their own reasons, called by what is known of them."""

import pandas as pd
import pytest
from small_models import saved_folder, songs

from songpop.scoring.ranker import Ranker, rank_frame
from songpop.scoring.shown import RankedSong, shown_songs
from songpop.settings import Order


def shown(ranker: Ranker, frame: pd.DataFrame, order: Order = Order.rank) -> tuple[RankedSong, ...]:
    ranked, verdict = rank_frame(ranker, frame, order=order, n_reasons=5)
    return shown_songs(ranked.nsmallest(10, "rank", keep="first"), verdict, ranker.card.names)


@pytest.fixture(scope="module")
def ranker(tmp_path_factory: pytest.TempPathFactory) -> Ranker:
    return Ranker.load(saved_folder(tmp_path_factory.mktemp("model") / "one"))


@pytest.mark.parametrize("order", Order)
def test_the_first_by_rank_with_their_own_reasons(ranker: Ranker, order: Order) -> None:
    frame = pd.concat([songs(20, seed=3)] * 2)  # each song twice: equal ranks come as they came
    found = shown(ranker, frame, order)
    assert [song.rank for song in found] == [1, 1, 3, 3, 5, 5, 7, 7, 9, 9]
    assert [bool(song.reasons) for song in found] == [True] * 5 + [False] * 5
    texts = rank_frame(ranker, frame, n_reasons=5)[0]["reasons"].tolist()
    assert ["; ".join(map(str, song.reasons)) for song in found] == texts[:10]


@pytest.mark.parametrize(("title", "name"), [("Nina", "Nina – Ada"), ("", "Ada")])
def test_a_song_is_called_by_what_is_known_of_it(title: str, name: str, ranker: Ranker) -> None:
    ranked, verdict = rank_frame(ranker, songs(3, seed=3).assign(Track=title, Artist="Ada"))
    assert {song.song for song in shown_songs(ranked, verdict, ("Track", "Artist"))} == {name}
    assert [song.song for song in shown_songs(ranked, verdict, ())] == ["song 1", "song 2", "song 3"]
