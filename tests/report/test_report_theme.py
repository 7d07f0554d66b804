"""One drawing for all: variables instead of colours, ids of its own, words for a mouse."""

import xml.etree.ElementTree as ET

import pytest

from songpop.report.theme import INK, SERIES, literal, new_figure, png_of, short, styled, svg_of


def drawn():
    with styled():
        figure, axes = new_figure()
        axes.scatter([1, 2], [3, 4], color=SERIES[0], gid="marks")
        axes.set_title(literal("costs $5 & <b>$"), color=INK)
    return figure


def test_an_svg_has_variables_and_its_own_ids() -> None:
    text = svg_of(drawn(), "mine", {"marks": ("first", "second <b>")})
    root = ET.fromstring(text)
    assert "var(--s0)" in text
    assert "var(--ink)" in text
    assert all(one.get("id", "mine-").startswith("mine-") for one in root.iter())
    titles = [one.text for one in root.iter("{http://www.w3.org/2000/svg}title")]
    assert titles == ["first", "second <b>"]
    assert root.get("width") is None
    assert "metadata" not in text
    assert "purl.org" not in text
    assert "costs $5 &amp; &lt;b&gt;$" in text


def test_words_that_do_not_fit_the_marks_are_left_out() -> None:
    assert "<title" not in svg_of(drawn(), "mine", {"marks": ("only one",)})


def test_a_png_is_one() -> None:
    assert png_of(drawn()).startswith(b"\x89PNG")
    assert png_of(drawn()) == png_of(drawn())


@pytest.mark.parametrize(("name", "expected"), [("short", "short"), ("x" * 30, "x" * 23 + "…")])
def test_names_that_fit(name: str, expected: str) -> None:
    assert short(name) == expected
