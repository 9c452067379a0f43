"""SPARQL services on this machine that engines ask over real connections, well-behaved ones and others."""

from __future__ import annotations

import http.server
import ssl
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pyoxigraph as ox

JSON = "application/sparql-results+json"


@dataclass
class Call:
    """One request as it arrived."""

    path: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def query(self) -> str:
        if self.headers["content-type"] == "application/sparql-query":
            return self.body.decode()
        (query,) = urllib.parse.parse_qs(self.body.decode())["query"]
        return query


Respond = Callable[[http.server.BaseHTTPRequestHandler, Call], None]


@dataclass
class Remote:
    """A service that runs; `url` is its endpoint, `calls` what it was asked."""

    port: int
    calls: list[Call] = field(default_factory=list)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"{self.origin}/sparql"


class _Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients that leave are no error here."""


@contextmanager
def served(respond: Respond, *, tls: ssl.SSLContext | None = None) -> Iterator[Remote]:
    """A service that answers each request as `respond` does, over TLS where a context is given."""

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(self.path, headers, self.rfile.read(length), self.client_address[1])
            remote.calls.append(call)
            respond(self, call)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *words: object) -> None:
            pass

    server = _Server(("127.0.0.1", 0), Handler)
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    remote = Remote(server.server_port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield remote
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def reply(
    handler: http.server.BaseHTTPRequestHandler,
    body: bytes,
    *,
    status: int = 200,
    media_type: str = JSON,
    **headers: str,
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Type", media_type)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


def saying(body: bytes, **options: object) -> Respond:
    """A service that gives everyone the same answer."""
    return lambda handler, call: reply(handler, body, **options)  # type: ignore[arg-type]


def over(data: str) -> Respond:
    """A SPARQL service over triples in Turtle."""
    store = ox.Store()
    store.load(data.encode(), format=ox.RdfFormat.TURTLE)
    return over_store(store)


def over_store(store: ox.Store) -> Respond:
    def respond(handler: http.server.BaseHTTPRequestHandler, call: Call) -> None:
        try:
            result = store.query(call.query)
        except SyntaxError as error:
            reply(handler, str(error).encode(), status=400, media_type="text/plain")
            return
        reply(handler, result.serialize(format=ox.QueryResultsFormat.JSON) or b"")

    return respond


def trickling(seconds: float) -> Respond:
    """A service that begins an answer and never ends it."""

    def respond(handler: http.server.BaseHTTPRequestHandler, call: Call) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", JSON)
        handler.end_headers()
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            handler.wfile.write(b" ")
            handler.wfile.flush()
            time.sleep(0.05)

    return respond


def pouring(handler: http.server.BaseHTTPRequestHandler, call: Call) -> None:
    """A service whose answer has no end and comes as fast as it is read."""
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.end_headers()
    while True:
        handler.wfile.write(b" " * 65536)


def silent_for(seconds: float) -> Respond:
    """A service that takes a query and says nothing for a while."""
    return lambda handler, call: time.sleep(seconds)


def breaking_off(handler: http.server.BaseHTTPRequestHandler, call: Call) -> None:
    """A service that promises a length and closes midway."""
    handler.send_response(200)
    handler.send_header("Content-Type", JSON)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b'{"head":{"vars":["s"]},"results":{"bindings":[')
    handler.close_connection = True
