"""OWL 2 class expressions and data ranges, read from the triples of an ontology.

All of OWL 2 is read here, so that a check can say what stands where it may not; the closure reads only what
its rules can carry out.
Source: OWL 2 Mapping to RDF Graphs (W3C Recommendation 2012), tables 12 to 15.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.iris import OWL, RDF, RDFS, XSD

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
#: An object or data property, and whether the expression is its inverse.
Role = tuple[str, bool]

THING: Final = f"{OWL}Thing"
_TYPE: Final = f"{RDF}type"
_DATA_KINDS: Final = (f"{RDFS}Datatype", f"{OWL}DataRange")


@dataclass(frozen=True, slots=True)
class Named:
    """A class or datatype by its IRI."""

    iri: str


@dataclass(frozen=True, slots=True)
class Combination:
    """An intersection or a union."""

    kind: Literal["intersectionOf", "unionOf"]
    operands: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Complement:
    """Everything that is not in the operand."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Enumeration:
    """The members listed, individuals or literals."""

    members: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Quantified:
    """An existential or universal restriction."""

    kind: Literal["someValuesFrom", "allValuesFrom"]
    role: Role
    filler: Expression


@dataclass(frozen=True, slots=True)
class Valued:
    """A restriction to one value, or to the thing itself (`hasSelf`)."""

    kind: Literal["hasValue", "hasSelf"]
    role: Role


