"""One drawing for all: variables instead of colours, ids of its own, words for a mouse."""

import xml.etree.ElementTree as ET

import pytest

from songpop.report.theme import INK, SERIES, few_ticks, literal, new_figure, png_of, short, styled, svg_of


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


@pytest.mark.parametrize(("low", "high"), [(0.004, 0.19), (1e-6, 0.1), (0.02, 0.5)])
def test_a_narrow_axis_has_few_labels(low: float, high: float) -> None:
    with styled():
        figure, grid = new_figure(1, 3)
        grid[0].scatter([low, high], [1, 2])
        few_ticks(grid[0], low, high)
        figure.draw_without_rendering()
    labels = [one.get_text() for one in grid[0].get_xticklabels(which="both")]
    assert 2 <= len([text for text in labels if text]) <= 6


def test_a_png_is_one() -> None:
    assert png_of(drawn()).startswith(b"\x89PNG")
    assert png_of(drawn()) == png_of(drawn())


@pytest.mark.parametrize(("name", "expected"), [("short", "short"), ("x" * 30, "x" * 23 + "…")])
def test_names_that_fit(name: str, expected: str) -> None:
    assert short(name) == expected
