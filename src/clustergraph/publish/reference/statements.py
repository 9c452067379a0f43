"""Reads statements of a store: the curated graphs for axioms, the whole graph for counts and examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.iris import CG, OWL, RDF, RDFS, SKOS
from clustergraph.publish.reference.model import Formula, Ref, Triple
from clustergraph.publish.vocabularies import Prefixes

Node = ox.NamedNode | ox.BlankNode

#: The kinds of terms that the reference describes (OWL 2 RDF mapping, table 7).
TERM_KINDS: Final = tuple(
    f"{OWL}{kind}" for kind in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")
)

_CURATED: Final = tuple(ox.NamedNode(iris.graph(name)) for name in ("ontology", "schemes", "alignments"))
#: What a source states stands in a graph of its own besides.
_OF_NO_SOURCE: Final = (ox.DefaultGraph(), ox.NamedNode(iris.INFERRED_GRAPH))
_NIL: Final = ox.NamedNode(f"{RDF}nil")
_LONGEST_EXAMPLE: Final = 140
_OPERATORS: Final = {"intersectionOf": " and ", "unionOf": " or "}
_RESTRICTIONS: Final = {
    "hasValue": " value ",
    "someValuesFrom": " some ",
    "allValuesFrom": " only ",
    "minCardinality": " min ",
    "maxCardinality": " max ",
    "cardinality": " exactly ",
}


class Statements:
    """A view of a store in which every term is asked for by its IRI and every answer has a fixed order."""

    def __init__(self, store: ox.Store) -> None:
        self._store = store
        self.prefixes = Prefixes()
        self._anchors = dict(self._anchored())

    def declared(self, *kinds: str) -> tuple[ox.NamedNode, ...]:
        """The terms that the curated graphs declare to be of one of the kinds of OWL or SKOS."""
        return tuple(
            sorted(
                {
                    node
                    for kind in kinds
                    for node in self.subjects(f"{RDF}type", ox.NamedNode(kind))
                    if isinstance(node, ox.NamedNode)
                },
                key=lambda node: node.value,
            )
        )

    def _anchored(self) -> Iterator[tuple[str, str]]:
        """Every IRI that has a place in the reference, and the fragment of that place.

        A term's is its local name; a concept's is the path of its IRI, since schemes and properties share
        names; a term of another vocabulary's is its prefixed name.
        """
        for node in self.declared(*TERM_KINDS):
            own = node.value.startswith(CG)
            yield node.value, node.value.removeprefix(CG) if own else self.prefixes.compact(node.value)
        for node in self.declared(f"{SKOS}ConceptScheme", f"{SKOS}Concept", f"{CG}Indicator"):
            if node.value.startswith(iris.BASE):
                yield node.value, node.value.removeprefix(iris.BASE)

    def values(self, subject: Node, predicate: str) -> list[Node | ox.Literal]:
        """The objects that the curated graphs state, sorted."""
        found = {
            quad.object
            for graph in _CURATED
            for quad in self._store.quads_for_pattern(subject, ox.NamedNode(predicate), None, graph)
            if isinstance(quad.object, (ox.NamedNode, ox.BlankNode, ox.Literal))
        }
        return sorted(found, key=str)

    def subjects(self, predicate: str, value: ox.NamedNode) -> list[Node]:
        """The subjects that the curated graphs state, sorted."""
        found = {
            quad.subject
            for graph in _CURATED
            for quad in self._store.quads_for_pattern(None, ox.NamedNode(predicate), value, graph)
            if isinstance(quad.subject, (ox.NamedNode, ox.BlankNode))
        }
        return sorted(found, key=str)

    def named(self, subject: Node, predicate: str) -> list[ox.NamedNode]:
        """Those objects that have an IRI."""
        return [value for value in self.values(subject, predicate) if isinstance(value, ox.NamedNode)]

    def texts(self, subject: Node, predicate: str) -> tuple[str, ...]:
        """The English or untagged literals, sorted."""
        return tuple(
            value.value
            for value in self.values(subject, predicate)
            if isinstance(value, ox.Literal) and value.language in (None, "en")
        )

    def text(self, subject: Node, predicate: str) -> str:
        """The first of those literals, or nothing."""
        return next(iter(self.texts(subject, predicate)), "")

    def refs(self, subject: Node, predicate: str) -> tuple[Ref, ...]:
        """Mentions of the objects that have an IRI, in the order of their labels."""
        return in_order(self.ref(value) for value in self.named(subject, predicate))

    def items(self, head: Node | ox.Literal) -> Iterator[Node | ox.Literal]:
        """The members of an RDF list; a list that runs in a circle ends where it meets itself."""
        met: set[Node] = set()
        while isinstance(head, (ox.NamedNode, ox.BlankNode)) and head != _NIL and head not in met:
            met.add(head)
            yield from self.values(head, f"{RDF}first")[:1]
            head = next(iter(self.values(head, f"{RDF}rest")), _NIL)

    def label(self, node: Node) -> str:
        """The English label of anything in the graph, or the last part of its IRI."""
        for predicate in (f"{RDFS}label", f"{SKOS}prefLabel"):
            labels = sorted(
                quad.object.value
                for quad in self._store.quads_for_pattern(
                    node, ox.NamedNode(predicate), None, ox.DefaultGraph()
                )
                if isinstance(quad.object, ox.Literal) and quad.object.language in (None, "en")
            )
            if labels:
                return labels[0]
        return node.value.rstrip("/").rpartition("/")[2].rpartition("#")[2]

    def ref(self, node: Node) -> Ref:
        """A mention of a term, concept or thing."""
        if isinstance(node, ox.BlankNode):
            return Ref("", "[ ]", "something without a name")
        return Ref(
            node.value, self.prefixes.compact(node.value), self.label(node), self._anchors.get(node.value)
        )

    def formula(self, expression: Node | ox.Literal) -> Formula:
        """A class expression in the words of the Manchester syntax (OWL 2 Manchester Syntax section 2.4)."""
        if isinstance(expression, ox.Literal):
            return (expression.value,)
        if isinstance(expression, ox.NamedNode):
            return (self.ref(expression),)
        for operator, word in _OPERATORS.items():
            for head in self.values(expression, f"{OWL}{operator}"):
                operands = [self._operand(item) for item in self.items(head)]
                return tuple(part for operand in operands for part in (word, *operand))[1:]
        for negated in self.values(expression, f"{OWL}complementOf"):
            return ("not ", *self._operand(negated))
        for restricted in self.named(expression, f"{OWL}onProperty"):
            for kind, word in _RESTRICTIONS.items():
                for value in self.values(expression, f"{OWL}{kind}"):
                    return (self.ref(restricted), word, *self._operand(value))
        return ("an expression that only the ontology file shows",)

    def _operand(self, expression: Node | ox.Literal) -> Formula:
        parts = self.formula(expression)
        return parts if len(parts) == 1 else ("(", *parts, ")")

    def members(self, class_iri: str) -> list[ox.NamedNode]:
        """The things of a class in the whole graph, those with the most evidence first."""
        found = {
            quad.subject
            for quad in self._store.quads_for_pattern(
                None, ox.NamedNode(f"{RDF}type"), ox.NamedNode(class_iri), ox.DefaultGraph()
            )
            if isinstance(quad.subject, ox.NamedNode)
        }
        return sorted(found, key=lambda thing: (-self._evidence[thing.value], thing.value))

    def uses(self, predicate: str) -> int:
        """How many statements of the whole graph have a property."""
        return sum(
            1 for _ in self._store.quads_for_pattern(None, ox.NamedNode(predicate), None, ox.DefaultGraph())
        )

    def example(self, predicate: str) -> Triple | None:
        """One statement with a property: a stated one before an inferred one, the best evidenced first."""
        found = [
            (
                quad.graph_name in _OF_NO_SOURCE,
                -self._evidence[quad.subject.value],
                quad.subject.value,
                str(quad.object),
                quad,
            )
            for quad in self._store.quads_for_pattern(None, ox.NamedNode(predicate), None, None)
            if isinstance(quad.subject, ox.NamedNode)
        ]
        if not found:
            return None
        inferred, *_, quad = min(found, key=lambda each: each[:4])
        value = quad.object
        return Triple(
            self.ref(quad.subject),  # type: ignore[arg-type]
            self.ref(quad.predicate),
            _shortened(value.value) if isinstance(value, ox.Literal) else self.ref(value),  # type: ignore[arg-type]
            inferred,
        )

    @cached_property
    def _evidence(self) -> Counter[str]:
        stated = self._store.quads_for_pattern(None, ox.NamedNode(f"{CG}statedIn"), None, ox.DefaultGraph())
        return Counter(quad.subject.value for quad in stated if isinstance(quad.subject, ox.NamedNode))


def in_order(refs: Iterator[Ref] | list[Ref]) -> tuple[Ref, ...]:
    """Mentions in the order of their labels, each once."""
    return tuple(sorted(set(refs), key=lambda ref: (ref.label.casefold(), ref.iri)))


def _shortened(text: str) -> str:
    words = " ".join(text.split())
    return words if len(words) <= _LONGEST_EXAMPLE else f"{words[: _LONGEST_EXAMPLE - 1].rstrip()}…"
