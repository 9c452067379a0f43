"""Clients that are slow, silent, or gone: they cost no worker for long, no memory, nobody's place."""

from __future__ import annotations

import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import Final

import pytest

from hostile.service import DEADLINE_SECONDS, WORKERS, Target, eventually
from hostile.wire import ENDLESS_PATH, HUGE_PATH, SMALL_PATH, assert_small, get, post

#: So long the service may wait for the rest of a request.
PATIENCE_SECONDS: Final = 20


# Slow and silent clients


def test_a_reader_that_reads_nothing_costs_no_worker_and_no_memory(target: Target) -> None:
    with ExitStack() as stack:
        for _ in range(3 * WORKERS):
            stack.enter_context(target.connection(receive_buffer=4096)).sendall(get(HUGE_PATH))
        time.sleep(3 * DEADLINE_SECONDS + 0.5)
        target.assert_well()


def test_a_reader_of_a_few_bytes_a_second_is_cut_off_and_never_gets_a_whole(target: Target) -> None:
    with target.connection(receive_buffer=4096) as connection:
        connection.sendall(get(HUGE_PATH))
        heard = b""
        for _ in range(30):
            heard += connection.recv(64)
            time.sleep(0.1)
        target.assert_well()
        connection.settimeout(10)
        with suppress(ConnectionError):
            while block := connection.recv(1 << 20):
                heard = heard[-1024:] + block
    assert not heard.endswith(b"0\r\n\r\n")


#: Requests that were begun, and where.
BEGUN: Final = {
    "in the head": b"GET /sparql HTTP/1.1\r\nHost: x\r\nX-Slow: ",
    "in the method": b"",
    "between requests": b"\r\n",
    "in the body": post(b"query=", "Content-Length: 100000"),
    "in a chunk": post(b"", "Transfer-Encoding: chunked") + b"186a0\r\n",
    "in a chunk extension": post(b"", "Transfer-Encoding: chunked") + b"1;",
    "in a second request": get(SMALL_PATH) + b"GET /",
}


def test_one_byte_a_second_is_not_waited_for_without_end(target: Target) -> None:
    """Slowloris: each connection costs a descriptor, so none may last."""
    with ThreadPoolExecutor(len(BEGUN)) as pool:
        lasting = pool.map(lambda begun: _lasts(target, begun), BEGUN.values())
        assert [place for place, lasts in zip(BEGUN, lasting, strict=True) if lasts] == []
    target.assert_well()


def _lasts(target: Target, begun: bytes) -> bool:
    """Whether a connection stays open although its request goes on by one byte a second."""
    end = time.monotonic() + PATIENCE_SECONDS
    with target.connection() as connection, suppress(ConnectionError):
        connection.sendall(begun)
        connection.settimeout(1)
        while time.monotonic() < end:
            connection.sendall(b"\r\n" if begun == b"\r\n" else b"A")
            with suppress(TimeoutError):
                while block := connection.recv(65536):
                    assert block
                return False
        return True
    return False


def test_a_reader_that_never_takes_a_short_answer_is_let_go(target: Target) -> None:
    """Pipelined answers that nobody reads fill the buffers of this end, then those of the service."""
    descriptors = target.vitals().descriptors
    with target.connection(receive_buffer=4096) as connection:
        connection.setblocking(False)
        with suppress(BlockingIOError, ConnectionError):
            for _ in range(20_000):
                connection.send(get(SMALL_PATH))
        found = eventually(target.vitals, lambda it: it.descriptors <= descriptors, 40)
        assert found.descriptors <= descriptors, found
    target.assert_well()


def test_two_hundred_connections_that_do_nothing_shut_nobody_out(target: Target) -> None:
    descriptors = target.vitals().descriptors
    with ExitStack() as stack:
        for _ in range(200):
            stack.enter_context(target.connection())
        target.assert_well()
        found = eventually(target.vitals, lambda it: it.descriptors <= descriptors + 4, PATIENCE_SECONDS)
        assert found.descriptors <= descriptors + 4, found


def test_more_connections_than_may_be_open_shut_nobody_out(target: Target) -> None:
    with ExitStack() as stack:
        for number in range(1500):
            connection = stack.enter_context(target.connection())
            if number % 3 == 0:
                with suppress(ConnectionError):
                    connection.sendall(b"GET / HTTP/1.1\r\nX")
        target.assert_well()


# Clients that leave


@pytest.mark.parametrize("path", [SMALL_PATH, HUGE_PATH, ENDLESS_PATH], ids=["small", "huge", "endless"])
@pytest.mark.parametrize("reset", [False, True], ids=["closed", "reset"])
@pytest.mark.parametrize("wait", [0.0, 0.05, 0.4], ids=["at once", "early", "midway"])
def test_clients_that_leave_give_their_workers_back(
    target: Target, path: str, reset: bool, wait: float
) -> None:
    for _ in range(6):
        with target.connection() as connection:
            if reset:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.sendall(get(path))
            time.sleep(wait)
    target.assert_well()


def test_a_client_that_shuts_its_side_still_gets_its_answer_or_none(target: Target) -> None:
    with target.connection() as connection:
        connection.sendall(get(SMALL_PATH, "Connection: close"))
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionError):
            while block := connection.recv(65536):
                answer += block
    if answer:
        assert_small(answer)
    target.assert_well()
