"""Responses over ASGI: problems in the form the client reads, and answers that are complete or broken."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from tempfile import SpooledTemporaryFile
from typing import Final

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from clustergraph.engine.base import Answer
from clustergraph.errors import QueryError
from clustergraph.negotiation import HTML, ResultFormat, best
from clustergraph.pages.view import ProblemView
from clustergraph.service.problems import Problem

LOG: Final = logging.getLogger("clustergraph.service")

PROBLEM_JSON: Final = ResultFormat("problem", "application/problem+json", frozenset(), ("application/json",))
PLAIN_TEXT: Final = ResultFormat("text", "text/plain", frozenset())
_SPOOL_BYTES: Final = 8 * 1024 * 1024
_BLOCK_BYTES: Final = 64 * 1024


class BrokenOff(Exception):
    """An answer that failed after its status was sent: the connection must end without an end of body."""


def html_response(page: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A page; it varies by Accept, for the same address may answer data."""
    return Response(page, status, {"Vary": "Accept", **(headers or {})}, "text/html")


def problem_response(
    problem: Problem, type_uri: str, accept: str | None, page: Callable[[Problem], str]
) -> Response:
    """A problem as application/problem+json, text/plain or HTML; JSON where none of them is accepted."""
    status = problem.kind.status
    headers = {"Vary": "Accept", "Cache-Control": "no-store", **problem.headers}
    chosen = best(accept, (PROBLEM_JSON, PLAIN_TEXT, HTML))
    if chosen is HTML:
        return html_response(page(problem), status, headers)
    if chosen is PLAIN_TEXT:
        return Response(problem.as_text(), status, headers, "text/plain")
    body = json.dumps(problem.as_json(type_uri), ensure_ascii=False, indent=2) + "\n"
    return Response(body, status, headers, PROBLEM_JSON.media_type)


def content_type(result_format: ResultFormat) -> str:
    """The Content-Type of a result; text types say their charset."""
    media_type = result_format.media_type
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type


async def send_answer(answer: Answer, result_format: ResultFormat, scope: Scope, send: Send) -> None:
    """Send an answer: whole with its Content-Length, or streamed.

    Raises BrokenOff where a stream cannot be completed; the server then breaks the connection, so that no
    client takes the part for the whole. What fails before the first byte is sent is raised as it is.
    HTTP/1.0 marks an end only by a length: such a client gets none of the body until all of it is there.
    """
    headers = {"Content-Type": content_type(result_format), "Vary": "Accept"}
    body = answer.complete
    if body is not None:
        response = Response(body, 200, headers)
        await response(scope, _no_more, send)
        return
    if scope["http_version"] == "1.0" and scope["method"] != "HEAD":
        await _send_spooled(answer, headers, send)
        return
    await send(_start(headers))
    if scope["method"] != "HEAD":
        await _send_blocks(answer.chunks(), send)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _send_blocks(blocks: AsyncIterator[bytes], send: Send) -> None:
    try:
        async for block in blocks:
            await send({"type": "http.response.body", "body": block, "more_body": True})
    except QueryError as error:
        raise BrokenOff(str(error)) from error


async def _send_spooled(answer: Answer, headers: Mapping[str, str], send: Send) -> None:
    with SpooledTemporaryFile(max_size=_SPOOL_BYTES) as spool:
        async for block in answer.chunks():
            spool.write(block)
        await send(_start({**headers, "Content-Length": str(spool.tell())}))
        spool.seek(0)
        while block := spool.read(_BLOCK_BYTES):
            await send({"type": "http.response.body", "body": block, "more_body": True})
    await send({"type": "http.response.body", "body": b"", "more_body": False})


def _start(headers: Mapping[str, str]) -> Message:
    raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    return {"type": "http.response.start", "status": 200, "headers": raw}


async def _no_more() -> Message:
    return {"type": "http.disconnect"}


async def while_connected(receive: Receive, send: Send, work: Callable[[Send], Awaitable[None]]) -> None:
    """Run `work` until it ends or the client leaves, whichever is first; a client that left cancels it.

    The request body must have been read. Failures of `work` are raised.
    """
    finished = False

    async def watched_send(message: Message) -> None:
        nonlocal finished
        finished = message["type"] == "http.response.body" and not message.get("more_body", False)
        await send(message)

    async def disconnected() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    working = asyncio.ensure_future(work(watched_send))
    watching = asyncio.ensure_future(disconnected())
    try:
        await asyncio.wait((working, watching), return_when=asyncio.FIRST_COMPLETED)
        if not working.done() and not finished:
            LOG.info("A client left before its answer was complete.")
            working.cancel()
        await asyncio.wait((working,))
        if not working.cancelled():
            working.result()
    finally:
        for task in (working, watching):
            task.cancel()
        await asyncio.gather(working, watching, return_exceptions=True)


def problem_view(problem: Problem) -> ProblemView:
    """A problem as pages show it."""
    line, column = problem.more.get("line"), problem.more.get("column")
    return ProblemView(
        status=problem.kind.status,
        title=problem.kind.title,
        detail=problem.detail,
        fix=problem.fix,
        line=line if isinstance(line, int) else None,
        column=column if isinstance(column, int) else None,
    )
