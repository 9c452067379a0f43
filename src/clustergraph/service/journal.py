"""What became of each request: one record from its head to its last byte, for the figures and the log."""

from __future__ import annotations

from time import perf_counter

from starlette.types import Message, Send

from clustergraph.service.head import RequestHead
from clustergraph.service.logs import RequestLog
from clustergraph.service.problems import Problem
from clustergraph.service.telemetry import Telemetry, outcome_of_problem


class Record:
    """One request as it goes on; `outcome` is one of `telemetry.OUTCOMES`, `sent` counts bytes of the body."""

    __slots__ = ("form", "format_name", "head", "outcome", "query", "sent", "started", "status")

    def __init__(self, head: RequestHead) -> None:
        self.head = head
        self.started = perf_counter()
        self.outcome = "answered"
        self.status: int | None = None
        self.sent = 0
        self.query: str | None = None
        self.form: str | None = None
        self.format_name: str | None = None

    def failed(self, problem: Problem) -> None:
        """Note how the request ended in a problem."""
        self.outcome = outcome_of_problem(problem.kind)

    def counting(self, send: Send) -> Send:
        """`send`, noting the status and the bytes that pass."""

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.status = message["status"]
            else:
                self.sent += len(message.get("body", b""))
            await send(message)

        return counted


class Journal:
    """Counts and logs the requests that are over."""

    def __init__(self, telemetry: Telemetry, log: RequestLog) -> None:
        self._telemetry = telemetry
        self._log = log

    def open(self, head: RequestHead) -> Record:
        """The record of a request that has just come."""
        self._telemetry.in_flight += 1
        return Record(head)

    def close(self, record: Record) -> None:
        """Count a request that is over, and log it if its end deserves it."""
        seconds = perf_counter() - record.started
        self._telemetry.in_flight -= 1
        self._telemetry.observe(record.outcome, seconds, record.sent)
        self._log.log_request(
            record.outcome,
            seconds,
            record.sent,
            status=record.status,
            query=record.query,
            form=record.form,
            format_name=record.format_name,
            client=record.head.client or None,
        )
