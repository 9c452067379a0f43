"""owlrl's closure in a process of its own: N-Triples on stdin, N-Triples on stdout.

owlrl changes how literals of a Python process are read, so it is never imported elsewhere.
"""

from __future__ import annotations

import sys

import owlrl
import rdflib


def main() -> None:
    """Close what comes in under the OWL 2 RL rules."""
    graph = rdflib.Graph()
    graph.parse(sys.stdin.buffer, format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics, axiomatic_triples=False, datatype_axioms=False).expand(
        graph
    )
    for subject, predicate, value in list(graph):
        if isinstance(subject, rdflib.Literal):
            graph.remove((subject, predicate, value))
    graph.serialize(sys.stdout.buffer, format="nt", encoding="utf-8")


if __name__ == "__main__":
    main()
