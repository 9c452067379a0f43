"""Time the closure of the project's ontology over synthetic data.

    python benchmarks/closure.py [TRIPLES]

The data exist for timing only: links between made-up individuals over every property of the ontology. Also
prints what "not known yet" costs as MINUS, as FILTER NOT EXISTS and as a look-up of each row; the closure
looks up, because rows that arrive can be counted and timed.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from pathlib import Path

import pyoxigraph as ox

from clustergraph import iris
from clustergraph.build.closure import close, compile_rules, inconsistencies

ROOT = Path(__file__).resolve().parents[1]
TYPE = ox.NamedNode(f"{iris.RDF}type")


def synthetic(ontology: list[ox.Quad], triples: int, *, of_each: int = 40) -> list[ox.Quad]:
    """Links within groups of made-up individuals, so that transitive properties stay local."""
    chance = random.Random(7)
    kinds = {"Class": [], "ObjectProperty": []}
    for quad in ontology:
        for kind, names in kinds.items():
            typed = quad.predicate == TYPE and quad.object == ox.NamedNode(iris.OWL + kind)
            if typed and isinstance(quad.subject, ox.NamedNode) and quad.subject.value.startswith(iris.CG):
                names.append(quad.subject)
    data: list[ox.Quad] = []
    group = 0
    while len(data) < triples:
        members = [
            ox.NamedNode(f"https://example.org/synthetic/{group}/{number}") for number in range(of_each)
        ]
        data += [ox.Quad(member, TYPE, chance.choice(kinds["Class"])) for member in members]
        for _ in range(of_each * 2):
            one, other = sorted(chance.sample(range(of_each), 2))
            data.append(ox.Quad(members[one], chance.choice(kinds["ObjectProperty"]), members[other]))
        group += 1
    return data


def main(triples: int) -> None:
    """Print rules, triples, rounds and seconds."""
    text = ox.parse(path=str(ROOT / "ontology" / "clustergraph.ttl"), format=ox.RdfFormat.TURTLE)
    ontology = [ox.Quad(quad.subject, quad.predicate, quad.object) for quad in text]
    begun = time.perf_counter()
    rules = compile_rules(ontology)
    print(f"{len(rules)} rules compiled in {time.perf_counter() - begun:.3f} s")
    store = ox.Store()
    store.extend([*ontology, *synthetic(ontology, triples)])
    asserted = len(store)
    report = close(
        store,
        rules,
        triple_budget=50_000_000,
        deadline_seconds=600,
        progress=print,
    )
    print(
        f"{asserted:,} asserted, {report.inferred:,} inferred, {report.rounds} rounds, {report.seconds:.2f} s"
    )
    begun = time.perf_counter()
    found = inconsistencies(store, ontology)
    print(f"{len(found):,} contradictions told in {time.perf_counter() - begun:.2f} s")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")
    body, known = f"?thing a <{iris.PROV}Entity>", f"{{ ?thing a <{iris.CG}SourceFragment> }}"
    for words in ("MINUS", "FILTER NOT EXISTS"):
        begun = time.perf_counter()
        rows = sum(1 for _ in store.query(f"SELECT ?thing WHERE {{ {body} {words} {known} }}"))  # type: ignore[misc]
        print(f"{words}: {rows:,} rows in {(time.perf_counter() - begun) * 1000:.1f} ms")
    begun = time.perf_counter()
    fragment = ox.NamedNode(f"{iris.CG}SourceFragment")
    rows = sum(
        ox.Quad(row[0], TYPE, fragment) not in store
        for row in store.query(f"SELECT ?thing WHERE {{ {body} }}")  # type: ignore[union-attr]
    )
    print(f"look-up of each row: {rows:,} rows in {(time.perf_counter() - begun) * 1000:.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
