"""A reader slower than its query: it gets the whole answer, and holds no worker meanwhile."""

from __future__ import annotations

import socket
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx

from clustergraph.engine.dataset import dataset_of_files
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.service.app import create_app
from protocol.serving import listening, settings

DEADLINE_SECONDS = 4.0
ROWS = 200_000
LONG = f"SELECT ?a ?b {{ ?a <http://example.org/p> ?x . ?b <http://example.org/p> ?y }} LIMIT {ROWS}"


def data(directory: Path) -> Path:
    path = directory / "data.nt"
    path.write_text(
        "".join(f'<http://example.org/{n}> <http://example.org/p> "{n}" .\n' for n in range(600)),
        encoding="utf-8",
    )
    return path


def begin(address: str) -> socket.socket:
    """A client that asks for a long answer and has taken its first bytes."""
    where = urlsplit(address)
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    client.connect((where.hostname, where.port))
    request = f"GET /sparql?format=csv&query={quote(LONG)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    client.sendall(request.encode())
    assert client.recv(1000).startswith(b"HTTP/1.1 200")
    return client


def rest(client: socket.socket) -> bytes:
    with client:
        blocks = []
        while block := client.recv(1 << 20):
            blocks.append(block)
        return b"".join(blocks)


def test_readers_slower_than_the_deadline_get_all_of_it_and_hold_no_worker(tmp_path: Path) -> None:
    chosen = settings(workers=2, query_deadline_seconds=DEADLINE_SECONDS, cache_mib=0)
    engine = EmbeddedEngine(dataset_of_files([data(tmp_path)]), chosen)
    with listening(create_app(engine, None, {}, chosen)) as address:
        slow = [begin(address) for _ in range(4)]
        deadline = time.monotonic() + 10
        while engine.state().idle < 2:
            assert time.monotonic() < deadline, "the workers wait for their readers"
            time.sleep(0.05)
        asked = time.monotonic()
        answer = httpx.get(f"{address}/sparql", params={"query": "ASK { ?s ?p ?o }", "format": "json"})
        assert answer.json()["boolean"] is True
        assert time.monotonic() - asked < 2
        time.sleep(DEADLINE_SECONDS + 0.5)
        for client in slow:
            body = rest(client)
            assert body.count(b"http://example.org/") >= 2 * ROWS - 100
            assert body.endswith(b"\r\n0\r\n\r\n")


def test_with_no_disk_to_spare_a_slow_reader_is_cut_at_the_deadline_and_never_short(tmp_path: Path) -> None:
    chosen = settings(workers=2, query_deadline_seconds=2.0, spool_mib=0)
    engine = EmbeddedEngine(dataset_of_files([data(tmp_path)]), chosen)
    with listening(create_app(engine, None, {}, chosen)) as address:
        client = begin(address)
        time.sleep(3)
        with suppress(ConnectionResetError):
            assert not rest(client).endswith(b"\r\n0\r\n\r\n")
        assert engine.state().deaths["deadline"] == 1


def test_what_waits_for_a_reader_that_left_is_given_back(tmp_path: Path) -> None:
    chosen = settings(workers=2, query_deadline_seconds=DEADLINE_SECONDS, spool_mib=16)
    engine = EmbeddedEngine(dataset_of_files([data(tmp_path)]), chosen)
    with listening(create_app(engine, None, {}, chosen)) as address:
        for _ in range(3):
            client = begin(address)
            time.sleep(1.6)
            client.close()
        deadline = time.monotonic() + 10
        while engine.space.free < 16 * 1024 * 1024:
            assert time.monotonic() < deadline, "spooled bytes are never given back"
            time.sleep(0.05)
