"""Whether a shapes graph is well-formed: every error at once, each with its shape.

Source: SHACL appendix A (syntax rules of shapes graphs), sections 2 to 6. An engine stops at the first error
it stumbles on, says nothing of a misspelt parameter, and some take a wrong one for none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.graphs import Graph, IllFormed, Term, written
from clustergraph.build.paths import read_path
from clustergraph.errors import Fault

_INTEGER: Final = ox.NamedNode(f"{iris.XSD}integer")
_BOOLEAN: Final = ox.NamedNode(f"{iris.XSD}boolean")
_STRINGS: Final = (ox.NamedNode(f"{iris.XSD}string"), ox.NamedNode(f"{iris.RDF}langString"))
_NODE_KINDS: Final = frozenset(
    ("IRI", "BlankNode", "Literal", "BlankNodeOrIRI", "BlankNodeOrLiteral", "IRIOrLiteral")
)
_WHOLE_NUMBERS: Final = (
    *("minCount", "maxCount", "minLength", "maxLength"),
    *("qualifiedMinCount", "qualifiedMaxCount"),
)
_TRUTHS: Final = ("closed", "deactivated", "uniqueLang", "qualifiedValueShapesDisjoint")
_IRIS: Final = (
    *("class", "datatype", "nodeKind", "severity", "equals", "disjoint", "lessThan", "lessThanOrEquals"),
    *("targetClass", "targetSubjectsOf", "targetObjectsOf"),
)
_TARGETS: Final = ("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf", "target")
_LISTS: Final = ("in", "languageIn", "ignoredProperties", "and", "or", "xone")
_TEXTS: Final = ("pattern", "flags", "message", "select", "ask", "construct", "update", "labelTemplate")
_NODES: Final = ("property", "node", "not", "qualifiedValueShape")
_SINGLE: Final = (*_WHOLE_NUMBERS, *_TRUTHS, *("datatype", "nodeKind", "path", "pattern", "severity", "in"))
#: Parameters that only property shapes have (SHACL appendix A).
_PROPERTY_ONLY: Final = ("minCount", "maxCount", "uniqueLang", "lessThan", "lessThanOrEquals")
#: The other terms of SHACL and of SHACL Advanced Features; SHACL-JS is not supported.
_OTHERS: Final = (
    *("path", "alternativePath", "inversePath", "zeroOrMorePath", "oneOrMorePath", "zeroOrOnePath"),
    *("hasValue", "minExclusive", "minInclusive", "maxExclusive", "maxInclusive", "sparql", "target"),
    *("targetNode", "name", "description", "order", "group", "defaultValue", "prefixes", "prefix"),
    *("namespace", "declare", "parameter", "optional", "validator", "nodeValidator", "propertyValidator"),
    *("shapesGraph", "shapesGraphWellFormed", "suggestedShapesGraph", "entailment", "resultAnnotation"),
    *("annotationProperty", "annotationValue", "annotationVarName", "result", "conforms", "focusNode"),
    *("resultPath", "value", "resultMessage", "resultSeverity", "sourceShape", "sourceConstraint"),
    *("sourceConstraintComponent", "detail", "rule", "condition", "subject", "predicate", "object"),
    *("expression", "this", "filterShape", "nodes", "intersection", "union", "if", "then", "else"),
    *("exists", "count", "distinct", "groupConcat", "max", "min", "sum", "limit", "offset", "orderBy"),
    *("desc", "returnType", "ask", "returns", "argument"),
)
_KNOWN: Final = frozenset((*_WHOLE_NUMBERS, *_TRUTHS, *_IRIS, *_LISTS, *_TEXTS, *_NODES, *_OTHERS))
_SPARQL_PREFIXES: Final = {
    "rdf": iris.RDF,
    "rdfs": iris.RDFS,
    "owl": iris.OWL,
    "sh": iris.SH,
    "xsd": iris.XSD,
}
_QUERIES: Final = ("select", "ask", "construct")
#: What the text of a query may hold without being part of its operations: comments, strings, IRIs.
_OPAQUE: Final = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"""|\'\'\'(?:[^\'\\]|\\.|\'(?!\'\'))*\'\'\''
    r"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|<[^<>\"{}|^`\\\s]*>|#[^\n]*",
    re.DOTALL,
)
_PLACE: Final = re.compile(r"(\d+):(\d+)")
_ESCAPE: Final = re.compile(r"\\u([0-9A-Fa-f]{4})|\\U([0-9A-Fa-f]{8})")
#: Clauses that make rdflib fetch from the network or from files.
_OUTSIDE: Final = re.compile(r"(?<![\w?$:@.-])(SERVICE|FROM|LOAD)\b(?!:)", re.IGNORECASE)
#: SPARQL as SHACL extends it: $PATH stands for a path, which no parser of SPARQL accepts there.
_PATH: Final = re.compile(r"[$?]PATH\b")


