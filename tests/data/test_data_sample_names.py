import re

import numpy as np
import pytest

from songpop.data.sample_names import DAMAGED, UNREADABLE, damaged, draw_artists, draw_labels
from songpop.data.sample_numbers import sample_facts

FACTS = sample_facts().text
YEARS = np.full(3000, 2021)


@pytest.fixture(scope="module")
def labels():
    return draw_labels(YEARS, FACTS, np.random.default_rng(1))


def test_artists_are_all_different():
    artists = draw_artists(3000, FACTS, np.random.default_rng(0))
    assert len(set(artists)) == len(artists) == 3000
    assert 0.01 < np.mean([DAMAGED in artist for artist in artists]) < 0.05


@pytest.mark.parametrize(
    ("form", "pattern"),
    [
        ("featuring", r"\(feat\. "),
        ("damaged_title", DAMAGED),
        ("unreadable_title", UNREADABLE),
        ("numeric_title", r"^[\d.,]+$"),
    ],
)
def test_titles_have_each_form_about_as_often_as_measured(labels, form, pattern):
    share = np.mean([bool(re.search(pattern, title)) for title in labels.titles])
    assert abs(share - FACTS[form]) < 0.004 + 0.25 * FACTS[form]


def test_albums_are_often_called_like_the_song(labels):
    same = np.mean([album == title for album, title in zip(labels.albums, labels.titles, strict=True)])
    assert abs(same - FACTS["album_is_title"]) < 0.04


def test_codes_are_unique_and_look_like_isrcs(labels):
    assert len(set(labels.codes)) == len(YEARS)
    assert all(re.fullmatch(r"[A-Z]{2}[A-Z0-9]{3}\d{7}", code) for code in labels.codes)
    assert abs(np.mean([code[5:7] == "21" for code in labels.codes]) - FACTS["code_of_year"]) < 0.03


def test_every_name_can_be_written_as_latin_1(labels):
    for name in [*labels.titles, *labels.albums]:
        assert name
        assert name == name.encode("latin-1").decode("latin-1")


@pytest.mark.parametrize(
    ("text", "broken"), [("Canción Tiger", "Canciï¿½ï¿½n Tige"), ("plain", "plain"), ("Ü", "ï¿½ï¿")]
)
def test_damage_replaces_letters_and_cuts(text, broken):
    assert damaged(text) == broken
