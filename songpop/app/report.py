"""`songpop report`: one page about a sweep, its figures as PNG, both beside its run."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from songpop.app.listener import Listener, Silence
from songpop.app.replay_ground import ReadConfig
from songpop.app.report_record import report_of
from songpop.app.story import describe_sweep
from songpop.errors import StoreError
from songpop.report.page import PAGE, written_pages
from songpop.scoring.whole_output import written_whole
from songpop.settings import ReportSettings
from songpop.tracking.attachments import attach
from songpop.tracking.store import open_store
from songpop.tracking.sweeps import find_sweep

ATTACHED = "report"  # folder of the parent run's artifacts


@dataclass(frozen=True, kw_only=True)
class ReportOutcome:
    """What was written."""

    sweep: str
    parent_run_id: str
    page: str  # the file
    figures: tuple[str, ...]  # the files
    absent: dict[str, str]  # section → why it has no figure
    attached_to: str  # where the same lies beside the run


def report(settings: ReportSettings, read_config: ReadConfig, *, listener: Listener | None = None) -> ReportOutcome:
    """Write the page of a sweep and its figures, and attach both to its run.

    Raises:
        GateError: if there is no such sweep. StoreError: if something cannot be read or written.
    """
    listener = listener or Silence()
    store = open_store(settings.tracking, Path(settings.paths.root))
    sweep = find_sweep(store, settings.sweep)
    listener.note(f"Reading sweep {sweep.name} from {store.where}.")
    record = report_of(store, sweep, read_config, settings.table, listener.step)
    folder = Path(settings.output or Path(settings.paths.root) / "reports" / sweep.name)
    pages = written_pages(record, listener.step)
    _write(folder, pages.files, [f"{section}.png" for section in pages.absent])
    attach(store, sweep.run_id, ATTACHED, pages.files)
    describe_sweep(store, sweep.run_id)  # which links to the page from now on
    return ReportOutcome(
        sweep=sweep.name,
        parent_run_id=sweep.run_id,
        page=str(folder / PAGE),
        figures=tuple(str(folder / name) for name in pages.files if name != PAGE),
        absent=dict(pages.absent),
        attached_to=f"run {sweep.run_id}, {ATTACHED}/{PAGE}",
    )


def _write(folder: Path, files: dict[str, bytes], stale: Sequence[str] = ()) -> None:
    """Write all files or none: each takes its place when the last one is on the disk; earlier pictures go."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with ExitStack() as places:
            for name, content in files.items():
                file = places.enter_context(written_whole(folder / name))
                file.write(content)
                file.flush()
        for name in stale:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"`output` must be a folder that can be written, but {folder} cannot: {error.strerror or error}."
        ) from error