def syntax_faults(shapes: Iterable[ox.Triple]) -> tuple[Fault, ...]:
    """Every place where a shapes graph is not well-formed; `focus` is the shape or its part."""
    graph = Graph(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in shapes)
    return tuple(
        sorted(set(_Syntax(graph).faults()), key=lambda fault: (fault.focus or "", fault.rule, fault.message))
    )


class _Syntax:
    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._described = {quad.subject for quad in graph.quads}
        self._above: dict[Term, list[Term]] = {}
        for quad in graph.quads:
            self._above.setdefault(quad.object, []).append(quad.subject)

    def faults(self) -> Iterator[Fault]:
        yield from self._unknown_terms()
        for name in _SINGLE:
            yield from self._several(name)
        for name in _WHOLE_NUMBERS:
            yield from self._wrong(name, _is_whole_number, "a whole number, such as 1")
        for name in _TRUTHS:
            yield from self._wrong(name, _is_truth, "true or false")
        for name in _IRIS:
            yield from self._wrong(name, lambda value: isinstance(value, ox.NamedNode), "an IRI")
        for name in _TEXTS:
            yield from self._wrong(name, _is_text, "text")
        for name in _NODES:
            yield from self._wrong(name, lambda value: not isinstance(value, ox.Literal), "a shape")
        yield from self._wrong("nodeKind", _is_node_kind, "one of sh:" + ", sh:".join(sorted(_NODE_KINDS)))
        yield from self._lists()
        yield from self._paths()
        yield from self._patterns()
        yield from self._queries()

    def _unknown_terms(self) -> Iterator[Fault]:
        shapes = self._shapes()
        for quad in self.graph.quads:
            name = quad.predicate.value.removeprefix(iris.SH)
            if quad.predicate.value.startswith(iris.SH) and name not in _KNOWN and quad.subject in shapes:
                yield self._fault(
                    quad.subject,
                    f"sh:{name}",
                    "is not a term of SHACL or SHACL Advanced Features, so it would have no effect",
                    "Correct its spelling, or leave it out.",
                )

    def _shapes(self) -> set[Term]:
        """The nodes that are shapes by type, target, path or place (SHACL section 2.1)."""
        shapes: set[Term] = set()
        for kind in ("NodeShape", "PropertyShape"):
            shapes.update(self.graph.nodes_of_type(ox.NamedNode(iris.SH + kind)))
        for name in ("path", *_TARGETS):
            shapes.update(subject for subject, _ in self._values(name))
        for name in _NODES:
            shapes.update(value for _, value in self._values(name))
        return shapes

    def _several(self, name: str) -> Iterator[Fault]:
        subjects = [subject for subject, _ in self._values(name)]
        for subject in sorted({subject for subject in subjects if subjects.count(subject) > 1}, key=str):
            yield self._fault(subject, f"sh:{name}", "has several values where one is allowed", "Keep one.")

    def _wrong(self, name: str, is_right: Callable[[Term], bool], expected: str) -> Iterator[Fault]:
        for subject, value in self._values(name):
            if not is_right(value):
                yield self._fault(
                    subject,
                    f"sh:{name}",
                    f"has the value {written(value)}, which is not {expected}",
                    f"Give {expected}.",
                )

    def _lists(self) -> Iterator[Fault]:
        for name in _LISTS:
            for subject, value in self._values(name):
                if value == ox.NamedNode(f"{iris.RDF}nil"):
                    continue
                try:
                    self.graph.items(value)
                except IllFormed as reason:
                    yield self._fault(subject, f"sh:{name}", f"has {reason}", "Write it as a list: ( … ).")

    def _paths(self) -> Iterator[Fault]:
        for subject, value in self._values("path"):
            if read_path(self.graph, value) is None:
                yield self._fault(
                    subject,
                    "sh:path",
                    f"has the value {written(value)}, which is not a property path",
                    "Give a property, or a path as in SHACL section 2.3.1.",
                )
        for _, value in self._values("property"):
            if value in self._described and not self.graph.objects(value, ox.NamedNode(f"{iris.SH}path")):
                yield self._fault(
                    value, "sh:path", "is missing in a property shape", "Say which property it is about."
                )

        for name in _PROPERTY_ONLY:
            for subject, _ in self._values(name):
                if not self.graph.objects(subject, ox.NamedNode(f"{iris.SH}path")):
                    yield self._fault(
                        subject,
                        f"sh:{name}",
                        "stands in a shape without sh:path",
                        "Put it into a property shape: it counts or compares the values of a property.",
                    )

    def _patterns(self) -> Iterator[Fault]:
        for subject, value in self._values("pattern"):
            if isinstance(value, ox.Literal):
                try:
                    re.compile(value.value)
                except re.error as error:
                    yield self._fault(
                        subject,
                        "sh:pattern",
                        f"is not a regular expression: {error}",
                        "Correct the expression.",
                    )

    def _queries(self) -> Iterator[Fault]:
        prefixes = self._prefixes()
        for name in _QUERIES:
            for subject, value in self._values(name):
                if isinstance(value, ox.Literal) and (error := _query_error(value.value, prefixes)):
                    yield self._fault(subject, f"sh:{name}", *error)

    def _prefixes(self) -> dict[str, str]:
        prefixes = dict(_SPARQL_PREFIXES)
        for node, declared in self._values("prefix"):
            for namespace in self.graph.objects(node, ox.NamedNode(f"{iris.SH}namespace")):
                if isinstance(namespace, ox.Literal) and isinstance(declared, ox.Literal):
                    prefixes[declared.value] = namespace.value
        return prefixes

    def _fault(self, subject: Term, term: str, what: str, fix: str) -> Fault:
        """A fault in the words of the nearest shape with a name, since a blank node says nothing."""
        named = self._named(subject)
        place = written(named) if named == subject else f"a part of {written(named)}"
        return Fault(
            rule="well-formed shapes",
            message=f"{term} of {place} {what}.",
            fix=fix,
            focus=named.value if isinstance(named, ox.NamedNode) else str(named),
        )

    def _named(self, subject: Term) -> Term:
        around, seen = [subject], {subject}
        while around:
            for node in around:
                if isinstance(node, ox.NamedNode):
                    return node
            around = [above for node in around for above in self._above.get(node, ()) if above not in seen]
            seen.update(around)
        return subject

    def _values(self, name: str) -> list[tuple[Term, Term]]:
        return list(self.graph.pairs(ox.NamedNode(iris.SH + name)))


