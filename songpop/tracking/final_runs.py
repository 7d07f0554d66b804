"""The runs of a sweep's finals: each recorded once, also where an interrupted finals is held again.

A run of the finals is a function of its spec and the table, so that a second training of it has the numbers of the
first, whose record then stands.
"""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, final

from songpop.contracts import TrialResult
from songpop.tracking.failures import store_failures
from songpop.tracking.patience import patient
from songpop.tracking.records import OBJECTIVE, SPEC
from songpop.tracking.runs import SweepRun
from songpop.tracking.store import Store
from songpop.tracking.sweeps import children
from songpop.tracking.trial_batch import spec_json

HALF_MADE = ("RUNNING", "KILLED")


@final
class FinalRuns:
    """The record of a finals; implements contracts.Tracker."""

    def __init__(self, store: Store, run: SweepRun, n_slots: int) -> None:
        """Begin, and read what is recorded already.

        Args:
            store: an open store.
            run: of the sweep.
            n_slots: that each process trains at once.

        Raises:
            StoreError: if the store cannot be used.
        """
        self._run = run.begin_finals(n_slots)
        self._recorded = _recorded(store, self._run.run_id)

    def record_all(self, trials: Sequence[tuple[TrialResult, Mapping[str, Any]]]) -> list[str]:
        """Write those runs that are not recorded with these very numbers, and return the run ids of all.

        Raises:
            StoreError: if the store cannot be written.
        """
        found = [self._found(result) for result, _ in trials]
        new = [trial for trial, run_id in zip(trials, found, strict=True) if run_id is None]
        written = iter(self._run.record_all(new) if new else ())
        return [run_id or next(written) for run_id in found]

    def finish(self, *, is_interrupted: bool) -> None:
        """End the run that holds them together."""
        self._run.finish("KILLED" if is_interrupted else "FINISHED")

    def _found(self, result: TrialResult) -> str | None:
        return self._recorded.get((_key(json.loads(spec_json(result.spec))), repr(result.value)))


@patient
def _recorded(store: Store, parent: str) -> dict[tuple[str, str], str]:
    """Return spec and value → run id; what a process that died has half made is deleted.

    Another engine or class of machine has other values, and runs of its own beside the first ones.
    """
    found = {}
    with store_failures(store.where):
        for child in children(store, parent):  # the newest first, so that of two alike the oldest stays
            if child.info.status in HALF_MADE:
                store.client.delete_run(child.info.run_id)
                continue
            value = child.data.metrics.get(OBJECTIVE, math.nan)
            found[_key(json.loads(child.data.tags[SPEC])), repr(value)] = str(child.info.run_id)
    return found


def _key(spec: Mapping[str, Any]) -> str:
    """Return a spec without its number, which depends on who else took part."""
    return json.dumps({name: value for name, value in spec.items() if name != "trial"}, sort_keys=True)
