"""The global restrictions of OWL 2 DL on properties: simplicity, regularity, declaration.

Source: OWL 2 Structural Specification (W3C Recommendation 2012), sections 5.8 and 11.2.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pyoxigraph as ox

from clustergraph.check.expressions import (
    AxiomGraph,
    Cardinality,
    Role,
    Term,
    Valued,
    role_in_words,
)
from clustergraph.check.rl_profile import Complaint
from clustergraph.iris import OWL, RDF, RDFS

#: Section 11.2: what only simple properties may be.
_FOR_SIMPLE_ONLY: Final = ("Functional", "InverseFunctional", "Irreflexive", "Asymmetric")
_PROPERTY_KINDS: Final = ("ObjectProperty", "DatatypeProperty", "AnnotationProperty")


@dataclass(frozen=True, slots=True)
class Chain:
    """A property chain axiom: the composition of `links` is `implied`."""

    links: tuple[Role, ...]
    implied: Role

    def in_words(self) -> str:
        """The chain as it is written in formulas."""
        return f"{' ∘ '.join(role_in_words(link) for link in self.links)} → {role_in_words(self.implied)}"


@dataclass(slots=True)
class PropertyHierarchy:
    """The relation → of section 11.1 between property expressions, and what makes them composite.

    `above` maps a property expression to those it implies, by subproperty, equivalence, inverse or
    symmetry; `chains` are all chain axioms; `composite` are the expressions that are not simple.
    """

    above: dict[Role, set[Role]] = field(default_factory=lambda: defaultdict(set))
    chains: list[Chain] = field(default_factory=list)
    composite: set[Role] = field(default_factory=set)


def property_complaints(graph: AxiomGraph) -> Iterator[Complaint]:
    """Every breach of a restriction that a DL reasoner relies on, with the property concerned."""
    hierarchy = _hierarchy(graph)
    yield from _uses_of_composite_properties(graph, hierarchy)
    yield from _irregular_chains(hierarchy)
    yield from _declared_otherwise(graph)


def count_chains(graph: AxiomGraph) -> int:
    """How many property chain axioms an ontology has."""
    return len(_hierarchy(graph).chains)


def _inverse(role: Role) -> Role:
    return role[0], not role[1]


def _hierarchy(graph: AxiomGraph) -> PropertyHierarchy:
    found = PropertyHierarchy()
    objects = graph.declared(f"{OWL}ObjectProperty")
    seeds: set[Role] = set()

    def implies(lower: Role, upper: Role) -> None:
        found.above[lower].add(upper)
        found.above[_inverse(lower)].add(_inverse(upper))

    for subject, predicate, value in graph.triples:
        lower, upper = graph.role(subject), graph.role(value)
        if predicate == f"{OWL}propertyChainAxiom" and lower is not None:
            links = [graph.role(link) for link in graph.members(value)]
            found.chains.append(Chain(tuple(link for link in links if link is not None), lower))
            seeds |= {lower, _inverse(lower)}
        elif predicate == f"{RDF}type" and lower is not None:
            if value == ox.NamedNode(f"{OWL}TransitiveProperty"):
                seeds |= {lower, _inverse(lower)}
            elif value == ox.NamedNode(f"{OWL}SymmetricProperty"):
                implies(lower, _inverse(lower))
        elif lower is not None and upper is not None and lower[0] in objects and upper[0] in objects:
            if predicate == f"{RDFS}subPropertyOf":
                implies(lower, upper)
            elif predicate == f"{OWL}equivalentProperty":
                implies(lower, upper)
                implies(upper, lower)
            elif predicate == f"{OWL}inverseOf" and isinstance(subject, ox.NamedNode):
                implies(lower, _inverse(upper))
                implies(_inverse(upper), lower)
    for seed in seeds:
        found.composite |= _reachable(found.above, seed)
    return found


def _reachable(above: dict[Role, set[Role]], start: Role) -> set[Role]:
    reached = {start}
    waiting = deque([start])
    while waiting:
        for upper in above.get(waiting.popleft(), ()):
            if upper not in reached:
                reached.add(upper)
                waiting.append(upper)
    return reached


def _uses_of_composite_properties(graph: AxiomGraph, hierarchy: PropertyHierarchy) -> Iterator[Complaint]:
    for subject, predicate, value in graph.triples:
        for term, use in _uses_of_simple_properties(graph, subject, predicate, value):
            if graph.role(term) in hierarchy.composite:
                yield (
                    term,
                    f"{use}: it has a chain or is transitive, or a property below it is, so it is not simple "
                    "(11.2).",
                )


def _uses_of_simple_properties(
    graph: AxiomGraph, subject: Term, predicate: str, value: Term
) -> Iterator[tuple[Term, str]]:
    """The properties that one triple of an axiom requires to be simple, and what it makes of them."""
    if predicate == f"{RDF}type":
        for kind in _FOR_SIMPLE_ONLY:
            if value == ox.NamedNode(f"{OWL}{kind}Property"):
                yield subject, f"It may not be declared {kind}Property"
    elif predicate == f"{OWL}propertyDisjointWith":
        for each in (subject, value):
            yield each, "It may not stand in a disjointness of properties"
    elif predicate == f"{OWL}members":
        if ox.NamedNode(f"{OWL}AllDisjointProperties") in graph.objects(subject, f"{RDF}type"):
            for each in graph.members(value):
                yield each, "It may not stand in a disjointness of properties"
    elif predicate == f"{OWL}onProperty":
        restriction = graph.expression(subject)
        if isinstance(restriction, Cardinality):
            yield value, f"It may not have a {restriction.kind} cardinality"
        elif isinstance(restriction, Valued) and restriction.kind == "hasSelf":
            yield value, "It may not stand in hasSelf"


def _irregular_chains(hierarchy: PropertyHierarchy) -> Iterator[Complaint]:
    """Chains that admit no strict order of the properties.

    An expression and its inverse count as one property, and every step up the hierarchy as part of a cycle;
    this is no more lenient than section 11.2, and refuses what an automaton of a reasoner cannot order.
    """
    weaker: dict[str, set[str]] = defaultdict(set)
    for lower, uppers in hierarchy.above.items():
        weaker[lower[0]] |= {upper[0] for upper in uppers if upper[0] != lower[0]}
    strict: list[tuple[str, Chain]] = []
    for chain in hierarchy.chains:
        inner = chain.links
        if inner == (chain.implied, chain.implied):
            continue
        if inner and inner[0] == chain.implied:
            inner = inner[1:]
        elif inner and inner[-1] == chain.implied:
            inner = inner[:-1]
        for link in inner:
            strict.append((link[0], chain))
            weaker[link[0]].add(chain.implied[0])
    told: set[Chain] = set()
    for name, chain in strict:
        path = _path(weaker, chain.implied[0], name)
        if path is not None and chain not in told:
            told.add(chain)
            cycle = " < ".join(role_in_words((each, False)) for each in (name, *path))
            yield (
                ox.NamedNode(chain.implied[0]),
                f"The chain {chain.in_words()} is not regular: its properties cannot be ordered, {cycle} "
                "(11.2).",
            )


def _path(edges: dict[str, set[str]], start: str, goal: str) -> tuple[str, ...] | None:
    """The shortest path between two properties, both included; a property reaches itself in no step."""
    before: dict[str, str | None] = {start: None}
    waiting = deque([start])
    while waiting:
        node = waiting.popleft()
        if node == goal:
            path: list[str] = []
            step: str | None = node
            while step is not None:
                path.append(step)
                step = before[step]
            return tuple(reversed(path))
        for upper in sorted(edges.get(node, ())):
            if upper not in before:
                before[upper] = node
                waiting.append(upper)
    return None


def _declared_otherwise(graph: AxiomGraph) -> Iterator[Complaint]:
    for iri, kinds in graph.kinds.items():
        of_property = [kind for kind in _PROPERTY_KINDS if f"{OWL}{kind}" in kinds]
        if len(of_property) > 1:
            yield ox.NamedNode(iri), f"It is declared as {' and as '.join(of_property)} (5.8.1)."
        if {f"{OWL}Class", f"{RDFS}Datatype"} <= kinds:
            yield ox.NamedNode(iri), "It is declared as a class and as a datatype (5.8.1)."
    for subject, predicate, value in graph.triples:
        for term, wanted in _expected(graph, subject, predicate, value):
            if isinstance(term, ox.NamedNode) and not _is_declared(graph, term.value, wanted):
                yield term, f"It is used as {wanted[0]} but not declared as one (5.8.2)."


def _expected(
    graph: AxiomGraph, subject: Term, predicate: str, value: Term
) -> Iterator[tuple[Term, tuple[str, ...]]]:
    """The terms of a triple with what they must be declared as."""
    classes = ("Class",)
    if predicate in (f"{RDFS}subClassOf", f"{OWL}disjointWith"):
        yield subject, classes
        yield value, classes
    elif predicate in (f"{RDFS}subPropertyOf", f"{OWL}equivalentProperty", f"{OWL}inverseOf"):
        yield subject, _PROPERTY_KINDS
        yield value, _PROPERTY_KINDS
    elif predicate == f"{OWL}onProperty":
        yield value, ("ObjectProperty", "DatatypeProperty")
    elif predicate == f"{OWL}propertyChainAxiom":
        yield subject, ("ObjectProperty",)
        for link in graph.members(value):
            yield link, ("ObjectProperty",)
    elif predicate in (f"{OWL}intersectionOf", f"{OWL}unionOf", f"{OWL}disjointUnionOf"):
        for member in graph.members(value):
            if not (isinstance(member, ox.NamedNode) and graph.is_datatype(member.value)):
                yield member, classes
    elif predicate == f"{OWL}onClass":
        yield value, classes


def _is_declared(graph: AxiomGraph, iri: str, kinds: tuple[str, ...]) -> bool:
    if iri.startswith((OWL, RDF, RDFS)):
        return True
    return bool(graph.kinds.get(iri, set()) & {f"{OWL}{kind}" for kind in kinds})
