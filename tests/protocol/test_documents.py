"""Documents in memory and on disk: codings, conditions, ranges and methods, through the real application."""

from __future__ import annotations

import asyncio
import gzip
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

import brotli
import httpx
import pytest
import zstandard
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import Message

from clustergraph.service.documents import (
    ALLOW,
    LONGEST_CODED_FILE,
    Document,
    FileDocument,
    byte_range,
    link_header,
)
from protocol.serving import application, listening, settings

TEXT = "".join(f"Région {number}: écosystème d’innovation.\n" for number in range(2000))
BODY = TEXT.encode()
SHORT = "short"
NOISE = Random(1).randbytes(5000)
CSV = "text/csv; charset=utf-8"
LINKS = (link_header([("describedby", "/.well-known/void", "text/turtle")]),)
DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
}
Ask = Callable[..., httpx.Response]


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dumps") / "dump.nq"
    with path.open("wb") as file:
        for number in range(LONGEST_CODED_FILE // 64 + 1000):
            file.write(b"%063d\n" % number)
    return path


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dumps") / "small.csv"
    path.write_bytes(BODY)
    return path


@pytest.fixture(scope="module")
def app(data_file: Path, large: Path, small: Path) -> FastAPI:
    """The real application with documents of each sort; no document needs its engine, so none is started."""
    app = application(data_file, settings())
    app.router.routes[:0] = [
        Route("/text", Document(TEXT, CSV, max_age=3600, links=LINKS)),
        Route("/file", FileDocument(small, CSV, checksum="one", max_age=3600, links=LINKS)),
        Route("/short", Document(SHORT, CSV, max_age=None)),
        Route("/empty", Document(b"", "application/octet-stream", max_age=0)),
        Route("/noise", Document(NOISE, "application/octet-stream", max_age=0)),
        Route("/large", FileDocument(large, "application/n-quads", checksum="two", max_age=None)),
    ]
    return app


@pytest.fixture(scope="module")
def ask(app: FastAPI) -> Ask:
    def ask(method: str, path: str, headers: dict[str, str] | list[tuple[str, str]] | None = None) -> Any:
        """One request with no header that is not given; the body is as it was sent."""

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            request = httpx.Request(method, f"http://wrong-host.example{path}", headers=headers)
            response = await transport.handle_async_request(request)
            raw = b"".join([block async for block in response.stream])  # type: ignore[union-attr]
            plain = [(k, v) for k, v in response.headers.raw if k.lower() != b"content-encoding"]
            read = httpx.Response(response.status_code, headers=plain, content=raw)
            read.extensions["coding"] = response.headers.get("content-encoding")
            return read

        return asyncio.run(send())

    return ask


def coding(response: httpx.Response) -> str | None:
    found: str | None = response.extensions["coding"]
    return found


both = pytest.mark.parametrize("path", ["/text", "/file"])


@both
def test_a_document_is_answered_whole_with_what_caches_need(ask: Ask, path: str) -> None:
    response = ask("GET", path)
    assert (response.status_code, response.content, coding(response)) == (200, BODY, None)
    assert response.headers["content-type"] == CSV
    assert response.headers["content-length"] == str(len(BODY))
    assert response.headers["vary"] == "Accept-Encoding"
    assert response.headers["cache-control"] == "public, max-age=3600"
    assert response.headers["accept-ranges"] == "bytes"
    assert response.headers["link"] == '</.well-known/void>; rel="describedby"; type="text/turtle"'
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["etag"].startswith('"')


def test_a_document_that_may_change_with_a_release_is_asked_for_each_time(ask: Ask) -> None:
    assert ask("GET", "/short").headers["cache-control"] == "no-cache"


@both
@pytest.mark.parametrize("name", ["gzip", "br", "zstd"])
def test_a_coded_document_comes_back_whole_under_a_tag_of_its_own(ask: Ask, path: str, name: str) -> None:
    plain = ask("GET", path)
    coded = ask("GET", path, {"Accept-Encoding": name})
    assert coding(coded) == name
    assert DECODERS[name](coded.content) == BODY
    assert coded.headers["content-length"] == str(len(coded.content))
    assert len(coded.content) * 4 < len(BODY)
    assert coded.headers["etag"] == f'{plain.headers["etag"][:-1]}-{name}"'
    assert coded.headers["vary"] == "Accept-Encoding"
    assert "accept-ranges" not in coded.headers


def test_a_document_is_coded_once(ask: Ask) -> None:
    document = Document(TEXT, CSV, max_age=None)

    async def twice() -> list[Message]:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        async def receive() -> Message:
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "GET", "headers": [(b"accept-encoding", b"br")]}
        await document(scope, receive, send)
        await document(scope, receive, send)
        return [message for message in sent if message["type"] == "http.response.body"]

    first, second = asyncio.run(twice())
    assert first["body"] is second["body"]


