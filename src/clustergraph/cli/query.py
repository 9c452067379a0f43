"""`clustergraph query`: one question to the current release, evaluated as the service would."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyoxigraph as ox
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clustergraph import iris, negotiation
from clustergraph.cli.releases import required_release
from clustergraph.cli.terminal import figures
from clustergraph.engine.base import QueryRequest
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.engine.guard import inspect
from clustergraph.engine.releases import release_dataset
from clustergraph.errors import UnusableInput
from clustergraph.library.bind import bind
from clustergraph.library.query import NamedQuery, load_queries
from clustergraph.negotiation import ResultFormat, ResultKind
from clustergraph.service.federation import federated
from clustergraph.settings import Settings
from clustergraph.snapshot import Release

_TABLE = "table"


def run_query(
    settings: Settings,
    console: Console,
    *,
    name: str | None,
    sparql: str | None,
    parameters: Sequence[str],
    result_format: str | None,
) -> None:
    """Answer a named query or SPARQL text on stdout; without either, list the named queries."""
    release = required_release(settings)
    queries = load_queries(release.directory / "queries")
    if name is None and sparql is None:
        console.print(figures("Named queries", [(each.name, each.question) for each in queries.values()]))
        return
    if name is not None and sparql is not None:
        raise UnusableInput("A named query and SPARQL text were both given.", fix="Give one of the two.")
    if sparql is not None:
        text = _read_sparql(sparql)
    else:
        text = bind(_named(queries, name or ""), _values(parameters))
    kind = inspect(text, service_origins=frozenset(settings.service_origins)).kind
    wanted = result_format or (_TABLE if sys.stdout.isatty() and kind is not ResultKind.GRAPH else None)
    serialisation = (
        negotiation.JSON
        if wanted == _TABLE and kind is not ResultKind.GRAPH
        else negotiation.negotiate(None, kind, wanted)
    )
    as_table = wanted == _TABLE and kind is not ResultKind.GRAPH
    asyncio.run(
        _answer(release, settings.model_copy(update={"workers": 2}), text, serialisation, as_table=as_table)
    )


async def _answer(
    release: Release, settings: Settings, text: str, serialisation: ResultFormat, *, as_table: bool
) -> None:
    engine = federated(EmbeddedEngine(release_dataset(settings)(release), settings), settings)
    await engine.start()
    try:
        answer = await engine.answer(
            QueryRequest(query=text, result_format=serialisation, base_iri=iris.BASE)
        )
        try:
            if as_table:
                _print_table(b"".join([chunk async for chunk in answer.chunks()]))
                return
            async for chunk in answer.chunks():
                sys.stdout.buffer.write(chunk)
            sys.stdout.buffer.flush()
        finally:
            await answer.aclose()
    finally:
        await engine.aclose()


def _print_table(body: bytes) -> None:
    results = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
    console = Console()
    if isinstance(results, ox.QueryBoolean):
        console.print("yes" if results else "no")
        return
    table = Table(*(variable.value for variable in results.variables))
    for row in results:
        table.add_row(*(_cell(term) for term in row))
    console.print(table)


def _cell(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple | None) -> Text:
    if term is None:
        return Text("")
    if isinstance(term, ox.NamedNode):
        return Text(iris.compact(term.value), style="cyan")
    return Text(term.value if isinstance(term, ox.Literal) else str(term))


def _named(queries: Mapping[str, NamedQuery], name: str) -> NamedQuery:
    """The query with a name, or with a name that begins so where only one does."""
    found = queries.get(name) or None
    beginnings = [each for each in queries if each.startswith(f"{name}-")]
    if found is None and len(beginnings) == 1:
        found = queries[beginnings[0]]
    if found is None:
        raise UnusableInput(
            f"There is no named query {name!r}.",
            fix="Run `clustergraph query` without a name to see them all.",
        )
    return found


def _values(parameters: Sequence[str]) -> dict[str, str]:
    values = {}
    for parameter in parameters:
        name, sign, value = parameter.partition("=")
        if not sign:
            raise UnusableInput(f"The parameter {parameter!r} has no value.", fix="Write NAME=VALUE.")
        values[name] = value
    return values


def _read_sparql(source: str) -> str:
    try:
        raw = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return raw.decode()
    except OSError as error:
        raise UnusableInput(
            f"The query cannot be read: {error.strerror}.", where=source, fix="Name a file, or - for stdin."
        ) from error
    except UnicodeDecodeError as error:
        raise UnusableInput("The query is not UTF-8.", where=source, fix="Save it as UTF-8.") from error
