"""Somebody else's page behind a gate: it may be looked at, and nothing that it would change gets through.

Owns: which requests pass. Does not own: the page (Optuna's dashboard), listening (app/dashboard.py).
"""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from werkzeug.exceptions import SecurityError
from werkzeug.wrappers import Request, Response

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

READING = ("GET", "HEAD")
REFUSAL = (
    "This page shows a copy of the studies and changes nothing. A study belongs to its sweep: give that one another "
    "search.name, or delete its runs in the MLflow UI."
)
WRONG_NAME = "This page must be called by the name of this machine."


def read_only(page: "WSGIApplication", hosts: Sequence[str], before: Callable[[], object]) -> "WSGIApplication":
    """Return a page that only answers what reads.

    Args:
        page: a WSGI application.
        hosts: names that it may be called by; none: any.
        before: called before each request that passes.
    """

    def gate(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        request = Request(environ)
        request.trusted_hosts = list(hosts) or None
        try:
            _ = request.host
        except SecurityError:
            return Response(WRONG_NAME, 400)(environ, start_response)
        if request.method not in READING:
            # Its own way to say why something was not done; its page shows the reason.
            refused = Response(json.dumps({"reason": REFUSAL}), 405, mimetype="application/json")
            return refused(environ, start_response)
        before()
        return page(environ, start_response)

    return gate
