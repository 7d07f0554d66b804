"""The head of the page: what won, by how much, on which data, and whether it can be trusted."""

from dataclasses import dataclass

from songpop.report.records import Report
from songpop.search.finals import Origin
from songpop.wording import leak_line, metric_text, number, plural, settings_line, share, simpler_line

DIGITS = 3  # in the head; the pictures have four
# What a configuration is called that is no trial of this search.
CALLED = {
    Origin.known: "a known point",
    Origin.champion: "the present champion's configuration",
    Origin.member: "a member of an ensemble",
    Origin.ensemble: "the ensemble",
}


@dataclass(frozen=True, kw_only=True)
class Fact:
    """A line of the head."""

    name: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a reader with half a minute wants to know."""

    headline: str
    facts: tuple[Fact, ...]
    warnings: tuple[str, ...]


def summary_of(report: Report) -> Summary:
    """Return the head of a report's page."""
    facts = (
        Fact(name="What won", words=_won(report)),
        Fact(name="By how much", words=_lead(report)),
        Fact(name="On which data", words=_data(report)),
        Fact(name="Can it be trusted", words=_trust(report)),
        Fact(name="Gates", words=_gates(report)),
        Fact(name="Search", words=_search(report)),
    )
    return Summary(headline=_headline(report), facts=facts, warnings=_warnings(report))


def _headline(report: Report) -> str:
    measured = report.measured
    if measured is None:
        best = report.best
        return "No champion yet" if best is None else f"Best so far: {number(best.value)} (trial {best.number})"
    told = metric_text("log_loss", measured.metrics["log_loss"], measured.intervals.get("log_loss"), DIGITS)
    return f"Log loss {told} and accuracy {share(measured.metrics['accuracy'])} on {measured.n_rows:,} sealed rows"


def _won(report: Report) -> str:
    if report.measured is None:
        return "Nothing that is known: no finals were held, none had a winner, or the champion's file was changed."
    what = "one model" if report.measured.n_models == 1 else f"the mean of {report.measured.n_models} models"
    name, settings = _winner(report)
    return f"{name[0].upper()}{name[1:]}, {what}: {settings}. Why it: {report.measured.reason}."


def _winner(report: Report) -> tuple[str, str]:
    """Return what won, as everybody calls it, and its settings; of an ensemble, its members."""
    finals, best = report.finals, report.best
    if finals is not None and finals.winner is not None:
        entered = finals.finalists[finals.winner].contestant
        name = CALLED.get(entered.origin, "a configuration") if entered.trial is None else f"trial {entered.trial}"
        own = " (the present champion's configuration: this search found nothing better)" if entered.is_champion else ""
        return f"{name}{own}", settings_line(entered.suggested)
    return ("the search's best trial", "") if best is None else (f"trial {best.number}", settings_line(best.params))


def _lead(report: Report) -> str:
    if report.measured is None:
        return "–"
    others = [f"{name} {number(found['log_loss'], 3)}" for name, found in report.measured.baselines.items()]
    mine = number(report.measured.metrics["log_loss"], 3)
    told = f"Log loss on the same sealed rows: champion {mine}, {', '.join(others)}."
    if report.published:
        claims = [f"{name} {share(found['accuracy'])}" for name, found in report.published.items()]
        accuracy = share(report.measured.metrics["accuracy"])
        told += f" Accuracy {accuracy}; published were {', '.join(claims)}."
    return told


def _data(report: Report) -> str:
    parts = ", ".join(f"{n:,} {name}" for name, n in report.n_rows.items())
    return f"{report.table} (digest {report.table_digest[:12]}): {parts} rows. Positive means: {report.label}."


def _trust(report: Report) -> str:
    n_resamples = 0 if report.finals is None else report.finals.n_resamples
    told = [
        f"Its configuration was trained {n_resamples} times, each on another cut."
        if n_resamples
        else "It was chosen by one seed."
    ]
    if report.measured is not None:
        times = plural(report.measured.n_openings, "time")
        told.append(f"Its sealed rows had been looked at {times} when it was measured, whoever looked.")
    told.append("No column gives the label away." if not report.leaks else "It leaks: see above.")
    told.append(f"Protocol: {report.protocol}. Seeds: search {report.search_seed}, split {report.split_seed}.")
    return " ".join(told)


def _gates(report: Report) -> str:
    if report.verdict is None:
        return "Nobody has asked to promote it yet: songpop promote."
    refused = [f"{name} ({sentence})" for name, is_passed, sentence in report.verdict.gates if not is_passed]
    if report.verdict.is_passed:
        return f"All {len(report.verdict.gates)} passed."
    return f"Refused by {'; '.join(refused)}"


def _search(report: Report) -> str:
    n_pruned = sum(trial.state == "pruned" for trial in report.trials)
    n_failed = sum(trial.state == "failed" for trial in report.trials)
    return (
        f"{plural(len(report.trials), 'trial')} by {report.sampler}, {n_pruned} pruned by {report.pruner}, {n_failed} "
        f"failed; begun {report.began}, songpop at commit {report.commit[:12] or 'unknown'}."
    )


def _warnings(report: Report) -> tuple[str, ...]:
    told = []
    if report.leaks:
        told.append(leak_line(report.leaks))
    if report.is_generated:
        told.append("The table is the built-in one: its songs do not exist.")
    if report.measured is not None:
        simpler = simpler_line(report.measured.metrics["log_loss"], report.measured.baselines)
        told += [simpler] if simpler else []
    return tuple(told)
