"""`songpop report` on a finished sweep: the files, the same beside the run, and what cannot be drawn."""

import resource
import signal
from pathlib import Path

import pandas as pd
import pytest
from quick import Notebook

from songpop.app.records import SweepOutcome
from songpop.app.report import ReportOutcome, _write, report
from songpop.compose import recorded_settings
from songpop.errors import ArtifactError, GateError, StoreError
from songpop.settings import PathSettings, ReportSettings, TrackingSettings
from songpop.tracking.store import open_store


def reported(root: Path, **options: str | None) -> ReportOutcome:
    settings = ReportSettings(paths=PathSettings(root=str(root)), **options)  # type: ignore[arg-type]
    return report(settings, recorded_settings, listener=Notebook())


@pytest.mark.slow
def test_a_whole_report(own_root: Path, outcome: SweepOutcome, songs: pd.DataFrame, tmp_path: Path) -> None:
    table = tmp_path / "songs.csv"
    songs.to_csv(table, index=False)
    found = reported(own_root, table=str(table))
    assert (found.sweep, found.parent_run_id) == (outcome.sweep, outcome.parent_run_id)
    assert set(found.absent) <= {"importance", "contours"}  # few trials
    page = Path(found.page)
    assert page == own_root / "reports" / outcome.sweep / "report.html"
    assert outcome.champion is not None
    assert f"{outcome.champion.test['log_loss']:.3f}" in page.read_text("utf-8")
    store = open_store(TrackingSettings(), own_root)
    beside = {item.path for item in store.client.list_artifacts(found.parent_run_id, "report")}
    assert beside == {f"report/{Path(name).name}" for name in (found.page, *found.figures)}


def test_a_table_that_is_not_known_is_told(own_root: Path, tmp_path: Path) -> None:
    found = reported(own_root, output=str(tmp_path / "mine"))
    assert Path(found.page).parent == tmp_path / "mine"
    assert "data frame of which no file is known" in found.absent["columns"]
    assert set(found.absent) >= {"columns", "correlations"}
    assert not list((tmp_path / "mine").glob(".*"))


def test_a_picture_of_an_earlier_report_goes(own_root: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for name in ("columns.png", "other.png"):
        (tmp_path / "mine" / name).write_bytes(b"old")
    reported(own_root, output=str(tmp_path / "mine"))
    assert not (tmp_path / "mine" / "columns.png").exists()
    assert (tmp_path / "mine" / "other.png").exists()


def test_no_such_sweep(own_root: Path) -> None:
    with pytest.raises(GateError, match="holds no sweep 'other'"):
        reported(own_root, sweep="other")


def test_a_folder_that_cannot_be_written(own_root: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="`output` must be a folder that can be written"):
        reported(own_root, output=str(tmp_path / "file" / "inside"))


def test_a_full_disk_leaves_the_report_that_was_there(tmp_path: Path) -> None:
    (tmp_path / "report.html").write_bytes(b"before")
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limit[1]))
    try:
        with pytest.raises(StoreError, match=r"`output` must be a folder .*: File too large"):
            _write(tmp_path, {"report.html": b"after", "finals.png": b"x" * 30_000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    assert [file.read_bytes() for file in tmp_path.iterdir()] == [b"before"]


@pytest.mark.parametrize("content", [b"", b"{}", b'{"kind": "bag", "n_mod'], ids=["empty", "other", "cut"])
@pytest.mark.parametrize("name", ["space.json", "evidence.npz"])
def test_a_damaged_file_is_told_by_its_name(name: str, content: bytes, own_root: Path) -> None:
    (file,) = own_root.glob(f"artifacts/*/artifacts/{name}")
    file.write_bytes(content)
    with pytest.raises(ArtifactError, match=rf"{name}|finals of a sweep"):
        reported(own_root)
    assert not (own_root / "reports").exists()


@pytest.mark.parametrize(
    ("name", "told"),
    [("champion.json", "the champion&#39;s file was changed"), ("finals.json", "their file is lost or damaged")],
)
def test_without_a_readable_verdict_the_rest_is_drawn(name: str, told: str, own_root: Path) -> None:
    (file,) = own_root.glob(f"artifacts/*/artifacts/{name}")
    file.write_bytes(b"{}")
    assert told in Path(reported(own_root).page).read_text("utf-8")


def test_without_its_config_a_sweep_has_no_table(own_root: Path) -> None:
    (file,) = own_root.glob("artifacts/*/artifacts/config.yaml")
    file.unlink()
    assert "config.yaml" in reported(own_root).absent["columns"]
