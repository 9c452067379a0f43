"""Asks the engine what a client asks and answers over HTTP, for the endpoint and for named queries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from clustergraph.codings import choose_coding, requires_coding
from clustergraph.engine.base import QueryRequest
from clustergraph.engine.guard import inspect
from clustergraph.engine.sharing import SharedAnswers
from clustergraph.errors import ClustergraphError
from clustergraph.negotiation import FORMATS, HTML, ResultFormat, ResultKind, negotiate
from clustergraph.pages.view import ResultView
from clustergraph.service.addresses import endpoint, problem_type
from clustergraph.service.conditional import matches
from clustergraph.service.delivery import Departure, Departures, send_answer, send_kept, send_status
from clustergraph.service.head import RequestHead
from clustergraph.service.journal import Conversation
from clustergraph.service.limiting import RateLimit
from clustergraph.service.plan import Plan
from clustergraph.service.problems import Problem, RequestRefused, problem_of
from clustergraph.service.request import ProtocolRequest
from clustergraph.service.responses import html_response, problem_response
from clustergraph.service.result_pages import ResultPages
from clustergraph.settings import Settings

#: What programs prefer: data unless a page is asked for.
DATA_FIRST: Final[tuple[ResultFormat, ...]] = (*FORMATS, HTML)
#: What readers of a page's address prefer.
_PAGE_FIRST: Final[tuple[ResultFormat, ...]] = (HTML, *FORMATS)
#: Characters; what follows from longer Accept headers is not remembered.
_REMEMBERED_LENGTH: Final = 512

PageOf = Callable[[ResultView | None, Problem | None], str]


@dataclass(slots=True, kw_only=True)
class Ask:
    """A query, how it is to be answered, and the page that shows its result or its problem."""

    protocol: ProtocolRequest
    query: str
    plan: Plan
    page: PageOf


class Answering:
    """Answers queries over HTTP, within the limits of the settings."""

    def __init__(self, engine: SharedAnswers, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings
        self._pages = ResultPages(engine, settings)
        self._departures = Departures()
        self._base_iri = endpoint(settings)
        self._service_origins = frozenset(settings.service_origins)
        self._limit = RateLimit(settings.rate_limit) if settings.rate_limit else None

    def admit(self, head: RequestHead) -> None:
        """Count a request of a client; raises RequestRefused (429) beyond the rate limit of the settings."""
        if self._limit is not None:
            self._limit.check(head.client)

    def plan(
        self,
        protocol: ProtocolRequest,
        query: str,
        head: RequestHead,
        *,
        page_first: bool = False,
        link: Callable[[ResultFormat, ResultKind], str | None] | None = None,
    ) -> Plan:
        """How to answer a query; raises what refuses it before it is evaluated.

        `page_first` tells what those prefer who accept everything: a page, or data. `link` gives the Link
        header of an answer in the format chosen.
        """
        self._check_length(query)
        shape = inspect(query, service_origins=self._service_origins)
        chosen = _chosen(head.accept, shape.kind, protocol.format_name, page_first=page_first)
        if chosen is HTML:
            return Plan(chosen, shape.kind, None)
        deadline = self._settings.query_deadline_seconds
        asked = protocol.timeout_seconds
        request = QueryRequest(
            query=query,
            result_format=chosen,
            default_graphs=protocol.default_graphs,
            named_graphs=protocol.named_graphs,
            base_iri=self._base_iri,
            deadline_seconds=None if asked is None else min(asked, deadline),
            coding=choose_coding(head.accept_encoding),
            client=head.client,
        )
        return Plan(
            chosen,
            shape.kind,
            request,
            repeatable=shape.repeatable,
            requires_coding=requires_coding(head.accept_encoding),
            link=link and link(chosen, shape.kind),
        )

    async def respond(self, ask: Ask, talk: Conversation) -> None:
        """Answer a query or say why not; ends early, and gives the worker back, when the client leaves."""
        if await self._kept(ask.plan, talk):
            return
        departure = self._departures.expect(talk.receive, talk.loop)
        try:
            if ask.plan.request is None:
                view = await self._pages.view(ask.protocol, ask.query, ask.plan.kind)
                departure.ignore()
                page = ask.page(view, None)
                await talk.respond(html_response(page, accept_encoding=talk.head.accept_encoding))
            else:
                await self._data(ask.plan, ask.plan.request, talk, departure)
        except ClustergraphError as error:
            departure.ignore()
            await self.refuse(problem_of(error), talk, lambda it: ask.page(None, it))
        except asyncio.CancelledError:
            if not departure.happened():
                raise
            talk.outcome = "client-gone"
        finally:
            departure.ignore()

    async def _kept(self, plan: Plan, talk: Conversation) -> bool:
        """Answer without asking any worker: not modified, or a kept result; False where neither is there."""
        request = plan.request
        if request is None or not plan.repeatable:
            return False
        if talk.head.if_none_match is not None and talk.head.method != "POST":
            dataset = self._engine.dataset
            if matches(talk.head.if_none_match, plan.tag(dataset)):
                talk.outcome = "not-modified"
                await send_status(304, plan.headers(dataset), talk)
                return True
        answer = self._engine.cached(request)
        if answer is None or (plan.requires_coding and answer.coding is None):
            return False
        talk.outcome = "cached"
        await send_kept(plan, answer, talk)
        return True

    async def _data(
        self, plan: Plan, request: QueryRequest, talk: Conversation, departure: Departure
    ) -> None:
        head = talk.head
        if head.method == "HEAD" or head.client != request.client:
            request = replace(request, client=head.client, checked_only=head.method == "HEAD")
        answer = await self._engine.answer(request)
        try:
            await send_answer(plan, answer, talk, departure)
        finally:
            await answer.aclose()

    async def refuse(self, problem: Problem, talk: Conversation, page: Callable[[Problem], str]) -> None:
        """Tell a problem, in the form the client accepts."""
        talk.failed(problem)
        type_uri = problem_type(self._settings, problem.kind.slug)
        await talk.respond(problem_response(problem, type_uri, talk.head.accept, page))

    async def collect(self, request: QueryRequest, limit: int) -> bytes | None:
        """The whole result of a query, or None where it is longer than `limit` bytes."""
        return await self._pages.collect(request, limit)

    @property
    def dataset(self) -> str:
        """The identity of the dataset that is asked now."""
        return self._engine.dataset

    def _check_length(self, query: str) -> None:
        limit = self._settings.query_length_kib
        # No character takes more than four bytes, so most queries need no encoding to be found short.
        if len(query) * 4 <= limit * 1024:
            return
        length = len(query.encode())
        if length > limit * 1024:
            raise RequestRefused(
                "query-too-long",
                f"The query is {length} bytes long; the longest read here is {limit} KiB.",
                fix="Move long VALUES lists out of the query, or ask in parts.",
            )


def _chosen(accept: str | None, kind: ResultKind, requested: str | None, *, page_first: bool) -> ResultFormat:
    if len(accept or "") + len(requested or "") > _REMEMBERED_LENGTH:
        return _negotiated(accept, kind, requested, page_first)
    return _remembered(accept, kind, requested, page_first)


def _negotiated(
    accept: str | None, kind: ResultKind, requested: str | None, page_first: bool
) -> ResultFormat:
    return negotiate(accept, kind, requested, offers=_PAGE_FIRST if page_first else DATA_FIRST)


# Clients ask for few combinations, again and again.
_remembered = lru_cache(maxsize=256)(_negotiated)
