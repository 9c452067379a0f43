"""What a user names by its address is fetched within limits, and resumed where it broke."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from clustergraph import egress
from clustergraph.errors import UnusableInput
from clustergraph.imports.download import Downloaded, download
from clustergraph.settings import Settings

TABLE = b"id,name\n" + b"organisation/a,A\n" * 5_000
TAG = '"v1"'
Respond = Callable[[http.server.BaseHTTPRequestHandler], None]


@contextmanager
def served(respond: Respond) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            respond(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the base class
            """Nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def whole(handler: http.server.BaseHTTPRequestHandler, body: bytes = TABLE) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Content-Type", "text/csv; charset=utf-8")
    handler.send_header("ETag", TAG)
    handler.end_headers()
    handler.wfile.write(body)


def fetched(home: Path, address: str, **settings: object) -> Downloaded:
    allowed = {"download_private_addresses": True, **settings}
    return download(address, Settings(home=home, **allowed), lambda words: None)  # type: ignore[arg-type]


def test_a_file_is_downloaded_and_named_by_its_type(tmp_path: Path) -> None:
    with served(whole) as origin:
        found = fetched(tmp_path, f"{origin}/export?kind=x")
    assert found.path.read_bytes() == TABLE
    assert found.path.name == "export.csv"


def test_private_addresses_are_refused_unless_allowed(tmp_path: Path) -> None:
    asked = []
    with (
        served(lambda handler: asked.append(handler.path)) as origin,
        pytest.raises(UnusableInput, match="not at a public address"),
    ):
        fetched(tmp_path, f"{origin}/a.csv", download_private_addresses=False)
    assert asked == []


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "ftp://synthetic.example/a.csv", "http://u:p@x.example/"]
)
def test_other_schemes_and_passwords_are_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(UnusableInput):
        fetched(tmp_path, address)


def test_an_import_follows_no_redirect_to_an_address_that_is_not_public(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(egress, "is_public", lambda address: str(address) == "127.0.0.1")
    asked = []

    def respond(handler: http.server.BaseHTTPRequestHandler) -> None:
        asked.append(handler.path)
        handler.send_response(302)
        handler.send_header("Location", f"http://inside.example:{handler.server.server_port}/secret")  # type: ignore[attr-defined]
        handler.end_headers()

    async def resolver(host: str, port: int) -> Sequence[str]:
        return ["127.0.0.2" if host == "inside.example" else "127.0.0.1"]

    with served(respond) as origin:
        address = origin.replace("127.0.0.1", "outside.example") + "/a.csv"
        with pytest.raises(UnusableInput, match=r"inside\.example.* is not at a public address"):
            download(address, Settings(home=tmp_path), lambda words: None, resolver=resolver)
    assert asked == ["/a.csv"]


def test_redirects_are_followed_a_few_times(tmp_path: Path) -> None:
    def respond(handler: http.server.BaseHTTPRequestHandler) -> None:
        step = int(handler.path.strip("/") or 0)
        if step == 3:
            whole(handler)
            return
        handler.send_response(302)
        handler.send_header("Location", f"/{step + 1}")
        handler.end_headers()

    def endless(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", handler.path)
        handler.end_headers()

    with served(respond) as origin:
        assert fetched(tmp_path, f"{origin}/0").address == f"{origin}/3"
    with served(endless) as origin, pytest.raises(UnusableInput, match="redirects more than"):
        fetched(tmp_path, f"{origin}/a.csv")


@pytest.mark.parametrize("changed", [False, True])
def test_a_broken_download_goes_on_unless_the_file_has_changed(tmp_path: Path, changed: bool) -> None:
    asked: list[tuple[str | None, str | None]] = []

    def respond(handler: http.server.BaseHTTPRequestHandler) -> None:
        wanted, condition = handler.headers.get("Range"), handler.headers.get("If-Range")
        asked.append((wanted, condition))
        if len(asked) == 1:
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(TABLE)))
            handler.send_header("ETag", TAG)
            handler.end_headers()
            handler.wfile.write(TABLE[:10_000])
            handler.wfile.flush()
            handler.connection.close()
            return
        if changed or condition != TAG or wanted is None:
            whole(handler, TABLE[::-1] if changed else TABLE)
            return
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        handler.send_response(206)
        handler.send_header("Content-Range", f"bytes {start}-{len(TABLE) - 1}/{len(TABLE)}")
        handler.send_header("Content-Length", str(len(TABLE) - start))
        handler.end_headers()
        handler.wfile.write(TABLE[start:])

    with served(respond) as origin:
        with pytest.raises(UnusableInput, match="connection to"):
            fetched(tmp_path, f"{origin}/a.csv")
        found = fetched(tmp_path, f"{origin}/a.csv")
    assert asked[1][1] == TAG
    assert 0 < int((asked[1][0] or "").removeprefix("bytes=").removesuffix("-")) <= 10_000
    assert found.path.read_bytes() == (TABLE[::-1] if changed else TABLE)


def test_a_download_is_bounded_in_size_and_time(tmp_path: Path) -> None:
    def endless(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"x" * 65_536)
        except OSError:
            return

    def silent(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.rfile.read(1)

    with served(endless) as origin, pytest.raises(UnusableInput, match="sent more than"):
        fetched(tmp_path, f"{origin}/a.csv", download_mib=1)
    with served(silent) as origin, pytest.raises(UnusableInput, match="did not answer"):
        fetched(tmp_path, f"{origin}/b.csv", download_seconds=0.3)


def test_an_answer_that_is_no_file_is_told(tmp_path: Path) -> None:
    def missing(handler: http.server.BaseHTTPRequestHandler) -> None:
        handler.send_error(404)

    with served(missing) as origin, pytest.raises(UnusableInput, match="answered 404"):
        fetched(tmp_path, f"{origin}/a.csv")
