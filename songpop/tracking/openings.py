"""How often test rows were looked at: counted by the rows' digest over sweeps, trainings and promotions of the store.

A count stands as a tag on the parent run that looked, and is written before the look: a crash cannot hide it. Runs of
other experiments and deleted runs count as well.
"""

from collections.abc import Iterator, Mapping

from mlflow.entities import Run

from songpop.tracking.failures import store_failures
from songpop.tracking.patience import patient
from songpop.tracking.records import N_TEST_OPENINGS, TEST_DIGEST
from songpop.tracking.store import Store
from songpop.tracking.sweeps import search_runs


def count_opening(store: Store, run_id: str, digest: str) -> int:
    """Count one more look at the test rows of `digest`; return how many there have been, this one included.

    Args:
        store: an open store.
        run_id: the parent run that looks, or whose model is looked at.
        digest: of the rows' content, whatever their order.

    Raises:
        StoreError: if the store cannot be written.
    """
    looked = _looked(store, digest)
    looked[run_id] = looked.get(run_id, 0) + 1
    total = sum(looked.values())
    # Repeated, they say the same: one look is never counted twice.
    _write(store, run_id, {N_TEST_OPENINGS: looked[run_id], f"{N_TEST_OPENINGS}_in_all": total})
    return total


@patient
def _looked(store: Store, digest: str) -> dict[str, int]:
    with store_failures(store.where):
        return {str(run.info.run_id): _count(run) for run in _opened(store) if run.data.tags[TEST_DIGEST] == digest}


@patient
def _write(store: Store, run_id: str, counts: Mapping[str, int]) -> None:
    with store_failures(store.where):
        for key, count in counts.items():
            store.client.set_tag(run_id, key, str(count))


@patient
def openings(store: Store) -> Mapping[str, int]:
    """Return how often the test rows of each digest were looked at."""
    counts: dict[str, int] = {}
    with store_failures(store.where):
        for run in _opened(store):
            digest = run.data.tags[TEST_DIGEST]
            counts[digest] = counts.get(digest, 0) + _count(run)
    return counts


def _count(run: Run) -> int:
    return int(run.data.tags.get(N_TEST_OPENINGS, "0"))


def _opened(store: Store) -> Iterator[Run]:
    looked = search_runs(store, f"tags.`{N_TEST_OPENINGS}` != '0'", everywhere=True)
    return (run for run in looked if TEST_DIGEST in run.data.tags)
