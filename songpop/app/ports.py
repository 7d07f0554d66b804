"""Whether a page can listen where it is told to: found out at once, in a sentence."""

import errno
import socket

from songpop.errors import SettingsError, StoreError

MAX_PORT = 65_535
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
        SettingsError: if the number is none of a port. StoreError: naming another port, or address.
    """
    if not 0 < port <= MAX_PORT:
        raise SettingsError(f"`port` must lie between 1 and {MAX_PORT}, but it is {port}.")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        socket.create_server((host, port), family=family).close()
    except OSError as error:
        is_of_port = error.errno in (errno.EADDRINUSE, errno.EACCES)
        other_port, here = f"port: port={port % 60_000 + 1}", "address, one of this machine: host=127.0.0.1"
        reason = str(error.strerror or error).partition(" (while")[0]  # the address stands there already
        raise StoreError(
            f"{what} must be free to listen on {host}:{port}, but it is not ({reason}). "
            f"Name another {other_port if is_of_port else here}"
        ) from error
