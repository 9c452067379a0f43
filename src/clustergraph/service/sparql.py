"""The endpoint `/sparql`: the SPARQL 1.1 Protocol for queries, as one ASGI application.

It stands outside FastAPI's dispatch, for it reads bodies and parameters by the protocol's own rules, and
for speed. A browser, which prefers text/html, gets the result as a page with the query in a form above it;
every other client gets data. Without a query a browser gets the form, any other client the service
description.
"""

from __future__ import annotations

import asyncio
import re
from functools import cache, partial
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from clustergraph.engine.base import QueryRequest
from clustergraph.errors import ClustergraphError, QueryOverBudget
from clustergraph.negotiation import FORMATS, HTML, JSON, ResultFormat, ResultKind, negotiate
from clustergraph.pages.render import render
from clustergraph.pages.view import ResultView
from clustergraph.service.addresses import endpoint, root_path
from clustergraph.service.answering import DATA_FIRST, Answering, Ask, PageOf
from clustergraph.service.delivery import send_status
from clustergraph.service.description import SIZES_QUERY, DatasetSizes, describe, read_sizes, serialise
from clustergraph.service.editions import Editions
from clustergraph.service.head import RequestHead
from clustergraph.service.headers import COMMON_HEADERS, preflight, raw_headers
from clustergraph.service.journal import Conversation, Journal
from clustergraph.service.memo import Memo
from clustergraph.service.plan import content_type
from clustergraph.service.problems import Problem, RequestRefused, problem_of
from clustergraph.service.request import ProtocolRequest, read
from clustergraph.service.responses import html_response, problem_view
from clustergraph.service.result_pages import PAGE_BYTES
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
#: Addresses longer than this are not repeated in the Link header of their answer.
_LINKED_BYTES: Final = 512


_PREFLIGHT: Final = COMMON_HEADERS + raw_headers(preflight(ALLOW))
#: What may not stand in a URI reference (RFC 3986 section 2), though clients send it.
_UNSAFE: Final = re.compile(rb"[^!#-;=?-Z\[\]_a-z~]")


@cache
def _alternates(chosen: ResultFormat, kind: ResultKind) -> tuple[str, ...]:
    """The ends of the links to an answer in the formats that were not chosen."""
    return tuple(
        f'&format={other.name}>; rel="alternate"; type="{other.media_type}"'
        for other in FORMATS
        if kind in other.kinds and other is not chosen
    )


class SparqlEndpoint:
    """The ASGI application at `/sparql`."""

    def __init__(
        self, answering: Answering, editions: Editions, settings: Settings, journal: Journal
    ) -> None:
        self._answering = answering
        self._editions = editions
        self._settings = settings
        self._journal = journal
        self._root = root_path(settings)
        self._asks: Memo[Ask] = Memo()
        self._sizes: tuple[str, DatasetSizes] | None = None
        self._sizing = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; every failure before the first byte of an answer is a problem document."""
        await self._journal.hold(self._answer, scope, receive, send)

    async def _answer(self, talk: Conversation) -> None:
        head = talk.head
        try:
            self._answering.admit(head)
            key = (talk.scope["query_string"], head.accept, head.accept_encoding)
            ask = self._asks.get(key) if head.method in ("GET", "HEAD") else None
            if ask is None:
                ask = await self._read(talk)
                if ask is None:
                    return
                if head.method != "POST":
                    self._asks.keep(key, ask)
            talk.query = ask.query
            talk.format_name = ask.plan.result_format.name
            await self._answering.respond(ask, talk)
        except ClustergraphError as error:
            page = self._page_of(talk.query or "")
            await self._answering.refuse(problem_of(error), talk, lambda it: page(None, it))

    async def _read(self, talk: Conversation) -> Ask | None:
        """What is asked, or None where that needs no query and has been answered."""
        head = talk.head
        if head.method == "OPTIONS":
            talk.outcome = "described"
            await send_status(204, _PREFLIGHT, talk)
            return None
        body = await self._body(head, talk.receive)
        protocol = read(head.method, talk.scope["query_string"], head.content_type, body)
        if protocol.query is None:
            talk.outcome = "described"
            await talk.respond(await self._describe(protocol, head))
            return None
        talk.query = protocol.query
        link = None if head.method == "POST" else partial(self._link, talk.scope["query_string"])
        plan = self._answering.plan(protocol, protocol.query, head, link=link)
        return Ask(protocol=protocol, query=protocol.query, plan=plan, page=self._page_of(protocol.query))

    def _link(self, address: bytes, chosen: ResultFormat, kind: ResultKind) -> str | None:
        """The Link header of an answer: what describes the dataset, and the same answer in other formats."""
        described = f'<{self._editions.current.described_by}>; rel="describedby"; type="text/turtle"'
        if len(address) > _LINKED_BYTES or _UNSAFE.search(address):
            return described
        kept = "&".join(part for part in address.decode("ascii").split("&") if not part.startswith("format="))
        alternates = (f"<?{kept}{ending}" for ending in _alternates(chosen, kind))
        return ", ".join((described, *alternates))

    async def _body(self, head: RequestHead, receive: Receive) -> bytes:
        if head.method not in METHODS:
            raise RequestRefused(
                "method-not-allowed",
                f"The endpoint does not know the method {head.method}.",
                fix=f"Use one of {ALLOW}.",
                headers={"Allow": ALLOW},
            )
        if head.method != "POST":
            return b""
        if (head.content_encoding or "identity").lower() != "identity":
            raise RequestRefused("unsupported-media-type", "A compressed request body is not read here.")
        limit = self._settings.query_length_kib * 1024 * _FORM_FACTOR + _FORM_SLACK
        declared = head.content_length or ""
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

    async def _describe(self, protocol: ProtocolRequest, head: RequestHead) -> Response:
        chosen = negotiate(head.accept, ResultKind.GRAPH, protocol.format_name, offers=DATA_FIRST)
        if chosen is HTML:
            return html_response(self._page_of("")(None, None), accept_encoding=head.accept_encoding)
        triples = describe(endpoint(self._settings), await self._dataset_sizes())
        headers = {"Content-Type": content_type(chosen), "Vary": "Accept, Accept-Encoding"}
        return Response(serialise(triples, chosen), headers=headers)

    async def _dataset_sizes(self) -> DatasetSizes:
        """Counted once for each dataset: it is immutable."""
        async with self._sizing:
            dataset = self._answering.dataset
            if self._sizes is None or self._sizes[0] != dataset:
                request = QueryRequest(query=SIZES_QUERY, result_format=JSON)
                body = await self._answering.collect(request, PAGE_BYTES)
                if body is None:
                    raise QueryOverBudget("The dataset has too many graphs to list them here.")
                self._sizes = (dataset, read_sizes(body))
            return self._sizes[1]

    def _page_of(self, query: str) -> PageOf:
        def page(result: ResultView | None, problem: Problem | None) -> str:
            return render(
                "sparql.html",
                root=self._root,
                query=query or FIRST_QUERY,
                result=result,
                problem=problem and problem_view(problem),
                examples=self._editions.current.examples,
                deadline=self._settings.query_deadline_seconds,
            )

        return page
