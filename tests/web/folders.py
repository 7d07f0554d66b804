"""Champions in folders, without a registry."""

from pathlib import Path

from small_models import FACTS

from songpop.errors import GateError
from songpop.scoring.ranker import Ranker
from songpop.web.champions import Served
from songpop.web.page import Limits

LIMITS = Limits(max_mb=0.2, max_rows=500, per_minute=1_000, n_shown=20, hosts=())


class FolderChampions:
    """Champions without a registry; implements web.champions.Champions."""

    def __init__(self, *folders: Path) -> None:
        self._served = [
            Served(
                model="songpop",
                version=number,
                since="2026-01-02T03:04:05+00:00",
                facts=FACTS,
                ranker=Ranker.load(folder),
                intervals={"log_loss": (0.2, 0.4)},
            )
            for number, folder in enumerate(folders, start=1)
        ]

    def present(self) -> Served:
        if not self._served:
            raise GateError("'songpop' has no champion yet.")
        return self._served[-1]

    def previous_version(self) -> int | None:
        return self._served[-2].version if len(self._served) > 1 else None

    def previous(self) -> Served | None:
        return self._served[-2] if len(self._served) > 1 else None
