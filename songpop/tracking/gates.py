"""The gates of a promotion: each is a named check with a value, a bound, a verdict and one sentence.

Owns: how gates are run and told, and the rules that need no model. Does not own: what a model must show by itself
(scoring/model_gates.py, behind the judge that is passed in), where verdicts are kept (gate_record.py). Pure.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from songpop.errors import RefusedError, SongpopError
from songpop.overrides import quoted
from songpop.settings import GateSettings, RegistrySettings
from songpop.tracking.model_facts import ModelFacts

# What a judge checks of one model alone, in the order in which it is told.
MODEL_GATES = ("fresh_process", "baselines", "calibration", "latency_1", "latency_1000", "size")


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What one gate found."""

    is_passed: bool
    sentence: str
    value: float | None = None  # what was measured; None: nothing that is a number
    bound: float | None = None  # what it must keep


@dataclass(frozen=True, kw_only=True)
class Gate:
    """One gate of one attempt, and its verdict."""

    name: str
    value: float | None
    bound: float | None
    is_passed: bool
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two models on the candidate's sealed rows that neither was trained on; losses are NaN without rows.

    `low` and `high` are the 95 % interval of the difference (candidate - champion) of their log losses.
    """

    n_sealed: int  # sealed rows of the candidate
    n_rows: int  # of these, rows that the champion was not trained on
    champion_log_loss: float
    candidate_log_loss: float
    low: float = math.nan
    high: float = math.nan
    n_test_openings: int = 0  # of the candidate's sealed rows, this look included; the registry counts them


class Judge(Protocol):
    """Loads models and scores them; `scoring` has one, so that the registry needs no Keras."""

    def check(self, gate: str, folder: Path, settings: GateSettings) -> Finding:
        """Look at the model in `folder`; `gate` is one of MODEL_GATES. Any exception is a refusal."""
        ...

    def compare(self, champion: Path, candidate: Path) -> Comparison:
        """Score both on the candidate's sealed rows that the champion was not trained on."""
        ...


Check = Callable[[], Finding]


def run_gates(checks: Mapping[str, Check]) -> tuple[Gate, ...]:
    """Run every check, also after one has refused; an exception inside one is its refusal."""
    return tuple(_run(name, check) for name, check in checks.items())


def refuse_if_any(gates: Sequence[Gate]) -> None:
    """Let a model pass, or say which gates refuse it.

    Raises:
        RefusedError: with the sentence of the first refusal, the names of all, and the gates.
    """
    refused = refused_names(gates)
    if refused:
        first = next(gate for gate in gates if not gate.is_passed)
        raise RefusedError(
            f"{first.sentence} ({len(refused)} of {len(gates)} gates refused: {', '.join(refused)}.)", gates=gates
        )


def refused_names(gates: Sequence[Gate]) -> list[str]:
    """Return the names of the gates that refuse."""
    return [gate.name for gate in gates if not gate.is_passed]


def _run(name: str, check: Check) -> Gate:
    try:
        found = check()
    except SongpopError as error:
        found = Finding(is_passed=False, sentence=str(error))
    except Exception as error:  # a gate that cannot look lets nobody through
        words = (str(error).strip() or "no words").splitlines()[0].rstrip(".")
        found = Finding(is_passed=False, sentence=f"The gate {name} failed: {type(error).__name__}, {words}.")
    return Gate(name=name, **vars(found))


# ── the model alone, without looking inside ─────────────────────────────────────────────────────────────────


def check_leaks(facts: ModelFacts, settings: RegistrySettings) -> Finding:
    """Refuse a leaky run, unless this registered model may leak exactly such columns."""
    allowed = settings.allowed_leaks.get(settings.model, [])
    leaks = [leak for leak in facts.leaks if leak not in allowed]
    told = f"Allowed for this model: {', '.join(facts.leaks)}." if facts.leaks else "No column gives the label away."
    if leaks:
        told = (
            f"Sweep {facts.sweep!r} was trained with columns that give the label away: {', '.join(leaks)}. "
            "Sweep without them, or accept them for a model that says so in its name: registry.model=NAME-leaky "
            f'"+registry.allowed_leaks={quoted({"NAME-leaky": leaks})}"'
        )
    return Finding(is_passed=not leaks, value=len(leaks), bound=0, sentence=told)


