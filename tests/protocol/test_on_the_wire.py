"""The promises that only a real server and a real client can keep or break."""

from __future__ import annotations

import http.client
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import httpx
import pytest

from protocol.serving import application, listening, settings

THINGS = 1500
SMALL = "SELECT ?label { <http://example.org/7> <http://example.org/label> ?label }"
ALL = "SELECT ?thing ?label { ?thing <http://example.org/label> ?label }"
#: 2.25 million rows, far over the budget of 4 MiB set below, and begun at once.
TOO_MUCH = "SELECT ?a ?b { ?a <http://example.org/label> ?x . ?b <http://example.org/label> ?y }"
#: Evaluates for hours without a single row.
ENDLESS = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
CURL_PARTIAL_FILE = 18
needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("data") / "things.nt"
    file.write_text(
        "".join(
            f'<http://example.org/{number}> <http://example.org/label> "thing {number} {"x" * 100}" .\n'
            for number in range(THINGS)
        ),
        encoding="utf-8",
    )
    chosen = settings(workers=3, query_deadline_seconds=3.0, query_result_mib=4, query_length_kib=64)
    with listening(application(file, chosen)) as found:
        yield found


def ask(address: str, query: str, **parameters: str) -> httpx.Response:
    return httpx.get(f"{address}/sparql", params={"query": query, **parameters}, timeout=30)


def curl(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["curl", "-sS", *arguments], capture_output=True, timeout=60, check=False)


def test_a_long_answer_streams_and_is_complete(address: str) -> None:
    response = ask(address, ALL, format="json")
    assert response.headers["Transfer-Encoding"] == "chunked"
    assert len(response.json()["results"]["bindings"]) == THINGS


def test_a_short_answer_has_its_length(address: str) -> None:
    response = ask(address, SMALL)
    assert int(response.headers["Content-Length"]) == len(response.content)


@needs_curl
@pytest.mark.parametrize("name", ["json", "xml", "csv", "tsv"])
def test_an_answer_that_must_be_cut_breaks_the_connection(address: str, name: str) -> None:
    url = f"{address}/sparql?format={name}&query={quote(TOO_MUCH)}"
    done = curl("-o", "/dev/null", "-w", "%{http_code}", url)
    assert (done.returncode, done.stdout) == (CURL_PARTIAL_FILE, b"200"), done.stderr


@needs_curl
def test_a_graph_that_must_be_cut_breaks_the_connection(address: str) -> None:
    query = "CONSTRUCT { ?a <http://example.org/with> ?b } " + TOO_MUCH.partition("?b ")[2]
    for name in ("ntriples", "turtle", "rdfxml"):
        url = f"{address}/sparql?format={name}&query={quote(query)}"
        done = curl("-o", "/dev/null", "-w", "%{http_code}", url)
        assert (done.returncode, done.stdout) == (CURL_PARTIAL_FILE, b"200"), done.stderr


def test_a_client_of_http_1_0_never_takes_a_part_for_the_whole(address: str) -> None:
    host = urlsplit(address)

    def raw(query: str) -> bytes:
        with socket.create_connection((host.hostname, host.port), timeout=30) as connection:
            target = f"/sparql?format=csv&query={quote(query)}"
            connection.sendall(f"GET {target} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
            return b"".join(iter(lambda: connection.recv(65536), b""))

    head, _, body = raw(ALL).partition(b"\r\n\r\n")
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert body.count(b"\r\n") == THINGS + 1
    assert raw(TOO_MUCH).split(b" ", 2)[1] == b"503"


def test_a_query_past_its_deadline_is_504_beside_a_small_one_that_is_answered_at_once(address: str) -> None:
    with ThreadPoolExecutor() as pool:
        slow = pool.submit(ask, address, ENDLESS)
        time.sleep(0.5)
        begun = time.monotonic()
        small = ask(address, SMALL)
        waited = time.monotonic() - begun
        assert not slow.done()
        stopped = slow.result()
    assert small.status_code == 200
    assert waited < 2
    assert stopped.status_code == 504
    assert stopped.json()["title"] == "Query stopped at its deadline"
    assert "3 seconds" in stopped.json()["detail"]
    assert "LIMIT" in stopped.json()["fix"]


def test_thirty_two_clients_at_once_are_all_answered(address: str) -> None:
    with ThreadPoolExecutor(32) as pool:
        responses = list(pool.map(lambda _: ask(address, SMALL), range(96)))
    assert {response.status_code for response in responses} == {200}
    assert len({response.content for response in responses}) == 1


def test_a_client_that_leaves_gives_its_worker_back(address: str) -> None:
    """More clients leave than there are workers; each would hold its worker for the whole deadline."""
    host = urlsplit(address)
    for _ in range(9):
        connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=10)
        connection.request("GET", f"/sparql?query={quote(ENDLESS)}")
        time.sleep(0.1)
        connection.close()
    begun = time.monotonic()
    assert ask(address, SMALL).status_code == 200
    assert time.monotonic() - begun < 2


def test_a_client_that_leaves_a_stream_gives_its_worker_back(address: str) -> None:
    for _ in range(9):
        with httpx.stream("GET", f"{address}/sparql", params={"query": TOO_MUCH}, timeout=10) as response:
            next(response.iter_raw())
    begun = time.monotonic()
    assert ask(address, SMALL).status_code == 200
    assert time.monotonic() - begun < 2


def test_a_query_of_32_kilobytes_fits_in_an_address(address: str) -> None:
    query = SMALL + " #" + "x" * (32 * 1024 - len(SMALL) - 2)
    assert ask(address, query).status_code == 200


def test_a_connection_serves_many_requests(address: str) -> None:
    host = urlsplit(address)
    connection = http.client.HTTPConnection(host.hostname or "", host.port, timeout=10)
    for number in range(20):
        method = "HEAD" if number % 2 else "GET"
        connection.request(method, f"/sparql?query={quote(SMALL)}")
        response = connection.getresponse()
        assert response.status == 200
        assert bool(response.read()) is (method == "GET")
    connection.close()
