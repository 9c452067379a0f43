"""`BoundedProtocol` by itself: a real uvicorn with short limits, and clients that test each of them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from ipaddress import ip_network
from typing import Any, Final

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from clustergraph.service.connections import BoundedProtocol, BreaksOff, ConnectionLimits, bounded_protocol
from clustergraph.service.responses import BrokenOff
from clustergraph.settings import Settings
from hostile.wire import get

SHORT: Final = ConnectionLimits(head_seconds=0.6, body_seconds=0.8, stalled_seconds=1.0)
POST: Final = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n"


class Application:
    """Answers `ok`; `/large` without end; `/slow` after a while; `/broken` begins and fails."""

    def __init__(self) -> None:
        self.requests = 0
        self.left = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.requests += 1
        while (message := await receive())["type"] == "http.request" and message.get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": []})
        if scope["path"] == "/slow":
            if (await receive())["type"] == "http.disconnect":
                self.left += 1
            return
        if scope["path"] == "/broken":
            await send({"type": "http.response.body", "body": b"half", "more_body": True})
            raise BrokenOff("the other half is missing")
        while scope["path"] == "/large":
            await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
            if self._gone(scope):
                self.left += 1
                return
        await send({"type": "http.response.body", "body": b"ok"})

    @staticmethod
    def _gone(scope: Scope) -> bool:
        connection = scope["extensions"]["clustergraph.drop"].__self__
        return bool(connection.transport.is_closing())


@contextmanager
def serving(application: Any, limits: ConnectionLimits) -> Iterator[tuple[str, int, type[BoundedProtocol]]]:
    """The application behind uvicorn within limits; yields host, port and the protocol class."""
    protocol = bounded_protocol(limits)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            application, http=protocol, ws="none", lifespan="off", log_level="error", access_log=False
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield "127.0.0.1", listener.getsockname()[1], protocol
        finally:
            server.should_exit = server.force_exit = True
            thread.join(10)


@pytest.fixture
def application() -> Application:
    return Application()


@pytest.fixture
def address(application: Application) -> Iterator[tuple[str, int]]:
    with serving(BreaksOff(application), SHORT) as (host, port, _):
        yield host, port


def heard(connection: socket.socket, seconds: float = 5) -> bytes:
    """All that arrives until the other side ends the connection, which it must."""
    connection.settimeout(seconds)
    data = bytearray()
    with suppress(ConnectionError):
        while block := connection.recv(65536):
            data += block
    return bytes(data)


def asked(address: tuple[str, int], *blocks: bytes) -> bytes:
    with socket.create_connection(address) as connection:
        with suppress(ConnectionError):
            for block in blocks:
                connection.sendall(block)
        return heard(connection)


@pytest.mark.parametrize("begun", [b"", b"\r\n", b"G", b"GET / HTTP/1.1\r\nX: "])
def test_a_head_that_does_not_come_is_not_waited_for(address: tuple[str, int], begun: bytes) -> None:
    begin = time.monotonic()
    assert asked(address, begun) == b""
    assert time.monotonic() - begin < 3


@pytest.mark.parametrize("begun", [POST, POST + b"12345"])
def test_a_body_that_does_not_come_is_not_waited_for(
    address: tuple[str, int], application: Application, begun: bytes
) -> None:
    assert asked(address, begun) == b""
    assert application.requests == 1


def test_a_reader_that_stalls_is_let_go_and_the_application_is_told(
    address: tuple[str, int], application: Application
) -> None:
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(address)
        connection.sendall(get("/large"))
        deadline = time.monotonic() + 5
        while application.left == 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert application.left == 1


def test_a_client_that_leaves_is_noticed_behind_pipelined_requests(
    address: tuple[str, int], application: Application
) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(get("/slow") + get("/"))
        time.sleep(0.2)
    deadline = time.monotonic() + 5
    while application.left == 0 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert (application.requests, application.left) == (1, 1)


def test_an_answer_that_takes_long_is_no_fault_of_its_reader(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(get("/slow"))
        connection.settimeout(2.5)
        with pytest.raises(TimeoutError):
            while connection.recv(65536):
                pass


def test_a_kept_connection_serves_on(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        for _ in range(4):
            connection.sendall(get("/"))
            answer = b""
            while not answer.endswith(b"0\r\n\r\n"):
                answer += connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200")
            time.sleep(0.5)


def test_a_long_head_is_431(address: tuple[str, int]) -> None:
    for blocks in (
        (get("/", "X: " + "y" * 70_000),),
        (b"GET / HTTP/1.1\r\n", *(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(600))),
        (get("/") + get("/", *(f"X-{n}: {n}" for n in range(10_000)), "Connection: close"),),
    ):
        answer = asked(address, *blocks)
        assert not answer or b"HTTP/1.1 431" in answer or answer.count(b"HTTP/1.1 200") == 1, answer[:300]


def test_a_request_that_is_too_long_is_ended() -> None:
    application = Application()
    with serving(BreaksOff(application), ConnectionLimits(request_bytes=100_000)) as (host, port, _):
        body = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 100_000
        answer = asked((host, port), body)
        assert answer == b"" or b"413" in answer


def test_more_pipelined_requests_than_may_wait_end_the_connection(application: Application) -> None:
    with serving(BreaksOff(application), ConnectionLimits(pipelined=8)) as (host, port, _):
        answer = asked((host, port), *[get("/") * 8, get("/", "Connection: close")])
        assert answer.count(b"HTTP/1.1 200") == 9
        assert asked((host, port), get("/slow") + get("/") * 1000).count(b"HTTP/1.1 ") <= 1


def test_what_is_no_http_never_stands_inside_an_answer(address: tuple[str, int]) -> None:
    assert asked(address, b"\x00\x01\r\n\r\n").startswith(b"HTTP/1.1 400 Bad Request\r\n")
    with socket.create_connection(address) as connection:
        connection.sendall(get("/slow"))
        time.sleep(0.1)
        connection.sendall(b"\x00\x01\r\n\r\n")
        assert b"400" not in heard(connection)


def test_a_broken_answer_has_no_end_and_is_no_failure_in_the_log(
    address: tuple[str, int], caplog: pytest.LogCaptureFixture
) -> None:
    answer = asked(address, get("/broken"))
    assert answer.startswith(b"HTTP/1.1 200")
    assert not answer.endswith(b"0\r\n\r\n")
    assert not [record for record in caplog.records if record.exc_info]


def test_an_idle_connection_makes_room_for_a_new_one(application: Application) -> None:
    with (
        serving(application, ConnectionLimits(connections=5)) as (host, port, protocol),
        ExitStack() as stack,
    ):
        idle = [stack.enter_context(socket.create_connection((host, port))) for _ in range(5)]
        time.sleep(0.2)
        assert asked((host, port), get("/", "Connection: close")).startswith(b"HTTP/1.1 200")
        assert heard(idle[0]) == b""
        assert len(protocol.register) <= 5


def test_busy_connections_make_no_room_and_a_new_one_is_told(application: Application) -> None:
    with serving(application, ConnectionLimits(connections=5)) as (host, port, _), ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(socket.create_connection((host, port))).sendall(get("/slow"))
        time.sleep(0.2)
        answer = asked((host, port), get("/"))
        assert answer.startswith(b"HTTP/1.1 503")
        assert b"retry-after" in answer
        assert asked((host, port)) == b"", "one that says nothing is let go, too"


def test_one_client_has_its_share_of_the_connections(application: Application) -> None:
    limits = ConnectionLimits(connections_of_client=3)
    with serving(application, limits) as (host, port, protocol), ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(socket.create_connection((host, port))).sendall(get("/slow"))
        time.sleep(0.2)
        assert asked((host, port), get("/")).startswith(b"HTTP/1.1 429")
        stack.close()
        time.sleep(0.3)
        assert len(protocol.register) == 0
        assert asked((host, port), get("/", "Connection: close")).startswith(b"HTTP/1.1 200")


def test_a_proxy_has_no_share(application: Application) -> None:
    limits = ConnectionLimits(connections_of_client=3, exempt=(ip_network("127.0.0.0/8"),))
    with serving(application, limits) as (host, port, _), ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(socket.create_connection((host, port))).sendall(get("/slow"))
        assert asked((host, port), get("/", "Connection: close")).startswith(b"HTTP/1.1 200")


def test_the_settings_name_the_proxies_and_leave_room_for_their_longest_query() -> None:
    limits = ConnectionLimits.of(Settings(trusted_proxies="10.0.0.0/8, ::1,nonsense", query_length_kib=4096))
    assert limits.exempt == (ip_network("10.0.0.0/8"), ip_network("::1/128"))
    assert limits.request_bytes > 3 * 4096 * 1024
    assert len(ConnectionLimits.of(Settings(trusted_proxies="*")).exempt) == 2
