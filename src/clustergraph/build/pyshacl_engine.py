"""pySHACL, the reference engine: a data graph and a shapes graph in, a SHACL results graph out."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Iterable, Sequence
from typing import Final

import pyoxigraph as ox
import pyshacl
import rdflib
from pyshacl.errors import ReportableRuntimeError
from rdflib.term import Node

from clustergraph import iris
from clustergraph.errors import UnusableInput

_QUERIES: Final = tuple(rdflib.URIRef(iris.SH + name) for name in ("select", "ask", "construct", "update"))
#: What the text of a query may hold without being part of its operations: comments, strings, IRIs.
_OPAQUE: Final = re.compile(
    r'#[^\n]*|"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\''
    r"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|<[^<>\"{}|^`\\\s]*>",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
_OUTSIDE: Final = re.compile(r"(?<![\w?$:@.-])(SERVICE|FROM|LOAD)\b(?!:)", re.IGNORECASE)
_REFUSAL: Final = "The shapes cannot be used."


def report_graph(data: Sequence[ox.Triple], shapes: Sequence[ox.Triple]) -> list[ox.Triple]:
    """Validate data against shapes; blank nodes keep their names in the report.

    SHACL core, SPARQL constraints and components, and the targets, functions and rules of SHACL Advanced
    Features; no inference, no owl:imports, no JavaScript, and no query that reaches outside the data.
    Raises UnusableInput for a shapes graph that is not well-formed.
    """
    shapes_graph = _graph(shapes)
    _refuse_queries_that_reach_outside(shapes_graph)
    _spell_out(shapes_graph)
    quiet = logging.getLogger("pyshacl-validate")
    quiet.addFilter(_silent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _, report, _ = pyshacl.validate(
                _graph(data),
                shacl_graph=shapes_graph,
                advanced=True,
                inplace=True,
                inference="none",
                do_owl_imports=False,
                js=False,
            )
    except ReportableRuntimeError as error:
        raise UnusableInput(_REFUSAL, where=_sentence(error), fix="Correct the shapes graph.") from error
    except RecursionError as error:
        raise UnusableInput(
            _REFUSAL,
            where="they refer to each other without end",
            fix="Break the circle of sh:node, sh:property or logical constraints.",
        ) from error
    except Exception as error:
        raise UnusableInput(
            _REFUSAL,
            where=f"{type(error).__name__}: {_sentence(error)}",
            fix="Check the values of the constraints and the syntax of the SPARQL queries in the shapes.",
        ) from error
    finally:
        quiet.removeFilter(_silent)
    if isinstance(report, BaseException):
        raise UnusableInput(_REFUSAL, where=_sentence(report), fix="Correct the shapes graph.")
    return _triples(report)


def _graph(triples: Iterable[ox.Triple]) -> rdflib.Graph:
    """Triples as an rdflib graph with the same blank nodes and lexical forms."""
    terms: dict[object, Node] = {}
    graph = rdflib.Graph()
    for triple in triples:
        subject, predicate, value = (
            terms[term] if term in terms else terms.setdefault(term, _to_rdflib(term))
            for term in (triple.subject, triple.predicate, triple.object)
        )
        graph.add((subject, predicate, value))
    return graph


def _to_rdflib(term: object) -> Node:
    if isinstance(term, ox.NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return rdflib.BNode(term.value)
    if isinstance(term, ox.Literal):
        datatype = None if term.language else rdflib.URIRef(term.datatype.value)
        if datatype == rdflib.XSD.string:
            datatype = None
        return rdflib.Literal(term.value, lang=term.language, datatype=datatype, normalize=False)
    raise UnusableInput(
        "The data holds a triple term (RDF 1.2), which SHACL 1.0 does not know.", fix="Leave it out."
    )


def _triples(graph: rdflib.Graph) -> list[ox.Triple]:
    return [
        ox.Triple(_from_rdflib(subject), _from_rdflib(predicate), _from_rdflib(value))  # type: ignore[arg-type]
        for subject, predicate, value in graph
    ]


def _from_rdflib(term: Node) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    if isinstance(term, rdflib.Literal):
        if term.language:
            return ox.Literal(str(term), language=term.language)
        datatype = term.datatype or rdflib.XSD.string
        return ox.Literal(str(term), datatype=ox.NamedNode(str(datatype)))
    if isinstance(term, rdflib.BNode):
        return ox.BlankNode(str(term))
    return ox.NamedNode(str(term))


def _spell_out(shapes: rdflib.Graph) -> None:
    """Say explicitly what SHACL implies and pySHACL 0.40 does not see.

    Prefixes are declared along owl:imports (SHACL section 5.2.1), here of what the graph itself holds, and
    sh:uniqueLang counts only as `true` (section 4.4.2; the suite's core/property/uniqueLang-002).
    """
    for node in set(shapes.objects(None, rdflib.SH.prefixes)):
        for imported in set(shapes.transitive_objects(node, rdflib.OWL.imports)) - {node}:
            for declaration in list(shapes.objects(imported, rdflib.SH.declare)):
                shapes.add((node, rdflib.SH.declare, declaration))
    for shape, value in list(shapes.subject_objects(rdflib.SH.uniqueLang)):
        if str(value) != "true":
            shapes.remove((shape, rdflib.SH.uniqueLang, value))


def _refuse_queries_that_reach_outside(shapes: rdflib.Graph) -> None:
    """SERVICE, FROM and LOAD fetch in rdflib; SHACL allows no federated query (SHACL section 5.2.1)."""
    for predicate in _QUERIES:
        for shape, text in shapes.subject_objects(predicate):
            plain = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), str(text))
            found = _OUTSIDE.search(_OPAQUE.sub(" ", plain))
            if found:
                raise UnusableInput(
                    _REFUSAL,
                    where=f"a query of {shape} asks for {found[1].upper()}",
                    fix="A shape may look at the data graph only: leave the clause out.",
                )


def _silent(record: logging.LogRecord) -> bool:  # noqa: ARG001 - the signature of a logging filter
    return False


def _sentence(error: BaseException) -> str:
    """The first line of what an engine says, without its reference lines."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
