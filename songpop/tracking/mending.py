"""Races on a server: found after the move, and mended so that every promoter finds the same champion.

Owns: which promotions raced, which of their models is the better one. Does not own: databases, where nobody can race
(moves.py).

Each promoter writes its entry, moves the alias, and reads the ledger again. Entries that it had not seen before its
gates ran are rivals; the judge compares them in the order of their versions, the better one gets the alias, and the
ledger is read again until it says nothing new. Whoever sets the alias last has therefore decided on everything.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import final

from songpop.errors import ArtifactError, DataError, GateError
from songpop.settings import RegistrySettings
from songpop.tracking.champion import Champion, checked_champion, get_version
from songpop.tracking.examination import losses_of
from songpop.tracking.gates import Comparison, Judge
from songpop.tracking.ledger import PREFIX, LedgerEntry, entries_of, moves_of
from songpop.tracking.moves import write_mend
from songpop.tracking.store import Store


def settle(
    store: Store,
    settings: RegistrySettings,
    entry: LedgerEntry,
    seen: frozenset[str],
    judge: Judge,
    *,
    on_look: Callable[[], object],
) -> int:
    """Find out whether others moved the alias at the same time; give it to the better version, and return that.

    Args:
        store: an open store, of a server.
        settings: which registered model and alias.
        entry: the move that was just made.
        seen: keys of the entries that were there before its gates ran.
        judge: compares two versions.
        on_look: called before each comparison: it looks at sealed rows.

    Raises:
        MlflowException: if the store cannot be written.
    """
    court = _Court(store=store, settings=settings, judge=judge, on_look=on_look)
    decided: frozenset[str] = frozenset()
    winner = entry.version or 0
    while True:
        moves = moves_of(
            entries_of(store.client.get_registered_model(settings.model).tags, settings.model), settings.alias
        )
        rivals = [move for move in moves if move.key not in seen and move.key != entry.key]
        news = frozenset(move.key for move in rivals)
        if news == decided:
            return winner
        decided = news
        winner = court.best(sorted({move.version or 0 for move in [entry, *rivals]}))
        raced = [move for move in [entry, *rivals] if move.event != "mend"]
        write_mend(store, settings.model, _mend_of(raced, winner, court.words(winner)))


@final
@dataclass(kw_only=True)
class _Court:
    """Compares versions, each pair once."""

    store: Store
    settings: RegistrySettings
    judge: Judge
    on_look: Callable[[], object]
    _known: dict[tuple[int, int], Comparison | None] = field(default_factory=dict)

    def best(self, versions: Sequence[int]) -> int:
        """Return the best, as if each had been promoted after the one before."""
        found = {version: self._champion(version) for version in versions}
        good = [version for version in versions if found[version]]
        if not good:
            return versions[0]  # nothing can be compared; the first one keeps what it has
        winner = good[0]
        for version in good[1:]:
            if self._is_better(version, winner, found):
                winner = version
        return winner

    def words(self, winner: int) -> str:
        """Return why `winner` won: its last comparison. No count of looks: each promoter has another."""
        told = [(pair, found) for pair, found in sorted(self._known.items()) if found and winner in pair]
        if not told:
            return f"version {winner} keeps the alias, since they could not be compared"
        (than, _), found = told[-1]
        losses = [found.candidate_log_loss, found.champion_log_loss]
        mine, theirs = reversed(losses) if winner == than else losses
        return f"version {winner} is the better one: {losses_of(mine, theirs, found.n_rows)}"

    def _champion(self, version: int) -> Champion | None:
        try:
            return checked_champion(self.store, self.settings, get_version(self.store, self.settings, version))
        except (ArtifactError, GateError):  # damaged or deleted: it cannot be champion
            return None

    def _is_better(self, version: int, than: int, found: Mapping[int, Champion | None]) -> bool:
        mine, theirs = found[version], found[than]
        assert mine is not None
        assert theirs is not None
        if mine.facts.is_generated != theirs.facts.is_generated:
            return theirs.facts.is_generated  # a model of real songs goes before
        if mine.facts.label_rule != theirs.facts.label_rule:
            return False  # they answer different questions; the first one stays
        if (than, version) not in self._known:
            self.on_look()
            try:
                self._known[than, version] = self.judge.compare(theirs.folder, mine.folder)
            except (DataError, ArtifactError):  # another table: the first one stays
                self._known[than, version] = None
        compared = self._known[than, version]
        return compared is not None and compared.candidate_log_loss < compared.champion_log_loss


def _mend_of(raced: Sequence[LedgerEntry], winner: int, why: str) -> LedgerEntry:
    """Return the entry of a mended race; it depends on nothing but the race, so that all menders write the same."""
    last = max(raced, key=lambda move: (move.number, move.key))
    won = next((move for move in raced if move.version == winner), last)
    lost = [move.version for move in sorted(raced, key=lambda move: (move.number, move.key)) if move.version != winner]
    versions = " and ".join(str(version) for version in sorted({move.version or 0 for move in raced}))
    digest = sha256(" ".join(sorted(move.key for move in raced)).encode()).hexdigest()[:8]
    return replace(
        won,
        number=last.number,
        event="mend",
        version=winner,
        previous=lost[-1] if lost else won.previous,
        when=max(move.when for move in raced),
        reason=f"versions {versions} were promoted at once; {why}",
        gates={},
        key=f"{PREFIX}{last.number:04d}.mend.{digest}",
    )
