"""Whether a page can listen where it is told to: found out at once, in a sentence."""

import socket

from songpop.errors import StoreError

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def names_of(host: str, port: int) -> tuple[str, ...]:
    """Return the names that a page on this address may be called by; none, which is any, where others may use it.

    A page of another site could else be given this machine's address, and read what is shown (DNS rebinding).
    """
    if host not in LOOPBACK:
        return ()
    return (*LOOPBACK, *(f"{name}:{port}" for name in (*LOOPBACK, "[::1]")))


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
