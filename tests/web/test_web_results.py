"""A ranked file as the page shows it."""

import pytest
from folders import FolderChampions
from small_models import CARD, songs

from songpop.scoring.shown import RankedSong
from songpop.web.results import Song, result_of
from songpop.web.uploads import Upload, read_upload


@pytest.fixture
def upload() -> Upload:
    return read_upload(songs(30, seed=4).to_csv(index=False).encode(), "a.csv", CARD, 100)


def test_the_first_songs_in_order(champions: FolderChampions, upload: Upload) -> None:
    result = result_of(champions.present(), None, upload, 10)
    assert [song.said.rank for song in result.songs] == list(range(1, 11))
    assert all(song.said.reasons for song in result.songs)
    assert (result.n_songs, result.n_changed, result.before) == (30, 0, None)


def test_what_has_moved_since_the_champion_before(champions: FolderChampions, upload: Upload) -> None:
    result = result_of(champions.present(), champions.previous(), upload, 30)
    assert [song.rank_before for song in result.songs] == list(range(30, 0, -1))  # they go against each other
    assert result.songs[0].moved == 29
    assert result.n_changed == 30


def test_a_song_that_was_not_compared_has_not_moved() -> None:
    said = RankedSong(rank=3, song="a", probability=0.5, low=None, high=None, is_high=False, reasons=(), remarks="")
    assert Song(said=said).moved == 0


def test_a_column_that_most_songs_lack_is_a_reason_not_to_trust(champions: FolderChampions) -> None:
    upload = read_upload(songs(30, seed=4).assign(Streams="many").to_csv(index=False).encode(), "a.csv", CARD, 100)
    assert result_of(champions.present(), None, upload, 10).unreadable == ("Streams",)
