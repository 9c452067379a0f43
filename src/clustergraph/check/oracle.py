"""The closure check: our closure over the ontology and a sample of the data is that of owlrl.

Left out of the comparison, as the closure leaves it out (`docs/decisions/0004-closure-by-compiled-rules.md`):
`owl:sameAs` with what it entails, membership of `owl:Thing`, and what axioms say of each other. Compared is
every other triple whose subject is a thing or a concept of the project.
"""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable
from importlib.util import find_spec
from typing import Final

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.closure import close, compile_rules
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.outcome import Findings, measured, plural
from clustergraph.errors import Fault, UnusableInput
from clustergraph.iris import CG, OWL, RDF, RDFS, SKOS

#: Statements of each property in the sample; owlrl takes seconds for a thousand.
_STATEMENTS_A_PROPERTY: Final = 30
_DEADLINE_SECONDS: Final = 180
#: What is taken along for everything that the sample mentions.
_CONTEXT: Final = (f"{RDF}type", f"{CG}fragmentOf")
_NOT_COMPARED: Final = (f"{OWL}sameAs", f"{OWL}differentFrom")
_EVERYTHING: Final = (f"{OWL}Thing", f"{RDFS}Resource")


@measured("closure")
def check_closure(dataset: CheckedDataset) -> Findings:
    """Close the whole dataset within its budget, and compare a sample with owlrl in another process.

    Without owlrl the comparison is skipped.
    """
    report = dataset.closed.report
    figures = f"{plural(report.inferred, 'triple')} inferred in {plural(report.rounds, 'round')}"
    if find_spec("owlrl") is None:
        return Findings("owlrl is not installed (pip install 'clustergraph[dev]')", skipped=True)
    axioms = ontology_axioms(dataset)
    chosen = sample(dataset.asserted_quads)
    faults = differences(
        our_closure(axioms, chosen, dataset), owlrl_closure([*axioms, *chosen]), {*axioms, *chosen}
    )
    figures += f"; {plural(len(chosen), 'triple')} compared with owlrl"
    return Findings(figures, tuple(faults))


def ontology_axioms(dataset: CheckedDataset) -> list[ox.Triple]:
    """The axioms of the core ontology and the alignments, without annotations."""
    return [
        quad.triple
        for quad in dataset.axiom_quads
        if quad.predicate.value.startswith((OWL, RDFS, RDF))
        and quad.predicate.value != f"{RDFS}isDefinedBy"
        and (not isinstance(quad.object, ox.Literal) or isinstance(quad.subject, ox.BlankNode))
    ]


def sample(quads: Iterable[ox.Quad]) -> list[ox.Triple]:
    """Some statements of every property between things and concepts, with the types of all they mention."""
    by_property: dict[str, list[ox.Triple]] = defaultdict(list)
    context: list[ox.Triple] = []
    for triple in (quad.triple for quad in quads):
        if not _is_individual(triple.subject):
            continue
        if triple.predicate.value in _CONTEXT:
            context.append(triple)
        elif isinstance(triple.object, ox.NamedNode) or triple.predicate.value == f"{SKOS}prefLabel":
            by_property[triple.predicate.value].append(triple)
    chosen = [
        triple
        for triples in by_property.values()
        for triple in sorted(triples, key=str)[:_STATEMENTS_A_PROPERTY]
    ]
    mentioned = {str(term) for triple in chosen for term in (triple.subject, triple.object)}
    return [*chosen, *(triple for triple in context if str(triple.subject) in mentioned)]


def our_closure(
    axioms: Iterable[ox.Triple], facts: Iterable[ox.Triple], dataset: CheckedDataset
) -> set[ox.Triple]:
    """What the rules compiled from the axioms conclude from the facts."""
    quads = [ox.Quad(triple.subject, triple.predicate, triple.object) for triple in axioms]
    store = ox.Store()
    store.extend(quads)
    store.extend(ox.Quad(triple.subject, triple.predicate, triple.object) for triple in facts)
    report = close(
        store,
        compile_rules(quads),
        triple_budget=dataset.settings.closure_triples,
        deadline_seconds=dataset.settings.closure_seconds,
    )
    return {quad.triple for quad in report.quads}


def owlrl_closure(triples: Iterable[ox.Triple]) -> set[ox.Triple]:
    """The triples with their OWL 2 RL closure as owlrl draws it; raises UnusableInput when it fails."""
    body = ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b""
    try:
        answer = subprocess.run(
            [sys.executable, "-m", "clustergraph.check.owlrl_process"],
            input=body,
            capture_output=True,
            timeout=_DEADLINE_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UnusableInput(f"owlrl gave no answer within {_DEADLINE_SECONDS} s.") from error
    if answer.returncode != 0:
        words = answer.stderr.decode(errors="replace").strip().splitlines()
        raise UnusableInput(f"owlrl failed: {words[-1] if words else 'it gave no reason'}.")
    return {quad.triple for quad in ox.parse(answer.stdout, format=ox.RdfFormat.N_TRIPLES)}


def differences(ours: set[ox.Triple], owlrls: set[ox.Triple], asserted: set[ox.Triple]) -> Iterable[Fault]:
    """A fault for each inferred triple that one of the two closures has and the other has not."""
    mine = {triple for triple in ours if _is_compared(triple)}
    theirs = {triple for triple in owlrls if _is_compared(triple)} - asserted
    for triples, message in (
        (theirs - mine, "owlrl infers it, the closure does not"),
        (mine - theirs, "the closure infers it, owlrl does not"),
    ):
        for triple in sorted(triples, key=str):
            written = " ".join(_written(part) for part in (triple.subject, triple.predicate, triple.object))
            yield Fault(
                rule="closure equals owlrl",
                message=f"{written}: {message}.",
                fix="Look at the rules compiled from the axioms on this property or class, in build/.",
                focus=triple.subject.value if isinstance(triple.subject, ox.NamedNode) else None,
            )


def _is_compared(triple: ox.Triple) -> bool:
    return (
        _is_individual(triple.subject)
        and triple.predicate.value not in _NOT_COMPARED
        and not isinstance(triple.object, ox.BlankNode)
        and not (isinstance(triple.object, ox.NamedNode) and triple.object.value in _EVERYTHING)
    )


def _is_individual(term: ox.NamedNode | ox.BlankNode | ox.Triple) -> bool:
    return isinstance(term, ox.NamedNode) and term.value.startswith((iris.CGI, iris.CGS))


def _written(term: object) -> str:
    return iris.compact(term.value) if isinstance(term, ox.NamedNode) else str(term)
