"""The named queries over HTTP: their list, their result pages, their text and their data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from clustergraph.engine.base import QueryRequest
from clustergraph.errors import ClustergraphError, QueryError, UnusableInput
from clustergraph.library.bind import bind
from clustergraph.library.query import NamedQuery, Parameter
from clustergraph.library.terms import ParameterType, write_term
from clustergraph.negotiation import HTML, JSON, UnknownFormat, named
from clustergraph.pages import links, results
from clustergraph.pages.render import render
from clustergraph.pages.view import FieldView, QuestionView, ResultView
from clustergraph.service.addresses import root_path
from clustergraph.service.answering import PAGE_BYTES, PAGE_FIRST, Answering, Ask, PageOf
from clustergraph.service.problems import Problem, RequestRefused, problem_of
from clustergraph.service.request import ProtocolRequest, pairs
from clustergraph.service.responses import problem_view
from clustergraph.settings import Settings

TEXT: Final = ".rq"
_INPUTS: Final = {ParameterType.DATE: "date", ParameterType.INTEGER: "number"}


def question_views(queries: Iterable[NamedQuery], root: str) -> tuple[QuestionView, ...]:
    """Named queries as plain questions, each with its addresses."""
    return tuple(
        QuestionView(
            query.question,
            query.description,
            links.named_query(root, query.name),
            links.named_query(root, query.name, TEXT),
        )
        for query in queries
    )


class NamedQueries:
    """ASGI application for `/queries/{name}`, `/queries/{name}.rq` and `/queries/{name}.{format}`.

    The parameters of the address bind the query's own; a form above the result changes them.
    """

    def __init__(self, answering: Answering, queries: Mapping[str, NamedQuery], settings: Settings) -> None:
        self._answering = answering
        self._queries = queries
        self._root = root_path(settings)
        self._choices: dict[tuple[str, str], Sequence[tuple[str, str]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; failures are problem documents."""
        accept = ", ".join(Headers(scope=scope).getlist("accept")) or None
        try:
            query, extension = self._find(scope["path_params"]["name"])
            given = pairs(scope["query_string"])
            values = dict(given)
            if len(values) < len(given):
                raise RequestRefused("repeated-parameter", "A parameter is given twice; it must be once.")
            format_name = extension.removeprefix(".") or values.pop("format", "") or None
            if extension == TEXT:
                headers = {"Content-Type": "application/sparql-query; charset=utf-8"}
                response = Response(_bound(query, values) if values else query.text, headers=headers)
            else:
                prepared = await self._prepare(query, values, format_name, accept)
                if isinstance(prepared, Ask):
                    await self._answering.respond(prepared, scope, receive, send)
                    return
                response = prepared
        except ClustergraphError as error:
            response = self._answering.refuse(problem_of(error), accept, self._problem_page)
        await response(scope, receive, send)

    def _find(self, address: str) -> tuple[NamedQuery, str]:
        if address in self._queries:
            return self._queries[address], ""
        stem, dot, extension = address.rpartition(".")
        query = self._queries.get(stem)
        if query is None:
            raise RequestRefused(
                "not-found", f"There is no question named {address!r}.", fix="The list is at /queries."
            )
        if dot + extension != TEXT:
            try:
                named(extension)
            except UnknownFormat as error:
                raise RequestRefused("not-found", error.what, fix=error.fix) from None
        return query, dot + extension

    async def _prepare(
        self, query: NamedQuery, values: Mapping[str, str], format_name: str | None, accept: str | None
    ) -> Ask | Response:
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
            return self._answering.refuse(problem_of(error), accept, lambda it: page(None, it))
        return Ask(
            request=ProtocolRequest(query=text, format_name=format_name),
            query=text,
            accept=accept,
            page=self._page_of(query, values, fields, text),
            offers=PAGE_FIRST,
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
                text_href=links.named_query(self._root, query.name, TEXT, values),
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
        key = (name, parameter.name)
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


def _bound(query: NamedQuery, values: Mapping[str, str]) -> str:
    """The SPARQL of a query with its values; without the decorators, so that lines count as shown."""
    try:
        return replace(query, text=bind(query, values)).sparql
    except UnusableInput as error:
        raise RequestRefused("invalid-parameter", error.what, fix=error.fix) from None
