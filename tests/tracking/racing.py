"""Two promoters as real processes, each with its own lock folder, that promote to one registry at the same moment."""

import multiprocessing
import random
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from trials import FixedJudge, logged_candidate

from songpop.errors import GateError
from songpop.settings import GateSettings, RegistrySettings, TrackingSettings
from songpop.tracking.gates import Comparison
from songpop.tracking.registry import chronicle, promote
from songpop.tracking.store import Store, open_store

SETTINGS = RegistrySettings()
WAIT_S = 120.0
MEETING_S = 0.5  # how long one waits for the other between its look at the alias and its first write


@dataclass(frozen=True, kw_only=True)
class Race:
    """Who promotes what: `names[p][r]` is what process p promotes in round r."""

    uri: str
    folder: Path
    names: Sequence[Sequence[str]]
    losses: Mapping[str, float]
    max_sleep_s: float
    is_met: bool = False  # also meet between the look at the alias and the first write: a race for certain


@dataclass(frozen=True, kw_only=True)
class Round:
    """What one process saw: how its promotion ended, and who was champion when both were done."""

    ended: str  # promoted, refused, lost
    champion: str  # name of the sweep


def run_race(race: Race) -> list[list[Round]]:
    """Run all rounds; returns each process's."""
    context = multiprocessing.get_context("spawn")
    barrier, told = context.Barrier(2), context.Queue()
    meeting = context.Array("i", len(race.names[0]))
    racers = [context.Process(target=_racer, args=(race, place, barrier, meeting, told)) for place in range(2)]
    for racer in racers:
        racer.start()
    found = dict(told.get(timeout=WAIT_S * 2) for _ in racers)
    for racer in racers:
        racer.join(timeout=WAIT_S)
    assert not [said for said in found.values() if isinstance(said, str)], found
    return [found[place] for place in range(2)]


def entered(race: Race, root: Path) -> Store:
    """An open store with a lock folder of its own."""
    return open_store(TrackingSettings(uri=race.uri), root)


class SlowJudge(FixedJudge):
    """Takes a random time over each model, so that the other promoter comes in between anywhere."""

    def __init__(self, race: Race, dice: random.Random) -> None:
        super().__init__(race.losses)
        self._race, self._dice = race, dice

    def compare(self, champion: Path, candidate: Path) -> Comparison:
        time.sleep(self._dice.uniform(0, self._race.max_sleep_s))
        found = super().compare(champion, candidate)
        time.sleep(self._dice.uniform(0, self._race.max_sleep_s))
        return found


class SlowClient:
    """MLflow's own client, that takes a random time before it writes to the registry.

    Where `meeting` is given, its first write of a round waits until the other promoter is about to write as well: both
    have then seen the same champion.
    """

    def __init__(self, client: Any, max_sleep_s: float, dice: random.Random, meeting: Any) -> None:
        self._client, self._max_sleep_s, self._dice, self._meeting = client, max_sleep_s, dice, meeting
        self._round: int | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def begin(self, number: int) -> None:
        self._round = number

    def set_registered_model_tag(self, *words: str) -> None:
        if self._meeting is not None and self._round is not None:
            self._meet(self._round)
            self._round = None
        self._late(self._client.set_registered_model_tag, *words)

    def set_registered_model_alias(self, *words: str) -> None:
        self._late(self._client.set_registered_model_alias, *words)

    def _late(self, call: Any, *words: str) -> None:
        time.sleep(self._dice.uniform(0, self._max_sleep_s))
        call(*words)

    def _meet(self, number: int) -> None:
        with self._meeting.get_lock():
            self._meeting[number] += 1
        deadline = time.monotonic() + MEETING_S
        while self._meeting[number] < 2 and time.monotonic() < deadline:
            time.sleep(0.005)


def _racer(race: Race, place: int, barrier: Any, meeting: Any, told: Any) -> None:
    try:
        told.put((place, _rounds(race, place, barrier, meeting)))
    except BaseException as error:
        barrier.abort()
        told.put((place, repr(error)))
        raise


def _rounds(race: Race, place: int, barrier: Any, meeting: Any) -> list[Round]:
    dice = random.Random(place)
    root = race.folder / f"promoter-{place}"
    store = entered(race, root)
    client = SlowClient(store.client, race.max_sleep_s, dice, meeting if race.is_met else None)
    if store.engine is None:
        store = replace(store, client=client)  # type: ignore[arg-type]
    rounds = []
    for number, name in enumerate(race.names[place]):
        candidate = logged_candidate(store, root, name)
        client.begin(number)
        barrier.wait(WAIT_S)
        time.sleep(dice.uniform(0, race.max_sleep_s))
        try:
            promote(store, SETTINGS, GateSettings(), candidate, SlowJudge(race, dice))
            ended = "promoted"
        except GateError as error:
            ended = "lost" if "at the same time" in str(error) else "refused"
        barrier.wait(WAIT_S)
        rounds.append(Round(ended=ended, champion=_champion(store)))
        barrier.wait(WAIT_S)
    return rounds


def _champion(store: Store) -> str:
    version = chronicle(store, SETTINGS).champion
    return str(store.client.get_model_version("songpop", str(version)).tags["songpop.sweep"])
