"""What a sweep's run says of itself in MLflow: what won, by how much, why, and whether to trust it. Pure.

The page folds a description after some lines, so that the answer comes first. Owns: the words. Does not own: reading
what they are made of and writing them down (story.py), what Markdown is safe (tracking/markdown.py).
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from songpop.app.phrases import (
    against_baselines,
    at_a_glance,
    sealed_table,
    summary,
    what_it_is,
    with_interval,
)
from songpop.app.records import Champion
from songpop.published import PUBLISHED
from songpop.search.finals import Finalist, Finals
from songpop.settings import ProtocolName
from songpop.tracking.gate_record import Attempt
from songpop.tracking.markdown import artifact_address, code, fitted, model_link, picture, plain, run_link, table
from songpop.tracking.model_facts import ModelFacts, leaks_of
from songpop.tracking.notes import MAX_RUN_NOTE
from songpop.tracking.records import LABEL, SEARCH_SEED, SPLIT, LeaderRow, SweepRecord
from songpop.wording import METRICS, leak_line, metric_text, settings_line, span

N_LEADERS, N_FINALISTS = 10, 12
N_KEPT = (5, 5, 3)  # rows of leaderboard, finals and gates that are left out last
MARKS = {True: "≈", False: ""}  # whether it can be told from the winner
GAIN = ("log_loss", "accuracy", "roc_auc")


@dataclass(frozen=True, kw_only=True)
class RegisteredAs:
    """A version of a registered model that a sweep's model became."""

    model: str
    version: int
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SweepStory:
    """All that a sweep's description is made of."""

    record: SweepRecord
    experiment_id: str
    champion: Champion | None  # None: none yet, or its record is lost
    finals: Finals | None  # None: none were held
    leaders: tuple[LeaderRow, ...]  # the best trials, the best first
    n_test_openings: int = 0
    attempt: Attempt | None = None  # the last one to promote it
    versions: tuple[RegisteredAs, ...] = ()
    finals_run_id: str | None = None
    pictures: Mapping[str, str] = field(default_factory=dict)  # artifact → what it shows
    report: str | None = None  # artifact: the page of `songpop report`
    facts: ModelFacts | None = None  # of its logged model


def sweep_description(story: SweepStory) -> str:
    """Return the description of a sweep's run, at most MAX_RUN_NOTE characters long."""

    def build(n_rows: Sequence[int]) -> str:
        n_leaders, n_finalists, n_gates = n_rows
        parts = [
            *_answer(story),
            *(picture(words, story.record.run_id, path) for path, words in story.pictures.items()),
            *_finals(story, n_finalists),
            *_sealed(story),
            *_gates(story, n_gates),
            *_leaderboard(story, n_leaders),
            *_way_on(story),
        ]
        return "\n\n".join(parts)

    n_gates = len(story.attempt.gates) if story.attempt else 0
    return fitted(build, (N_LEADERS, N_FINALISTS, n_gates), MAX_RUN_NOTE, n_kept=N_KEPT)


# ── the answer ──────────────────────────────────────────────────────────────────────────────────────────────


def _answer(story: SweepStory) -> Iterator[str]:
    """Yield the lines above the fold."""
    record, champion = story.record, story.champion
    if leaks := leaks_of(record.tags):
        yield plain(leak_line(leaks))
    if champion is None:
        ended = {"RUNNING": "is running", "KILLED": "was interrupted", "FAILED": "has failed"}.get(record.status, "")
        yield f"**No winner yet.** The sweep {ended or 'has ended without one'}."
        return
    yield f"**Won:** {_winner(story, champion)}. Test {_numbers(champion)}."
    yield f"**By how much:** {'; '.join(_margins(story, champion))}."
    yield f"**Why:** {plain(champion.reason)}."
    yield f"**Trust:** {'; '.join(_trust(story, champion))}."


def _winner(story: SweepStory, champion: Champion) -> str:
    """Return what won, in words."""
    what, finals = what_it_is(champion), story.finals
    if finals is None or finals.winner is None:
        return f"{what}, of the search's best trial"
    entered = finals.finalists[finals.winner].contestant
    origin = f"trial {entered.trial}" if entered.trial is not None else f"the {entered.origin.value}"
    if entered.is_champion:
        origin += " (the present champion's configuration: this search found nothing better)"
    return f"{origin}, {what} ({summary(entered)})"


