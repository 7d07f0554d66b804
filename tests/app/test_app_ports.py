"""A port that is taken, or an address that is none, is told in a sentence."""

import socket

import pytest

from songpop.app.ports import check_port
from songpop.errors import SettingsError, StoreError


def test_a_free_port_stays_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    check_port("The page", "127.0.0.1", port)
    check_port("The page", "127.0.0.1", port)


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(StoreError, match=rf"The page must be free to listen on 127\.0\.0\.1:{port}.*port=\d+"):
            check_port("The page", "127.0.0.1", port)


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_number_that_is_no_port(port: int) -> None:
    with pytest.raises(SettingsError, match=f"must lie between 1 and 65535, but it is {port}"):
        check_port("The page", "127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_an_address_of_another_machine(host: str) -> None:
    with pytest.raises(StoreError, match=rf"listen on {host}:80\d\d, but it is not \([^()]*\)\. Name another address"):
        check_port("The page", host, 8051)
