"""Answers: complete in every format, over the dataset that was asked for, and wrong about nothing."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import pyoxigraph as ox
import pytest

from clustergraph import negotiation
from clustergraph.engine.base import QueryRequest
from clustergraph.engine.wire import FIRST_BLOCK
from clustergraph.errors import ClustergraphError, QueryMalformed, QueryRefused, QueryUnserialisable
from clustergraph.negotiation import FORMATS, ResultFormat, ResultKind

from .asking import body, engine_over, number, rows, triples

TRIG = """PREFIX : <http://e/>
:s :p 1 .
:g { :s :p 2 . :s :p 3 }
:h { :s :p 3 . :s :p 4 }
"""


@pytest.fixture
def trig(tmp_path: Path) -> Path:
    path = tmp_path / "d.trig"
    path.write_text(TRIG, encoding="utf-8")
    return path


def asked(path: Path, query: str, result_format: ResultFormat = negotiation.JSON, **request: Any) -> bytes:
    async def ask() -> bytes:
        async with engine_over(path) as engine:
            return await body(engine, query, result_format, **request)

    return asyncio.run(ask())


@pytest.mark.parametrize("result_format", FORMATS, ids=lambda each: each.name)
def test_every_format_carries_the_whole_result(tmp_path: Path, result_format: ResultFormat) -> None:
    path = triples(tmp_path, 4000)
    is_graph = ResultKind.GRAPH in result_format.kinds
    query = "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }" if is_graph else "SELECT ?s ?p ?o { ?s ?p ?o }"
    answer = asked(path, query, result_format)
    assert len(answer) > FIRST_BLOCK
    if is_graph:
        rdf = ox.RdfFormat.from_media_type(result_format.media_type)
        assert rdf is not None
        assert len(list(ox.parse(answer, format=rdf))) == 4000
    elif result_format is negotiation.CSV:
        assert len(list(csv.reader(io.StringIO(answer.decode())))) == 4001
    else:
        found = ox.parse_query_results(
            answer, format=ox.QueryResultsFormat.from_media_type(result_format.media_type)
        )
        assert isinstance(found, ox.QuerySolutions)
        assert len(list(found)) == 4000


@pytest.mark.parametrize(
    ("result_format", "expected"),
    [
        (negotiation.JSON, b'"boolean":true'),
        (negotiation.XML, b"<boolean>true</boolean>"),
        (negotiation.CSV, b"true"),
        (negotiation.TSV, b"true"),
    ],
    ids=["json", "xml", "csv", "tsv"],
)
def test_ask_is_answered_in_every_format_of_rows(
    trig: Path, result_format: ResultFormat, expected: bytes
) -> None:
    assert expected in asked(trig, "ASK {}", result_format)


def test_a_short_answer_is_whole_at_once_and_a_long_one_comes_in_blocks(tmp_path: Path) -> None:
    async def ask() -> None:
        async with engine_over(triples(tmp_path, 20_000)) as engine:
            short = await engine.answer(QueryRequest(query="ASK {}", result_format=negotiation.JSON))
            assert short.complete == b'{"head":{},"boolean":true}'
            assert [block async for block in short.chunks()] == [short.complete]
            await short.aclose()
            every = QueryRequest(query="SELECT * { ?s ?p ?o }", result_format=negotiation.JSON)
            long = await engine.answer(every)
            assert long.complete is None
            blocks = [block async for block in long.chunks()]
            await long.aclose()
            assert len(blocks) > 10
            assert len(json.loads(b"".join(blocks))["results"]["bindings"]) == 20_000

    asyncio.run(ask())


def test_a_reader_slower_than_the_worker_holds_it_back_and_gets_everything(tmp_path: Path) -> None:
    async def ask() -> None:
        async with engine_over(triples(tmp_path, 40_000)) as engine:
            every = QueryRequest(query="SELECT * { ?s ?p ?o }", result_format=negotiation.JSON)
            answer = await engine.answer(every)
            blocks = []
            async for block in answer.chunks():
                blocks.append(block)
                await asyncio.sleep(0.005)
                assert answer._exchange._held < 2 * 2**20
            await answer.aclose()
            assert len(json.loads(b"".join(blocks))["results"]["bindings"]) == 40_000
            assert await number(engine) == 40_000

    asyncio.run(ask())


def test_the_prefixes_of_a_query_are_those_of_its_turtle(trig: Path) -> None:
    query = "PREFIX e: <http://e/> PREFIX odd: <rel> CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }"
    answer = asked(trig, query, negotiation.TURTLE, base_iri="http://b/")
    assert b"@prefix e: <http://e/>" in answer
    assert b"e:s e:p 1" in answer


VALUES = "SELECT ?o { ?s ?p ?o } ORDER BY ?o"
IN_GRAPHS = "SELECT ?o { GRAPH ?g { ?s ?p ?o } } ORDER BY ?o"
G, H = "http://e/g", "http://e/h"


@pytest.mark.parametrize(
    ("query", "request_", "expected"),
    [
        (VALUES, {}, "1"),
        (IN_GRAPHS, {}, "2 3 3 4"),
        (VALUES, {"default_graphs": (G,)}, "2 3"),
        (VALUES, {"default_graphs": (G, H)}, "2 3 4"),
        (VALUES, {"default_graphs": (G, H, G)}, "2 3 4"),
        (IN_GRAPHS, {"default_graphs": (G, H)}, ""),
        (VALUES, {"named_graphs": (G,)}, ""),
        (IN_GRAPHS, {"named_graphs": (G,)}, "2 3"),
        (VALUES, {"default_graphs": (G, H), "named_graphs": (H,)}, "2 3 4"),
        (IN_GRAPHS, {"default_graphs": (G, H), "named_graphs": (H,)}, "3 4"),
        (VALUES, {"default_graphs": ("http://e/unknown",)}, ""),
        ("SELECT ?o FROM <http://e/g> { ?s ?p ?o } ORDER BY ?o", {}, "2 3"),
        ("SELECT ?o FROM <http://e/g> FROM <http://e/h> { ?s ?p ?o } ORDER BY ?o", {}, "2 3 4"),
        (
            "PREFIX x: <http://e/> SELECT ?o FROM x:g FROM <h> { ?s ?p ?o } ORDER BY ?o",
            {"base_iri": "http://e/"},
            "2 3 4",
        ),
        ("BASE <http://e/> SELECT ?o FROM <g> FROM <h> FROM NAMED <h> { GRAPH ?g { ?s ?p ?o } }", {}, "3 4"),
        ("SELECT ?o FROM <http://e/g> FROM <http://e/h> { GRAPH ?g { ?s ?p ?o } }", {}, ""),
        ("SELECT ?o FROM <http://e/g> { ?s ?p ?o } ORDER BY ?o", {"default_graphs": (H,)}, "3 4"),
        ("SELECT ?o FROM NAMED <http://e/g> { ?s ?p ?o }", {}, ""),
    ],
)
def test_a_query_is_asked_over_the_dataset_it_or_its_request_names(
    trig: Path, query: str, request_: dict[str, Any], expected: str
) -> None:
    async def ask() -> str:
        async with engine_over(trig) as engine:
            found = await rows(engine, query, **request_)
            # A merge must leave no trace for the next query.
            assert [row["o"] for row in await rows(engine, IN_GRAPHS)] == ["2", "3", "3", "4"]
            return " ".join(sorted(row["o"] for row in found))

    assert asyncio.run(ask()) == expected


def test_a_graph_of_a_request_must_be_an_absolute_iri(trig: Path) -> None:
    with pytest.raises(QueryMalformed, match="does not name a graph"):
        asked(trig, "ASK {}", default_graphs=("relative",))


def test_from_never_fetches(trig: Path) -> None:
    with_port_nine = "SELECT ?o FROM <http://127.0.0.1:9/x> { ?s ?p ?o }"
    assert json.loads(asked(trig, with_port_nine))["results"]["bindings"] == []


@pytest.mark.usefixtures("either_start")
def test_workers_draw_different_random_numbers(trig: Path) -> None:
    query = "SELECT (UUID() AS ?u) (RAND() AS ?r) (STR(BNODE()) AS ?b) (STRUUID() AS ?s) {}"

    async def ask() -> list[dict[str, str]]:
        async with engine_over(trig, workers=4) as engine:
            asked = [rows(engine, query) for _ in range(4)]
            return [row for found in await asyncio.gather(*asked) for row in found]

    found = asyncio.run(ask())
    assert len({row["u"] for row in found}) == len({row["r"] for row in found}) == 4


@pytest.mark.parametrize(
    ("query", "what", "place"),
    [
        ("SELECT *\n{ ?s ?p }", "“}” stands where a term", (2, 9)),
        ("SELECT (<http://e/f>(1) AS ?x) {}", "There is no function <http://e/f> here.", (1, 9)),
        ("SELECT * { ?s foo:bar ?o }", "The prefix “foo:” is not declared.", (1, 15)),
        ("SELECT ?o { ?s <p> ?o }", "<p> is relative", (1, 16)),
    ],
)
def test_what_the_engine_cannot_read_is_said_in_words(
    trig: Path, query: str, what: str, place: tuple[int, int]
) -> None:
    with pytest.raises(QueryMalformed) as failure:
        asked(trig, query)
    assert failure.value.what.startswith(what)
    assert (failure.value.line, failure.value.column) == place


def test_codepoint_escapes_are_read_outside_strings_too(trig: Path) -> None:
    query = "SEL\\u0045CT ?caf\\u00E9 { BIND('\\u0022' AS ?café) }"
    assert b'\\"' in asked(trig, query)


@pytest.mark.parametrize("result_format", [negotiation.XML, negotiation.RDFXML], ids=["xml", "rdfxml"])
def test_characters_that_xml_cannot_carry_break_no_document(trig: Path, result_format: ResultFormat) -> None:
    is_graph = result_format is negotiation.RDFXML
    form = "CONSTRUCT { <http://e/s> <http://e/p> ?x }" if is_graph else "SELECT ?x"
    with pytest.raises(QueryUnserialisable, match=r"U\+0001"):
        asked(trig, form + " { BIND('\\u0001' AS ?x) }", result_format)


def test_a_result_that_a_format_cannot_carry_is_refused(trig: Path) -> None:
    with pytest.raises(ClustergraphError, match="cannot be written as csv"):
        asked(trig, "CONSTRUCT WHERE { ?s ?p ?o }", negotiation.CSV)


def test_service_in_its_oddest_spellings_is_refused_before_a_worker_sees_it(trig: Path) -> None:
    with pytest.raises(QueryRefused, match="SERVICE"):
        asked(trig, "SELECT * { FILTER(1<2)SERVICE SILENT<http://127.0.0.1:9/>#>\n{} }")