@pytest.mark.parametrize("path", ["/short", "/empty", "/noise"])
def test_a_document_that_gains_nothing_by_a_coding_is_sent_as_it_is(ask: Ask, path: str) -> None:
    assert coding(ask("GET", path, {"Accept-Encoding": "gzip, br, zstd"})) is None


def test_a_short_document_is_coded_for_a_client_that_excludes_it_as_it_is(ask: Ask) -> None:
    response = ask("GET", "/short", {"Accept-Encoding": "gzip, identity;q=0"})
    assert coding(response) == "gzip"
    assert gzip.decompress(response.content) == SHORT.encode()


def test_a_large_file_is_sent_as_it_is(ask: Ask, large: Path) -> None:
    response = ask("GET", "/large", {"Accept-Encoding": "gzip, br, zstd"})
    assert coding(response) is None
    assert response.headers["content-length"] == str(large.stat().st_size)
    assert response.content == large.read_bytes()


@pytest.mark.parametrize(
    ("path", "accept_encoding", "available"),
    [
        ("/text", "identity;q=0", "zstd, br, gzip"),
        ("/file", "*;q=0", "zstd, br, gzip"),
        ("/large", "gzip, identity;q=0", "identity"),
    ],
)
def test_codings_that_cannot_be_met_are_406_with_those_there_are(
    ask: Ask, path: str, accept_encoding: str, available: str
) -> None:
    response = ask("GET", path, {"Accept-Encoding": accept_encoding})
    assert response.status_code == 406
    assert response.headers["content-type"] == "application/problem+json"
    assert response.headers["vary"] == "Accept, Accept-Encoding"
    assert response.json()["fix"] == f"Accept one of: {available}."


@both
@pytest.mark.parametrize("accept_encoding", ["identity", "gzip", "br", "zstd"])
def test_head_has_the_headers_of_get_and_no_body(ask: Ask, path: str, accept_encoding: str) -> None:
    headers = {"Accept-Encoding": accept_encoding}
    head, get = ask("HEAD", path, headers), ask("GET", path, headers)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers.raw == get.headers.raw
    assert coding(head) == coding(get)


@both
@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("accept_encoding", ["identity", "gzip"])
def test_a_client_that_has_the_document_gets_304_and_what_keeps_its_copy_fresh(
    ask: Ask, path: str, method: str, accept_encoding: str
) -> None:
    had = ask("GET", path, {"Accept-Encoding": accept_encoding})
    condition = {"Accept-Encoding": accept_encoding, "If-None-Match": f'"x", W/{had.headers["etag"]}'}
    response = ask(method, path, condition)
    assert (response.status_code, response.content) == (304, b"")
    for name in ("etag", "vary", "cache-control"):
        assert response.headers[name] == had.headers[name]
    assert "content-length" not in response.headers
    assert "content-type" not in response.headers


@both
def test_the_tag_of_one_coding_does_not_stand_for_another(ask: Ask, path: str) -> None:
    tag = ask("GET", path, {"Accept-Encoding": "gzip"}).headers["etag"]
    assert ask("GET", path, {"Accept-Encoding": "br", "If-None-Match": tag}).status_code == 200