def _numbers(champion: Champion) -> str:
    return ", ".join(f"{METRICS[name]} {with_interval(champion, name)}" for name in GAIN if name in champion.test)


def _margins(story: SweepStory, champion: Champion) -> Iterator[str]:
    """Yield how far it is ahead of the next finalist, of methods without a search, of the published numbers."""
    if (runner_up := _runner_up(story.finals)) is not None:
        place, one = runner_up
        direction = "behind" if (one.difference or 0) >= 0 else "ahead"
        told = "cannot be told from it" if one.is_within_noise else "is worse beyond luck"
        p_value = "" if one.p_value is None else f", p = {one.p_value:.2g}"
        yield (
            f"the runner-up (number {place + 1} of the finals) {told}: {abs(one.difference or 0):.4f} {direction}"
            f"{p_value}"
        )
    yield from against_baselines(champion)
    if story.record.params.get("protocol") == ProtocolName.published.value:
        theirs = PUBLISHED["L2"]["accuracy"]
        gain = 100 * (champion.test.get("accuracy", math.nan) - theirs)
        yield f"accuracy {gain:+.1f} points from the {metric_text('accuracy', theirs)} of the published winner, one run"


def _runner_up(finals: Finals | None) -> tuple[int, Finalist] | None:
    """Return the best of the others, and its place; None where there is none."""
    if finals is None or finals.winner is None:
        return None
    others = [(place, one) for place, one in enumerate(finals.finalists) if place != finals.winner]
    return next(((place, one) for place, one in others if one.interval is not None), None)


def _trust(story: SweepStory, champion: Champion) -> Iterator[str]:
    record, finals = story.record, story.finals
    yield "columns that give the label away were allowed" if leaks_of(record.tags) else "no column gives the label away"
    if story.facts is not None and story.facts.is_generated:
        yield "trained on the built-in table, whose songs do not exist"
    times = f"{story.n_test_openings or champion.n_test_openings}"
    yield f"{champion.n_test_rows} sealed test rows, opened {times} time{'s' * (times != '1')} so far, whoever looked"
    n_seeds = 1 if finals is None else finals.n_resamples
    yield f"chosen over {n_seeds} seed{'s' * (n_seeds != 1)}"
    if finals is not None and finals.shrinkage is not None:
        direction = "better" if finals.shrinkage >= 0 else "worse"
        yield f"the search's best looked {abs(finals.shrinkage):.4f} {direction} than it is"
    yield from _verdict(story)


def _verdict(story: SweepStory) -> Iterator[str]:
    """Yield what the gates said, and what became of the model."""
    yield "not examined by the gates yet" if story.attempt is None else f"gates: {plain(story.attempt.verdict)}"
    for one in story.versions:
        aliases = f" (now {', '.join(map(plain, one.aliases))})" if one.aliases else ""
        yield f"registered as {model_link(one.model, one.version)}{aliases}"


# ── tables ──────────────────────────────────────────────────────────────────────────────────────────────────


def _finals(story: SweepStory, n_rows: int) -> Iterator[str]:
    finals = story.finals
    if finals is None:
        return
    place = story.finals_run_id
    runs = f" ({run_link('their runs', story.experiment_id, place)})" if place else ""
    yield f"**Finals:** validation log loss over {finals.n_resamples} resamples{runs}"
    shown = list(enumerate(finals.finalists))[:n_rows]
    if shown:
        yield table(("#", "from", "mean", "95 %", "behind (p)", "settings"), [_finalist(finals, *one) for one in shown])
    if len(shown) < len(finals.finalists):
        yield f"… and {len(finals.finalists) - len(shown)} more, in {code('finals.json')} among the artifacts."


