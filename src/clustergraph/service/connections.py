"""Connections that no client can hold open, fill or multiply for nothing.

Uvicorn waits without end for the rest of a head or a body, keeps what it has parsed of a head in memory
however long it grows, parses as many pipelined requests as arrive in one read, and flushes a closing
connection for as long as its reader likes. `BoundedProtocol` bounds each of them. The time limits are kept by
one look at all connections every second, so that a request costs no timer.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import resource
from collections import Counter, deque
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from http import HTTPStatus
from typing import Any, ClassVar, Final, Self, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from clustergraph.service.corked import Corked
from clustergraph.service.responses import LOG, BrokenOff
from clustergraph.settings import Settings

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Where `scope["extensions"]` has the function that ends the connection, for an answer that must break off.
DROP: Final = "clustergraph.drop"
#: Connections beyond the limit that are told so; any more are dropped.
_TOLD: Final = 64
#: A client that may not connect has this long to send the request that is refused.
_TOLD_SECONDS: Final = 2.0
#: Descriptors left for everything that is no connection: workers, files, logs.
_SPARE_DESCRIPTORS: Final = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionLimits:
    """What one connection may take, and how many there may be.

    A head must be there `head_seconds` after the connection or its first byte, a body `body_seconds` after
    its head. A reader must take something every `stalled_seconds`; what is left to write when a connection
    closes is given up after as long. `head_bytes` bounds a head (431 beyond it), `request_bytes` a head and
    its body with its framing (413), `pipelined` the requests that wait on one connection. `connections` are
    those of all clients (503), `connections_of_client` those of one address or IPv6 network of 64 bits (429),
    other than in the `exempt` networks: those of proxies, which speak for many.
    """

    head_seconds: float = 10.0
    body_seconds: float = 15.0
    stalled_seconds: float = 20.0
    head_bytes: int = 64 * 1024
    request_bytes: int = 2 * 1024 * 1024
    pipelined: int = 32
    connections: int = 1000
    connections_of_client: int = 128
    exempt: tuple[Network, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The limits that fit the settings: room for the longest query they allow, and their proxies."""
        # Percent-encoding makes three bytes of one, and chunks of a few bytes are framed by as many again.
        longest = 2 * (3 * settings.query_length_kib * 1024 + 64 * 1024)
        return cls(request_bytes=longest, exempt=_networks(settings.trusted_proxies))


def _networks(addresses: str) -> tuple[Network, ...]:
    """The networks that a list of addresses names; `*` names all, and what is no address none."""
    found: list[Network] = []
    for text in addresses.split(","):
        if text.strip() == "*":
            found += [ipaddress.IPv4Network("0.0.0.0/0"), ipaddress.IPv6Network("::/0")]
        with suppress(ValueError):
            found.append(ipaddress.ip_network(text.strip(), strict=False))
    return tuple(found)


class _Phase(Enum):
    IDLE = "between requests, within uvicorn's own keep-alive limit"
    HEAD = "waiting for the rest of a head"
    BODY = "waiting for the rest of a body"
    ANSWERING = "the application is at work"
    CLOSING = "writing what is left"
    TOLD = "may not be here"


