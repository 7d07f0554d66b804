"""A model's card: what it is, how good, what it is not for; harmless, and never longer than the registry takes."""

import re
from dataclasses import replace
from typing import Any

import pytest
from stories import CHAMPION, FACTS, STORY, story

from songpop.app.model_card import CardFacts, card_of, is_card_of
from songpop.tracking.notes import MAX_MODEL_NOTE

TABLE = {"n_rows": 4598, "n_positive": 2299, "as_of": "2024-06-14", "missing": {"Spins": 2299, "Soundcloud": 3332}}
SPLIT = {"name": "stratified", "seed": 0, "parts": {"train": {"n_rows": 3000}, "test": {"n_rows": 918}}}
TOLD = CardFacts(model="songpop", version=4, alias="champion", facts=FACTS, story=STORY, table=TABLE, split=SPLIT)
EVIL = "<img src=x> `a` [b](http://evil.example) | **c**"


def card(**facts: Any) -> str:
    return card_of(replace(TOLD, facts=replace(FACTS, **facts)))


@pytest.mark.parametrize(
    "part",
    [
        "**songpop, version 4.** A neural network (Keras): the mean of 3 models of trial 7 (none, ",
        "[songs-honest-full](#/experiments/1/runs/ab12)",
        "How probable is `Track Score > 29.9 (its median)`?",
        "Above 0.432 a song counts as promising.",
        "**Intended use.**",
        "**Not for.**",
        "4598 songs, 50.0 % promising; ages as of 2024-06-14; split stratified, seed 0: 3000 train, 918 test rows",
        "opened 2 times when it was measured",
        "0.2988 (0.2788 to 0.3188)",
        "88.0 % (86.0 % to 90.0 %)",
        "with 3 seeds: the lowest mean; gates passed on 2026-01-02",
        "- leaks: none found",
        "- gradient boosting was better on the same rows",
        "- more than half of the cells are missing in Soundcloud\n",
        "new artists: sweep with split=by_artist",
        "`songpop predict input=FILE output=ranked.csv`",
        "`mlflow models serve -m models:/songpop@champion --env-manager local`",
        f"SHA-256 of model.keras: `{FACTS.sha256}`",
    ],
)
def test_everything_is_in_it(part: str) -> None:
    assert part in card_of(TOLD)


@pytest.mark.parametrize(
    ("facts", "limit"),
    [
        ({"is_generated": True}, "its songs were generated"),
        ({"n_seeds": 1}, "chosen with 1 seed only"),
        ({"leaks": ("Track Score",)}, "leak: Track Score gives the label away, and was allowed by name"),
    ],
)
def test_limits_of_this_very_model(facts: dict[str, Any], limit: str) -> None:
    assert f"- {limit}" in card(**facts)
    assert f"- {limit}" not in card_of(TOLD)


def test_a_leak_stands_above_everything() -> None:
    assert card(leaks=("Track Score",)).startswith("LEAK: Track Score gives the label away")


def test_the_card_of_another_name() -> None:
    text = card_of(replace(TOLD, model="mine", alias="best"))
    assert "`songpop predict input=FILE output=ranked.csv registry.model=mine`" in text
    assert "models:/mine@best" in text


def test_where_the_sweep_is_gone() -> None:
    text = card_of(replace(TOLD, story=None, table={}, split={}))
    assert "log loss 0.2988" in text
    assert "From the sweep songs-honest-full." in text


def test_it_is_told_whose_card_it_is() -> None:
    assert is_card_of(card_of(TOLD), "songpop", 4)
    assert not is_card_of(card_of(TOLD), "songpop", 5)
    assert not is_card_of(None, "songpop", 4)


def test_it_is_harmless_and_fits() -> None:
    champion = replace(CHAMPION, reason=EVIL * 3, baselines={EVIL: {"log_loss": 0.1}})
    told = replace(
        TOLD,
        facts=replace(FACTS, table=EVIL, label=EVIL, sweep=EVIL, leaks=(EVIL,) * 10),
        story=story(champion=champion),
        table={**TABLE, "missing": {EVIL * 4: 4598}},
    )
    text = card_of(told)
    assert len(text) <= MAX_MODEL_NOTE
    without_code = re.sub(r"`[^`]*`", "", text)
    assert "<" not in without_code
    assert "http://" not in without_code
