"""Asks the engine what a client asks and answers over HTTP, for the endpoint and for named queries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from clustergraph.engine.base import Answer, Engine, QueryRequest
from clustergraph.engine.guard import inspect
from clustergraph.errors import ClustergraphError, QueryError
from clustergraph.negotiation import FORMATS, HTML, JSON, NTRIPLES, ResultFormat, ResultKind, negotiate
from clustergraph.pages import links, results
from clustergraph.pages.view import Link, ResultView
from clustergraph.service.addresses import endpoint, problem_type, root_path
from clustergraph.service.problems import Problem, RequestRefused, problem_of
from clustergraph.service.request import ProtocolRequest
from clustergraph.service.responses import html_response, problem_response, send_answer, while_connected
from clustergraph.settings import Settings

#: A result longer than this is not made into a page; the page offers the downloads instead.
PAGE_BYTES: Final = 4 * 1024 * 1024
#: Labels are a courtesy: a page does not wait longer for them.
LABEL_SECONDS: Final = 3.0

#: What programs prefer: data unless a page is asked for.
DATA_FIRST: Final[tuple[ResultFormat, ...]] = (*FORMATS, HTML)
#: What readers of a page's address prefer.
PAGE_FIRST: Final[tuple[ResultFormat, ...]] = (HTML, *FORMATS)

_NAMES: Final = {
    "turtle": "Turtle",
    "ntriples": "N-Triples",
    "rdfxml": "RDF/XML",
    "jsonld": "JSON-LD",
    "trig": "TriG",
    "nquads": "N-Quads",
}

PageOf = Callable[[ResultView | None, Problem | None], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """A query with what its client accepts, the formats on offer and the page that shows its result."""

    request: ProtocolRequest
    query: str
    accept: str | None
    page: PageOf
    offers: Sequence[ResultFormat] = DATA_FIRST


class Answering:
    """Answers queries over HTTP, within the limits of the settings."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._root = root_path(settings)

    async def respond(self, ask: Ask, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a query or say why not; ends early, and gives the worker back, when the client leaves."""

        async def work(send: Send) -> None:
            try:
                await self._answer(ask, scope, receive, send)
            except ClustergraphError as error:
                problem = problem_of(error)
                await self.refuse(problem, ask.accept, lambda it: ask.page(None, it))(scope, receive, send)

        await while_connected(receive, send, work)

    def refuse(self, problem: Problem, accept: str | None, page: Callable[[Problem], str]) -> Response:
        """The response that tells a problem, as the client accepts it."""
        return problem_response(problem, problem_type(self._settings, problem.kind.slug), accept, page)

    async def _answer(self, ask: Ask, scope: Scope, receive: Receive, send: Send) -> None:
        self._check_length(ask.query)
        kind = inspect(ask.query).kind
        chosen = negotiate(ask.accept, kind, ask.request.format_name, offers=ask.offers)
        if chosen is HTML:
            view = await self._view(ask, kind)
            await html_response(ask.page(view, None))(scope, receive, send)
            return
        answer = await self._engine.answer(self._query_request(ask, chosen))
        try:
            await send_answer(answer, chosen, scope, send)
        finally:
            await answer.aclose()

    def _check_length(self, query: str) -> None:
        length, limit = len(query.encode()), self._settings.query_length_kib
        if length > limit * 1024:
            raise RequestRefused(
                "query-too-long",
                f"The query is {length} bytes long; the longest read here is {limit} KiB.",
                fix="Move long VALUES lists out of the query, or ask in parts.",
            )

    def _query_request(self, ask: Ask, result_format: ResultFormat) -> QueryRequest:
        deadline = self._settings.query_deadline_seconds
        asked = ask.request.timeout_seconds
        return QueryRequest(
            query=ask.query,
            result_format=result_format,
            default_graphs=ask.request.default_graphs,
            named_graphs=ask.request.named_graphs,
            base_iri=endpoint(self._settings),
            deadline_seconds=None if asked is None else min(asked, deadline),
        )

    async def _view(self, ask: Ask, kind: ResultKind) -> ResultView:
        is_graph = kind is ResultKind.GRAPH
        body = await self.collect(self._query_request(ask, NTRIPLES if is_graph else JSON), PAGE_BYTES)
        downloads = self._downloads(ask, kind)
        if body is None:
            return ResultView(downloads=downloads, too_long=True)
        if is_graph:
            triples = await asyncio.to_thread(results.read_graph, body)
            shown = triples[: results.ROWS_ON_A_PAGE]
            terms = [term for each in shown for term in (each.subject, each.predicate, each.object)]
            labels = await self._labels(results.iris_shown(terms))
            return ResultView(downloads=downloads, graph=results.graph(triples, labels, self._root))
        found = await asyncio.to_thread(results.read_json, body)
        if isinstance(found, bool):
            return ResultView(downloads=downloads, boolean=found)
        cells = (term for row in found[1][: results.ROWS_ON_A_PAGE] for term in row)
        labels = await self._labels(results.iris_shown(cells))
        return ResultView(downloads=downloads, table=results.table(found, labels, self._root))

    def _downloads(self, ask: Ask, kind: ResultKind) -> tuple[Link, ...]:
        graphs = [("default-graph-uri", iri) for iri in ask.request.default_graphs]
        graphs += [("named-graph-uri", iri) for iri in ask.request.named_graphs]
        return tuple(
            Link(
                _NAMES.get(each.name, each.name.upper()),
                links.sparql(self._root, ask.query, each.name, graphs),
            )
            for each in FORMATS
            if kind in each.kinds
        )

    async def _labels(self, iris: Sequence[str]) -> dict[str, str]:
        if not iris:
            return {}
        request = QueryRequest(
            query=results.labels_query(iris),
            result_format=JSON,
            deadline_seconds=min(LABEL_SECONDS, self._settings.query_deadline_seconds),
        )
        try:
            body = await self.collect(request, PAGE_BYTES)
        except QueryError:
            return {}
        return results.read_labels(body) if body is not None else {}

    async def collect(self, request: QueryRequest, limit: int) -> bytes | None:
        """The whole result of a query, or None where it is longer than `limit` bytes."""
        answer = await self._engine.answer(request)
        try:
            return await _collected(answer, limit)
        finally:
            await answer.aclose()


async def _collected(answer: Answer, limit: int) -> bytes | None:
    if answer.complete is not None:
        return answer.complete if len(answer.complete) <= limit else None
    blocks: list[bytes] = []
    length = 0
    async for block in answer.chunks():
        length += len(block)
        if length > limit:
            return None
        blocks.append(block)
    return b"".join(blocks)
