"""The registry: promote a sweep's model to champion, give the alias back, say who was champion when.

Owns: the order of things: gates, record, version, move. Does not own: the gates (examination.py), how the alias is
moved (moves.py), races on a server (mending.py), the history's form (ledger.py), scoring (the judge is passed in).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from songpop.errors import GateError
from songpop.settings import GateSettings, RegistrySettings
from songpop.tracking.candidate import Candidate, ensure_registered, version_of
from songpop.tracking.examination import Examination
from songpop.tracking.failures import store_failures
from songpop.tracking.gate_record import record_attempt, record_version
from songpop.tracking.gates import Comparison, Gate, Judge, refuse_if_any, refused_names
from songpop.tracking.ledger import Event, LedgerEntry, Term, champions_before, gate_values, terms_of
from songpop.tracking.mending import settle
from songpop.tracking.model_facts import ModelFacts, checked_folder, leaks_of
from songpop.tracking.moves import LostRaceError, append, move
from songpop.tracking.openings import openings
from songpop.tracking.records import MODEL_ID
from songpop.tracking.reference import good_facts, reference_of
from songpop.tracking.returning import REASON, given_back
from songpop.tracking.standing import Standing, disagreement, settled, standing
from songpop.tracking.store import Store, locked

Clock = Callable[[], float]  # seconds since 1970

LOCK = "registry.lock"  # makes waiting polite; moves.py is right without it


@dataclass(frozen=True, kw_only=True)
class Promotion:
    """What `promote` did."""

    model: str
    alias: str
    version: int
    previous: int | None  # the champion before
    is_new: bool  # False: this very model was champion already, and nothing was changed
    sweep: str
    run_id: str
    sha256: str
    comparison: Comparison | None  # None: there was nothing to compare with
    is_generated: bool  # trained on the built-in table
    against: int | None = None  # the version that it was compared with
    reason: str = ""  # why it may be champion
    gates: tuple[Gate, ...] = ()  # none where nothing was changed


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """What `rollback` did."""

    model: str
    alias: str
    version: int  # champion again
    previous: int | None  # champion until now
    skipped: tuple[int, ...]  # earlier champions that are no good any more
    why_skipped: tuple[str, ...] = ()  # a sentence for each


@dataclass(frozen=True, kw_only=True)
class Chronicle:
    """All that the registry remembers of a registered model."""

    champion: int | None  # the version that the alias points to
    entries: tuple[LedgerEntry, ...]  # moves and refusals, the oldest first
    terms: tuple[Term, ...]
    note: str | None  # where alias and ledger do not agree
    leaks: tuple[str, ...] = ()  # columns that gave the label away when any of its versions was trained


def promote(
    store: Store,
    settings: RegistrySettings,
    gates: GateSettings,
    candidate: Candidate,
    judge: Judge,
    *,
    clock: Clock = time.time,
) -> Promotion:
    """Make a sweep's model the champion, if it passes the gates.

    Args:
        store: an open store.
        settings: which registered model and alias, what it may leak.
        gates: the bounds.
        candidate: from `candidate_of`.
        judge: loads and scores models.
        clock: for the ledger.

    Raises:
        RefusedError: if a gate refuses; it holds them all, and the ledger remembers them.
        GateError: on a server, if a better model was promoted at the same time.
        ArtifactError: if the candidate is the champion already, and a file of it is missing or changed.
        StoreError: if the store cannot be read or written.
    """
    with store_failures(store.where):
        found = standing(store, settings)
        if _is_champion(found, candidate, settings):
            return _same_again(store, settings, candidate, found)
        if version := given_back(store, settings, candidate, found, _when(clock)):
            return replace(_promotion(settings, candidate, version, None, None, ()), reason=REASON)
        examination = Examination(store, settings, gates, candidate, judge)
        alone = examination.alone()  # before the lock: they take seconds
        with locked(store.root / LOCK):
            while True:
                found = settled(store, settings)
                if _is_champion(found, candidate, settings):  # promoted by another command in the meantime
                    return _same_again(store, settings, candidate, found)
                told = (*alone, *examination.against(reference_of(store, settings, found)))
                entry = _judged(store, settings, examination, told, found, _when(clock))
                try:
                    written = move(store, settings.model, entry, found.current)
                    break
                except LostRaceError:  # somebody else was promoted while the gates ran: they run again
                    continue
            if store.engine is None:
                seen = frozenset(known.key for known in found.entries)
                winner = settle(store, settings, written, seen, judge, on_look=examination.count_look)
                _refuse_lost(winner, written, settings)
    return _promotion(settings, candidate, written.version or 0, found.current, examination, told)


def rollback(store: Store, settings: RegistrySettings, *, clock: Clock = time.time) -> Rollback:
    """Give the alias back to the last good champion: its version exists, and its files are those that were logged.

    Raises:
        GateError: if there is none, or another champion came in between.
    """
    with locked(store.root / LOCK), store_failures(store.where):
        found = settled(store, settings)
        skipped: dict[int, str] = {}
        for version in champions_before(found.moves, found.current):
            facts = good_facts(store, settings, version, skipped)
            if facts is not None:
                break
        else:
            raise GateError(_no_way_back(store, settings, found, skipped))
        gone = "alias" if version == found.moves[-1].version else "version"
        reason = f"back from version {found.current}" if found.current else f"the champion's {gone} was deleted"
        if skipped:
            reason += f"; skipped {', '.join(f'version {number}' for number in skipped)}"
        entry = _entry(settings, "rollback", version, found.current, facts, reason, _when(clock))
        try:
            written = move(store, settings.model, entry, found.current)
            if store.engine is None:  # which moves it whatever the alias says by now
                _refuse_meanwhile(found, standing(store, settings), written)
        except LostRaceError as error:
            raise GateError(
                f"The champion of {settings.model!r} must stay the same during a rollback, but it was moved meanwhile. "
                "Look at songpop history, and roll back again if it is still to go."
            ) from error
    return Rollback(
        model=settings.model,
        alias=settings.alias,
        version=version,
        previous=found.current,
        skipped=tuple(skipped),
        why_skipped=tuple(skipped.values()),
    )


def history(store: Store, settings: RegistrySettings) -> tuple[LedgerEntry, ...]:
    """Return every promotion, rollback and refusal of the registered model, the oldest first."""
    return chronicle(store, settings).entries


def chronicle(store: Store, settings: RegistrySettings) -> Chronicle:
    """Return all that the registry remembers of the registered model."""
    with store_failures(store.where):
        found = standing(store, settings)
        versions = store.client.search_model_versions(f"name = '{settings.model}'") if found.entries else []
    return Chronicle(
        champion=found.current,
        entries=found.entries,
        terms=terms_of(found.moves),
        note=disagreement(found, settings.alias),
        leaks=tuple(sorted({leak for version in versions for leak in leaks_of(version.tags)})),
    )


# ── helpers ─────────────────────────────────────────────────────────────────────────────────────────────────


def _is_champion(found: Standing, candidate: Candidate, settings: RegistrySettings) -> bool:
    """Say whether this very model is champion, by the ledger too: an alias that was moved by hand passed no gate."""
    is_same = found.version is not None and found.version.tags.get(MODEL_ID) == candidate.model_id
    return is_same and disagreement(found, settings.alias) is None


def _refuse_meanwhile(before: Standing, after: Standing, written: LedgerEntry) -> None:
    known = {entry.key for entry in (*before.moves, written)}
    if any(entry.key not in known for entry in after.moves):
        raise LostRaceError


def _no_way_back(store: Store, settings: RegistrySettings, found: Standing, skipped: dict[int, str]) -> str:
    model, remedy, lost = settings.model, "Promote", dict[int, str]()
    if found.version is not None and good_facts(store, settings, found.current or 0, lost) is None:
        # Nothing can be compared with it, so that it stands in everybody's way.
        remedy = f"Delete version {found.current} (songpop ui, or MlflowClient.delete_model_version), then promote"
    told = [f"There is no earlier champion of {model!r} to go back to.", *skipped.values(), *lost.values()]
    return " ".join([*told, f"{remedy} another sweep: songpop promote sweep=NAME registry.model={model}"])


def _same_again(store: Store, settings: RegistrySettings, candidate: Candidate, found: Standing) -> Promotion:
    """Change nothing: this very model is champion. Its files are looked at all the same."""
    checked_folder(store, candidate.location, candidate.facts, remedy="go back: songpop rollback")
    version = found.current or 0
    return _promotion(settings, candidate, version, version, None, (), is_new=False)


def _judged(
    store: Store,
    settings: RegistrySettings,
    examination: Examination,
    gates: Sequence[Gate],
    found: Standing,
    when: str,
) -> LedgerEntry:
    """Record the verdicts; return the entry of the move that follows them.

    Raises:
        RefusedError: if a gate refuses; the ledger then has that entry.
    """  # fmt: skip
    candidate = examination.candidate
    compared = examination.comparison
    n_openings = compared.n_test_openings if compared else openings(store).get(candidate.test_digest, 0)
    record_attempt(store, candidate, settings.model, settings.alias, when, gates, n_openings)
    told = replace(
        _entry(settings, "promote", None, found.current, candidate.facts, examination.reason, when),
        gates=gate_values(gates),
        n_test_openings=n_openings,
    )
    refused = refused_names(gates)
    if refused:
        first = next(gate.sentence for gate in gates if not gate.is_passed)
        ensure_registered(store, settings.model)
        append(store, settings.model, replace(told, event="refuse", reason=f"refused by {', '.join(refused)}: {first}"))
        refuse_if_any(gates)
    version = version_of(store, settings.model, candidate)
    record_version(store, settings.model, version, gates, n_openings)
    return replace(told, version=version)


def _entry(
    settings: RegistrySettings, event: Event, version: int | None, previous: int | None, facts: ModelFacts,
    reason: str, when: str,
) -> LedgerEntry:  # fmt: skip
    return LedgerEntry(
        number=0,  # moves.py knows the next one
        event=event,
        version=version,
        previous=previous,
        sweep=facts.sweep,
        run_id=facts.run_id,
        table=facts.table,
        when=when,
        reason=reason,
        alias=settings.alias,
    )


def _refuse_lost(winner: int, written: LedgerEntry, settings: RegistrySettings) -> None:
    if winner != written.version:
        raise GateError(
            f"Version {written.version} of {settings.model!r} was promoted at the same time as version {winner}, which "
            f"is better and has the alias {settings.alias!r} now. See songpop history, and search longer."
        )


def _when(clock: Clock) -> str:
    return datetime.fromtimestamp(clock(), UTC).isoformat(timespec="seconds")


def _promotion(
    settings: RegistrySettings, candidate: Candidate, version: int, previous: int | None,
    examination: Examination | None, gates: tuple[Gate, ...], *, is_new: bool = True,
) -> Promotion:  # fmt: skip
    return Promotion(
        model=settings.model,
        alias=settings.alias,
        version=version,
        previous=previous,
        is_new=is_new,
        sweep=candidate.facts.sweep,
        run_id=candidate.facts.run_id,
        sha256=candidate.facts.sha256,
        comparison=examination.comparison if examination else None,
        is_generated=candidate.facts.is_generated,
        against=examination.compared_with if examination else None,
        reason=examination.reason if examination else "",
        gates=gates,
    )
