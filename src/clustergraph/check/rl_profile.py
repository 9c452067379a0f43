"""The grammar of OWL 2 RL: which class expression may stand where, and which axioms there are.

Source: OWL 2 Web Ontology Language Profiles (W3C Recommendation 2012), section 4.2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pyoxigraph as ox

from clustergraph.check.expressions import (
    THING,
    AxiomGraph,
    Cardinality,
    Combination,
    Complement,
    Enumeration,
    Expression,
    Named,
    Quantified,
    Term,
    Unreadable,
    Valued,
    in_words,
)
from clustergraph.iris import OWL, RDF, RDFS, XSD

_XSD_NAMES: Final = (
    *("decimal", "integer", "nonNegativeInteger", "nonPositiveInteger", "positiveInteger"),
    *("negativeInteger", "long", "int", "short", "byte"),
    *("unsignedLong", "unsignedInt", "unsignedShort", "unsignedByte", "float", "double"),
    *("string", "normalizedString", "token", "language", "Name", "NCName", "NMTOKEN"),
    *("boolean", "hexBinary", "base64Binary", "anyURI", "dateTime", "dateTimeStamp"),
)
#: Section 4.2.1: the datatypes of the profile.
RL_DATATYPES: Final = frozenset(
    {f"{RDF}PlainLiteral", f"{RDF}XMLLiteral", f"{RDF}langString", f"{RDFS}Literal"}
    | {f"{XSD}{name}" for name in _XSD_NAMES}
)
#: Section 4.2.1: predefined properties the profile does without.
_FORBIDDEN_TERMS: Final = frozenset(
    f"{OWL}{end}{kind}Property" for end in ("top", "bottom") for kind in ("Object", "Data")
)

#: The term an axiom is about, and a sentence on what the profile does not admit in it.
Complaint = tuple[Term, str]
Grammar = Callable[["_Grammar", Expression], Iterator[str]]


def rl_complaints(graph: AxiomGraph) -> Iterator[Complaint]:
    """Every construct of an ontology that is not OWL 2 RL, with the subject of its axiom."""
    grammar = _Grammar(graph)
    for subject, predicate, value in graph.triples:
        for part in (subject, ox.NamedNode(predicate), value):
            if isinstance(part, ox.NamedNode) and part.value in _FORBIDDEN_TERMS:
                yield subject, f"{in_words(Named(part.value))} is not in the profile (4.2.1)."
        for sentence in grammar.axiom(subject, predicate, value):
            yield subject, sentence


class _Grammar:
    """The productions of section 4.2.3 and the axioms of 4.2.5 over one ontology."""

    def __init__(self, graph: AxiomGraph) -> None:
        self._graph = graph
        self._data_properties = graph.declared(f"{OWL}DatatypeProperty")
        self._object_properties = graph.declared(f"{OWL}ObjectProperty")

    def axiom(self, subject: Term, predicate: str, value: Term) -> Iterator[str]:
        """What the profile does not admit in one triple of an axiom."""
        graph = self._graph
        read = graph.expression
        if predicate == f"{RDFS}subClassOf":
            yield from self.as_subclass(read(subject))
            yield from self.as_superclass(read(value))
        elif predicate == f"{OWL}equivalentClass":
            if isinstance(subject, ox.NamedNode) and graph.is_datatype(subject.value):
                yield from self.as_data_range(read(value))
            else:
                yield from self.as_equivalent(read(subject))
                yield from self.as_equivalent(read(value))
        elif predicate == f"{OWL}disjointWith":
            yield from self.as_subclass(read(subject))
            yield from self.as_subclass(read(value))
        elif predicate == f"{OWL}disjointUnionOf":
            yield "disjointUnionOf is no axiom of the profile (4.2.5); state the disjointness alone."
        elif predicate in (f"{RDFS}domain", f"{RDFS}range"):
            yield from self._domain_or_range(subject, predicate, value)
        elif predicate == f"{OWL}hasKey":
            yield from self.as_subclass(read(subject))
        elif predicate == f"{RDF}type":
            yield from self._assertion(subject, value)
        elif isinstance(subject, ox.NamedNode) and predicate in _CONSTRUCTORS:
            constructor = graph.constructor(subject)
            if constructor is not None:
                yield from self.as_equivalent(constructor)

    def as_subclass(self, expression: Expression) -> Iterator[str]:
        """subClassExpression: classes on the left of a SubClassOf."""
        match expression:
            case Named(iri) if iri != THING:
                pass
            case Combination(_, operands):
                for operand in operands:
                    yield from self.as_subclass(operand)
            case Enumeration() | Valued("hasValue"):
                pass
            case Quantified("someValuesFrom", role, filler):
                yield from self._filler(role[0], filler, _Grammar.as_subclass)
            case _:
                yield self._refused(expression, "on the left of a subclass axiom (subClassExpression)")

    def as_superclass(self, expression: Expression) -> Iterator[str]:
        """superClassExpression: classes on the right of a SubClassOf, domains, ranges and types."""
        match expression:
            case Named(iri) if iri != THING:
                pass
            case Combination("intersectionOf", operands):
                for operand in operands:
                    yield from self.as_superclass(operand)
            case Complement(operand):
                yield from self.as_subclass(operand)
            case Quantified("allValuesFrom", role, filler):
                # Unlike someValuesFrom, the filler may not be owl:Thing.
                if role[0] in self._data_properties:
                    yield from self.as_data_range(filler)
                else:
                    yield from self.as_superclass(filler)
            case Valued("hasValue"):
                pass
            case Cardinality("max", 0 | 1, role, filler):
                if filler is not None:
                    yield from self._filler(role[0], filler, _Grammar.as_subclass)
            case _:
                yield self._refused(expression, "on the right of a subclass axiom (superClassExpression)")

    def as_equivalent(self, expression: Expression) -> Iterator[str]:
        """equivClassExpression: classes in an EquivalentClasses."""
        match expression:
            case Named(iri) if iri != THING:
                pass
            case Combination("intersectionOf", operands):
                for operand in operands:
                    yield from self.as_equivalent(operand)
            case Valued("hasValue"):
                pass
            case _:
                yield self._refused(expression, "in an equivalence (equivClassExpression)")

    def as_data_range(self, expression: Expression) -> Iterator[str]:
        """DataRange: datatypes of the profile and intersections of them."""
        match expression:
            case Named(iri) if iri in RL_DATATYPES or (
                not iri.startswith(XSD) and self._graph.is_datatype(iri)
            ):
                pass
            case Combination("intersectionOf", operands):
                for operand in operands:
                    yield from self.as_data_range(operand)
            case _:
                yield self._refused(expression, "as a data range (DataRange)")

    def _filler(self, prop: str, filler: Expression, grammar: Grammar) -> Iterator[str]:
        if prop in self._data_properties:
            yield from self.as_data_range(filler)
        elif filler != Named(THING):
            yield from grammar(self, filler)

    def _domain_or_range(self, subject: Term, predicate: str, value: Term) -> Iterator[str]:
        if not isinstance(subject, ox.NamedNode):
            return
        expression = self._graph.expression(value)
        if subject.value in self._data_properties and predicate == f"{RDFS}range":
            yield from self.as_data_range(expression)
        elif subject.value in self._data_properties | self._object_properties:
            yield from self.as_superclass(expression)

    def _assertion(self, subject: Term, kind: Term) -> Iterator[str]:
        if kind == ox.NamedNode(f"{OWL}ReflexiveProperty"):
            yield "Reflexive properties are not in the profile (4.2.5)."
        elif kind == ox.NamedNode(f"{OWL}AllDisjointClasses"):
            for members in self._graph.objects(subject, f"{OWL}members"):
                for member in self._graph.members(members):
                    yield from self.as_subclass(self._graph.expression(member))
        elif isinstance(kind, ox.BlankNode) or kind == ox.NamedNode(THING):
            yield from self.as_superclass(self._graph.expression(kind))

    @staticmethod
    def _refused(expression: Expression, position: str) -> str:
        if isinstance(expression, Unreadable):
            return expression.reason
        return f"{in_words(expression)} may not stand {position}, section 4.2.3."


_CONSTRUCTORS: Final = frozenset(
    f"{OWL}{kind}" for kind in ("intersectionOf", "unionOf", "complementOf", "oneOf")
)