@dataclass(frozen=True, slots=True)
class Cardinality:
    """A minimum, maximum or exact cardinality; without a filler it is unqualified."""

    kind: Literal["min", "max", "exact"]
    bound: int
    role: Role
    filler: Expression | None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A node that is no class expression or data range, and why."""

    reason: str


Expression = Named | Combination | Complement | Enumeration | Quantified | Valued | Cardinality | Unreadable

_CARDINALITIES: Final[dict[str, Literal["min", "max", "exact"]]] = {
    "minCardinality": "min",
    "maxCardinality": "max",
    "cardinality": "exact",
    "minQualifiedCardinality": "min",
    "maxQualifiedCardinality": "max",
    "qualifiedCardinality": "exact",
}


class AxiomGraph:
    """The triples of an ontology, by subject and predicate."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        self.triples: list[tuple[Term, str, Term]] = []
        self._objects: dict[Term, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for quad in quads:
            objects = self._objects[quad.subject][quad.predicate.value]
            if quad.object not in objects:
                objects.append(quad.object)
                self.triples.append((quad.subject, quad.predicate.value, quad.object))
        self.kinds: dict[str, set[str]] = {
            subject.value: {kind.value for kind in found[_TYPE] if isinstance(kind, ox.NamedNode)}
            for subject, found in self._objects.items()
            if isinstance(subject, ox.NamedNode) and _TYPE in found
        }

    def objects(self, subject: Term, predicate: str) -> tuple[Term, ...]:
        """The objects of a subject's predicate."""
        found = self._objects.get(subject)
        return tuple(found.get(predicate, ())) if found else ()

    def value(self, subject: Term, predicate: str) -> Term | None:
        """The one object of a predicate, or None where it has none or several."""
        found = self.objects(subject, predicate)
        return found[0] if len(found) == 1 else None

    def declared(self, kind: str) -> frozenset[str]:
        """The IRIs declared as a kind of term."""
        return frozenset(subject for subject, kinds in self.kinds.items() if kind in kinds)

    def members(self, head: Term) -> tuple[Term, ...]:
        """The members of an RDF list; a list that is broken off ends there."""
        found: list[Term] = []
        seen: set[Term] = set()
        node: Term | None = head
        while node is not None and node != ox.NamedNode(f"{RDF}nil") and node not in seen:
            seen.add(node)
            found.extend(self.objects(node, f"{RDF}first"))
            node = self.value(node, f"{RDF}rest")
        return tuple(found)

    def role(self, node: Term | None) -> Role | None:
        """The property expression a node stands for."""
        if isinstance(node, ox.NamedNode):
            return node.value, False
        inverse = None if node is None else self.value(node, f"{OWL}inverseOf")
        return (inverse.value, True) if isinstance(inverse, ox.NamedNode) else None

    def is_datatype(self, iri: str) -> bool:
        """Whether an IRI names a datatype rather than a class."""
        return (
            iri.startswith(XSD)
            or iri in (f"{RDFS}Literal", f"{RDF}PlainLiteral", f"{RDF}XMLLiteral", f"{RDF}langString")
            or bool(self.kinds.get(iri, set()) & set(_DATA_KINDS))
        )

    def expression(self, node: Term) -> Expression:
        """The class expression or data range that a node stands for."""
        if isinstance(node, ox.NamedNode):
            return Named(node.value)
        if not isinstance(node, ox.BlankNode):
            return Unreadable("A literal stands where a class should.")
        if self.value(node, f"{OWL}onProperty") is not None:
            return self._restriction(node)
        constructor = self.constructor(node)
        return constructor or Unreadable("The anonymous class has no constructor that OWL 2 knows.")

    def constructor(self, node: Term) -> Expression | None:
        """The intersection, union, complement or enumeration that a node, even a named one, carries."""
        for kind in ("intersectionOf", "unionOf"):
            operands = self.value(node, f"{OWL}{kind}")
            if operands is not None:
                return Combination(
                    "intersectionOf" if kind == "intersectionOf" else "unionOf",
                    tuple(self.expression(operand) for operand in self.members(operands)),
                )
        for kind in ("complementOf", "datatypeComplementOf"):
            operand = self.value(node, f"{OWL}{kind}")
            if operand is not None:
                return Complement(self.expression(operand))
        listed = self.value(node, f"{OWL}oneOf")
        if listed is not None:
            return Enumeration(self.members(listed))
        if self.value(node, f"{OWL}withRestrictions") is not None:
            return Unreadable("A datatype with facets (withRestrictions) is no data range of OWL 2 RL.")
        return None

    def _restriction(self, node: ox.BlankNode) -> Expression:
        role = self.role(self.value(node, f"{OWL}onProperty"))
        if role is None:
            return Unreadable("The restriction is on no property.")
        for kind in ("someValuesFrom", "allValuesFrom"):
            filler = self.value(node, f"{OWL}{kind}")
            if filler is not None:
                return Quantified(
                    "someValuesFrom" if kind == "someValuesFrom" else "allValuesFrom",
                    role,
                    self.expression(filler),
                )
        if self.value(node, f"{OWL}hasValue") is not None:
            return Valued("hasValue", role)
        if self.value(node, f"{OWL}hasSelf") is not None:
            return Valued("hasSelf", role)
        for key, bounds in _CARDINALITIES.items():
            bound = self.value(node, f"{OWL}{key}")
            if isinstance(bound, ox.Literal) and bound.value.isdecimal():
                filler = self.value(node, f"{OWL}onClass") or self.value(node, f"{OWL}onDataRange")
                return Cardinality(
                    bounds, int(bound.value), role, None if filler is None else self.expression(filler)
                )
        return Unreadable(f"The restriction on {role_in_words(role)} restricts nothing.")


def role_in_words(role: Role) -> str:
    """A property expression as people write it."""
    name = iris.compact(role[0])
    return f"the inverse of {name}" if role[1] else name


def in_words(expression: Expression) -> str:
    """A class expression in a few words, such as `someValuesFrom on cg:statedIn`."""
    match expression:
        case Named(iri):
            words = iris.compact(iri)
        case Combination(kind, _):
            words = kind
        case Complement():
            words = "complementOf"
        case Enumeration():
            words = "oneOf"
        case Cardinality(bounds, number, role, _):
            words = f"{bounds} cardinality {number} on {role_in_words(role)}"
        case Quantified(kind, role, _) | Valued(kind, role):
            words = f"{kind} on {role_in_words(role)}"
        case Unreadable():
            words = "an unreadable expression"
    return words