def test_other_content_or_another_media_type_has_another_tag(small: Path) -> None:
    tags = {
        Document(TEXT, CSV, max_age=None).tag,
        Document(TEXT + "!", CSV, max_age=None).tag,
        Document(TEXT, "text/plain", max_age=None).tag,
        FileDocument(small, CSV, checksum="one", max_age=None).tag,
        FileDocument(small, CSV, checksum="two", max_age=None).tag,
    }
    assert len(tags) == 5
    assert Document(BODY, CSV, max_age=None).tag in tags


def test_a_document_that_is_no_longer_the_one_wanted_is_412(ask: Ask) -> None:
    response = ask("GET", "/text", {"If-Match": '"older"'})
    assert response.status_code == 412
    assert response.headers["content-type"] == "application/problem+json"
    assert ask("GET", "/text", {"If-Match": ask("GET", "/text").headers["etag"]}).status_code == 200


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"])
@both
def test_other_methods_are_405_with_those_there_are(ask: Ask, method: str, path: str) -> None:
    response = ask(method, path)
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"].endswith("#method-not-allowed")


@both
def test_options_tells_the_methods_and_answers_a_preflight(ask: Ask, path: str) -> None:
    response = ask(
        "OPTIONS",
        path,
        {
            "Origin": "https://elsewhere.example",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Headers": "if-none-match",
        },
    )
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == response.headers["access-control-allow-methods"] == ALLOW
    assert response.headers["access-control-allow-origin"] == "*"
    allowed = {each.strip().lower() for each in response.headers["access-control-allow-headers"].split(",")}
    assert {"if-none-match", "accept-encoding", "range", "if-range"} <= allowed


# RFC 9110 section 14.1.2 gives these for a body of 10000 bytes.
@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-499", (0, 500)),
        ("bytes=500-999", (500, 1000)),
        ("bytes=-500", (9500, 10000)),
        ("bytes=9500-", (9500, 10000)),
        ("bytes=0-0", (0, 1)),
        ("bytes=-20000", (0, 10000)),
        ("bytes=9999-20000", (9999, 10000)),
        ("BYTES=0-1", (0, 2)),
        ("bytes=0-99999999999999999999999999", (0, 10000)),
        ("bytes=00000000000000000000000005-6", (5, 7)),
        ("bytes=0-0,-1", None),
        ("bytes= 0-999, 4500-5499", None),
        ("bytes=5-4", None),
        ("bytes=-", None),
        ("bytes=", None),
        ("bytes", None),
        ("bytes=a-b", None),
        ("bytes=--5", None),
        ("bytes=1-2-3", None),
        ("bytes=²-³", None),
        ("items=0-5", None),
        ("", None),
    ],
)
def test_a_range_is_read_or_ignored(header: str, expected: tuple[int, int] | None) -> None:
    assert byte_range(header, 10_000) == expected


@pytest.mark.parametrize(
    "header", ["bytes=10000-", "bytes=10000-10001", "bytes=-0", "bytes=99999999999999999999-"]
)
def test_a_range_beyond_the_end_is_unsatisfiable(header: str) -> None:
    with pytest.raises(HTTPException) as caught:
        byte_range(header, 10_000)
    assert caught.value.status_code == 416


@given(st.text(alphabet="bytes=0123456789-, ", max_size=30), st.integers(0, 50))
def test_a_range_never_leaves_the_body(header: str, length: int) -> None:
    try:
        found = byte_range(header, length)
    except HTTPException:
        return
    assert found is None or 0 <= found[0] < found[1] <= length


