"""The validation report: results as values, and its forms for machines and people.

Source: SHACL section 3.6 (the report and its results).
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.graphs import Graph, Term
from clustergraph.build.paths import Path, read_path
from clustergraph.errors import Severity

_REMEDY: Final = ox.NamedNode(f"{iris.CGSH}remedy")
_TYPE: Final = ox.NamedNode(f"{iris.RDF}type")
_GRADES: Final = {severity: grade for grade, severity in enumerate(Severity)}
_PREFIXES: Final = {prefix: iris.PREFIXES[prefix] for prefix in ("cg", "cgi", "cgs", "cgsh", "sh", "xsd")}


def _sh(name: str) -> ox.NamedNode:
    return ox.NamedNode(iris.SH + name)


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationResult:
    """One result: a focus node that a constraint of a shape does not accept.

    `focus`, `value`, `shape` and `constraint` are terms as text: an IRI as it is, a blank node as `_:name`, a
    literal in N-Triples syntax. `path` is the IRI of a predicate, or a SPARQL path with IRIs in angle
    brackets. `severity` is SHACL's grade (a severity of a shape's own making counts as a violation) and
    `severity_iri` exactly what the shape says. `remedy` is the cgsh:remedy of the shape, or of the nearest
    shape around it.
    """

    focus: str
    path: str | None = None
    value: str | None = None
    component: str
    shape: str | None = None
    severity: Severity
    severity_iri: str
    message: str = ""
    message_language: str | None = None
    remedy: str | None = None
    constraint: str | None = None
    path_expression: Path | None = None

    def as_json(self) -> dict[str, str | None]:
        """The result as a flat JSON object; absent parts are null."""
        return {
            "focus": self.focus,
            "path": self.path,
            "value": self.value,
            "component": self.component,
            "shape": self.shape,
            "severity": self.severity_iri.removeprefix(iris.SH),
            "message": self.message,
            "remedy": self.remedy,
        }

    def order(self) -> tuple[int, str, str, str, str, str, str]:
        """Gravest first, then by focus node, shape, path, component, value and message."""
        return (
            _GRADES[self.severity],
            self.focus,
            self.shape or "",
            self.path or "",
            self.component,
            self.value or "",
            self.message,
        )


@dataclass(frozen=True, slots=True)
class ValidationReport:
    """The results of a validation, each once, gravest first."""

    results: tuple[ValidationResult, ...]

    @property
    def conforms(self) -> bool:
        """sh:conforms as SHACL defines it (section 3.6.1.1): true only without any result, even a warning."""
        return not self.results

    @property
    def violations(self) -> tuple[ValidationResult, ...]:
        """The results that forbid publishing; warnings and infos are published with the report."""
        return tuple(result for result in self.results if result.severity is Severity.VIOLATION)

    def union(self, other: ValidationReport) -> ValidationReport:
        """The results of two validations with the same shapes, such as before and after closure."""
        return ValidationReport(_each_once((*self.results, *other.results)))

    def only(self, wanted: Callable[[str], bool]) -> ValidationReport:
        """The results whose focus node is wanted; it is asked with the node as text."""
        return ValidationReport(tuple(result for result in self.results if wanted(result.focus)))

    def to_turtle(self) -> bytes:
        """The report as a SHACL results graph in Turtle.

        Written by pyoxigraph, which quotes ill-typed literals; rdflib prints them bare, and then no parser
        reads the report.
        """
        return ox.serialize(self._triples(), format=ox.RdfFormat.TURTLE, prefixes=_PREFIXES) or b""

    def to_json(self) -> dict[str, object]:
        """`conforms`, the number of results by severity, and `results` as objects."""
        counts = Counter(result.severity for result in self.results)
        return {
            "conforms": self.conforms,
            "counts": {severity.value: counts[severity] for severity in Severity},
            "results": [result.as_json() for result in self.results],
        }

    def to_text(self) -> str:
        """The report for people: a summary, then each result with its message and remedy."""
        return "\n".join([self._summary(), *(_in_words(result) for result in self.results)]) + "\n"

    def _summary(self) -> str:
        if self.conforms:
            return "The data conforms to the shapes."
        counts = Counter(result.severity for result in self.results)
        parts = [
            f"{counts[severity]} {severity.value.lower()}{'s' if counts[severity] > 1 else ''}"
            for severity in Severity
            if counts[severity]
        ]
        return f"The data does not conform to the shapes: {', '.join(parts)}."

    def _triples(self) -> Iterator[ox.Triple]:
        report, names = ox.BlankNode("report"), itertools.count(1)
        yield ox.Triple(report, _TYPE, _sh("ValidationReport"))
        yield ox.Triple(report, _sh("conforms"), ox.Literal(self.conforms))
        for number, result in enumerate(self.results, 1):
            node = ox.BlankNode(f"result{number}")
            yield ox.Triple(report, _sh("result"), node)
            yield ox.Triple(node, _TYPE, _sh("ValidationResult"))
            yield from _described(node, result, names)


def read_report(report: Iterable[ox.Triple], shapes: Iterable[ox.Triple]) -> ValidationReport:
    """A SHACL results graph as values, with the remedies of the shapes graph.

    Only results that the report names with sh:result count; those nested under sh:detail explain others.
    """
    graph = Graph(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in report)
    remedies = Remedies(shapes)
    results = [
        _read_result(graph, result, remedies)
        for node in graph.nodes_of_type(_sh("ValidationReport"))
        for result in graph.objects(node, _sh("result"))
    ]
    return ValidationReport(_each_once(results))


class Remedies:
    """What shapes say about mending: the remedy of a shape, else that of the shapes that refer to it."""

    def __init__(self, shapes: Iterable[ox.Triple]) -> None:
        self._graph = Graph(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in shapes)
        self._above: dict[Term, list[Term]] = {}
        for name in ("property", "node", "qualifiedValueShape"):
            for parent, child in self._graph.pairs(_sh(name)):
                self._above.setdefault(child, []).append(parent)

    def of(self, shape: Term) -> str | None:
        """The nearest remedy, in English where there are several."""
        around, seen = [shape], {shape}
        while around:
            for node in around:
                if remedy := _best(self._graph.objects(node, _REMEDY)):
                    return remedy.value
            around = [above for node in around for above in self._above.get(node, ()) if above not in seen]
            seen.update(around)
        return None


def _read_result(graph: Graph, node: Term, remedies: Remedies) -> ValidationResult:
    def one(name: str) -> Term | None:
        return next(iter(graph.objects(node, _sh(name))), None)

    severity = one("resultSeverity") or _sh("Violation")
    shape = one("sourceShape")
    path_node = one("resultPath")
    path = None if path_node is None else read_path(graph, path_node)
    message = _best(graph.objects(node, _sh("resultMessage")))
    return ValidationResult(
        focus=as_text(one("focusNode")) or "",
        path=None if path is None else path.sparql(),
        value=as_text(one("value")),
        component=as_text(one("sourceConstraintComponent")) or "",
        shape=as_text(shape),
        severity=_GRADE_OF.get(severity, Severity.VIOLATION),
        severity_iri=as_text(severity) or "",
        message=message.value if message else "",
        message_language=message.language if message else None,
        remedy=None if shape is None else remedies.of(shape),
        constraint=as_text(one("sourceConstraint")),
        path_expression=path,
    )


_GRADE_OF: Final[dict[Term, Severity]] = {_sh(severity.value): severity for severity in Severity}


def as_text(term: Term | None) -> str | None:
    """A term as text: an IRI as it is, anything else as in N-Triples."""
    return term.value if isinstance(term, ox.NamedNode) else None if term is None else str(term)


def as_term(text: str) -> ox.NamedNode | ox.BlankNode | ox.Literal:
    """The term that `as_text` wrote."""
    if text.startswith("_:"):
        return ox.BlankNode(text[2:])
    if text.startswith('"'):
        (quad,) = ox.parse(f"<urn:x-s> <urn:x-p> {text} .", format=ox.RdfFormat.N_TRIPLES)
        assert isinstance(quad.object, ox.Literal)  # noqa: S101 - what the text begins with
        return quad.object
    return ox.NamedNode(text)


def _described(node: ox.BlankNode, result: ValidationResult, names: Iterator[int]) -> Iterator[ox.Triple]:
    parts = {
        "focusNode": result.focus,
        "value": result.value,
        "sourceConstraintComponent": result.component,
        "sourceShape": result.shape,
        "sourceConstraint": result.constraint,
        "resultSeverity": result.severity_iri,
    }
    for name, text in parts.items():
        if text is not None:
            yield ox.Triple(node, _sh(name), as_term(text))
    if result.path_expression is not None:
        path, described = result.path_expression.triples(names)
        yield ox.Triple(node, _sh("resultPath"), path)
        yield from described
    if result.message:
        message = ox.Literal(result.message, language=result.message_language)
        yield ox.Triple(node, _sh("resultMessage"), message)
    if result.remedy:
        yield ox.Triple(node, _REMEDY, ox.Literal(result.remedy, language="en"))


def _in_words(result: ValidationResult) -> str:
    heading = f"{result.severity.value}: {_readable(result.focus)}"
    if result.path_expression is not None:
        heading += f", {result.path_expression}"
    if result.value is not None and result.value != result.focus:
        heading += f", value {_readable(result.value)}"
    lines = [f"\n{heading}", f"  {result.message}" if result.message else ""]
    if result.remedy:
        lines.append(f"  To mend it: {result.remedy}")
    source = _readable(result.shape) if result.shape else "an unnamed shape"
    lines.append(f"  ({source}, {_readable(result.component)})")
    return "\n".join(line for line in lines if line)


def _readable(text: str) -> str:
    return text if text.startswith(('"', "_:")) else iris.compact(text)


def _best(literals: Iterable[Term]) -> ox.Literal | None:
    """English first, then no language, then any; the same one every time."""
    found = [literal for literal in literals if isinstance(literal, ox.Literal)]
    order = {"en": 0, None: 1}
    return min(found, key=lambda one: (order.get(one.language, 2), str(one)), default=None)


def _each_once(results: Iterable[ValidationResult]) -> tuple[ValidationResult, ...]:
    return tuple(sorted(set(results), key=lambda result: (*result.order(), result.constraint or "")))
