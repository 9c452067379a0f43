"""One task of a build in a process of its own, timed stage by stage.

    python -m benchmarks.stages TASK FILE HOME

FILE is N-Quads of `benchmarks/ecosystem.py`. The tasks: `parse` (the raw parser and nothing else), `build`
(collect, close, validate, canonicalise, publish), `unvalidated` (the same without validation), `close`,
`naive` and `naive-by-hash` (the same rules to a fixpoint), `owlrl`, `validate` and `pyshacl`.
The answer is one line of JSON: seconds by stage, counts, and the peak of memory in MiB. Seconds are of
processor time, all threads together: on a machine that others share they say more than those of a clock.
"""

from __future__ import annotations

import json
import os
import platform
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Final

import pyoxigraph as ox
import rdflib

from benchmarks import naive
from benchmarks.servers import ROOT
from clustergraph import __version__, iris, snapshot
from clustergraph.build import pyshacl_engine, turbo_engine
from clustergraph.build.canonical import canonical_nquads
from clustergraph.build.closure import close, compile_rules, inconsistencies
from clustergraph.build.collect import merged
from clustergraph.build.graphs import in_graph
from clustergraph.build.validation import Engine, ValidationReport, validate
from clustergraph.publish import catalogue
from clustergraph.publish.mappings import sssom_tsv
from clustergraph.publish.quality import quality
from clustergraph.publish.reference import reference_html, reference_markdown
from clustergraph.snapshot import Manifest, Validation
from clustergraph.sources.content import Content
from clustergraph.sources.curated import read_ontology, read_shapes

_NO_LIMIT: Final = 10**9


class Task:
    """What is timed, and what it found."""

    def __init__(self, file: Path, home: Path) -> None:
        content = Content(ROOT)
        self.file = file
        self.home = home
        self.ontology = read_ontology(content).quads
        self.shapes = read_shapes(content).quads
        self.seconds: dict[str, float] = {}
        self.counts: dict[str, int] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time what is done inside."""
        begun = time.process_time()
        yield
        self.seconds[name] = time.process_time() - begun

    def parse(self) -> None:
        """pyoxigraph's `bulk_load` of the file: what no build can be faster than."""
        store = ox.Store()
        with self.stage("parse"):
            store.bulk_load(path=str(self.file), format=ox.RdfFormat.N_QUADS)

    def build(self) -> None:
        """Every stage, in the order of the pipeline."""
        self._build(validated=True)

    def unvalidated(self) -> None:
        """Every stage but validation."""
        self._build(validated=False)

    def close(self) -> None:
        """The closure as the build draws it."""
        self._close(self._collected())

    def naive(self) -> None:
        """The same rules, one after the other, until a pass adds nothing."""
        self._fixpoint(by_hash=False)

    def naive_by_hash(self) -> None:
        """The same with patterns joined as the closure joins them."""
        self._fixpoint(by_hash=True)

    def _fixpoint(self, *, by_hash: bool) -> None:
        store = self._collected()
        asserted = self.counts["asserted"]
        rules = compile_rules(self.ontology)
        with self.stage("close"):
            self.counts["rounds"] = naive.fixpoint(store, rules, by_hash=by_hash)
        self.counts["inferred"] = _default_size(store) - asserted

    def owlrl(self) -> None:
        """owlrl over the same triples; it also draws what this project leaves out on purpose."""
        import owlrl  # noqa: PLC0415 - it changes how rdflib reads literals in the whole process

        triples = _asserted(self._collected())
        graph = rdflib.Graph().parse(
            data=ox.serialize(triples, format=ox.RdfFormat.N_TRIPLES) or b"", format="nt"
        )
        with self.stage("close"):
            owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
        self.counts["inferred"] = len(graph) - len(triples)

    def validate(self, engine: Engine = turbo_engine.report_graph) -> None:
        """The asserted graph against the shapes."""
        triples = _asserted(self._collected())
        with self.stage("validate"):
            report = validate(triples, self.shapes, engine=engine)
        self.counts["results"] = len(report.results)

    def pyshacl(self) -> None:
        """The same with pySHACL."""
        self.validate(pyshacl_engine.report_graph)

    def _collected(self) -> ox.Store:
        with self.stage("collect"):
            store = merged(chain(self.ontology, ox.parse(path=str(self.file), format=ox.RdfFormat.N_QUADS)))
        self.counts["asserted"] = _default_size(store)
        return store

    def _close(self, store: ox.Store) -> Sequence[ox.Quad]:
        rules = compile_rules(self.ontology)
        with self.stage("close"):
            report = close(
                store,
                rules,
                triple_budget=_NO_LIMIT,
                deadline_seconds=_NO_LIMIT,
            )
        self.counts |= {"inferred": report.inferred, "rounds": report.rounds}
        return report.quads

    def _build(self, *, validated: bool) -> None:
        store = self._collected()
        asserted = _asserted(store) if validated else []
        inferred = self._close(store)
        with self.stage("contradictions"):
            self.counts["contradictions"] = len(inconsistencies(store, self.ontology))
        report = ValidationReport(())
        if validated:
            with self.stage("validate asserted"):
                report = validate(asserted, self.shapes)
            with self.stage("validate closed"):
                closed = store.quads_for_pattern(None, None, None, ox.DefaultGraph())
                report = report.union(validate(closed, self.shapes))
            self.counts["results"] = len(report.results)
        with self.stage("canonicalise"):
            body = canonical_nquads(store, in_graph(ox.NamedNode(iris.INFERRED_GRAPH), inferred))
        with self.stage("publish"):
            _publish(self.home, store, body, report, len(inferred))