def _finalist(finals: Finals, place: int, one: Finalist) -> tuple[str, ...]:
    entered = one.contestant
    mark = "won" if place == finals.winner else MARKS[one.is_within_noise]
    origin = entered.origin.value if entered.trial is None else f"trial {entered.trial}"
    mean, interval = "a run failed", ""
    if one.interval is not None:
        mean, interval = f"{one.interval.mean:.4f}", span(one.interval.low, one.interval.high)
    behind = "" if place == finals.winner or one.difference is None else f"{one.difference:+.4f}"
    if one.p_value is not None:
        behind += f" ({one.p_value:.2g})"
    return f"{place + 1} {mark}".strip(), origin, mean, interval, behind, summary(entered)


def _sealed(story: SweepStory) -> Iterator[str]:
    champion = story.champion
    if champion is None:
        return
    yield f"**Sealed test rows** ({champion.n_test_rows}), 95 % intervals"
    yield sealed_table(champion)


def _gates(story: SweepStory, n_rows: int) -> Iterator[str]:
    attempt = story.attempt
    if attempt is None:
        return
    when = attempt.when.partition("T")[0]
    yield f"**Gates** of {model_link(attempt.model)} on {plain(when)}: {plain(attempt.verdict)}"
    # Those that refused come first, so that they are the last to be left out.
    gates = sorted(attempt.gates, key=lambda gate: gate.is_passed)[:n_rows]
    if gates:
        verdicts = {True: "passed", False: "**refused**"}
        yield table(
            ("gate", "verdict", "found"), [(plain(g.name), verdicts[g.is_passed], plain(g.sentence)) for g in gates]
        )


def _leaderboard(story: SweepStory, n_rows: int) -> Iterator[str]:
    leaders = story.leaders[:n_rows]
    if not leaders:
        return
    yield f"**Leaderboard** of the search (of {_counts(story.record)})"
    rows = [
        (
            str(place),
            run_link(f"trial {one.trial}", story.experiment_id, one.run_id),
            f"{one.value:.4f}",
            metric_text("accuracy", one.metrics.get("best_val_accuracy", math.nan)),
            f"{one.metrics.get('n_epochs', 0):.0f}",
            at_a_glance(one.params),
        )
        for place, one in enumerate(leaders, start=1)
    ]
    yield table(("#", "trial", "val log loss", "val accuracy", "epochs", "settings"), rows)


def _counts(record: SweepRecord) -> str:
    counts = {name: record.metrics.get(f"n_{name}") for name in ("complete", "pruned", "failed")}
    known = [f"{value:.0f} {name}" for name, value in counts.items() if value is not None]
    return ", ".join(known) or f"{plain(record.params.get('n_trials', '?'))} trials"


# ── what to do with it ──────────────────────────────────────────────────────────────────────────────────────


def _way_on(story: SweepStory) -> Iterator[str]:
    record = story.record
    yield "**How to go on**"
    rows = [
        ("train trials again from their records, and compare", code(f"songpop reproduce sweep={record.name}")),
        ("put its model into the registry", code(f"songpop promote sweep={record.name}")),
        ("rank songs with the champion", code("songpop predict input=FILE output=ranked.csv")),
    ]
    lines = [f"- {what}: {command}" for what, command in rows]
    if story.finals is not None and story.finals.winner is not None:
        won = story.finals.finalists[story.finals.winner].contestant
        lines.append(f"- what won, in full: {code(settings_line(won.suggested))}")
    if story.report is not None:
        lines.insert(0, f"- all figures: [the report]({artifact_address(record.run_id, story.report)})")
    yield "\n".join(lines)
    label, split = record.tags.get(LABEL, "?"), record.tags.get(SPLIT, "?").partition(" ")[0]
    yield (
        f"A song is promising where {plain(label)}. Table {plain(record.params.get('data', '?'))}, "
        f"SHA-256 {code(record.tags.get('songpop.table', '?')[:16])}; split {plain(split)}, "
        f"seed {plain(record.tags.get('songpop.split_seed', '?'))}; {plain(_search(record))}."
    )


def _search(record: SweepRecord) -> str:
    params = record.params
    seed = record.tags.get(SEARCH_SEED, "?")
    return f"searched by {params.get('sampler', '?')} with {params.get('pruner', '?')}, seed {seed}"
