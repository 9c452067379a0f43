"""Clients that abuse HTTP itself: slow, endless, malformed, smuggling, or gone."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from urllib.parse import quote, urlencode

import pytest

from hostile.cases import ANSWERED, SOLUTIONS, TIMEOUT
from hostile.service import Target
from hostile.wire import (
    ENDLESS_PATH,
    FORM,
    HUGE_PATH,
    SMALL,
    SMALL_PATH,
    assert_proper,
    assert_small,
    body_of,
    get,
    post,
    status,
)

# Bodies


def test_a_body_longer_than_its_length_is_no_part_of_the_query(target: Target) -> None:
    form = urlencode({"query": SMALL, "format": "json"}).encode()
    answer = target.talk(post(form + b"&timeout=0.000001GET /", f"Content-Length: {len(form)}"))
    head, _, rest = answer.partition(b"HTTP/1.1 400")
    assert_small(head)
    assert rest == b"" or b"problem+json" in rest
    target.assert_well()


def test_a_body_shorter_than_its_length_is_no_query(target: Target) -> None:
    form = urlencode({"query": SMALL}).encode()
    with target.connection() as connection:
        connection.sendall(post(form, f"Content-Length: {len(form) + 10}"))
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        with suppress(ConnectionError, TimeoutError):
            while block := connection.recv(65536):
                answer += block
    assert_proper(answer, 0, 400, 408)
    target.assert_well()


def test_chunks_without_end_are_413_or_cut(target: Target) -> None:
    chunk = b"4000\r\n" + b"q" * 0x4000 + b"\r\n"
    answer = b""
    sent = 0
    with target.connection() as connection:
        connection.sendall(post(b"", "Transfer-Encoding: chunked") + b"6\r\nquery=\r\n")
        with suppress(ConnectionError):
            for _ in range(4000):
                connection.sendall(chunk)
                sent += len(chunk)
        connection.settimeout(5)
        with suppress(ConnectionError, TimeoutError):
            while block := connection.recv(65536):
                answer += block
    assert sent < 60_000_000, "the service reads on for ever"
    assert_proper(answer, 0, 413)
    target.assert_well()


def test_trailers_without_end_are_cut(target: Target) -> None:
    with target.connection() as connection:
        connection.sendall(post(b"", "Transfer-Encoding: chunked") + b"6\r\nquery=\r\n0\r\n")
        sent = 0
        with suppress(ConnectionError, TimeoutError):
            for number in range(60_000):
                sent += connection.send(b"X-Trailer-%d: %s\r\n" % (number, b"t" * 1000))
    assert sent < 50_000_000, "the service keeps trailers for ever"
    target.assert_well()


@pytest.mark.parametrize("size", [b"-1", b"0x10", b"FFFFFFFFFFFFFFFFF", b"zz", b" 5", b"5 5", b"+5", b""])
def test_an_invalid_chunk_size_is_400(target: Target, size: bytes) -> None:
    answer = target.talk(
        post(b"", "Transfer-Encoding: chunked") + size + b"\r\nquery\r\n0\r\n\r\n", seconds=5
    )
    assert_proper(answer, 0, 400)
    target.assert_well()


def test_a_compressed_body_is_refused_unread(target: Target) -> None:
    bomb = gzip.compress(b"query=" + b"0" * 50_000_000)
    for coding in ("gzip", "br", "zstd", "deflate", "gzip, gzip", "identity, gzip", "GZIP"):
        answer = target.talk(post(bomb, f"Content-Encoding: {coding}", f"Content-Length: {len(bomb)}"))
        assert_proper(answer, 0, 415, 413)
    target.assert_well()


@pytest.mark.parametrize(
    "length", ["99999999999999999999999", "-1", "1e3", "0x10", "١٢", " ", "5, 5", "5, 6"]
)
def test_an_absurd_content_length_is_refused(target: Target, length: str) -> None:
    answer = target.talk(
        b"POST /sparql HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + FORM.encode()
        + f"Content-Length: {length}\r\n\r\n".encode() + b"query", seconds=5
    )  # fmt: skip
    assert_proper(answer, 0, 400, 413)
    target.assert_well()


def test_a_length_that_is_declared_too_long_is_refused_before_the_body(target: Target) -> None:
    answer = target.talk(post(b"", "Content-Length: 9000000000"), seconds=5)
    assert_proper(answer, 413)
    target.assert_well()


def test_expect_100_continue_is_refused_before_the_body_where_it_is_too_long(target: Target) -> None:
    answer = target.talk(post(b"", "Expect: 100-continue", "Content-Length: 9000000000"), seconds=5)
    assert_proper(answer, 413)
    with ExitStack() as stack:
        for _ in range(100):
            connection = stack.enter_context(target.connection())
            connection.sendall(post(b"", "Expect: 100-continue", "Content-Length: 100"))
        target.assert_well()


@pytest.mark.parametrize(
    "headers",
    [
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Transfer-Encoding: chunked, identity",),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        ("Transfer-Encoding : chunked", "Content-Length: 5"),
        ("Transfer-Encoding:\x0bchunked", "Content-Length: 5"),
        ("X: y\nTransfer-Encoding: chunked", "Content-Length: 5"),
    ],
)
def test_no_request_is_smuggled_behind_another(target: Target, headers: tuple[str, ...]) -> None:
    """What two servers could read differently is one request or none, never two."""
    hidden = get("/livez")
    lines = ["POST /sparql HTTP/1.1", "Host: x", FORM.strip(), *headers]
    answer = target.talk(("\r\n".join(lines) + "\r\n\r\n").encode() + b"0\r\n\r\n" + hidden, seconds=3)
    assert b'"alive"' not in answer, answer
    assert status(answer) in (0, 400, 501), answer[:300]
    assert answer.count(b"HTTP/1.1 ") <= 1, answer
    target.assert_well()


# Heads


def test_ten_thousand_headers_are_refused_or_answered(target: Target) -> None:
    answer = target.talk(get(SMALL_PATH, "Connection: close", *(f"X-{n}: {n}" for n in range(10_000))))
    assert_proper(answer, 0, 431)
    target.assert_well()


def test_a_header_of_a_megabyte_is_refused(target: Target) -> None:
    answer = target.talk(get(SMALL_PATH, "Connection: close", "X: " + "y" * 1_000_000))
    assert_proper(answer, 0, 431)
    target.assert_well()


def test_headers_without_end_are_cut(target: Target) -> None:
    with target.connection() as connection:
        connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        sent = 0
        with suppress(ConnectionError, TimeoutError):
            for number in range(40_000):
                sent += connection.send(b"X-%d: %s\r\n" % (number, b"h" * 1000))
    assert sent < 30_000_000, "the service keeps headers for ever"
    target.assert_well()


def test_an_address_of_40_kilobytes_is_answered_and_one_of_a_megabyte_refused(target: Target) -> None:
    padded = SMALL_PATH.replace("&", quote(" #" + "x" * 40_000) + "&")
    assert_small(target.talk(get(padded, "Connection: close")))
    answer = target.talk(get("/sparql?query=" + "x" * 1_000_000, "Connection: close"))
    assert_proper(answer, 0, 414, 431, 413)
    target.assert_well()


@pytest.mark.parametrize(
    "name", ["Accept", "Accept-Encoding", "If-None-Match", "Range", "Accept-Language", "Cookie"]
)
@pytest.mark.parametrize("size", [10_000, 60_000])
def test_a_long_header_of_many_parts_costs_nothing(target: Target, name: str, size: int) -> None:
    for part in ("a/b;q=0.1,", ",", ";q=", '"a",', "x" * 50 + ",", '*/*;q=0.0001;a="\\\\",'):
        begun = time.monotonic()
        answer = target.talk(get(SMALL_PATH, "Connection: close", f"{name}: {part * (size // len(part))}"))
        assert_proper(answer, 200, 304, 400, 406, 416)
        assert time.monotonic() - begun < 2
    target.assert_well()


def test_an_accept_of_100_kilobytes_is_refused(target: Target) -> None:
    assert_proper(target.talk(get(SMALL_PATH, "Accept: " + "text/x," * 15_000)), 0, 431)
    target.assert_well()


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "DELETE", "PUT", "PATCH", "PROPFIND", "QUERY"])
def test_other_methods_are_405(target: Target, method: str) -> None:
    answer = target.talk(get(SMALL_PATH, "Connection: close", method=method), seconds=5)
    assert_proper(answer, 0, 405, 501, 400)
    assert b"Cookie" not in answer
    target.assert_well()


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET / HTTP/1.1\r\n: \r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n",
        b"GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET http://127.0.0.1:1/sparql HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET //evil.example/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\r\n" * 100_000,
        b"A" * 1_000_000,
        bytes(range(256)) * 100,
    ],
    ids=["TLS", "HTTP/2", "no target", "version 9.9", "no name", "folded", "NUL", "not ASCII", "absolute",
         "two slashes", "asterisk", "CONNECT", "line ends", "one letter", "all bytes"],
)  # fmt: skip
def test_what_is_no_http_is_refused_in_one_sentence_or_dropped(target: Target, garbage: bytes) -> None:
    answer = target.talk(garbage, seconds=3)
    assert_proper(answer, 0, 200, 204, 400, 404, 405, 431, 501, 505)
    assert b"root:" not in answer
    target.assert_well()


def test_an_upgrade_leads_nowhere(target: Target) -> None:
    for protocol in ("websocket", "h2c", "TLS/1.0"):
        answer = target.talk(
            get(
                "/sparql",
                "Connection: Upgrade, HTTP2-Settings",
                f"Upgrade: {protocol}",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
                "Sec-WebSocket-Version: 13",
            ),
            seconds=2,
        )
        assert status(answer) in (0, 200, 400, 403, 426), answer[:300]
        assert status(answer) != 101
    target.assert_well()


# Parameters


def test_ten_thousand_parameters_are_read_in_no_time(target: Target) -> None:
    form = urlencode([("query", SMALL), *((f"p{number}", "x") for number in range(10_000))])
    answer = target.request(
        "POST", "/sparql", content=form, headers={"Content-Type": FORM[14:].strip(), "Accept": SOLUTIONS}
    )
    assert answer.slug in (ANSWERED, "400 invalid-parameter"), answer
    assert answer.seconds < 2
    target.assert_well()


@pytest.mark.parametrize("name", ["query", "format", "timeout", "default-graph-uri", "x"])
def test_one_parameter_ten_thousand_times(target: Target, name: str) -> None:
    form = urlencode([("query", SMALL), *((name, f"http://e/{number}") for number in range(10_000))])
    answer = target.request(
        "POST", "/sparql", content=form, headers={"Content-Type": FORM[14:].strip(), "Accept": SOLUTIONS}
    )
    expected = (
        (ANSWERED, TIMEOUT, "400 invalid-parameter")
        if name in ("default-graph-uri", "x")
        else ("400 repeated-parameter",)
    )
    assert answer.slug in expected, answer
    target.assert_well()


@pytest.mark.parametrize(
    "timeout",
    ["1e308", "-1", "0", "nan", "inf", "-inf", "1e-300", "1_0", "0x1", "9" * 4000, "1;2", "٣", "", " 1 "],
)
def test_an_absurd_timeout_is_refused_or_means_the_deadline(target: Target, timeout: str) -> None:
    answer = target.ask(SMALL, timeout=timeout)
    assert answer.slug in (ANSWERED, "400 invalid-parameter", TIMEOUT), answer
    if answer.slug == TIMEOUT:
        assert timeout == "1e-300"
    target.assert_well()


@pytest.mark.parametrize(
    "parameter", ["query", "format", "timeout", "default-graph-uri", "x\r\nSet-Cookie: a"]
)
@pytest.mark.parametrize("path", ["/sparql", "/queries/x%0d%0aSet-Cookie:a", "/%0d%0aSet-Cookie:%20a", "/"])
def test_no_line_end_of_a_request_reaches_the_head_of_an_answer(
    target: Target, path: str, parameter: str
) -> None:
    value = "x\r\nSet-Cookie: a=b\r\n\r\n<script>alert(1)</script>"
    for accept in ("text/html", "application/json", "text/turtle\r\n x: y"):
        target_path = f"{path}?{urlencode({parameter: value})}"
        answer = target.talk(get(target_path, "Connection: close", f"Accept: {accept}"), seconds=5)
        head, _, body = answer.partition(b"\r\n\r\n")
        assert b"set-cookie" not in head.lower(), head
        assert b"<script>alert" not in body or b"content-type: application/problem+json" in head
        assert status(answer) in (0, 200, 400, 404), head
    target.assert_well()


def test_a_range_is_ignored_or_right(target: Target) -> None:
    whole = body_of(target.talk(get(SMALL_PATH, "Connection: close")))
    for wanted in (
        "bytes=0-0",
        "bytes=99999999999-",
        "bytes=-1",
        "bytes=" + "0-0," * 5000 + "1-1",
        "lines=1-2",
        "bytes=5-1",
    ):
        answer = target.talk(get(SMALL_PATH, "Connection: close", f"Range: {wanted}"))
        assert_proper(answer, 200, 206, 416)
        if status(answer) == 200:
            assert body_of(answer) == whole
    target.assert_well()


# Many requests on one connection


def test_pipelined_requests_are_answered_in_their_order(target: Target) -> None:
    numbers = range(20)
    wanted = [f"/sparql?format=csv&query={quote(f'SELECT ({n} AS ?n) {{}}')}" for n in numbers]
    answer = target.talk(b"".join(get(path) for path in wanted[:-1]) + get(wanted[-1], "Connection: close"))
    bodies = [part.partition(b"\r\n\r\n")[2] for part in answer.split(b"HTTP/1.1 200 OK")[1:]]
    assert bodies == [f"n\r\n{number}\r\n".encode() for number in numbers]
    target.assert_well()


def test_thousands_of_pipelined_requests_are_bounded(target: Target) -> None:
    with ExitStack() as stack:
        for _ in range(20):
            connection = stack.enter_context(target.connection(receive_buffer=4096))
            with suppress(ConnectionError, TimeoutError):
                connection.settimeout(0.5)
                connection.sendall(get(ENDLESS_PATH) + b"GET / HTTP/1.1\r\nHost:x\r\n\r\n" * 30_000)
        target.assert_well()


def test_garbage_behind_a_request_never_stands_inside_its_answer(target: Target) -> None:
    answer = target.talk(get(HUGE_PATH) + b"\x00garbage\r\n\r\n", seconds=5)
    assert b"Invalid HTTP" not in answer[15:], answer[-300:]
    assert not answer.endswith(b"0\r\n\r\n")
    answer = target.talk(get(SMALL_PATH) + b"\x00garbage\r\n\r\n", seconds=5)
    if status(answer) == 200:
        body = answer.partition(b"HTTP/1.1 400")[0]
        assert_small(body)
    else:
        assert_proper(answer, 0, 400)
    target.assert_well()


def test_a_client_of_http_1_0_gets_a_whole_or_nothing(target: Target) -> None:
    answer = target.talk(get(SMALL_PATH, version="1.0"))
    assert_small(answer)
    assert_proper(target.talk(get(HUGE_PATH, version="1.0")), 0, 503, 504)
    target.assert_well()


def test_a_hundred_clients_of_endless_queries_are_turned_away_and_shut_nobody_out(target: Target) -> None:
    def one(_: int) -> str:
        connection = http.client.HTTPConnection(target.host, target.port, timeout=30)
        connection.request("GET", ENDLESS_PATH)
        answer = connection.getresponse()
        kind = str(json.loads(answer.read())["type"]).rpartition("#")[2]
        connection.close()
        return f"{answer.status} {kind}"

    with ThreadPoolExecutor(100) as pool:
        found = set(pool.map(one, range(100)))
    assert found <= {"504 query-timeout", "503 query-over-budget", "503 engine-busy"}, found
    target.assert_well()