@both
@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [("bytes=0-99", 0, 100), ("bytes=100-", 100, len(BODY)), ("bytes=-7", len(BODY) - 7, len(BODY))],
)
@pytest.mark.parametrize("accept_encoding", ["identity", "gzip, br"])
def test_a_part_is_sent_of_the_document_as_it_is(
    ask: Ask, path: str, header: str, start: int, stop: int, accept_encoding: str
) -> None:
    response = ask("GET", path, {"Range": header, "Accept-Encoding": accept_encoding})
    assert (response.status_code, response.content) == (206, BODY[start:stop])
    assert response.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(BODY)}"
    assert response.headers["content-length"] == str(stop - start)
    assert response.headers["etag"] == ask("GET", path).headers["etag"]
    assert coding(response) is None


def test_parts_of_a_large_file_make_the_whole(ask: Ask, large: Path) -> None:
    whole = large.read_bytes()
    size, parts = 3_000_000, []
    while sum(map(len, parts)) < len(whole):
        start = sum(map(len, parts))
        response = ask("GET", "/large", {"Range": f"bytes={start}-{start + size - 1}"})
        assert response.status_code == 206
        parts.append(response.content)
    assert b"".join(parts) == whole


def test_a_part_beyond_the_end_is_416_with_the_length(ask: Ask) -> None:
    response = ask("GET", "/text", {"Range": f"bytes={len(BODY)}-"})
    assert response.status_code == 416
    assert response.headers["content-range"] == f"bytes */{len(BODY)}"
    assert response.headers["content-type"] == "application/problem+json"
    assert ask("GET", "/empty", {"Range": "bytes=0-"}).headers["content-range"] == "bytes */0"


@pytest.mark.parametrize("header", ["bytes=0-1,5-6", "lines=0-5", "bytes=9-1"])
def test_a_range_that_is_ignored_gives_the_whole(ask: Ask, header: str) -> None:
    response = ask("GET", "/text", {"Range": header})
    assert (response.status_code, response.content) == (200, BODY)


@both
def test_if_range_resumes_only_what_is_unchanged(ask: Ask, path: str) -> None:
    tag = ask("GET", path).headers["etag"]
    assert ask("GET", path, {"Range": "bytes=5-", "If-Range": tag}).status_code == 206
    for other in ('"older"', f"W/{tag}", "Sat, 01 Jan 2000 00:00:00 GMT", f'{tag[:-1]}-gzip"'):
        response = ask("GET", path, {"Range": "bytes=5-", "If-Range": other})
        assert (response.status_code, response.content) == (200, BODY)


def test_a_download_that_began_coded_is_begun_anew_coded(ask: Ask) -> None:
    tag = ask("GET", "/text", {"Accept-Encoding": "br"}).headers["etag"]
    response = ask("GET", "/text", {"Accept-Encoding": "br", "Range": "bytes=5-", "If-Range": tag})
    assert (response.status_code, coding(response)) == (200, "br")
    assert brotli.decompress(response.content) == BODY


def test_a_precondition_comes_before_a_range(ask: Ask) -> None:
    tag = ask("GET", "/text").headers["etag"]
    assert ask("GET", "/text", {"Range": "bytes=0-4", "If-None-Match": tag}).status_code == 304
    assert ask("GET", "/text", {"Range": "bytes=999999999-", "If-Match": '"x"'}).status_code == 412


@pytest.mark.parametrize("accept_encoding", ["identity", "gzip"])
def test_head_knows_no_ranges(ask: Ask, accept_encoding: str) -> None:
    """RFC 9110 section 14.2 defines them for GET alone."""
    headers = {"Accept-Encoding": accept_encoding}
    response = ask("HEAD", "/text", {**headers, "Range": "bytes=0-4"})
    assert response.status_code == 200
    assert response.headers.raw == ask("GET", "/text", headers).headers.raw


def test_a_client_that_excludes_the_document_as_it_is_gets_no_part_of_it(ask: Ask) -> None:
    response = ask("GET", "/text", {"Range": "bytes=0-4", "Accept-Encoding": "gzip, identity;q=0"})
    assert (response.status_code, coding(response)) == (200, "gzip")


