"""The card of a registered model: what it is, on which data, how good, its limits, what it is for. Pure.

Its headings follow Mitchell et al., Model Cards for Model Reporting, FAT* 2019. The registry has room for some 5,000
characters, so that the table of metrics is shortened where it has to be.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from songpop.app.description import SweepStory
from songpop.app.phrases import against_baselines, sealed_table, summary, what_it_is
from songpop.tracking.markdown import code, fitted, plain, run_link
from songpop.tracking.model_facts import ModelFacts
from songpop.tracking.notes import MAX_MODEL_NOTE
from songpop.wording import METRICS, leak_line, metric_text

FEW_SEEDS = 3
MOSTLY_MISSING = 0.5  # share of a column's cells
N_COLUMNS = 6  # that are named


@dataclass(frozen=True, kw_only=True)
class CardFacts:
    """All that a version's card is made of."""

    model: str
    version: int
    alias: str
    facts: ModelFacts
    story: SweepStory | None  # of its sweep; None: that run is gone
    table: Mapping[str, Any] = field(default_factory=dict)  # the sweep's table.json
    split: Mapping[str, Any] = field(default_factory=dict)  # the sweep's split.json


def card_of(told: CardFacts) -> str:
    """Return the card, at most MAX_MODEL_NOTE characters long."""

    def build(n_rows: Sequence[int]) -> str:
        return "\n\n".join(_parts(told, n_rows[0]))

    return fitted(build, (len(METRICS),), MAX_MODEL_NOTE)


def first_line(model: str, version: int) -> str:
    """Return how the card of a version begins, where nothing leaks."""
    return f"**{plain(model)}, version {version}.**"


def is_card_of(description: str | None, model: str, version: int) -> bool:
    """Say whether a description is the card of this version."""
    return first_line(model, version) in (description or "")


def _parts(told: CardFacts, n_rows: int) -> Iterator[str]:
    if told.facts.leaks:
        yield plain(leak_line(told.facts.leaks))
    yield f"{first_line(told.model, told.version)} {_what(told)}"
    yield f"**Question.** {_question(told)}"
    yield f"**Intended use.** {INTENDED}"
    yield f"**Not for.** {NOT_FOR}"
    yield f"**Data.** {_data(told)}"
    yield from _how_good(told, n_rows)
    yield from _chosen(told)
    yield "**Known limits.**\n" + "\n".join(f"- {limit}" for limit in _limits(told))
    yield f"**Use.** {_use(told)}"


INTENDED = (
    "To order songs of a table with the same columns by how promising they look, so that a person listens to the "
    "first ones first."
)
NOT_FOR = (
    "Decisions about people that nobody looks at again; songs without these columns; the question whether advertising "
    "would help: it knows what goes together, not what causes what."
)


def _what(told: CardFacts) -> str:
    champion = told.story.champion if told.story else None
    what = what_it_is(champion) if champion else f"{plain(told.facts.kind)} of {len(told.facts.members) or 1} models"
    sweep = plain(told.facts.sweep)
    if told.story is not None:
        sweep = run_link(told.facts.sweep, told.story.experiment_id, told.story.record.run_id)
    return f"A neural network (Keras): {what}{_configuration(told.story)}. From the sweep {sweep}."


def _configuration(story: SweepStory | None) -> str:
    finals = story.finals if story else None
    if finals is None or finals.winner is None:
        return ""
    won = finals.finalists[finals.winner].contestant
    origin = f"trial {won.trial}" if won.trial is not None else f"the {won.origin.value}"
    return f" of {origin} ({summary(won)})"


def _question(told: CardFacts) -> str:
    threshold = ""
    if told.story and told.story.champion:
        threshold = f" Above {told.story.champion.threshold:.3f} a song counts as promising."
    return f"How probable is {code(told.facts.label)}? It answers with a probability.{threshold}"