class Register:
    """The open connections of one server, oldest first, and the look at them every second."""

    def __init__(self, limits: ConnectionLimits) -> None:
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        most = limits.connections
        if soft != resource.RLIM_INFINITY:
            most = max(1, min(most, soft - _SPARE_DESCRIPTORS - _TOLD))
        self.limits = replace(limits, connections=most)
        self._open: dict[BoundedProtocol, str | None] = {}
        self._of_client: Counter[str] = Counter()
        self._timer: asyncio.TimerHandle | None = None
        shortest = min(limits.head_seconds, limits.body_seconds, limits.stalled_seconds)
        self._interval = min(1.0, shortest / 4)

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, connection: BoundedProtocol) -> HTTPStatus | None:
        """Note a new connection; returns the status to refuse it with where there are too many."""
        client = self._client(connection)
        refusal = None
        if client is not None and self._of_client[client] >= self.limits.connections_of_client:
            refusal = HTTPStatus.TOO_MANY_REQUESTS
        elif len(self._open) >= self.limits.connections and not self._make_room():
            refusal = HTTPStatus.SERVICE_UNAVAILABLE
        self._open[connection] = client
        if client is not None:
            self._of_client[client] += 1
        if self._timer is None:
            self._timer = connection.loop.call_later(self._interval, self._look, connection.loop)
        return refusal

    def forget(self, connection: BoundedProtocol) -> None:
        """A connection has ended."""
        client = self._open.pop(connection, None)
        if client is not None:
            self._of_client[client] -= 1
            if self._of_client[client] <= 0:
                del self._of_client[client]

    def _client(self, connection: BoundedProtocol) -> str | None:
        host = connection.client[0] if connection.client else ""
        try:
            address = ipaddress.ip_address(host)
        except ValueError:  # a Unix socket: whoever may open it is trusted
            return None
        if isinstance(address, ipaddress.IPv6Address):
            address = address.ipv4_mapped or address
        if any(address in network for network in self.limits.exempt):
            return None
        if isinstance(address, ipaddress.IPv6Address):
            return str(ipaddress.IPv6Address(int(address) >> 64 << 64))
        return str(address)

    def _make_room(self) -> bool:
        """Close the oldest connection on which no request is being answered."""
        for connection in self._open:
            if connection.spare:
                connection.transport.abort()
                self.forget(connection)
                return True
        return False

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in tuple(self._open):
            connection.look(now)
        self._timer = loop.call_later(self._interval, self._look, loop) if self._open else None


