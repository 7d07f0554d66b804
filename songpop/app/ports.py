"""Whether a page can listen where it is told to: found out at once, in a sentence."""

import socket

from songpop.errors import StoreError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def check_port(what: str, host: str, port: int) -> None:
    """Refuse an address that is taken, or is none.

    Args:
        what: is to listen, for the sentence.
        host: name or address.
        port: number.

    Raises:
        StoreError: naming another port.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise StoreError(
            f"{what} must be free to listen on {host}:{port}, but it is not ({reason}). "
            f"Name another port: port={port % 60_000 + 1}"
        ) from error
