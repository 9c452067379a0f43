"""The named queries over HTTP: their list, their result pages, their text and their data."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from starlette.types import Receive, Scope, Send

from clustergraph.engine.base import QueryRequest
from clustergraph.errors import ClustergraphError, QueryError, UnusableInput
from clustergraph.library.bind import bind
from clustergraph.library.query import NamedQuery, Parameter
from clustergraph.library.terms import ParameterType, write_term
from clustergraph.negotiation import FORMATS, HTML, JSON, ResultFormat, ResultKind, UnknownFormat, named
from clustergraph.pages import links, results
from clustergraph.pages.render import render
from clustergraph.pages.view import FieldView, ResultView
from clustergraph.service.addresses import root_path
from clustergraph.service.answering import Answering, Ask, PageOf
from clustergraph.service.delivery import send_status
from clustergraph.service.documents import Document, link_header
from clustergraph.service.editions import QUERY_TEXT, Editions
from clustergraph.service.head import RequestHead
from clustergraph.service.headers import COMMON_HEADERS, preflight, raw_headers
from clustergraph.service.journal import Conversation, Journal
from clustergraph.service.problems import Problem, RequestRefused, problem_of
from clustergraph.service.request import ProtocolRequest, pairs
from clustergraph.service.responses import problem_view
from clustergraph.service.result_pages import PAGE_BYTES
from clustergraph.settings import Settings

METHODS: Final = ("GET", "HEAD", "OPTIONS")
ALLOW: Final = ", ".join(METHODS)
_PREFLIGHT: Final = COMMON_HEADERS + raw_headers(preflight(ALLOW))
_SPARQL: Final = "application/sparql-query; charset=utf-8"
_INPUTS: Final = {ParameterType.DATE: "date", ParameterType.INTEGER: "number"}


class NamedQueries:
    """ASGI application for `/queries/{name}`, `/queries/{name}.rq` and `/queries/{name}.{format}`.

    The parameters of the address bind the query's own; a form above the result changes them.
    """

    def __init__(
        self, answering: Answering, editions: Editions, settings: Settings, journal: Journal
    ) -> None:
        self._answering = answering
        self._editions = editions
        self._journal = journal
        self._root = root_path(settings)
        self._choices: dict[tuple[str, str, str], Sequence[tuple[str, str]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; failures are problem documents."""
        await self._journal.hold(self._answer, scope, receive, send)

    async def _answer(self, talk: Conversation) -> None:
        try:
            self._answering.admit(talk.head)
            if talk.head.method == "OPTIONS":
                talk.outcome = "described"
                await send_status(204, _PREFLIGHT, talk)
                return
            if talk.head.method not in METHODS:
                raise RequestRefused(
                    "method-not-allowed",
                    f"{talk.head.method} is not possible for a question.",
                    fix=f"Use one of {ALLOW}.",
                    headers={"Allow": ALLOW},
                )
            query, extension = self._find(talk.scope["path_params"]["name"])
            given = pairs(talk.scope["query_string"])
            values = dict(given)
            if len(values) < len(given):
                raise RequestRefused("repeated-parameter", "A parameter is given twice; it must be once.")
            format_name = extension.removeprefix(".") or values.pop("format", "") or None
            if extension == QUERY_TEXT:
                talk.outcome = "page"
                text = _bound(query, values) if values else query.text
                await talk.respond(Document(text, _SPARQL, max_age=None))
                return
            ask = await self._prepare(query, values, format_name, talk.head)
            talk.query, talk.format_name = ask.query, ask.plan.result_format.name
            await self._answering.respond(ask, talk)
        except _Unbound as error:
            await self._answering.refuse(error.problem, talk, error.page)
        except ClustergraphError as error:
            await self._answering.refuse(problem_of(error), talk, self._problem_page)

    def _find(self, address: str) -> tuple[NamedQuery, str]:
        queries = self._editions.current.queries
        if address in queries:
            return queries[address], ""
        stem, dot, extension = address.rpartition(".")
        query = queries.get(stem)
        if query is None:
            raise RequestRefused(
                "not-found", f"There is no question named {address!r}.", fix="The list is at /queries."
            )
        if dot + extension != QUERY_TEXT:
            try:
                named(extension)
            except UnknownFormat as error:
                raise RequestRefused("not-found", error.what, fix=error.fix) from None
        return query, dot + extension

    async def _prepare(
        self, query: NamedQuery, values: Mapping[str, str], format_name: str | None, head: RequestHead
    ) -> Ask:
        fields: Sequence[FieldView] = ()
        if format_name in (None, HTML.name):
            # A page is never empty-handed: what must be given and is not, is the example in the form.
            missing = {name: each.written for name, each in query.parameters.items() if each.required}
            values = missing | dict(values)
            fields = await self._fields(query, values)
        try:
            text = _bound(query, values)
        except RequestRefused as error:
            page = self._page_of(query, values, fields, None)
            raise _Unbound(problem_of(error), lambda it: page(None, it)) from None
        protocol = ProtocolRequest(query=text, format_name=format_name)

        def link(chosen: ResultFormat, kind: ResultKind) -> str:
            others = (each for each in FORMATS if kind in each.kinds and each is not chosen)
            return link_header(
                [
                    ("describedby", self._editions.current.described_by, "text/turtle"),
                    ("describedby", links.named_query(self._root, query.name, QUERY_TEXT, values), _SPARQL),
                    *(
                        (
                            "alternate",
                            links.named_query(self._root, query.name, f".{other.name}", values),
                            other.media_type,
                        )
                        for other in others
                    ),
                ]
            )

        return Ask(
            protocol=protocol,
            query=text,
            plan=self._answering.plan(protocol, text, head, page_first=True, link=link),
            page=self._page_of(query, values, fields, text),
        )

    def _page_of(
        self, query: NamedQuery, values: Mapping[str, str], fields: Sequence[FieldView], text: str | None
    ) -> PageOf:
        def page(result: ResultView | None, problem: Problem | None) -> str:
            return render(
                "query.html",
                root=self._root,
                question=query.question,
                description=query.description,
                action=links.named_query(self._root, query.name),
                fields=fields,
                columns=query.columns,
                result=result,
                problem=problem and problem_view(problem),
                text=text,
                text_href=links.named_query(self._root, query.name, QUERY_TEXT, values),
                csv_href=links.named_query(self._root, query.name, ".csv", values),
                json_href=links.named_query(self._root, query.name, ".json", values),
                edit_href=links.sparql(self._root, text or ""),
            )

        return page

    async def _fields(self, query: NamedQuery, values: Mapping[str, str]) -> tuple[FieldView, ...]:
        return tuple(
            [
                FieldView(
                    name=name,
                    label=parameter.summary[:1].upper() + parameter.summary[1:],
                    value=values.get(name, parameter.written),
                    kind=_INPUTS.get(parameter.type, "text"),
                    help=parameter.expected if parameter.type is ParameterType.IRI else "",
                    choices=await self._choices_of(query.name, parameter),
                )
                for name, parameter in query.parameters.items()
            ]
        )

    async def _choices_of(self, name: str, parameter: Parameter) -> Sequence[tuple[str, str]]:
        """The values on offer with their labels, asked for once; none where the engine gives none now."""
        key = (self._answering.dataset, name, parameter.name)
        if parameter.choices is None or key in self._choices:
            return self._choices.get(key, ())
        request = QueryRequest(query=parameter.choices.text, result_format=JSON)
        try:
            body = await self._answering.collect(request, PAGE_BYTES)
        except QueryError:
            return ()
        found = results.read_json(body) if body is not None else False
        rows = () if isinstance(found, bool) else found[1]
        prefix = f"cgs:{parameter.scheme}/" if parameter.scheme else ""
        self._choices[key] = tuple(
            (write_term(choice).removeprefix(prefix), write_term(label)) for choice, label in rows
        )
        return self._choices[key]

    def _problem_page(self, problem: Problem) -> str:
        return render("problem.html", root=self._root, problem=problem_view(problem))


class _Unbound(Exception):
    """A query whose values do not fit, with the problem and the page that shows its form again."""

    def __init__(self, problem: Problem, page: Callable[[Problem], str]) -> None:
        super().__init__(problem.detail)
        self.problem = problem
        self.page = page


def _bound(query: NamedQuery, values: Mapping[str, str]) -> str:
    """The SPARQL of a query with its values; without the decorators, so that lines count as shown."""
    try:
        return replace(query, text=bind(query, values)).sparql
    except UnusableInput as error:
        raise RequestRefused("invalid-parameter", error.what, fix=error.fix) from None