def check_tested(facts: ModelFacts, n_openings: int) -> Finding:
    """Refuse a model without metrics on its sealed rows; these were looked at `n_openings` times, by whomever."""
    log_loss = facts.test.get("log_loss", math.nan)
    if not math.isfinite(log_loss):
        return Finding(
            is_passed=False,
            sentence=f"The model of sweep {facts.sweep!r} has no test metrics, so nobody knows what it is worth. "
            "Let the sweep end: songpop sweep with the same search.name.",
        )
    times = f"{n_openings} time{'s' * (n_openings != 1)}"
    told = f"Its log loss on its sealed rows, opened {times}, is {log_loss:.4f}."
    return Finding(is_passed=True, value=log_loss, sentence=told)


def check_seeds(facts: ModelFacts, settings: GateSettings) -> Finding:
    """Refuse a model whose configuration was chosen by fewer seeds than `min_seeds`."""
    is_passed = facts.n_seeds >= settings.min_seeds
    told = f"Its configuration was trained with {facts.n_seeds} seed{'s' * (facts.n_seeds != 1)} before it was chosen."
    if not is_passed:
        told = (
            f"A configuration must be trained with at least {settings.min_seeds} seeds before it is chosen, but that "
            f"of sweep {facts.sweep!r} was trained with {facts.n_seeds}. Sweep with finals=default, or with more "
            "finals.n_seeds."
        )
    return Finding(is_passed=is_passed, value=facts.n_seeds, bound=settings.min_seeds, sentence=told)


# ── against the champion ────────────────────────────────────────────────────────────────────────────────────


def check_question(candidate: ModelFacts, champion: ModelFacts, name: str) -> Finding:
    """Refuse a model that answers another question than the champion; `name` is how messages call that one."""
    if candidate.label_rule != champion.label_rule:
        return Finding(
            is_passed=False,
            sentence=f"{name} answers another question ({champion.label}) than the candidate ({candidate.label}). "
            "Give the candidate a name of its own: registry.model=NAME",
        )
    return Finding(is_passed=True, sentence=f"The candidate and {name} answer the same question.")


def check_generated(candidate: ModelFacts, champion: ModelFacts, name: str) -> Finding:
    """Refuse to put a model of the built-in table in the place of one of somebody's songs."""
    if candidate.is_generated and not champion.is_generated:
        return Finding(
            is_passed=False,
            sentence=f"The candidate was trained on generated songs, but {name} knows real ones ({champion.table}) and "
            "must not give way to it. Give the candidate a name of its own: registry.model=NAME",
        )
    return Finding(is_passed=True, sentence=f"{name} may give way to a model of {candidate.table}.")


def check_comparison(comparison: Comparison, champion: str, settings: GateSettings) -> Finding:
    """Refuse a model that is worse than the champion, may be by more than the margin, or cannot be compared.

    A difference above 0 refuses whatever the margin is: else a chain of promotions, each a little worse within the
    margin, would lead downwards. The interval's upper end refuses what is better by luck on these rows.

    Args:
        comparison: what the judge found.
        champion: how messages call the champion, for example "songpop version 3".
        settings: `min_comparable_rows`, `champion_margin`.
    """
    margin = settings.champion_margin
    if comparison.n_rows < settings.min_comparable_rows:
        return Finding(
            is_passed=False,
            value=None,
            bound=margin,
            sentence=f"A comparison needs at least {settings.min_comparable_rows} sealed rows that neither model was "
            f"trained on, but of the candidate's {comparison.n_sealed} only {comparison.n_rows} are new to {champion}. "
            "Sweep with the champion's split and split.seed, on newer songs, or lower gates.min_comparable_rows.",
        )
    told = (
        f"log loss {comparison.candidate_log_loss:.4f} against {comparison.champion_log_loss:.4f} on "
        f"{comparison.n_rows} sealed rows that neither was trained on"
    )
    spread = f"the difference lies between {comparison.low:+.4f} and {comparison.high:+.4f}"
    is_worse = not comparison.candidate_log_loss <= comparison.champion_log_loss
    if is_worse:
        sentence = f"The candidate is worse than {champion}: {told}. Search longer, or with another space."
    elif not comparison.high <= margin:
        sentence = (
            f"The candidate may be worse than {champion} by more than gates.champion_margin ({margin:g}): {told}, "
            f"{spread}. Search longer, or compare on more rows."
        )
    elif comparison.low == comparison.high == 0:
        sentence = f"As good as {champion}, and no better: each probability is the same. {told[0].upper()}{told[1:]}."
    else:
        sentence = f"As good as {champion} or better: {told}, {spread}."
    return Finding(
        is_passed=not is_worse and comparison.high <= margin, value=comparison.high, bound=margin, sentence=sentence
    )
