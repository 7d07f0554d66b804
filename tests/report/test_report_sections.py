"""The table of contents: every picture that is promised, each once, each with a sentence."""

from songpop.report.sections import CHAPTERS

SECTIONS = [section for chapter in CHAPTERS for section in chapter.sections]


def test_each_has_a_key_of_its_own_and_a_sentence() -> None:
    assert len({section.key for section in SECTIONS}) == len(SECTIONS) == 20
    for section in SECTIONS:
        assert section.about.endswith(".")
        assert section.key == section.key.lower()
