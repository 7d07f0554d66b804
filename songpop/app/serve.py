"""`songpop serve`: the page that ranks a dropped file, with whoever is champion when it is asked."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

import waitress

from songpop.app.listener import Listener
from songpop.app.ports import LOOPBACK, check_port, names_of
from songpop.app.story import story_of, sweep_of_model
from songpop.errors import SettingsError
from songpop.scoring.ranker import Ranker
from songpop.settings import RegistrySettings, ServeSettings, check_registry
from songpop.tracking.champion import Champion, champion_of, checked_champion, get_version
from songpop.tracking.failures import store_failures
from songpop.tracking.ledger import champions_before
from songpop.tracking.standing import Standing, standing
from songpop.tracking.store import Store, open_store
from songpop.web.champions import Served
from songpop.web.page import MEGABYTE, Limits, create_page

Files = tuple[tuple[str, str], ...]  # of a model: name and SHA-256
N_THREADS = 32  # one ranks, as many as drop a file wait for it, and the others show the page meanwhile
_IN_MEMORY = 1 << 40  # bytes of an answer: nothing that was ranked waits for its visitor in a file


@final
class RegistryChampions:
    """The champions of a registered model; implements web.champions.Champions.

    Each is loaded once, and looked up at each request: a promotion takes effect at once, and a model file that was
    changed answers no more.
    """

    def __init__(self, store: Store, settings: RegistrySettings) -> None:
        self._store = store
        self._settings = settings
        self._loaded: dict[Files, tuple[Ranker, Mapping[str, tuple[float, float]]]] = {}

    def present(self) -> Served:
        """Return the present champion.

        Raises:
            GateError: if there is none. ArtifactError: if its files were changed. StoreError: if the store is gone.
        """
        champion = champion_of(self._store, self._settings)
        with store_failures(self._store.where):
            return self._served(champion, standing(self._store, self._settings))

    def previous_version(self) -> int | None:
        """Return the version of the champion before, without loading it; None if there was none.

        Raises:
            StoreError: if the store is gone.
        """
        with store_failures(self._store.where):
            found = standing(self._store, self._settings)
            before = champions_before(found.moves, found.current)
            return next((version for version in before if get_version(self._store, self._settings, version)), None)

    def previous(self) -> Served | None:
        """Return the champion before; None if there was none.

        Raises:
            ArtifactError: if its files were changed. StoreError: if the store is gone.
        """
        version = self.previous_version()
        if version is None:
            return None
        with store_failures(self._store.where):
            found = get_version(self._store, self._settings, version)
            champion = checked_champion(self._store, self._settings, found)
            return self._served(champion, standing(self._store, self._settings))

    def _served(self, champion: Champion, found: Standing) -> Served:
        files = tuple(sorted(champion.facts.files.items()))  # equal weights may have another threshold or table
        if files not in self._loaded:
            self._loaded[files] = (Ranker.load(champion.folder), self._intervals(champion))
        since = [entry.when for entry in found.moves if entry.version == champion.version]
        ranker, intervals = self._loaded[files]
        return Served(
            model=champion.model,
            version=champion.version,
            since=since[-1] if since else "",
            facts=champion.facts,
            ranker=ranker,
            intervals=intervals,
        )

    def _intervals(self, champion: Champion) -> Mapping[str, tuple[float, float]]:
        """Return the intervals of its metrics; none where its sweep's run is gone."""
        run_id = sweep_of_model(self._store, champion.model_id)
        known = None if run_id is None else story_of(self._store, run_id).champion
        return {} if known is None else known.test_intervals


def serve_page(settings: ServeSettings, *, listener: Listener) -> None:
    """Serve the page until Ctrl-C or SIGTERM.

    Raises:
        SettingsError: if a limit or the port cannot be meant.
        GateError: if there is no champion; ArtifactError: if its files were changed.
        StoreError: if the store cannot be read, or the port is taken.
    """
    check_registry(settings.registry)
    _check_limits(settings)
    check_port("The page", settings.host, settings.port)
    champions = RegistryChampions(
        open_store(settings.tracking, Path(settings.paths.root), writing=False), settings.registry
    )
    served = champions.present()
    page = create_page(champions, _limits(settings))
    logging.getLogger("waitress").setLevel(logging.ERROR)
    address = f"http://{settings.host}:{settings.port}"
    listener.note(f"{served.name} ranks songs on {address}; Ctrl-C ends it.")
    if settings.host not in LOOPBACK:
        listener.note(
            f"host={settings.host}: everybody who reaches this machine may use the page. It asks for no password; put "
            "a server that does in front of it."
        )
    waitress.serve(page, host=settings.host, port=settings.port, **server_options(settings.max_mb))


def server_options(max_mb: float) -> dict[str, Any]:
    """Return how waitress serves: it keeps what it is sent in memory, and turns away what is far too large unread.

    What is a little too large it takes whole, so that the page can say so in a sentence.

    Args:
        max_mb: of a file that is dropped.
    """
    most = round((2 * max_mb + 1) * MEGABYTE)
    return {
        "threads": N_THREADS,
        "ident": None,
        "max_request_body_size": most,
        "inbuf_overflow": most,
        "outbuf_overflow": _IN_MEMORY,
    }


def _limits(settings: ServeSettings) -> Limits:
    return Limits(
        max_mb=settings.max_mb,
        max_rows=settings.max_rows,
        per_minute=settings.files_per_minute,
        n_shown=settings.n_shown,
        hosts=names_of(settings.host, settings.port),
    )


def _check_limits(settings: ServeSettings) -> None:
    for key in ("max_mb", "max_rows", "files_per_minute", "n_shown"):
        value = getattr(settings, key)
        if not value > 0:
            raise SettingsError(f"`{key}` must be positive, but it is {value}.")
