"""Results as pages for people: asked as JSON or N-Triples, with labels for the IRIs that are shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from clustergraph.engine.base import Answer, Engine, QueryRequest
from clustergraph.errors import QueryError
from clustergraph.negotiation import FORMATS, JSON, NTRIPLES, ResultKind
from clustergraph.pages import links, results
from clustergraph.pages.view import Link, ResultView
from clustergraph.service.addresses import endpoint, root_path
from clustergraph.service.request import ProtocolRequest
from clustergraph.settings import Settings

#: A result longer than this is not made into a page; the page offers the downloads instead.
PAGE_BYTES: Final = 4 * 1024 * 1024
#: Labels are a courtesy: a page does not wait longer for them.
LABEL_SECONDS: Final = 3.0

_NAMES: Final = {
    "turtle": "Turtle",
    "ntriples": "N-Triples",
    "rdfxml": "RDF/XML",
    "jsonld": "JSON-LD",
    "trig": "TriG",
    "nquads": "N-Quads",
}


class ResultPages:
    """Makes views of results."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._root = root_path(settings)
        self._base_iri = endpoint(settings)

    async def view(self, protocol: ProtocolRequest, query: str, kind: ResultKind) -> ResultView:
        """The view of a query's result; raises what the engine raises."""
        is_graph = kind is ResultKind.GRAPH
        request = QueryRequest(
            query=query,
            result_format=NTRIPLES if is_graph else JSON,
            default_graphs=protocol.default_graphs,
            named_graphs=protocol.named_graphs,
            base_iri=self._base_iri,
            deadline_seconds=protocol.timeout_seconds,
        )
        body = await self.collect(request, PAGE_BYTES)
        downloads = self._downloads(protocol, query, kind)
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

    async def collect(self, request: QueryRequest, limit: int) -> bytes | None:
        """The whole result of a query, or None where it is longer than `limit` bytes."""
        answer = await self._engine.answer(request)
        try:
            return await _collected(answer, limit)
        finally:
            await answer.aclose()

    def _downloads(self, protocol: ProtocolRequest, query: str, kind: ResultKind) -> tuple[Link, ...]:
        graphs = [("default-graph-uri", iri) for iri in protocol.default_graphs]
        graphs += [("named-graph-uri", iri) for iri in protocol.named_graphs]
        return tuple(
            Link(_NAMES.get(each.name, each.name.upper()), links.sparql(self._root, query, each.name, graphs))
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