def _data(told: CardFacts) -> str:
    facts, table = told.facts, told.table
    parts = [f"{plain(facts.table)} (SHA-256 {code(facts.table_digest[:16])})"]
    if "n_rows" in table:
        share = table.get("n_positive", 0) / max(table["n_rows"], 1)
        parts.append(f"{table['n_rows']} songs, {100 * share:.1f} % promising")
    if table.get("as_of"):
        parts.append(f"ages as of {plain(table['as_of'])}")
    if sizes := told.split.get("parts"):
        kind, seed = plain(told.split.get("name", "?")), plain(told.split.get("seed", "?"))
        rows = ", ".join(f"{part['n_rows']} {plain(name)}" for name, part in sizes.items())
        parts.append(f"split {kind}, seed {seed}: {rows} rows")
    return f"{'; '.join(parts)}."


def _how_good(told: CardFacts, n_rows: int) -> Iterator[str]:
    champion = told.story.champion if told.story else None
    if champion is None:
        told_test = ", ".join(
            f"{METRICS.get(name, name)} {metric_text(name, value)}" for name, value in told.facts.test.items()
        )
        yield f"**How good.** {told_test or 'Not measured.'}"
        return
    times = f"{champion.n_test_openings} time{'s' * (champion.n_test_openings != 1)}"
    yield (
        f"**How good**, on {champion.n_test_rows} sealed test rows (opened {times} when it was measured), with 95 % "
        f"intervals over rows: {'; '.join(against_baselines(champion))}."
    )
    if n_rows:
        yield sealed_table(champion, n_rows)


def _chosen(told: CardFacts) -> Iterator[str]:
    if told.story is None or told.story.champion is None:
        return
    parts = [f"with {told.facts.n_seeds} seed{'s' * (told.facts.n_seeds != 1)}: {plain(told.story.champion.reason)}"]
    if told.story.attempt is not None:
        parts.append(f"gates {plain(told.story.attempt.verdict)} on {plain(told.story.attempt.when[:10])}")
    yield f"**How it was chosen.** {'; '.join(parts)}."


def _limits(told: CardFacts) -> Iterator[str]:
    """Yield what is known to be doubtful about this very model, then what is about every one."""
    facts, story = told.facts, told.story
    if facts.leaks:
        yield f"leak: {plain(', '.join(facts.leaks))} gives the label away, and was allowed by name"
    else:
        yield "leaks: none found; no column or pair of columns gives the label away alone"
    if facts.is_generated:
        yield "its songs were generated: its numbers say nothing about real ones"
    if facts.n_seeds < FEW_SEEDS:
        yield f"chosen with {facts.n_seeds} seed{'s' * (facts.n_seeds != 1)} only: luck may have chosen"
    if story and story.champion:
        mine = story.champion.test.get("log_loss", 0.0)
        better = [name for name, found in story.champion.baselines.items() if found["log_loss"] < mine]
        if better:
            yield f"{plain(', '.join(better))} was better on the same rows"
    if missing := _mostly_missing(told.table):
        yield f"more than half of the cells are missing in {plain(', '.join(missing))}"
    if told.split.get("name") == "stratified":
        yield "test songs may be by artists that it was trained on; new artists: sweep with split=by_artist"
    yield "one table at one time, one split: other countries, years and charts may differ by more than the intervals"
    yield "promising is relative to this table: where half of other songs are not, its probabilities are off"


def _mostly_missing(table: Mapping[str, Any]) -> list[str]:
    n_rows = max(int(table.get("n_rows", 0)), 1)
    found = {name: n / n_rows for name, n in table.get("missing", {}).items() if n / n_rows > MOSTLY_MISSING}
    return sorted(found, key=lambda name: -found[name])[:N_COLUMNS]


def _use(told: CardFacts) -> str:
    own = "" if told.model == "songpop" else f" registry.model={told.model}"
    place = f"models:/{told.model}@{told.alias}"
    return (
        f"{code(f'songpop predict input=FILE output=ranked.csv{own}')}; "
        f"{code(f'mlflow models serve -m {place} --env-manager local')}; "
        f"{code(f'mlflow.pyfunc.load_model({json.dumps(place)}).predict(frame)')}, with raw cells as in the table. "
        f"SHA-256 of model.keras: {code(told.facts.sha256)}."
    )
