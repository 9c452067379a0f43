"""The ontology's axioms as values: class expressions and property expressions read from quads.

Source: OWL 2 Mapping to RDF Graphs, section 3 (the expressions of the RL profile and those it excludes).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.expressions import (
    All,
    AtMost,
    ClassExpression,
    Complement,
    HasValue,
    Intersection,
    Literals,
    Named,
    OneOf,
    OutsideProfile,
    Property,
    Some,
    Union,
)
from clustergraph.build.graphs import RDF_TYPE, Graph, IllFormed, Node, Term, written

SUB_CLASS: Final = ox.NamedNode(f"{iris.RDFS}subClassOf")
SUB_PROPERTY: Final = ox.NamedNode(f"{iris.RDFS}subPropertyOf")
DOMAIN: Final = ox.NamedNode(f"{iris.RDFS}domain")
RANGE: Final = ox.NamedNode(f"{iris.RDFS}range")
THING: Final = ox.NamedNode(f"{iris.OWL}Thing")
NOTHING: Final = ox.NamedNode(f"{iris.OWL}Nothing")
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


class Ontology(Graph):
    """An ontology's triples, and the axioms they write."""

    def instances(self, class_name: str) -> list[Node]:
        """Every node typed with a term of the OWL vocabulary."""
        return self.nodes_of_type(owl(class_name))

    def items(self, head: Term) -> tuple[Term, ...]:
        """The members of a list; raises OutsideProfile when the list is broken or has no end."""
        try:
            return super().items(head)
        except IllFormed as reason:
            raise OutsideProfile(str(reason)) from reason

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
