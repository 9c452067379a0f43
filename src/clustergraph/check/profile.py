"""The profile check: the core ontology is OWL 2 RL, and with its DL axioms still OWL 2 DL."""

from __future__ import annotations

from collections.abc import Iterable

import pyoxigraph as ox

from clustergraph.check.expressions import AxiomGraph, Term
from clustergraph.check.outcome import Findings, measured, plural
from clustergraph.check.property_restrictions import count_chains, property_complaints
from clustergraph.check.rl_profile import Complaint, rl_complaints
from clustergraph.errors import Fault
from clustergraph.iris import OWL
from clustergraph.sources.content import Content
from clustergraph.sources.curated import line_of, read_rdf
from clustergraph.sources.reading import Reading

CORE = "clustergraph.ttl"
DL = "clustergraph-dl.ttl"


@measured("profile")
def check_profile(content: Content) -> Findings:
    """Check core and alignments against the grammar of OWL 2 RL, and these with the DL axioms against the
    restrictions of OWL 2 DL on properties.
    """
    published = [content.ontology / CORE, *sorted((content.ontology / "alignments").glob("*.ttl"))]
    files = [path for path in (*published, content.ontology / DL) if path.is_file()]
    core, everything = Reading(), Reading()
    for path in files:
        reading = read_rdf(content, path, "ontology")
        everything.absorb(reading)
        if path in published:
            core.absorb(reading)
    graph, whole = AxiomGraph(core.quads), AxiomGraph(everything.quads)
    texts = {content.relative(path): path.read_text(encoding="utf-8") for path in files}
    faults = [
        *everything.faults,
        *_faults(texts, graph, rl_complaints(graph), "OWL 2 RL profile", _MEND_RL),
        *_faults(texts, whole, property_complaints(whole), "OWL 2 DL restriction", _MEND_DL),
    ]
    figures = ", ".join(
        (
            plural(len(graph.declared(f"{OWL}Class")), "class", "classes"),
            plural(
                len(graph.declared(f"{OWL}ObjectProperty") | graph.declared(f"{OWL}DatatypeProperty")),
                "property",
                "properties",
            ),
            plural(count_chains(graph), "chain"),
        )
    )
    return Findings(figures, tuple(faults))


_MEND_RL = f"Move the axiom to ontology/{DL}, or say it with a construct that rules can carry out."
_MEND_DL = (
    "Put the characteristic on a simple subproperty, declare the term, or break the cycle between chains."
)


def _faults(
    texts: dict[str, str], graph: AxiomGraph, complaints: Iterable[Complaint], rule: str, fix: str
) -> list[Fault]:
    found: dict[Fault, None] = {}
    for subject, sentence in complaints:
        focus = _named(graph, subject)
        file, line = _place(texts, focus)
        found[Fault(rule=rule, message=sentence, fix=fix, file=file, line=line, focus=focus)] = None
    return list(found)


def _place(texts: dict[str, str], focus: str | None) -> tuple[str, int | None]:
    """The file and line that describe a term; the core where none does."""
    if focus is not None:
        for file, text in texts.items():
            line = line_of(text, focus)
            if line is not None:
                return file, line
    return next(iter(texts), CORE), None


def _named(graph: AxiomGraph, node: Term) -> str | None:
    """The named term that an anonymous node belongs to: itself, or whose axiom leads to it."""
    if isinstance(node, ox.NamedNode):
        return node.value
    users = {value: subject for subject, _, value in graph.triples if isinstance(value, ox.BlankNode)}
    seen: set[Term] = set()
    while isinstance(node, ox.BlankNode) and node in users and node not in seen:
        seen.add(node)
        node = users[node]
    return node.value if isinstance(node, ox.NamedNode) else None
