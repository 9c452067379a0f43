"""owlrl, run apart: importing it changes how rdflib reads gYear literals in the whole process.

Called as a script with N-Triples files; writes each closed graph beside it, ending in `.closed`.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"

#: What OWL 2 RL says of every graph alike; a triple that mentions one of these is axiomatic.
AXIOMATIC = (f"<{OWL}Thing>", f"<{OWL}Nothing>", f"<{RDFS}Datatype>", f"<{OWL}AnnotationProperty>")

#: Relations in which OWL 2 RL puts every class and property to itself.
REFLEXIVE = (
    f"<{RDFS}subClassOf>",
    f"<{RDFS}subPropertyOf>",
    f"<{OWL}equivalentClass>",
    f"<{OWL}equivalentProperty>",
)


def entailed(*graphs: Path) -> list[set[str]]:
    """The triples owlrl infers from each N-Triples file, less those this project leaves out on purpose.

    Left out: axiomatic triples, classes and properties related to themselves, literals as subjects,
    owl:sameAs, and blank nodes (anonymous class expressions).
    """
    paths = [str(graph) for graph in graphs]
    subprocess.run([sys.executable, __file__, *paths], check=True, timeout=240)
    results = []
    for graph in graphs:
        asserted = set(graph.read_text(encoding="utf-8").splitlines())
        lines = graph.with_suffix(".closed").read_text(encoding="utf-8").splitlines()
        results.append({line for line in lines if line not in asserted and is_kept(line)})
    return results


def is_kept(line: str) -> bool:
    """Whether a triple is one this project infers, too."""
    subject, predicate, value = line.removesuffix(" .").split(" ", 2)
    return not (
        subject.startswith('"')
        or subject.startswith("_:")
        or value.startswith("_:")
        or (subject == value and predicate in REFLEXIVE)
        or predicate == f"<{OWL}sameAs>"
        or any(term in (subject, value) for term in AXIOMATIC)
    )


def main(path: str) -> None:
    """Write the closure of an N-Triples file beside it."""
    import owlrl
    import rdflib

    rdflib.NORMALIZE_LITERALS = False
    graph = rdflib.Graph().parse(path, format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(
        graph
    )
    with Path(path).with_suffix(".closed").open("w", encoding="utf-8") as closed:
        for subject, predicate, value in graph:
            closed.write(f"{subject.n3()} {predicate.n3()} {_literal(value)} .\n")


def _literal(term: object) -> str:
    """N-Triples: rdflib's n3 writes numbers and booleans bare and long strings in three quotes."""
    from rdflib import Literal
    from rdflib.plugins.serializers.nt import _quoteLiteral

    return _quoteLiteral(term) if isinstance(term, Literal) else term.n3()  # type: ignore[attr-defined]


if __name__ == "__main__":
    for name in sys.argv[1:]:
        main(name)
