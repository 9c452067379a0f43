"""A small HTTP/1.1 client over a raw socket: it costs little beside what it measures."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import quote

_BLOCK: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Response:
    """Status, headers by lower-case name, the body's length, and the body itself where it was kept."""

    status: int
    headers: dict[str, str]
    length: int
    body: bytes


class HttpFailure(Exception):
    """A response that is not what HTTP/1.1 allows, or a connection cut in the middle of one."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a SPARQL service listens."""

    port: int
    path: str
    host: str = "127.0.0.1"

    def target(self, query: str, **parameters: str) -> str:
        """The request target of a query by GET."""
        more = "".join(f"&{name}={quote(value, safe='')}" for name, value in parameters.items())
        return f"{self.path}?query={quote(query, safe='')}{more}"


class Client:
    """One keep-alive connection."""

    def __init__(self, endpoint: Endpoint, *, timeout: float = 120.0) -> None:
        self._endpoint = endpoint
        self._timeout = timeout
        self._socket: socket.socket | None = None
        self._buffer = bytearray(_BLOCK)
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave; a query that is running is left to the server."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def ask(self, query: str, accept: str, *, keep: bool = True, **parameters: str) -> Response:
        """A query by GET; with `keep` false the body is counted, not kept."""
        return self.get(self._endpoint.target(query, **parameters), accept, keep=keep)

    def get(
        self, target: str, accept: str = "*/*", *, keep: bool = True, headers: tuple[str, ...] = ()
    ) -> Response:
        """One GET and its whole response; raises HttpFailure or OSError."""
        self.send(target, accept, headers=headers)
        return self.receive(keep=keep)

    def send(self, target: str, accept: str = "*/*", *, headers: tuple[str, ...] = ()) -> None:
        """Send a GET without waiting for its response."""
        if self._socket is None:
            address = (self._endpoint.host, self._endpoint.port)
            self._socket = socket.create_connection(address, timeout=self._timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._rest = b""
        more = "".join(f"{header}\r\n" for header in headers)
        self._socket.sendall(
            f"GET {target} HTTP/1.1\r\nHost: {self._endpoint.host}:{self._endpoint.port}\r\n"
            f"Accept: {accept}\r\n{more}\r\n".encode()
        )

    def receive(self, *, keep: bool = True) -> Response:
        """The response to what was sent."""
        while b"\r\n\r\n" not in self._rest:
            self._rest += self._some()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split()[1])
        kept = bytearray()
        if headers.get("transfer-encoding", "").lower() == "chunked":
            length = self._chunked(kept, keep)
        elif status == 304 or status < 200:
            length = 0
        else:
            length = self._sized(int(headers.get("content-length", "0")), kept, keep)
        if headers.get("connection", "").lower() == "close":
            self.close()
        return Response(status, headers, length, bytes(kept))

    def _sized(self, length: int, kept: bytearray, keep: bool) -> int:
        left = length
        if self._rest:
            taken, self._rest = self._rest[:left], self._rest[left:]
            left -= len(taken)
            if keep:
                kept += taken
        while left:
            block = self._some(left)
            left -= len(block)
            if keep:
                kept += block
        return length

    def _chunked(self, kept: bytearray, keep: bool) -> int:
        total = 0
        while True:
            while b"\r\n" not in self._rest:
                self._rest += self._some()
            line, _, self._rest = self._rest.partition(b"\r\n")
            size = int(line.split(b";")[0], 16)
            total += self._sized(size, kept, keep)
            while len(self._rest) < 2:
                self._rest += self._some()
            self._rest = self._rest[2:]
            if size == 0:
                return total

    def _some(self, most: int = _BLOCK) -> memoryview | bytes:
        assert self._socket is not None
        count = self._socket.recv_into(self._buffer, min(most, _BLOCK))
        if count == 0:
            raise HttpFailure("The connection was closed before the response was complete.")
        return (
            memoryview(self._buffer)[:count].tobytes() if count < 65536 else memoryview(self._buffer)[:count]
        )
