"""SHACL property paths: read from a graph, said in SPARQL, written back.

Source: SHACL section 2.3.1; SPARQL 1.1 Query section 9.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.graphs import FIRST, NIL, REST, Graph, IllFormed, Term


class Step(StrEnum):
    """The kinds of path, named by the property that writes them (none for a predicate or a sequence)."""

    PREDICATE = "predicate"
    SEQUENCE = "sequence"
    INVERSE = "inversePath"
    ALTERNATIVE = "alternativePath"
    ZERO_OR_MORE = "zeroOrMorePath"
    ONE_OR_MORE = "oneOrMorePath"
    ZERO_OR_ONE = "zeroOrOnePath"


_SUFFIXES: Final = {Step.ZERO_OR_MORE: "*", Step.ONE_OR_MORE: "+", Step.ZERO_OR_ONE: "?"}
_IRI: Final = re.compile("<([^>]*)>")
_SINGLE: Final = (Step.INVERSE, Step.ZERO_OR_MORE, Step.ONE_OR_MORE, Step.ZERO_OR_ONE)


@dataclass(frozen=True, slots=True)
class Path:
    """A property path; `iri` for a predicate, else `parts`."""

    step: Step
    iri: str = ""
    parts: tuple[Path, ...] = ()

    def __str__(self) -> str:
        """The path for people, with prefixed names."""
        return _IRI.sub(lambda match: iris.compact(match[1]), self._nested())

    def sparql(self) -> str:
        """The path in SPARQL syntax, IRIs in angle brackets; a lone predicate without them."""
        return self.iri if self.step is Step.PREDICATE else self._nested()

    def _nested(self) -> str:
        if self.step is Step.PREDICATE:
            return f"<{self.iri}>"
        parts = [part._nested() for part in self.parts]
        if self.step is Step.SEQUENCE:
            return "(" + "/".join(parts) + ")"
        if self.step is Step.ALTERNATIVE:
            return "(" + "|".join(parts) + ")"
        if self.step is Step.INVERSE:
            return f"^{parts[0]}"
        # SPARQL reads ^ex:p* as the inverse of ex:p*, and knows no two suffixes in a row.
        bare = self.parts[0].step in (Step.PREDICATE, Step.SEQUENCE, Step.ALTERNATIVE)
        return f"{parts[0] if bare else f'({parts[0]})'}{_SUFFIXES[self.step]}"

    def triples(self, names: Iterator[int]) -> tuple[ox.NamedNode | ox.BlankNode, list[ox.Triple]]:
        """The node that stands for the path, and the triples that describe it."""
        if self.step is Step.PREDICATE:
            return ox.NamedNode(self.iri), []
        if self.step is Step.SEQUENCE:
            return _list(self.parts, names)
        node = ox.BlankNode(f"path{next(names)}")
        written = _list(self.parts, names) if self.step is Step.ALTERNATIVE else self.parts[0].triples(names)
        return node, [ox.Triple(node, ox.NamedNode(iris.SH + self.step), written[0]), *written[1]]


def read_path(graph: Graph, node: Term, depth: int = 0) -> Path | None:
    """The path that a node of a graph stands for, or None where it is not well-formed."""
    if isinstance(node, ox.NamedNode):
        return Path(Step.PREDICATE, iri=node.value)
    if depth > 50:  # a path that contains itself
        return None
    for step in _SINGLE:
        for inner in graph.objects(node, ox.NamedNode(iris.SH + step)):
            part = read_path(graph, inner, depth + 1)
            return part and Path(step, parts=(part,))
    for head in graph.objects(node, ox.NamedNode(iris.SH + Step.ALTERNATIVE)):
        return _compound(graph, Step.ALTERNATIVE, head, depth)
    return _compound(graph, Step.SEQUENCE, node, depth)


def _compound(graph: Graph, step: Step, head: Term, depth: int) -> Path | None:
    try:
        parts = [read_path(graph, member, depth + 1) for member in graph.items(head)]
    except IllFormed:
        return None
    known = tuple(part for part in parts if part is not None)
    return Path(step, parts=known) if len(known) == len(parts) else None


def _list(parts: tuple[Path, ...], names: Iterator[int]) -> tuple[ox.BlankNode, list[ox.Triple]]:
    nodes = [ox.BlankNode(f"path{next(names)}") for _ in parts]
    triples = []
    for place, (node, part) in enumerate(zip(nodes, parts, strict=True)):
        member, described = part.triples(names)
        rest = nodes[place + 1] if place + 1 < len(nodes) else NIL
        triples += [ox.Triple(node, FIRST, member), ox.Triple(node, REST, rest), *described]
    return nodes[0], triples
