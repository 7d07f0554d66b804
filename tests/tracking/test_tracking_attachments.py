"""Files that are laid beside a run after it has ended."""

from pathlib import Path
from typing import Any

from songpop.tracking.attachments import attach
from songpop.tracking.runs import start_sweep


def test_files_are_laid_beside_and_replaced(store: Any) -> None:
    run = start_sweep(store, "s")
    run.finish()
    attach(store, run.run_id, "report", {"a.html": b"one", "b.png": b"two"})
    attach(store, run.run_id, "report", {"a.html": b"three"})
    found = {item.path for item in store.client.list_artifacts(run.run_id, "report")}
    assert found == {"report/a.html", "report/b.png"}
    assert Path(store.client.download_artifacts(run.run_id, "report/a.html")).read_bytes() == b"three"
    assert store.client.get_run(run.run_id).info.status == "FINISHED"
