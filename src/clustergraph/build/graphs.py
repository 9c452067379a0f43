"""A graph in memory, looked up by subject and predicate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Final, TypeAlias

import pyoxigraph as ox

from clustergraph import iris

Node: TypeAlias = ox.NamedNode | ox.BlankNode
Term: TypeAlias = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple

RDF_TYPE: Final = ox.NamedNode(f"{iris.RDF}type")
FIRST: Final = ox.NamedNode(f"{iris.RDF}first")
REST: Final = ox.NamedNode(f"{iris.RDF}rest")
NIL: Final = ox.NamedNode(f"{iris.RDF}nil")


class IllFormed(Exception):
    """A structure written in RDF that is broken; the text says how."""


def in_graph(graph: ox.NamedNode, quads: Iterable[ox.Quad]) -> Iterator[ox.Quad]:
    """The triples of the quads, in a graph."""
    for quad in quads:
        yield ox.Quad(quad.subject, quad.predicate, quad.object, graph)


def written(term: Term) -> str:
    """A term as people read it: a prefixed name where one fits, else as in N-Triples."""
    return iris.compact(term.value) if isinstance(term, ox.NamedNode) else str(term)


class Graph:
    """Triples, indexed by subject and predicate, in a fixed order."""

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

    def nodes_of_type(self, kind: ox.NamedNode) -> list[Node]:
        """Every node with a type."""
        return [subject for subject, its_kind in self.pairs(RDF_TYPE) if its_kind == kind]

    def items(self, head: Term) -> tuple[Term, ...]:
        """The members of a list; raises IllFormed when the list is broken or has no end."""
        members: list[Term] = []
        seen: set[Term] = set()
        while head != NIL:
            first, rest = self.objects(head, FIRST), self.objects(head, REST)
            if len(first) != 1 or len(rest) != 1 or head in seen:
                raise IllFormed("a list that is broken: a member is missing, doubled or the list has no end")
            seen.add(head)
            members.append(first[0])
            head = rest[0]
        if not members:
            raise IllFormed("an empty list")
        return tuple(members)
