"""Invented titles, artists, albums and codes for the generated table, with the damage that the real file shows.

Owns: the words, the shares of each form, what broken encodings leave behind. Does not own: which rows repeat.
No name is taken from anywhere; words and syllables are joined at random.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DAMAGED = "ï¿½"  # how a broken UTF-8 character looks in a latin-1 file
UNREADABLE = "ý"  # what stands for each byte of a title in another script


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SYLLABLES = _words(
    "ba be bri ca cle co da del do el fa fen ga gri ha hol i ja jo ka kel la len lo ma mi mor na ne ni no o "
    "pa pel qui ra re ri ro sa sel si so ta te tri u va vel vi wen xa yo za zel zu"
)
_ENDINGS = _words("dan do la lin mar na ne ra ris ro sen ta ton va vy x")
_FIRST = _words(
    "Amber Blue Borrowed Broken Copper Crooked Distant Electric Empty Endless Fading Foreign Frozen Gentle "
    "Glass Golden Hidden Hollow Honest Hungry Idle Last Lonely Loud Lucky Midnight Neon Nervous Orange Paper "
    "Plastic Quiet Restless Rusty Salted Second Secret Silver Sleepy Slow Small Stolen Sugar Tender Twisted "
    "Velvet Wild"
)
_SECOND = _words(
    "Alarm Anchor Arcade Atlas Balcony Bicycle Birds Candle Carousel Ceiling City Coast Cornfield Dial Echo "
    "Elevator Engine Garden Gravity Harbour Highway Horizon Island Kitchen Ladder Lanterns Letters Lighthouse "
    "Machine Magnet Maps Mirror Monsoon Moth Ocean Orchard Parade Pilot Postcard Radio Rooftop Satellite "
    "Season Shadow Staircase Station Summer Telephone Thunder Tiger Tomorrow Umbrella Valley Weather Window"
)
_ACCENTED = _words(
    "Canción Corazón Coração Café Fantôme Fräulein Mañana Mädchen Noël Otoño Señal Sueño São Tão Última Über "
    "Été Águas Ilusão Año Después Jamás Allá Façade Garçon"
)
_ACCENTED_ARTISTS = _words("André Beyzá Chloë Dávila Fátima Ibáñez João Lázaro Máiréad Núria Renée Sofía Yağmur Zoë")
_FRAMES = (  # 0 adjective, 1 and 2 nouns, 3 an invented word
    "{0} {1}",
    "{0} {1}",
    "{0} {1} Club",
    "{3}",
    "{3} {1}",
    "{0} {3}",
    "{1} & {2}",
    "{1} Of {2}",
    "{1} in the {2}",
    "{0} {1} (Remix)",
    "My {0} {1}",
    "No {1}, No {2}",
    'The "{0}" {1}',
    "Don't {1} Me, {3}",
    "{3}, {3}, {3}",
    "{0} {1} - From the {2} Sessions",
)
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@dataclass(frozen=True, kw_only=True)
class Labels:
    """The text cells of R rows, each a sequence of length R."""

    titles: Sequence[str]
    albums: Sequence[str]
    codes: Sequence[str]


def draw_artists(n_artists: int, facts: Mapping[str, Any], rng: np.random.Generator) -> list[str]:
    """Return that many artists, each once."""
    artists: dict[str, None] = {}
    while len(artists) < n_artists:
        name = _artist(rng)
        if rng.random() < facts["damaged_artist"]:
            name = damaged(f"{_pick(_ACCENTED_ARTISTS, rng)} {name}")
        artists[name] = None
    return list(artists)


def draw_labels(years: NDArray[np.int64], facts: Mapping[str, Any], rng: np.random.Generator) -> Labels:
    """Return titles, albums and codes for songs that were released in these years."""
    titles = [_title(facts, rng) for _ in years]
    return Labels(
        titles=titles,
        albums=[_album(title, facts, rng) for title in titles],
        codes=_codes(years, facts, rng),
    )


def damaged(text: str) -> str:
    """Return the text as a file shows it that was decoded wrongly twice, and then cut to its old length in bytes."""
    broken = "".join(letter if letter.isascii() else DAMAGED * 2 for letter in text)
    return broken[: len(text.encode("utf-8")) + 3]


def _pick(words: Sequence[str], rng: np.random.Generator) -> str:
    return words[int(rng.integers(len(words)))]


def _artist(rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < 0.2:
        return f"{_pick(_FIRST, rng)} {_pick(_SECOND, rng)}"
    if kind < 0.45:
        return _word(rng)
    return f"{_word(rng)} {_word(rng)}"


def _word(rng: np.random.Generator) -> str:
    n_syllables = int(rng.integers(1, 3))
    return "".join([*(_pick(_SYLLABLES, rng) for _ in range(n_syllables)), _pick(_ENDINGS, rng)]).capitalize()


def _title(facts: Mapping[str, Any], rng: np.random.Generator) -> str:
    kind = rng.random()
    limits = np.cumsum([facts[name] for name in ("unreadable_title", "damaged_title", "numeric_title")])
    if kind < limits[0]:
        return UNREADABLE * int(rng.integers(6, 40))
    if kind < limits[1]:
        return damaged(f"{_pick(_ACCENTED, rng)} {_pick(_SECOND, rng)}")
    if kind < limits[2]:
        return str(rng.integers(2, 3000))
    frame = _pick(_FRAMES, rng)
    title = frame.format(_pick(_FIRST, rng), _pick(_SECOND, rng), _pick(_SECOND, rng), _word(rng))
    return f"{title} (feat. {_artist(rng)})" if rng.random() < facts["featuring"] else title


def _album(title: str, facts: Mapping[str, Any], rng: np.random.Generator) -> str:
    kind = rng.random()
    if kind < facts["album_is_title"]:
        return title
    if kind < facts["album_is_title"] + facts["album_is_single"]:
        return f"{title} - Single"
    return f"{_pick(_FIRST, rng)} {_pick(_SECOND, rng)}" if kind < 0.95 else f"Now & Then, Vol. {rng.integers(2, 99)}"


def _codes(years: NDArray[np.int64], facts: Mapping[str, Any], rng: np.random.Generator) -> list[str]:
    """Return codes of the form of an ISRC: country, registrant, two digits of a year, five digits; none twice."""
    countries = [*facts["countries"], "SE"]
    shares = np.array([*facts["countries"].values(), 0.0])
    shares[-1] = 1 - shares.sum()
    drawn = rng.choice(len(countries), size=len(years), p=shares)
    late = rng.random(len(years)) >= facts["code_of_year"]
    coded = (years - late * rng.integers(1, 3, len(years))) % 100
    letters = rng.integers(len(_LETTERS), size=(len(years), 3))
    serials = rng.permutation(100_000)[: len(years)]
    return [
        f"{countries[c]}{''.join(_LETTERS[k] for k in row)}{year:02d}{serial:05d}"
        for c, row, year, serial in zip(drawn, letters, coded, serials, strict=True)
    ]
