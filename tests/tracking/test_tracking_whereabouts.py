"""A store that was copied or moved has its artifacts where it came from, and the doctor says so."""

import shutil
from pathlib import Path

from songpop.settings import TrackingSettings
from songpop.tracking.store import Store, open_store
from songpop.tracking.whereabouts import strayed


def opened(root: Path) -> Store:
    return open_store(TrackingSettings(), root)


def test_a_store_with_its_artifacts_is_in_order(store: Store) -> None:
    assert not list(strayed(store))


def test_a_copy_shares_the_originals_files(store: Store, store_root: Path, tmp_path: Path) -> None:
    Path(store.artifact_location.removeprefix("file://")).mkdir(parents=True, exist_ok=True)
    shutil.copytree(store_root, tmp_path / "copy")
    (found,) = strayed(opened(tmp_path / "copy"))
    assert "is a copy of the store there, and shares its files" in found.problem
    assert f"paths.root={store_root}" in found.remedy
    assert found.mend is None


def test_a_moved_store_is_to_be_moved_back(store: Store, store_root: Path, tmp_path: Path) -> None:
    store_root.rename(tmp_path / "moved")
    (found,) = strayed(opened(tmp_path / "moved"))
    assert "is a store that was moved from there" in found.problem
    assert f"Move it back to {store_root}" in found.remedy


def test_artifacts_that_are_kept_elsewhere_on_purpose_are_no_finding(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path / 'elsewhere.db'}"
    assert not list(strayed(open_store(TrackingSettings(uri=uri), tmp_path / "mlruns")))
