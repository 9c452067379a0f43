"""The ontology's axioms as values: class expressions and property expressions read from quads.

Source: OWL 2 Mapping to RDF Graphs, section 3 (the expressions of the RL profile and those it excludes).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import pyoxigraph as ox

from clustergraph import iris

Node: TypeAlias = ox.NamedNode | ox.BlankNode
Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

RDF_TYPE: Final = ox.NamedNode(f"{iris.RDF}type")
SUB_CLASS: Final = ox.NamedNode(f"{iris.RDFS}subClassOf")
SUB_PROPERTY: Final = ox.NamedNode(f"{iris.RDFS}subPropertyOf")
DOMAIN: Final = ox.NamedNode(f"{iris.RDFS}domain")
RANGE: Final = ox.NamedNode(f"{iris.RDFS}range")
THING: Final = ox.NamedNode(f"{iris.OWL}Thing")
NOTHING: Final = ox.NamedNode(f"{iris.OWL}Nothing")
_FIRST: Final = ox.NamedNode(f"{iris.RDF}first")
_REST: Final = ox.NamedNode(f"{iris.RDF}rest")
_NIL: Final = ox.NamedNode(f"{iris.RDF}nil")
_RDFS_DATATYPE: Final = ox.NamedNode(f"{iris.RDFS}Datatype")
_DATATYPES: Final = frozenset(
    ox.NamedNode(iri)
    for iri in (
        f"{iris.RDFS}Literal",
        f"{iris.RDF}langString",
        f"{iris.RDF}PlainLiteral",
        f"{iris.RDF}XMLLiteral",
        f"{iris.RDF}HTML",
        f"{iris.RDF}JSON",
    )
)
#: Constructors of class expressions that no rule of OWL 2 RL/RDF reads.
_WITHOUT_RULES: Final = (
    "hasSelf",
    "minCardinality",
    "minQualifiedCardinality",
    "cardinality",
    "qualifiedCardinality",
    "disjointUnionOf",
)


def owl(name: str) -> ox.NamedNode:
    """A term of the OWL vocabulary."""
    return ox.NamedNode(iris.OWL + name)


class OutsideProfile(Exception):
    """An expression that stands where OWL 2 RL/RDF has no rule for it; the text says which.

    A signal inside this room: callers are told by a fault.
    """


@dataclass(frozen=True, slots=True)
class Property:
    """A property, or the inverse of one (`[ owl:inverseOf p ]`)."""

    iri: ox.NamedNode
    inverse: bool = False

    @property
    def turned(self) -> Property:
        """The inverse of this property."""
        return Property(self.iri, not self.inverse)

    def __str__(self) -> str:
        return iris.compact(self.iri.value) + ("⁻" if self.inverse else "")


@dataclass(frozen=True, slots=True)
class Named:
    """A class with a name."""

    iri: ox.NamedNode

    def __str__(self) -> str:
        return iris.compact(self.iri.value)


@dataclass(frozen=True, slots=True)
class Intersection:
    """owl:intersectionOf."""

    parts: tuple[ClassExpression, ...]

    def __str__(self) -> str:
        return "(" + " ⊓ ".join(map(str, self.parts)) + ")"


@dataclass(frozen=True, slots=True)
class Union:
    """owl:unionOf."""

    parts: tuple[ClassExpression, ...]

    def __str__(self) -> str:
        return "(" + " ⊔ ".join(map(str, self.parts)) + ")"


@dataclass(frozen=True, slots=True)
class OneOf:
    """owl:oneOf."""

    individuals: tuple[Term, ...]

    def __str__(self) -> str:
        return "{" + ", ".join(map(written, self.individuals)) + "}"


@dataclass(frozen=True, slots=True)
class Complement:
    """owl:complementOf."""

    part: ClassExpression

    def __str__(self) -> str:
        return f"¬{self.part}"


@dataclass(frozen=True, slots=True)
class HasValue:
    """owl:hasValue on a property."""

    property: Property
    value: Term

    def __str__(self) -> str:
        return f"({self.property} value {written(self.value)})"


@dataclass(frozen=True, slots=True)
class Some:
    """owl:someValuesFrom on a property; owl:Thing as filler asks for any value."""

    property: Property
    filler: ClassExpression

    def __str__(self) -> str:
        return f"({self.property} some {self.filler})"


@dataclass(frozen=True, slots=True)
class All:
    """owl:allValuesFrom on a property."""

    property: Property
    filler: ClassExpression

    def __str__(self) -> str:
        return f"({self.property} only {self.filler})"


@dataclass(frozen=True, slots=True)
class AtMost:
    """owl:maxCardinality or owl:maxQualifiedCardinality (`filler` is owl:Thing when unqualified)."""

    property: Property
    number: int
    filler: ClassExpression
    qualified: bool

    def __str__(self) -> str:
        return f"({self.property} at most {self.number} {self.filler})"


@dataclass(frozen=True, slots=True)
class Literals:
    """A datatype as the filler of owl:allValuesFrom: it speaks of literals, which are never subjects."""

    def __str__(self) -> str:
        return "literals"


ClassExpression: TypeAlias = (
    Named | Intersection | Union | OneOf | Complement | HasValue | Some | All | AtMost | Literals
)


def written(term: Term) -> str:
    """A term as people read it: a prefixed name where one fits, else as in N-Triples."""
    return iris.compact(term.value) if isinstance(term, ox.NamedNode) else str(term)


class Ontology:
    """An ontology's triples, indexed by subject and predicate, in a fixed order."""

    def __init__(self, quads: Iterable[ox.Quad]) -> None:
        triples = {(quad.subject, quad.predicate, quad.object) for quad in quads}
        self.quads = tuple(
            ox.Quad(*triple) for triple in sorted(triples, key=lambda triple: tuple(map(str, triple)))
        )
        self._objects: dict[tuple[Term, ox.NamedNode], list[Term]] = defaultdict(list)
        self._pairs: dict[ox.NamedNode, list[tuple[Node, Term]]] = defaultdict(list)
        for quad in self.quads:
            if isinstance(quad.subject, ox.Triple):
                continue
            self._objects[quad.subject, quad.predicate].append(quad.object)
            self._pairs[quad.predicate].append((quad.subject, quad.object))

    def pairs(self, predicate: ox.NamedNode) -> list[tuple[Node, Term]]:
        """Subject and object of every triple with a predicate."""
        return self._pairs.get(predicate, [])

    def objects(self, subject: Term, predicate: ox.NamedNode) -> list[Term]:
        """The values of a property of a node."""
        return self._objects.get((subject, predicate), [])

    def instances(self, class_name: str) -> list[Node]:
        """Every node typed with a term of the OWL vocabulary."""
        return self.nodes_of_type(owl(class_name))

    def nodes_of_type(self, kind: ox.NamedNode) -> list[Node]:
        """Every node with a type."""
        return [subject for subject, its_kind in self.pairs(RDF_TYPE) if its_kind == kind]

    def items(self, head: Term) -> tuple[Term, ...]:
        """The members of a list; raises OutsideProfile when the list is broken or has no end."""
        members: list[Term] = []
        seen: set[Term] = set()
        while head != _NIL:
            first, rest = self.objects(head, _FIRST), self.objects(head, _REST)
            if len(first) != 1 or len(rest) != 1 or head in seen:
                raise OutsideProfile(
                    "a list that is broken: a member is missing, doubled or the list has no end"
                )
            seen.add(head)
            members.append(first[0])
            head = rest[0]
        if not members:
            raise OutsideProfile("an empty list")
        return tuple(members)

    def is_datatype(self, node: Term) -> bool:
        """Whether a range speaks of literals, which never become subjects here."""
        return (
            node in _DATATYPES
            or (isinstance(node, ox.NamedNode) and node.value.startswith(iris.XSD))
            or _RDFS_DATATYPE in self.objects(node, RDF_TYPE)
        )

    def property_expression(self, node: Term) -> Property:
        """A property or an inverse; raises OutsideProfile for anything else."""
        if isinstance(node, ox.NamedNode):
            return Property(node)
        named = [base for base in self.objects(node, owl("inverseOf")) if isinstance(base, ox.NamedNode)]
        if isinstance(node, ox.BlankNode) and len(named) == 1:
            return Property(named[0], inverse=True)
        raise OutsideProfile(f"{written(node)} in the place of a property")

    def class_expression(self, node: Term) -> ClassExpression:
        """A class by name, or the one expression that an anonymous node stands for.

        Raises OutsideProfile when the node is neither.
        """
        if isinstance(node, ox.NamedNode):
            if self.is_datatype(node):
                raise OutsideProfile(f"the datatype {written(node)} in the place of a class")
            return Named(node)
        expressions = list(self.structures(node))
        if len(expressions) != 1:
            raise OutsideProfile(f"an anonymous class with {len(expressions)} definitions instead of one")
        return expressions[0]

    def structures(self, node: Term, above: frozenset[Term] = frozenset()) -> Iterator[ClassExpression]:
        """Every expression written on a node itself, named or not; raises OutsideProfile as above."""
        if node in above:
            raise OutsideProfile("a class expression that contains itself")
        inside = above | {node}

        def part(of: Term) -> ClassExpression:
            if isinstance(of, ox.BlankNode):
                found = list(self.structures(of, inside))
                if len(found) != 1:
                    raise OutsideProfile(f"an anonymous class with {len(found)} definitions instead of one")
                return found[0]
            return self.class_expression(of)

        for name in _WITHOUT_RULES:
            if self.objects(node, owl(name)):
                raise OutsideProfile(f"owl:{name}")
        for members in self.objects(node, owl("intersectionOf")):
            yield Intersection(tuple(part(member) for member in self.items(members)))
        for members in self.objects(node, owl("unionOf")):
            yield Union(tuple(part(member) for member in self.items(members)))
        for members in self.objects(node, owl("oneOf")):
            yield OneOf(self.items(members))
        for complement in self.objects(node, owl("complementOf")):
            yield Complement(part(complement))
        yield from self._restrictions(node, part)

    def _restrictions(self, node: Term, part: Callable[[Term], ClassExpression]) -> Iterator[ClassExpression]:
        properties = self.objects(node, owl("onProperty"))
        if not properties:
            return
        if len(properties) > 1:
            raise OutsideProfile("a restriction on several properties")
        on = self.property_expression(properties[0])
        for value in self.objects(node, owl("hasValue")):
            yield HasValue(on, value)
        for filler in self.objects(node, owl("someValuesFrom")):
            yield Some(on, part(filler))
        for filler in self.objects(node, owl("allValuesFrom")):
            yield All(on, Literals() if self.is_datatype(filler) else part(filler))
        for number in self.objects(node, owl("maxCardinality")):
            yield AtMost(on, _count(number), Named(THING), qualified=False)
        for number in self.objects(node, owl("maxQualifiedCardinality")):
            for filler in self.objects(node, owl("onClass")):
                yield AtMost(on, _count(number), part(filler), qualified=True)


def _count(number: Term) -> int:
    if isinstance(number, ox.Literal) and number.value in ("0", "1"):
        return int(number.value)
    raise OutsideProfile("a maximum cardinality other than 0 and 1")