class BoundedProtocol(HttpToolsProtocol):
    """Uvicorn's HTTP/1.1 over a connection within `ConnectionLimits`; made by `bounded_protocol`."""

    register: ClassVar[Register]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        # Nothing here speaks WebSocket, whose protocol would take the connection out of these limits.
        self.ws_protocol_class = None
        self._limits = self.register.limits
        self._in_head = False
        self._taken = 0
        self._read = self._first_read = 0
        self._refusal: HTTPStatus | None = None
        self._cycles: deque[RequestResponseCycle] = deque()
        self._phase: tuple[_Phase, object] | None = None
        self._phase_since = 0.0
        self._unwritten = 0
        self._unwritten_since = 0.0

    @property
    def spare(self) -> bool:
        """Whether closing this connection takes an answer from nobody."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(cast(asyncio.Transport, Corked(transport, self.loop)))
        self._refusal = self.register.admit(self)
        if self._refusal is not None and len(self.register) > self._limits.connections + _TOLD:
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.register.forget(self)
        self._tell_disconnected()
        super().connection_lost(exc)

    def drop(self) -> None:
        """End this connection now; what is not written yet is lost."""
        self._tell_disconnected()
        self.flow.resume_writing()
        self.transport.abort()

    def _tell_disconnected(self) -> None:
        # Uvicorn tells the last request that was read, not the one before it that is being answered, and
        # only when the transport has gone, which then refuses to be written to.
        for cycle in self._cycles:
            if not cycle.response_complete:
                cycle.disconnected = True
                cycle.message_event.set()

    def data_received(self, data: bytes) -> None:
        if self._refusal is not None:
            self._refuse(self._refusal)
            return
        self._read = len(data)
        self._taken += self._read
        super().data_received(data)
        if self._taken > self._limits.head_bytes:
            if self._in_head and self._is_head_long():
                self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            elif self._taken > self._limits.request_bytes:
                self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

    def on_message_begin(self) -> None:
        self._in_head = True
        # Too much where one read brings the end of another request, too.
        self._taken = self._first_read = self._read
        super().on_message_begin()
        self.scope["extensions"] = {DROP: self.drop}  # type: ignore[dict-item]

    def on_headers_complete(self) -> None:
        self._in_head = False
        if self._taken > self._limits.head_bytes and self._is_head_long():
            self._refusal = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        elif len(self.pipeline) >= self._limits.pipelined:
            self._refusal = HTTPStatus.TOO_MANY_REQUESTS
        if self._refusal is not None:
            raise ValueError(self._refusal.phrase)  # ends the parser; uvicorn then calls send_400_response
        super().on_headers_complete()
        cycles = self._cycles
        while cycles and cycles[0].response_complete:
            cycles.popleft()
        cycles.append(self.cycle)

    def _is_head_long(self) -> bool:
        """Whether the head is too long by what is parsed of it, or by what came after its first read."""
        parsed = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        return max(parsed, self._taken - self._first_read) > self._limits.head_bytes

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, or what `on_headers_complete` refused."""
        self._refuse(self._refusal or HTTPStatus.BAD_REQUEST, msg)

    def _refuse(self, status: HTTPStatus, detail: str | None = None) -> None:
        """Say why and close; where an answer is on its way, break it, for nothing may stand inside it."""
        if self.transport.is_closing():
            return
        if not self.spare:
            self.drop()
            return
        problem = {"type": "about:blank", "title": status.phrase, "status": status.value}
        problem["detail"] = detail if status is HTTPStatus.BAD_REQUEST and detail else _WHY.get(status, "")
        body = (json.dumps(problem, indent=2) + "\n").encode()
        head = [STATUS_LINE[status]]
        head += [name + b": " + value + b"\r\n" for name, value in self.server_state.default_headers]
        if status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
            head.append(b"retry-after: 5\r\n")
        head.append(b"content-type: application/problem+json\r\ncache-control: no-store\r\n")
        head.append(b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body))
        self.transport.write(b"".join(head) + body)
        self.transport.close()

    def look(self, now: float) -> None:
        """End this connection where it has been too long in one phase, or its reader takes nothing."""
        phase = self._current_phase()
        key = (phase, self.cycle)
        if key != self._phase:
            self._phase, self._phase_since = key, now
        most = self._most_seconds(phase)
        unwritten = self.transport.get_write_buffer_size()
        if unwritten != self._unwritten:
            self._unwritten, self._unwritten_since = unwritten, now
        stalled = unwritten > 0 and now - self._unwritten_since > self._limits.stalled_seconds
        if stalled or (most is not None and now - self._phase_since > most):
            self.drop()

    def _current_phase(self) -> _Phase:
        if self.transport.is_closing():
            return _Phase.CLOSING
        if self._refusal is not None:
            return _Phase.TOLD
        if not self.spare:
            # Behind a request that is being answered, a body is not read.
            return _Phase.BODY if self.cycle.more_body and not self.pipeline else _Phase.ANSWERING
        return _Phase.HEAD if self.timeout_keep_alive_task is None else _Phase.IDLE

    def _most_seconds(self, phase: _Phase) -> float | None:
        limits = self._limits
        return {
            _Phase.HEAD: limits.head_seconds,
            _Phase.BODY: limits.body_seconds,
            _Phase.CLOSING: limits.stalled_seconds,
            _Phase.TOLD: _TOLD_SECONDS,
        }.get(phase)


_WHY: Final = {
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: "The address and headers of the request are too long.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The request is too long.",
    HTTPStatus.TOO_MANY_REQUESTS: "There are too many connections, or requests on one, from your address.",
    HTTPStatus.SERVICE_UNAVAILABLE: "There are too many connections.",
}


class BreaksOff:
    """ASGI middleware that ends the connection of an answer that raised BrokenOff.

    Left to the server, it would end just so, but be reported as a failure of the application, with its
    traceback, for each client that asks too much.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; returns when the connection of a broken answer has gone."""
        try:
            await self._app(scope, receive, send)
        except BrokenOff as cause:
            drop = scope.get("extensions", {}).get(DROP)
            if drop is None:
                raise
            LOG.info("An answer was broken off: %s", cause)
            drop()
            while (await receive())["type"] != "http.disconnect":
                pass


def bounded_protocol(limits: ConnectionLimits) -> type[BoundedProtocol]:
    """A protocol class for `uvicorn.Config(http=…)` whose connections count together.

    Of `limits.connections`, no more are admitted than this process has descriptors for.
    """

    class Bounded(BoundedProtocol):
        register = Register(limits)

    return Bounded
