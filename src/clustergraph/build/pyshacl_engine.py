"""pySHACL, the reference engine: a data graph and a shapes graph in, a SHACL results graph out."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import pyoxigraph as ox
import pyshacl
import rdflib
from pyshacl.errors import ReportableRuntimeError
from rdflib.plugins.sparql import prepareQuery
from rdflib.plugins.sparql.sparql import Query
from rdflib.query import Result
from rdflib.term import Node

from clustergraph.errors import UnusableInput

_TALKATIVE: Final = ("rdflib.term", "pyshacl-validate", "pyshacl_turbo")
_REFUSAL: Final = "The shapes cannot be used."


def report_graph(
    data: Sequence[ox.Triple],
    shapes: Sequence[ox.Triple],
    *,
    validator: Callable[..., tuple[bool, Any, str]] = pyshacl.validate,
) -> list[ox.Triple]:
    """Validate data against shapes; blank nodes keep their names in the report.

    `validator` is pySHACL's own entry point, or that of an engine which promises the same signature.

    SHACL core, SPARQL constraints and components, and the targets, functions and rules of SHACL Advanced
    Features; no inference, no owl:imports, no JavaScript. Raises UnusableInput for a shapes graph that
    pySHACL cannot use.
    """
    try:
        with _quiet():
            shapes_graph = _graph(shapes)
            _spell_out(shapes_graph)
            _, report, _ = validator(
                _graph(data),
                shacl_graph=shapes_graph,
                advanced=True,
                inplace=True,
                inference="none",
                do_owl_imports=False,
                js=False,
            )
    except UnusableInput:
        raise
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
    if isinstance(report, BaseException):
        raise UnusableInput(_REFUSAL, where=_sentence(report), fix="Correct the shapes graph.")
    return _triples(report)


class _Graph(rdflib.Graph):
    """A graph that parses each query once.

    pySHACL asks the query of a constraint anew for every focus node, and rdflib parses it anew every time:
    75 ms each, three quarters of a whole validation as measured.
    """

    def __init__(self) -> None:
        super().__init__()
        self._prepared: dict[tuple[object, ...], Query] = {}

    def query(  # type: ignore[override]
        self,
        query_object: str | Query,
        processor: str = "sparql",
        result: str = "sparql",
        initNs: Mapping[str, Any] | None = None,  # noqa: N803 - rdflib's own name
        *more: Any,
        **options: Any,
    ) -> Result:
        """As rdflib.Graph.query."""
        if isinstance(query_object, str):
            key = (query_object, *sorted((initNs or {}).items()))
            if key not in self._prepared:
                self._prepared[key] = prepareQuery(query_object, initNs or dict(self.namespaces()))
            query_object = self._prepared[key]
        return super().query(query_object, processor, result, initNs, *more, **options)


def _graph(triples: Iterable[ox.Triple]) -> rdflib.Graph:
    """Triples as an rdflib graph with the same blank nodes and lexical forms."""
    terms: dict[object, Node] = {}
    graph = _Graph()
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


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what rdflib and pySHACL would print (tracebacks of ill-typed literals) out of a report's way."""

    def silent(record: logging.LogRecord) -> bool:  # noqa: ARG001 - the signature of a logging filter
        return False

    loggers = [logging.getLogger(name) for name in _TALKATIVE]
    for logger in loggers:
        logger.addFilter(silent)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger in loggers:
            logger.removeFilter(silent)


def _sentence(error: BaseException) -> str:
    """The first line of what an engine says, without its reference lines."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0][:300] if lines else type(error).__name__