def _publish(home: Path, store: ox.Store, body: bytes, report: ValidationReport, inferred: int) -> None:
    """What `clustergraph build` writes, without the curated files."""
    built_at = datetime.now(UTC).replace(microsecond=0)
    triples = _default_size(store)
    with snapshot.publishing(home) as pending:
        pending.write(snapshot.DATASET, body)
        pending.write(snapshot.VALIDATION_REPORT, report.to_turtle())
        description = catalogue.describe(store, release=pending.number, built_at=built_at, triples=triples)
        pending.write(snapshot.DESCRIPTION, description)
        pending.write(snapshot.REFERENCE_HTML, reference_html(store, home="./"))
        pending.write(snapshot.REFERENCE_MARKDOWN, reference_markdown(store))
        pending.write(snapshot.MAPPINGS, sssom_tsv(store))
        measured = quality(store, report, inferred=inferred)
        pending.write(snapshot.QUALITY, json.dumps(measured, indent=2).encode())
        pending.publish(
            Manifest(
                release=pending.number,
                content_hash=pending.files[snapshot.DATASET].sha256,
                built_at=built_at,
                version=__version__,
                tools={"python": platform.python_version()},
                inputs={},
                files=dict(pending.files),
                triples=triples,
                quads=len(store) + inferred,
                inferred=inferred,
                kinds=catalogue.kinds(store),
                sources=catalogue.sources(store),
                licence=catalogue.LICENCE,
                validation=Validation(violations=0, warnings=0, infos=0),
                seconds={},
            )
        )


def _asserted(store: ox.Store) -> list[ox.Triple]:
    return [quad.triple for quad in store.quads_for_pattern(None, None, None, ox.DefaultGraph())]


def _default_size(store: ox.Store) -> int:
    (row,) = store.query("SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")  # type: ignore[misc]
    return int(row["n"].value)


TASKS: Final[dict[str, Callable[[Task], None]]] = {
    "parse": Task.parse,
    "build": Task.build,
    "unvalidated": Task.unvalidated,
    "close": Task.close,
    "naive": Task.naive,
    "naive-by-hash": Task.naive_by_hash,
    "owlrl": Task.owlrl,
    "validate": Task.validate,
    "pyshacl": Task.pyshacl,
}


def main() -> None:
    """Do the task and say how long it took; it ends where it needs more memory than the machine has left."""
    left = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_DATA, (left, left))
    task = Task(Path(sys.argv[2]), Path(sys.argv[3]))
    TASKS[sys.argv[1]](task)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": task.seconds, "counts": task.counts, "peak": peak}) + "\n")


if __name__ == "__main__":
    main()
