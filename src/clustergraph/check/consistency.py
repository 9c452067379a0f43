"""The consistency check: ontology, DL axioms, schemes and data contradict each other nowhere."""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.closure import inconsistencies
from clustergraph.build.faults import located
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.expressions import AxiomGraph, Term
from clustergraph.check.hermit import Hermit, find_hermit
from clustergraph.check.outcome import Findings, measured, plural
from clustergraph.check.profile import CORE, DL
from clustergraph.errors import Fault, UnusableInput
from clustergraph.iris import OWL, RDF, RDFS
from clustergraph.sources.curated import read_rdf

#: Longest search for the things that contradict each other, once HermiT has found that some do.
_SEARCH_SECONDS = 60.0

Triples = Sequence[ox.Triple]


@measured("consistency")
def check_consistency(dataset: CheckedDataset) -> Findings:
    """Ask the rules of OWL 2 RL for contradictions, and HermiT whether everything together is consistent.

    Contradictions that the rules find are explained by their axiom. What HermiT finds beyond them is
    narrowed down to the things whose descriptions, with the axioms, suffice for it. Without Java or
    owlready2 the rules alone are asked, and the check is skipped unless they find something.
    """
    faults = list(_contradictions_by_rule(dataset))
    content = dataset.content
    axioms = list(dataset.axiom_quads)
    if (content.ontology / DL).is_file():
        axioms += read_rdf(content, content.ontology / DL, "ontology-dl").quads
    hermit = find_hermit()
    if isinstance(hermit, str):
        return Findings(hermit, tuple(faults), skipped=True)
    faults += [
        located(dataset.collection, fault)
        for fault in contradictions(hermit, axioms, dataset.asserted_quads, explained=bool(faults))
    ]
    figures = (
        f"HermiT: {plural(len(axioms), 'axiom triple')}, {plural(len(dataset.asserted_quads), 'triple')}"
    )
    return Findings(figures, tuple(faults))


def contradictions(
    hermit: Hermit, axioms: Iterable[ox.Quad], data: Iterable[ox.Quad], *, explained: bool = False
) -> list[Fault]:
    """What HermiT finds wrong in axioms and data together: classes without members, or a contradiction.

    `explained` says that a contradiction is known already, so that it is stated but not searched for.
    """
    axioms = list(axioms)
    known = {quad.triple for quad in axioms}
    facts = [quad.triple for quad in data if quad.triple not in known]
    verdict = hermit.judge([*known, *facts])
    if verdict.consistent:
        graph = AxiomGraph(axioms)
        return [_unsatisfiable(graph, name) for name in verdict.unsatisfiable]
    if explained:
        return [_contradiction((), complete=True)]
    blocks: dict[Term, list[ox.Triple]] = defaultdict(list)
    for fact in facts:
        blocks[fact.subject].append(fact)

    def contradictory(subjects: Sequence[Term]) -> bool:
        chosen = itertools.chain.from_iterable(blocks[subject] for subject in subjects)
        return not hermit.judge([*known, *chosen], classes=False).consistent

    members, complete = narrowed(list(blocks), contradictory, time.monotonic() + _SEARCH_SECONDS)
    return [_contradiction(tuple(members), complete=complete)]


def narrowed(
    candidates: Sequence[Term], contradictory: Callable[[Sequence[Term]], bool], until: float
) -> tuple[list[Term], bool]:
    """A smallest set of candidates that is contradictory, and whether the search ended by itself.

    Each member costs one bisection (dichotomic conflict extraction): the shortest contradictory beginning
    of the candidates ends with a member, and the next one is sought before it. `until` is a time of the
    monotonic clock. All candidates together must be contradictory.
    """
    members: list[Term] = []
    while not contradictory(members):
        low, high = 1, len(candidates)
        while low < high:
            if time.monotonic() > until:
                return members, False
            middle = (low + high) // 2
            if contradictory([*members, *candidates[:middle]]):
                high = middle
            else:
                low = middle + 1
        members.append(candidates[low - 1])
        candidates = candidates[: low - 1]
    return members, True


def _contradictions_by_rule(dataset: CheckedDataset) -> Iterable[Fault]:
    try:
        store = dataset.closed.store
    except UnusableInput:
        return ()  # the closure check reports it
    return (
        located(dataset.collection, fault) for fault in inconsistencies(store, dataset.collection.ontology)
    )


def _contradiction(members: Sequence[Term], *, complete: bool) -> Fault:
    names = " and ".join(_name(member) for member in members)
    if not members and complete:
        message = "HermiT finds the whole inconsistent, with the contradictions named here or with others."
    elif not members:
        message = "HermiT finds the whole inconsistent; the search for the things concerned took too long."
    elif complete:
        message = f"With the axioms of the ontology, what is said of {names} is contradictory."
    else:
        message = f"With the axioms of the ontology, what is said of {names} and others is contradictory."
    first = next((member.value for member in members if isinstance(member, ox.NamedNode)), None)
    return Fault(
        rule="consistency (HermiT)",
        message=message,
        fix=f"Compare their types and values with the axioms on their classes, in ontology/{CORE} and "
        f"ontology/{DL}, and correct the statement that is wrong.",
        focus=first,
    )


def _unsatisfiable(graph: AxiomGraph, name: str) -> Fault:
    reason = "the restrictions on it cannot all hold"
    above = _superclasses(graph, name)
    for one, other in _disjoint_pairs(graph):
        if one in above and other in above:
            reason = f"it is below {iris.compact(one)} and {iris.compact(other)}, which are disjoint"
            break
    return Fault(
        rule="satisfiable classes (HermiT)",
        message=f"Nothing can be a {iris.compact(name)}: {reason}.",
        fix="Correct its superclasses, or the disjointness.",
        file=f"ontology/{CORE}",
        focus=name,
    )


def _superclasses(graph: AxiomGraph, name: str) -> set[str]:
    found = {name}
    waiting = [name]
    while waiting:
        node = ox.NamedNode(waiting.pop())
        for predicate in (f"{RDFS}subClassOf", f"{OWL}equivalentClass"):
            for upper in graph.objects(node, predicate):
                if isinstance(upper, ox.NamedNode) and upper.value not in found:
                    found.add(upper.value)
                    waiting.append(upper.value)
    return found


def _disjoint_pairs(graph: AxiomGraph) -> Iterable[tuple[str, str]]:
    groups: list[tuple[Term, ...]] = []
    for subject, predicate, value in graph.triples:
        if predicate == f"{OWL}disjointWith":
            groups.append((subject, value))
        elif predicate == f"{OWL}disjointUnionOf" or (
            predicate == f"{OWL}members"
            and ox.NamedNode(f"{OWL}AllDisjointClasses") in graph.objects(subject, f"{RDF}type")
        ):
            groups.append(graph.members(value))
    for group in groups:
        named = [member.value for member in group if isinstance(member, ox.NamedNode)]
        yield from itertools.combinations(named, 2)


def _name(member: Term) -> str:
    return iris.compact(member.value) if isinstance(member, ox.NamedNode) else str(member)
