"""The endpoint `/sparql`: the SPARQL 1.1 Protocol for queries, as one ASGI application.

It stands outside FastAPI's dispatch, for it reads bodies and parameters by the protocol's own rules.
A browser, which prefers text/html, gets the result as a page with the query in a form above it; every
other client gets data. Without a query a browser gets the form, any other client the service description.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from clustergraph.engine.base import QueryRequest
from clustergraph.errors import ClustergraphError, QueryOverBudget
from clustergraph.negotiation import HTML, JSON, ResultKind, negotiate
from clustergraph.pages.render import render
from clustergraph.pages.view import Link, ResultView
from clustergraph.service.addresses import endpoint, root_path
from clustergraph.service.answering import DATA_FIRST, PAGE_BYTES, Answering, Ask, PageOf
from clustergraph.service.description import SIZES_QUERY, DatasetSizes, describe, read_sizes, serialise
from clustergraph.service.problems import Problem, RequestRefused, problem_of
from clustergraph.service.request import ProtocolRequest, read
from clustergraph.service.responses import content_type, html_response, problem_view
from clustergraph.settings import Settings

METHODS: Final = ("GET", "HEAD", "OPTIONS", "POST")
ALLOW: Final = ", ".join(METHODS)
#: What stands in an empty form: a query that any dataset answers.
FIRST_QUERY: Final = """\
SELECT ?subject ?predicate ?object WHERE {
  ?subject ?predicate ?object .
}
LIMIT 100"""
#: Percent-encoding makes up to three bytes of one; other parameters share the rest.
_FORM_FACTOR: Final = 3
_FORM_SLACK: Final = 16 * 1024
_PREFLIGHT: Final = {
    "Allow": ALLOW,
    "Access-Control-Allow-Methods": ALLOW,
    "Access-Control-Allow-Headers": "Accept, Content-Type",
    "Access-Control-Max-Age": "86400",
}


class SparqlEndpoint:
    """The ASGI application at `/sparql`; `examples` are links offered below the form."""

    def __init__(self, answering: Answering, settings: Settings, examples: Sequence[Link] = ()) -> None:
        self._answering = answering
        self._settings = settings
        self._examples = examples
        self._root = root_path(settings)
        self._sizes: DatasetSizes | None = None
        self._sizing = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every failure before the first byte of an answer is a problem document."""
        method: str = scope["method"]
        headers = Headers(scope=scope)
        accept = ", ".join(headers.getlist("accept")) or None
        if method == "OPTIONS":
            await Response(status_code=204, headers=_PREFLIGHT)(scope, receive, send)
            return
        query = ""
        try:
            body = await self._body(method, headers, receive)
            request = read(method, scope["query_string"], headers.get("content-type"), body)
            if request.query is not None:
                query = request.query
                ask = Ask(request=request, query=query, accept=accept, page=self._page_of(query))
                await self._answering.respond(ask, scope, receive, send)
                return
            response = await self._describe(request, accept)
        except ClustergraphError as error:
            page = self._page_of(query)
            response = self._answering.refuse(problem_of(error), accept, lambda it: page(None, it))
        await response(scope, receive, send)

    async def _body(self, method: str, headers: Headers, receive: Receive) -> bytes:
        if method not in METHODS:
            raise RequestRefused(
                "method-not-allowed",
                f"The endpoint does not know the method {method}.",
                fix=f"Use one of {ALLOW}.",
                headers={"Allow": ALLOW},
            )
        if method != "POST":
            return b""
        if headers.get("content-encoding", "identity").lower() != "identity":
            raise RequestRefused("unsupported-media-type", "A compressed request body is not read here.")
        limit = self._settings.query_length_kib * 1024 * _FORM_FACTOR + _FORM_SLACK
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            raise self._too_long()
        blocks: list[bytes] = []
        length = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise RequestRefused("invalid-encoding", "The request ended before its body did.")
            blocks.append(message.get("body", b""))
            length += len(blocks[-1])
            if length > limit:
                raise self._too_long()
            if not message.get("more_body", False):
                return b"".join(blocks)

    def _too_long(self) -> RequestRefused:
        return RequestRefused(
            "query-too-long",
            f"The request is longer than a query of {self._settings.query_length_kib} KiB can make it.",
            fix="Move long VALUES lists out of the query, or ask in parts.",
        )

    async def _describe(self, request: ProtocolRequest, accept: str | None) -> Response:
        chosen = negotiate(accept, ResultKind.GRAPH, request.format_name, offers=DATA_FIRST)
        if chosen is HTML:
            return html_response(self._page_of("")(None, None))
        triples = describe(endpoint(self._settings), await self._dataset_sizes())
        headers = {"Content-Type": content_type(chosen), "Vary": "Accept"}
        return Response(serialise(triples, chosen), headers=headers)

    async def _dataset_sizes(self) -> DatasetSizes:
        """Counted once: the dataset is immutable."""
        async with self._sizing:
            if self._sizes is None:
                body = await self._answering.collect(
                    QueryRequest(query=SIZES_QUERY, result_format=JSON), PAGE_BYTES
                )
                if body is None:
                    raise QueryOverBudget("The dataset has too many graphs to list them here.")
                self._sizes = read_sizes(body)
            return self._sizes

    def _page_of(self, query: str) -> PageOf:
        def page(result: ResultView | None, problem: Problem | None) -> str:
            return render(
                "sparql.html",
                root=self._root,
                query=query or FIRST_QUERY,
                result=result,
                problem=problem and problem_view(problem),
                examples=self._examples,
                deadline=self._settings.query_deadline_seconds,
            )

        return page