@pytest.mark.parametrize(
    ("pairs", "expected"),
    [
        ([], ""),
        ([("alternate", "/q?format=csv", "text/csv")], '</q?format=csv>; rel="alternate"; type="text/csv"'),
        (
            [
                ("alternate", "/a", "text/html; charset=utf-8"),
                ("describedby", "http://example.org/b#c", None),
            ],
            '</a>; rel="alternate"; type="text/html; charset=utf-8", '
            '<http://example.org/b#c>; rel="describedby"',
        ),
        ([("alternate", "/a%20b?q=%3Fs", None)], '</a%20b?q=%3Fs>; rel="alternate"'),
        ([("alternate", "/é", None)], '</%C3%A9>; rel="alternate"'),
        (
            [("alternate", '/a>; rel="evil", <b\r\nX: y', None)],
            '</a%3E;%20rel=%22evil%22,%20%3Cb%0D%0AX:%20y>; rel="alternate"',
        ),
        ([("alternate", "/a", 'x/y; p="q\\"')], '</a>; rel="alternate"; type="x/y; p=\\"q\\\\\\""'),
    ],
)
def test_links_are_written_by_rfc_8288_and_nothing_breaks_out_of_them(
    pairs: list[tuple[str, str, str | None]], expected: str
) -> None:
    assert link_header(pairs) == expected


def test_a_relation_or_type_that_no_header_can_hold_is_an_error_of_the_caller() -> None:
    for relation, media_type in (("a\r\nb", None), ("alternate", "text/é")):
        with pytest.raises(ValueError, match="cannot stand in a header"):
            link_header([(relation, "/a", media_type)])


def test_a_file_that_is_not_there_is_known_at_start(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        FileDocument(tmp_path / "none", CSV, checksum="x", max_age=None)


class TestOnTheWire:
    @pytest.fixture
    def shrinking(self, large: Path, tmp_path: Path) -> Iterator[tuple[str, Path]]:
        path = tmp_path / "shrinking.nq"
        path.write_bytes(large.read_bytes() * 8)
        document = FileDocument(path, "application/n-quads", checksum="three", max_age=None)
        with listening(Starlette(routes=[Route("/dump", document)])) as address:  # type: ignore[arg-type]
            yield address, path

    def test_a_file_cut_after_the_start_breaks_the_connection(self, shrinking: tuple[str, Path]) -> None:
        address, path = shrinking
        with path.open("r+b") as file:
            file.truncate(1_000_000)
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(f"{address}/dump")

    def test_a_file_that_is_gone_is_no_success(self, shrinking: tuple[str, Path]) -> None:
        address, path = shrinking
        path.unlink()
        assert httpx.get(f"{address}/dump").status_code == 500

    def test_a_client_that_leaves_stops_the_reading_of_its_file(self, shrinking: tuple[str, Path]) -> None:
        address, path = shrinking
        where = urlsplit(address)
        with socket.socket() as leaving:
            leaving.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            leaving.connect((where.hostname, where.port))
            leaving.sendall(b"GET /dump HTTP/1.1\r\nHost: x\r\n\r\n")
            received = b""
            while len(received) < 10_000:
                received += leaving.recv(4096)
            assert received.startswith(b"HTTP/1.1 200")
            assert is_open(path)
        deadline = time.monotonic() + 10
        while is_open(path):
            assert time.monotonic() < deadline, "the file stays open"
            time.sleep(0.02)

    def test_one_connection_serves_many_parts(self, shrinking: tuple[str, Path]) -> None:
        address, path = shrinking
        whole = path.read_bytes()
        with httpx.Client(base_url=address) as client:
            for start in (0, 5_000_000, 8_000_000):
                response = client.get("/dump", headers={"Range": f"bytes={start}-{start + 99_999}"})
                assert (response.status_code, response.content) == (206, whole[start : start + 100_000])


def is_open(path: Path) -> bool:
    """Whether this process, in which the server runs too, has the file open."""
    return any(each.resolve() == path for each in Path("/proc/self/fd").iterdir())
