"""A validation report says once, in words and for machines, what is wrong, where, and how to mend it."""

from __future__ import annotations

import itertools
import json

import pyoxigraph as ox
import pytest

from clustergraph.build import pyshacl_engine, turbo_engine
from clustergraph.build.graphs import Graph
from clustergraph.build.paths import read_path
from clustergraph.build.report import ValidationReport, as_term, as_text, read_report
from clustergraph.build.validation import Engine, validate
from clustergraph.errors import Severity

from .graphs import DATA, SHAPES, quads

EX = "http://example.org/"
SH = "http://www.w3.org/ns/shacl#"
ENGINES = [
    pytest.param(pyshacl_engine.report_graph, id="pyshacl"),
    pytest.param(turbo_engine.report_graph, id="pyshacl-turbo"),
]


@pytest.fixture(params=ENGINES)
def report(request: pytest.FixtureRequest) -> ValidationReport:
    engine: Engine = request.param
    return validate(quads(DATA), quads(SHAPES), engine=engine)


def test_each_fault_is_one_result_gravest_first(report: ValidationReport) -> None:
    found = [
        (result.severity, result.focus.removeprefix(EX), result.component.removeprefix(SH), result.value)
        for result in report.results
    ]
    assert found == [
        (Severity.VIOLATION, "poor", "MinCountConstraintComponent", None),
        (
            Severity.VIOLATION,
            "turned",
            "SPARQLConstraintComponent",
            '"2"^^<http://www.w3.org/2001/XMLSchema#integer>',
        ),
        (
            Severity.VIOLATION,
            "words",
            "DatatypeConstraintComponent",
            '"7,24"^^<http://www.w3.org/2001/XMLSchema#decimal>',
        ),
        (Severity.WARNING, "open", "MinCountConstraintComponent", None),
    ]


def test_a_result_has_the_message_and_the_remedy_of_its_shape(report: ValidationReport) -> None:
    by_focus = {result.focus.removeprefix(EX): result for result in report.results}
    assert by_focus["poor"].message == "A call has a budget, a decimal number."
    assert by_focus["poor"].remedy == "Give the budget in euros."
    assert by_focus["poor"].shape == f"{EX}Call-budget"
    assert by_focus["poor"].path == f"{EX}budget"
    assert by_focus["turned"].message == "A call closes after it opens."
    assert by_focus["turned"].remedy == "Look the dates up in the source."
    assert by_focus["open"].remedy == "Look the dates up in the source."
    assert by_focus["open"].path == f"(<{EX}closes>|^<{EX}closing>)"


def test_conforming_is_that_of_shacl_and_publishing_depends_on_violations(report: ValidationReport) -> None:
    assert not report.conforms
    assert len(report.violations) == 3
    warned = report.only(lambda focus: focus == f"{EX}open")
    assert [result.focus for result in warned.results] == [f"{EX}open"]
    assert not warned.conforms
    assert warned.violations == ()
    assert warned.only(lambda focus: False).conforms


def test_the_turtle_form_reads_back_as_the_same_report(report: ValidationReport) -> None:
    again = read_report(
        [quad.triple for quad in ox.parse(report.to_turtle(), format=ox.RdfFormat.TURTLE)],
        [quad.triple for quad in quads(SHAPES)],
    )
    without_constraints = {
        (result.focus, result.path, result.value, result.shape, result.message, result.remedy)
        for result in report.results
    }
    assert {
        (result.focus, result.path, result.value, result.shape, result.message, result.remedy)
        for result in again.results
    } == without_constraints


def test_the_turtle_form_is_a_report_that_other_tools_read(report: ValidationReport) -> None:
    import rdflib

    graph = rdflib.Graph().parse(data=report.to_turtle(), format="turtle")
    (node,) = graph.subjects(rdflib.RDF.type, rdflib.SH.ValidationReport)
    assert graph.value(node, rdflib.SH.conforms).value is False  # type: ignore[union-attr]
    results = list(graph.objects(node, rdflib.SH.result))
    assert len(results) == 4
    for result in results:
        for part in ("focusNode", "resultSeverity", "sourceConstraintComponent"):
            assert graph.value(result, rdflib.SH[part]) is not None


def test_the_same_data_give_the_same_turtle_whatever_the_order() -> None:
    shapes = quads(SHAPES)
    one = validate(quads(DATA), shapes).to_turtle()
    other = validate(list(reversed(quads(DATA))), list(reversed(shapes))).to_turtle()
    assert one == other


def test_an_empty_report_conforms_in_every_form() -> None:
    report = validate([], quads(SHAPES))
    assert report.conforms
    assert report.to_text() == "The data conforms to the shapes.\n"
    assert report.to_json() == {
        "conforms": True,
        "counts": {"Violation": 0, "Warning": 0, "Info": 0},
        "results": [],
    }
    assert b"sh:conforms true" in report.to_turtle()


def test_the_text_names_focus_path_message_and_remedy(report: ValidationReport) -> None:
    text = report.to_text()
    assert text.startswith("The data does not conform to the shapes: 3 violations, 1 warning.\n")
    assert "Violation: <http://example.org/poor>, <http://example.org/budget>\n" in text
    assert "  A call has a budget, a decimal number.\n" in text
    assert "  To mend it: Give the budget in euros.\n" in text


def test_the_json_form_is_json_with_counts(report: ValidationReport) -> None:
    document = json.loads(json.dumps(report.to_json()))
    assert document["counts"] == {"Violation": 3, "Warning": 1, "Info": 0}
    assert document["results"][0]["focus"] == f"{EX}poor"
    assert document["results"][-1]["severity"] == "Warning"


