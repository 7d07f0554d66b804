"""Files that are laid beside a run after it has ended."""

from collections.abc import Mapping

from songpop.tracking.failures import store_failures
from songpop.tracking.patience import patient
from songpop.tracking.run_ground import write_artifacts
from songpop.tracking.store import Store


@patient
def attach(store: Store, run_id: str, folder: str, files: Mapping[str, bytes]) -> None:
    """Write files into a folder of a run's artifacts; those of the same names are replaced.

    Raises:
        StoreError: if the store cannot be written.
    """
    with store_failures(store.where):
        write_artifacts(store, run_id, {f"{folder}/{name}": content for name, content in files.items()})