def _query_error(text: str, prefixes: dict[str, str]) -> tuple[str, str] | None:
    """What is wrong with a query, and what to do."""
    plain = _ESCAPE.sub(lambda match: chr(int(match[1] or match[2], 16)), text)
    outside = _OUTSIDE.search(_OPAQUE.sub(" ", plain))
    if outside:
        return (
            f"asks for {outside[1].upper()}, which reaches outside the data graph",
            "Leave the clause out: a shape may look at the data graph only (SHACL section 5.2.1).",
        )
    try:
        ox.Store().query(_PATH.sub("<urn:x-path>", text), prefixes=prefixes)
    except SyntaxError as error:
        place = _PLACE.search(str(error))
        where = f" (line {place[1]}, column {place[2]})" if place else ""
        return f"is not a SPARQL query{where}", "Correct the query, or declare its prefixes with sh:prefixes."
    except (ValueError, RuntimeError):  # a function that only the validating engine knows
        return None
    return None


def _is_whole_number(value: Term) -> bool:
    return (
        isinstance(value, ox.Literal)
        and value.datatype == _INTEGER
        and re.fullmatch(r"[+-]?\d+", value.value) is not None
    )


def _is_truth(value: Term) -> bool:
    return (
        isinstance(value, ox.Literal)
        and value.datatype == _BOOLEAN
        and value.value in ("true", "false", "1", "0")
    )


def _is_text(value: Term) -> bool:
    return isinstance(value, ox.Literal) and value.datatype in _STRINGS


def _is_node_kind(value: Term) -> bool:
    return isinstance(value, ox.NamedNode) and value.value.removeprefix(iris.SH) in _NODE_KINDS