def test_an_ill_typed_boolean_does_not_spoil_the_report() -> None:
    """rdflib would print it bare, and no parser would read the report."""
    shapes = quads(
        "ex:S a sh:NodeShape ; sh:targetClass ex:A ; sh:property [ sh:path ex:p ; sh:datatype xsd:boolean ] ."
    )
    report = validate(quads("ex:i a ex:A ; ex:p 'maybe'^^xsd:boolean ."), shapes)
    assert [result.value for result in report.results] == [
        '"maybe"^^<http://www.w3.org/2001/XMLSchema#boolean>'
    ]
    parsed = list(ox.parse(report.to_turtle(), format=ox.RdfFormat.TURTLE))
    assert any(str(quad.object).startswith('"maybe"') for quad in parsed)


def test_only_top_level_results_count_not_their_details() -> None:
    nested = """
    [] a sh:ValidationReport ; sh:conforms false ; sh:result [
        a sh:ValidationResult ; sh:focusNode ex:i ; sh:resultSeverity sh:Violation ;
        sh:sourceConstraintComponent sh:NodeConstraintComponent ; sh:detail [
            a sh:ValidationResult ; sh:focusNode ex:i ; sh:resultSeverity sh:Violation ;
            sh:sourceConstraintComponent sh:MinCountConstraintComponent ] ] .
    """
    report = read_report([quad.triple for quad in quads(nested)], [])
    assert [result.component for result in report.results] == [f"{SH}NodeConstraintComponent"]


def test_a_severity_of_the_shapes_own_making_is_kept_and_counts_as_a_violation() -> None:
    shapes = quads("ex:S a sh:NodeShape ; sh:targetNode ex:i ; sh:severity ex:Grave ; sh:class ex:A .")
    (result,) = validate([], shapes).results
    assert result.severity is Severity.VIOLATION
    assert result.severity_iri == f"{EX}Grave"
    assert f"sh:resultSeverity <{EX}Grave>" in validate([], shapes).to_turtle().decode()


def test_two_validations_are_one_report_without_repetitions() -> None:
    shapes = quads(SHAPES)
    first = validate(quads("ex:a a ex:Call ; ex:closes 1 ."), shapes)
    second = validate(quads("ex:a a ex:Call ; ex:closes 1 . ex:b a ex:Call ; ex:closes 1 ."), shapes)
    assert [result.focus for result in first.union(second).results] == [f"{EX}a", f"{EX}b"]


@pytest.mark.parametrize("engine", ENGINES)
def test_blank_nodes_keep_their_names_so_that_results_can_be_traced(engine: Engine) -> None:
    data = quads("[] a ex:Call ; ex:closes 1 .")
    (result,) = validate(data, quads(SHAPES), engine=engine).results
    assert result.focus == str(data[0].subject)


def test_named_graphs_are_validated_as_one_graph() -> None:
    call, kind = ox.NamedNode(f"{EX}a"), ox.NamedNode(f"{EX}Call")
    rdf_type = ox.NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    data = [
        ox.Quad(call, rdf_type, kind, ox.NamedNode(f"{EX}graph/1")),
        ox.Quad(call, rdf_type, kind, ox.NamedNode(f"{EX}graph/2")),
        ox.Quad(call, ox.NamedNode(f"{EX}closes"), ox.Literal(1), ox.NamedNode(f"{EX}graph/1")),
        ox.Quad(
            call,
            ox.NamedNode(f"{EX}budget"),
            ox.Literal("1.0", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal")),
            ox.NamedNode(f"{EX}graph/2"),
        ),
    ]
    assert validate(data, quads(SHAPES)).conforms


@pytest.mark.parametrize(
    ("turtle", "sparql"),
    [
        ("ex:p", f"{EX}p"),
        ("[ sh:inversePath ex:p ]", f"^<{EX}p>"),
        ("( ex:p [ sh:zeroOrMorePath ex:q ] )", f"(<{EX}p>/<{EX}q>*)"),
        ("[ sh:oneOrMorePath [ sh:alternativePath ( ex:p ex:q ) ] ]", f"(<{EX}p>|<{EX}q>)+"),
        ("[ sh:zeroOrOnePath [ sh:inversePath ex:p ] ]", f"(^<{EX}p>)?"),
    ],
)
def test_a_path_is_said_in_sparql_and_written_back(turtle: str, sparql: str) -> None:
    graph = Graph(quads(f"ex:S sh:path {turtle} ."))
    ((_, node),) = graph.pairs(ox.NamedNode(f"{SH}path"))
    path = read_path(graph, node)
    assert path is not None
    assert path.sparql() == sparql
    predicate = sparql if "<" in sparql else f"<{sparql}>"
    ox.Store().query(f"SELECT * {{ ?s {predicate} ?o }}")
    written, triples = path.triples(itertools.count(1))
    again = Graph(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in triples)
    assert read_path(again, written) == path


@pytest.mark.parametrize(
    "term",
    [
        ox.NamedNode(f"{EX}a"),
        ox.BlankNode("b1"),
        ox.Literal('quoted "text"\n', language="en"),
        ox.Literal("7,24", datatype=ox.NamedNode("http://www.w3.org/2001/XMLSchema#decimal")),
        ox.Literal("plain"),
    ],
)
def test_terms_survive_as_text(term: ox.NamedNode | ox.BlankNode | ox.Literal) -> None:
    text = as_text(term)
    assert text is not None
    assert as_term(text) == term
