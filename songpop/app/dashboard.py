"""`songpop dashboard`: Optuna's own pages on every study of the project, to be looked at only."""

import logging
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import waitress

from songpop.app.listener import Listener
from songpop.app.ports import LOOPBACK, check_port, names_of
from songpop.errors import SettingsError
from songpop.search.study_copies import StudyCopies
from songpop.settings import DashboardSettings
from songpop.web.read_only import read_only

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

N_THREADS = 4  # parameter importances take seconds; the other plots come meanwhile


def serve_dashboard(settings: DashboardSettings, *, listener: Listener) -> None:
    """Serve Optuna's dashboard until interrupted; a sweep may run beside it, and its trials appear as they end.

    Raises:
        SettingsError: if the dashboard is not installed.
        StoreError: if the studies cannot be found, or the port is taken.
    """
    create_app = _dashboard()
    check_port("Optuna's dashboard", settings.host, settings.port)
    copies = StudyCopies(settings.storage, Path(settings.paths.root) / "studies")
    copies.catch_up()
    for reason in copies.left_out.values():
        listener.note(f"Left out: {reason}")
    n_studies = len(copies.storage.get_all_studies())
    studies = f"{n_studies} stud{'ies' if n_studies != 1 else 'y'}"
    address = f"http://{settings.host}:{settings.port}"
    listener.note(f"Optuna's dashboard on {address} ({studies}, to be looked at only); Ctrl-C ends it.")
    if settings.host not in LOOPBACK:
        listener.note(f"host={settings.host}: everybody who reaches this machine may look. It asks for no password.")
    page: WSGIApplication = read_only(
        create_app(copies.storage), names_of(settings.host, settings.port), copies.catch_up
    )
    # What Optuna says of a plot of few trials would reach the terminal of whoever serves it, once per look.
    warnings.filterwarnings("ignore", module=r"optuna\.")
    logging.getLogger("waitress").setLevel(logging.ERROR)
    waitress.serve(page, host=settings.host, port=settings.port, threads=N_THREADS, ident=None)


def _dashboard() -> Any:
    """Return what makes the dashboard's WSGI application."""
    try:
        from optuna_dashboard import wsgi
    except ImportError as error:
        raise SettingsError(
            "`songpop dashboard` needs the package optuna-dashboard, but it is not installed. Install it: "
            "pip install 'songpop[dashboard]'"
        ) from error
    return wsgi
