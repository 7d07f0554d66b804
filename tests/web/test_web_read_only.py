"""The gate before somebody else's page: what reads passes, what writes is told why not."""

import pytest
from werkzeug.test import Client
from werkzeug.wrappers import Response

from songpop.web.read_only import read_only

HOSTS = ("127.0.0.1", "127.0.0.1:8080")


class Looked:
    """Counts how often the copies were brought up to date."""

    n_times = 0

    def __call__(self) -> None:
        self.n_times += 1


def client(before: Looked, hosts: tuple[str, ...] = HOSTS) -> Client:
    return Client(read_only(Response("the page"), hosts, before))


def test_what_reads_passes_and_the_copies_catch_up_first() -> None:
    looked = Looked()
    answer = client(looked).get("/", headers={"Host": "127.0.0.1:8080"})
    assert (answer.status_code, answer.text, looked.n_times) == (200, "the page", 1)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_what_writes_is_refused_with_a_reason(method: str) -> None:
    looked = Looked()
    answer = client(looked).open("/api/studies/0", method=method, headers={"Host": "127.0.0.1"})
    assert (answer.status_code, looked.n_times) == (405, 0)
    assert "changes nothing" in answer.json["reason"]


@pytest.mark.parametrize(("hosts", "status"), [(HOSTS, 400), ((), 200)])
def test_another_sites_name_is_refused_where_only_this_machine_may_look(hosts: tuple[str, ...], status: int) -> None:
    assert client(Looked(), hosts).get("/", headers={"Host": "evil.example"}).status_code == status
