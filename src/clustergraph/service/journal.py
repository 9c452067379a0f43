"""Each request from its head to the last byte of its response, and what became of it, for figures and log."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from time import perf_counter

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clustergraph.service.head import RequestHead, request_head
from clustergraph.service.headers import RawHeaders, with_common_headers
from clustergraph.service.logs import RequestLog
from clustergraph.service.problems import Problem
from clustergraph.service.telemetry import Telemetry, outcome_of_problem


class Conversation:
    """One request and its response as they go on, over ASGI.

    `outcome` is one of `telemetry.OUTCOMES`, `status` None before a response has begun, `sent` counts bytes
    of the body.
    """

    __slots__ = (
        "format_name",
        "head",
        "loop",
        "outcome",
        "query",
        "receive",
        "scope",
        "send",
        "sent",
        "started",
        "status",
    )

    def __init__(self, scope: Scope, receive: Receive, send: Send, loop: asyncio.AbstractEventLoop) -> None:
        self.scope = scope
        self.receive = receive
        self.send = send
        self.loop = loop
        self.head: RequestHead = request_head(scope)
        self.started = perf_counter()
        self.outcome = "answered"
        self.status: int | None = None
        self.sent = 0
        self.query: str | None = None
        self.format_name: str | None = None

    async def begin(self, status: int, headers: RawHeaders) -> None:
        """Send the head of the response."""
        self.status = status
        await self.send({"type": "http.response.start", "status": status, "headers": headers})

    async def block(self, body: bytes, *, last: bool) -> None:
        """Send a part of the body, or all of it."""
        self.sent += len(body)
        await self.send({"type": "http.response.body", "body": body, "more_body": not last})

    async def respond(self, response: ASGIApp) -> None:
        """Send a response made elsewhere, with the headers that all have."""
        send = with_common_headers(self.send)

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
            else:
                self.sent += len(message.get("body", b""))
            await send(message)

        await response(self.scope, self.receive, counted)

    def failed(self, problem: Problem) -> None:
        """Note how the request ended in a problem."""
        self.outcome = outcome_of_problem(problem.kind)


class Journal:
    """Counts and logs the requests that are over."""

    def __init__(self, telemetry: Telemetry, log: RequestLog) -> None:
        self._telemetry = telemetry
        self._log = log
        self._loop: asyncio.AbstractEventLoop | None = None

    async def hold(
        self, answer: Callable[[Conversation], Awaitable[None]], scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Have a request answered, then count it, and log it if its end deserves it."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
        talk = Conversation(scope, receive, send, self._loop)
        self._telemetry.in_flight += 1
        try:
            await answer(talk)
        except BaseException:
            if talk.outcome == "answered":
                talk.outcome = "failed"
            raise
        finally:
            self._close(talk)

    def _close(self, talk: Conversation) -> None:
        seconds = perf_counter() - talk.started
        self._telemetry.in_flight -= 1
        self._telemetry.observe(talk.outcome, seconds, talk.sent)
        self._log.log_request(
            talk.outcome,
            seconds,
            talk.sent,
            status=talk.status,
            query=talk.query,
            format_name=talk.format_name,
            client=talk.head.client or None,
        )
