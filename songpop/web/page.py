"""The pages and their limits: what may be asked, how often, and how an error is told.

Owns: routes, limits, headers. Does not own: ranking (results.py), champions (champions.py), listening (app/serve.py).
"""

import io
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import IO, Any
from urllib.parse import urlsplit

from flask import Flask, Request, Response, abort, render_template, request
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from werkzeug.exceptions import HTTPException, SecurityError

from songpop.errors import DataError, GateError, SettingsError, SongpopError
from songpop.scoring.ranking import as_written
from songpop.scoring.raw_model import day_of
from songpop.web.champions import Champions, Served
from songpop.web.results import ranked, result_of
from songpop.web.uploads import Upload, read_upload

MEGABYTE = 1_000_000
MAX_NAME = 80  # characters of a file's name
# Nothing from elsewhere, nothing inline; the page may not be shown inside another one.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # without any, a browser does not say where a form comes from
    "Cache-Control": "no-store",
}
# What a person is told of what the server refuses by itself.
REFUSALS = {
    400: "The page must be asked as its form does. Open it anew, and try again.",
    403: "The form must be sent by this page itself, but it came from another one. Open this page, and try again.",
    404: "There is no such page. The list is made on the first one.",
    405: "This page must be asked otherwise. Open the first one, and try again.",
    413: "The file must have at most {max_mb:g} MB for this page, but it has more. Cut it, or rank it with songpop "
    "predict, which takes any size.",
    429: "At most {per_minute} files a minute may be ranked here, and there were more. Wait a minute, and try again.",
}
Show = Callable[..., tuple[str, int]]  # renders the page; status and what the page is to know
BUG = "This is a bug of songpop, not of yours. Whoever runs this page finds the traceback where it was started."
STATUS: dict[type[SongpopError], int] = {DataError: 400, SettingsError: 400, GateError: 409}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a visitor may ask for."""

    max_mb: float
    max_rows: int
    per_minute: int
    n_shown: int
    hosts: tuple[str, ...]  # names that the page may be called by; none: any


class _InMemory(Request):
    """A request whose files stay in memory: nothing that was dropped is written anywhere."""

    def _get_file_stream(self, *args: Any, **kwargs: Any) -> IO[bytes]:
        return io.BytesIO()


def create_page(champions: Champions, limits: Limits) -> Flask:
    """Return the page as a WSGI application."""
    page = Flask(__name__)
    page.request_class = _InMemory
    page.config["MAX_CONTENT_LENGTH"] = round(limits.max_mb * MEGABYTE)
    page.config["TRUSTED_HOSTS"] = list(limits.hosts) or None

    def shown(status: int = 200, **known: Any) -> tuple[str, int]:
        told = {"limits": limits, "too_large": REFUSALS[413].format(max_mb=limits.max_mb), **_standing(champions)}
        return render_template("page.html", **{**told, **known}), status

    _add_routes(page, champions, limits, shown)
    _add_errors(page, limits, shown)
    page.before_request(_refuse_other_pages)
    page.after_request(_with_headers)
    return page


def _add_routes(page: Flask, champions: Champions, limits: Limits, shown: Show) -> None:
    limiter = Limiter(get_remote_address, app=page, storage_uri="memory://", strategy="moving-window")
    often = limiter.shared_limit(f"{limits.per_minute} per minute", scope="files")
    one_at_a_time = threading.Lock()  # a second visitor waits, and finds the memory that the first has given back

    @page.get("/")
    def first() -> tuple[str, int]:
        return shown()

    @page.post("/")
    @often
    def rank() -> tuple[str, int]:
        day = day_of(request.form.get("as_of"), "Ages count from")
        with one_at_a_time:
            served = champions.present().on(day)
            before = champions.previous() if "compare" in request.form else None
            result = result_of(served, before and before.on(day), _upload(served, limits), limits.n_shown)
        return shown(result=result)

    @page.post("/ranked.csv")
    @often
    def download() -> Response:
        day = day_of(request.form.get("as_of"), "Ages count from")
        with one_at_a_time:
            served = champions.present().on(day)
            upload = _upload(served, limits)
            frame, _ = ranked(served, upload, limits.n_shown)
            text = as_written(frame, served.ranker.card).to_csv(index=False, sep=upload.separator)
        headers = {"Content-Disposition": "attachment; filename=ranked.csv"}
        return Response(text, mimetype="text/csv", headers=headers)


def _add_errors(page: Flask, limits: Limits, shown: Show) -> None:
    @page.errorhandler(SongpopError)
    def plain(error: SongpopError) -> tuple[str, int]:
        return shown(next((status for kind, status in STATUS.items() if isinstance(error, kind)), 500), error=error)

    @page.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[str, int]:
        code = error.code or 500
        sentence = REFUSALS.get(code, BUG).format(max_mb=limits.max_mb, per_minute=limits.per_minute)
        if isinstance(error, SecurityError):  # called by a name that is not ours: there is no address to link to
            return sentence, code
        return shown(code, error=sentence)

    @page.errorhandler(Exception)
    def bug(error: Exception) -> tuple[str, int]:
        logging.getLogger(__name__).error("A request failed.", exc_info=error)
        return shown(500, error=BUG)


def _standing(champions: Champions) -> dict[str, Any]:
    """Return who answers, or why nobody does."""
    try:
        return {"served": champions.present(), "previous": champions.previous_version(), "error": None, "result": None}
    except SongpopError as error:
        return {"served": None, "previous": None, "error": error, "result": None}


def _upload(served: Served, limits: Limits) -> Upload:
    file = request.files.get("table")
    if file is None or not file.filename:
        raise DataError("A file must be chosen, but there is none. Drop a CSV file on the page, or choose one.")
    name = file.filename if len(file.filename) <= MAX_NAME else f"{file.filename[:MAX_NAME]}…"
    return read_upload(file.read(), name, served.ranker.card, limits.max_rows)


def _refuse_other_pages() -> None:
    """Refuse a form that another site has made a browser send; its user would not know of it."""
    if request.method == "POST":
        site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
        if site is not None:  # the browser itself has compared, with the address that its user sees
            is_ours = site in ("same-origin", "none")
        else:  # by host only: a server in front may speak HTTPS
            is_ours = origin is None or urlsplit(origin).netloc == request.host
        if not is_ours:
            abort(403)


def _with_headers(response: Response) -> Response:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response
