"""Markdown for MLflow's pages: nothing a stranger writes becomes markup, and no text is longer than it may be."""

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from songpop.tracking.markdown import GAP, artifact_address, code, fitted, model_link, picture, plain, run_link, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("sample-honest-full", "sample-honest-full"),
        ("0.3066 (0.2725 to 0.3444)", "0.3066 (0.2725 to 0.3444)"),
        ("a|b", "a&#124;b"),
        ("<script>", "&#60;script&#62;"),
        ("`x`", "&#96;x&#96;"),
        ("[here](x)", "&#91;here&#93;(x)"),
        ("http://e.org", "http&#58;&#47;&#47;e&#46;org"),
        ("www.e.org", "www&#46;e&#46;org"),
        ("@ada", "&#64;ada"),
        ("_a_", "&#95;a&#95;"),
        ("- item", "&#45; item"),
        ("two\nlines", "two lines"),
        ("1. first", "1&#46; first"),
        ("It is well. p = 0.05; more: 5 % of x", "It is well. p = 0.05; more: 5 % of x"),
        (":smile:", "&#58;smile&#58;"),
        ("+ item", "&#43; item"),
    ],
)
def test_what_a_stranger_writes_is_shown_as_it_stands(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text())
def test_no_text_holds_markup(text: str) -> None:
    left = re.sub(r"&#\d+;", "", plain(text))
    assert not re.search(r"[|<>`*_~\[\]!@#/\\\n]|:\S|://|www\.", left)


def test_code_and_tables() -> None:
    assert code("songpop promote\nsweep=`a`") == "`songpop promote sweep='a'`"
    assert table(("a", "b"), [("1", "2")]) == f"| a{GAP} | b{GAP} |\n| --- | --- |\n| 1{GAP} | 2{GAP} |"


def test_links() -> None:
    assert run_link("a]b", "1", "ab12") == "[a&#93;b](#/experiments/1/runs/ab12)"
    assert model_link("song)pop") == "[song)pop](#/models/song%29pop)"
    assert model_link("songpop", 2) == "[songpop version 2](#/models/songpop/versions/2)"
    assert artifact_address("ab", "report/x y.png") == "get-artifact?path=report/x%20y.png&run_uuid=ab"
    assert picture("the finals", "ab", "x.png") == "![the finals](get-artifact?path=x.png&run_uuid=ab)"


def test_a_long_text_loses_rows_of_its_first_table_first() -> None:
    def build(n_rows: Sequence[int]) -> str:
        return "a\n" * n_rows[0] + "b\n" * n_rows[1]

    assert fitted(build, (3, 3), 12) == "a\na\na\nb\nb\nb\n"
    assert fitted(build, (3, 3), 8) == "a\nb\nb\nb\n"
    assert fitted(build, (3, 3), 3) == "b\n"
    assert fitted(build, (3, 3), 8, n_kept=(2, 1)) == "a\na\nb\nb\n"
    assert fitted(build, (3, 3), 4, n_kept=(2, 1)) == "a\nb\n"


def test_a_text_without_tables_is_cut_at_a_line() -> None:
    assert fitted(lambda _: "first line\nsecond line", (0,), 15) == "first line\n…"
    assert len(fitted(lambda _: "x" * 50, (), 20)) <= 20
