"""A port that is taken, or an address that is none, is told in a sentence."""

import socket

import pytest

from songpop.app.ports import check_port, names_of
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


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
def test_a_page_for_this_machine_alone_has_no_other_names(host: str) -> None:
    names = names_of(host, 8000)
    assert {"127.0.0.1:8000", "localhost:8000", "[::1]:8000"} < set(names)
    assert not {"evil.example", "evil.example:8000", "127.0.0.1:8001"} & set(names)


def test_a_page_for_others_may_have_any_name() -> None:
    assert names_of("0.0.0.0", 8000) == ()


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_number_that_is_no_port(port: int) -> None:
    with pytest.raises(SettingsError, match=f"must lie between 1 and 65535, but it is {port}"):
        check_port("The page", "127.0.0.1", port)


@pytest.mark.parametrize("host", ["192.0.2.1", "nowhere.invalid"])
def test_an_address_of_another_machine(host: str) -> None:
    with pytest.raises(StoreError, match=rf"listen on {host}:80\d\d, but it is not \([^()]*\)\. Name another address"):
        check_port("The page", host, 8051)
