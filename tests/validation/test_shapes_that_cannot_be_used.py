"""Shapes that are not well-formed are refused with sentences, all of them, and never with a traceback."""

from __future__ import annotations

import socket

import pytest

from clustergraph.build import pyshacl_engine, turbo_engine
from clustergraph.build.validation import Engine, validate
from clustergraph.errors import UnusableInput

from .graphs import quads

ENGINES = [
    pytest.param(pyshacl_engine.report_graph, id="pyshacl"),
    pytest.param(turbo_engine.report_graph, id="pyshacl-turbo"),
]
DATA = "ex:i a ex:A ; ex:p 'x', 'weird'^^xsd:boolean, 'aldi'^^xsd:integer ."
ILL_FORMED = {
    "sh:property [ sh:path ex:p ; sh:minCount 'many' ]": '"many", which is not a whole number',
    "sh:minCount 1": "without sh:path",
    "sh:property [ sh:path ex:p ; sh:minCout 1 ]": "sh:minCout",
    "sh:property [ sh:path ex:p ; sh:minCount 1, 2 ]": "several values",
    "sh:property [ sh:path ex:p ; sh:uniqueLang 'yes' ]": "true or false",
    "sh:property [ sh:minInclusive 1 ]": "sh:path of a part of <http://example.org/S> is missing",
    "sh:property [ sh:path 'p' ]": "not a property path",
    "sh:property [ sh:path ( ex:p [ sh:inversePath 'q' ] ) ]": "not a property path",
    "sh:property [ sh:path ex:p ; sh:in ex:list ]": "a list that is broken",
    "sh:property [ sh:path ex:p ; sh:class 'A' ]": "not an IRI",
    "sh:property [ sh:path ex:p ; sh:nodeKind ex:Iri ]": "one of sh:BlankNode",
    "sh:property [ sh:path ex:p ; sh:pattern '(' ]": "not a regular expression",
    "sh:property 'budget'": "not a shape",
    "sh:message 5": "not text",
    "sh:sparql [ sh:select 'SELECT $this WHERE { $this ex:p' ]": "not a SPARQL query (line 1, column",
    "sh:js [ sh:jsFunctionName 'f' ]": "sh:js",
}
OUTSIDE = {
    "SELECT $this WHERE { SERVICE <http://127.0.0.1:PORT/> { $this ?p ?o } }": "SERVICE",
    "SELECT $this WHERE { \\\\u0053ERVICE <http://127.0.0.1:PORT/> { $this ?p ?o } }": "SERVICE",
    "SELECT $this FROM <http://127.0.0.1:PORT/data> WHERE { $this ?p ?o }": "FROM",
    "SELECT $this # FROM nothing\\nfrom named <file:///etc/hostname> WHERE { $this ?p ?o }": "FROM",
}


def refusal(shapes: str, engine: Engine = turbo_engine.report_graph) -> UnusableInput:
    with pytest.raises(UnusableInput) as refused:
        validate(quads(DATA), quads(shapes), engine=engine)
    return refused.value


@pytest.mark.parametrize(("part", "words"), ILL_FORMED.items())
def test_an_ill_formed_shape_is_refused_with_its_place(part: str, words: str) -> None:
    error = refusal(f"ex:S a sh:NodeShape ; sh:targetClass ex:A ; {part} .")
    (fault, *_) = error.faults
    assert any(words in fault.message for fault in error.faults), [fault.message for fault in error.faults]
    assert fault.focus == "http://example.org/S"
    assert fault.fix
    assert "Traceback" not in str(error)


def test_every_error_of_a_shapes_graph_is_told_at_once() -> None:
    shapes = " ".join(
        f"ex:S{number} a sh:NodeShape ; sh:targetClass ex:A ; {part} ."
        for number, part in enumerate(ILL_FORMED)
    )
    assert {fault.focus for fault in refusal(shapes).faults} == {
        f"http://example.org/S{number}" for number in range(len(ILL_FORMED))
    }


@pytest.mark.parametrize("engine", ENGINES)
def test_what_only_the_engine_notices_is_a_sentence_too(engine: Engine) -> None:
    nested = "SELECT $this WHERE { $this ?p ?o . MINUS { $this ?q ?r } }"
    error = refusal(
        f"ex:S a sh:NodeShape ; sh:targetClass ex:A ; sh:sparql [ sh:select '{nested}' ] .", engine
    )
    assert str(error).startswith("The shapes cannot be used.")
    assert "\n" not in str(error)


@pytest.mark.parametrize(("query", "clause"), OUTSIDE.items())
def test_no_query_of_a_shape_reaches_the_network_or_a_file(query: str, clause: str) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        asked = query.replace("PORT", str(listener.getsockname()[1]))
        error = refusal(f'ex:S a sh:NodeShape ; sh:targetClass ex:A ; sh:sparql [ sh:select "{asked}" ] .')
        assert any(f"asks for {clause}" in fault.message for fault in error.faults)
        with pytest.raises(BlockingIOError):
            listener.accept()


@pytest.mark.parametrize("engine", ENGINES)
def test_owl_imports_are_not_fetched(engine: Engine) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/shapes"
        shapes = f"<http://example.org/shapes> a owl:Ontology ; owl:imports <{address}> . " + (
            "ex:S a sh:NodeShape ; sh:targetClass ex:A ; sh:property [ sh:path ex:p ; sh:maxCount 1 ] ."
        )
        assert len(validate(quads(DATA), quads(shapes), engine=engine).results) == 1
        with pytest.raises(BlockingIOError):
            listener.accept()


def test_a_keyword_in_a_string_comment_or_name_is_no_clause() -> None:
    query = (
        "PREFIX service: <http://example.org/load> SELECT $this WHERE { # SERVICE and FROM in a comment\\n"
        " $this ?p ?from . FILTER(STR(?from) = 'x' && 'SERVICE <x>' != '') }"
    )
    shapes = f'ex:S a sh:NodeShape ; sh:targetClass ex:A ; sh:sparql [ sh:select "{query}" ] .'
    assert len(validate(quads(DATA), quads(shapes)).results) == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_ill_typed_literals_are_validated_in_silence(
    engine: Engine, capfd: pytest.CaptureFixture[str]
) -> None:
    shapes = (
        "ex:S a sh:NodeShape ; sh:targetClass ex:A ; sh:property [ sh:path ex:p ; sh:datatype xsd:integer ] ."
    )
    assert len(validate(quads(DATA), quads(shapes), engine=engine).results) == 3
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


@pytest.mark.parametrize("engine", ENGINES)
def test_shapes_that_refer_to_each_other_end(engine: Engine) -> None:
    shapes = "ex:S a sh:NodeShape ; sh:targetClass ex:A ; sh:node ex:T . ex:T a sh:NodeShape ; sh:node ex:S ."
    assert validate(quads(DATA), quads(shapes), engine=engine).conforms


def test_the_projects_own_shapes_are_well_formed() -> None:
    from pathlib import Path

    import pyoxigraph as ox

    from clustergraph.build.shapes_syntax import syntax_faults

    folder = Path(__file__).resolve().parents[2] / "shapes"
    triples = [quad.triple for path in sorted(folder.glob("*.ttl")) for quad in ox.parse(path=str(path))]
    assert triples
    assert syntax_faults(triples) == ()
