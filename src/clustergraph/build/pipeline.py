"""The corridor: collect → close → validate → describe → publish, with every fault in one answer."""

from __future__ import annotations

import hashlib
import json
import platform
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Final

import pyoxigraph as ox

from clustergraph import __version__, iris, snapshot
from clustergraph.build.canonical import canonical_nquads
from clustergraph.build.closure import close, compile_rules, inconsistencies
from clustergraph.build.collect import Collection, collect
from clustergraph.build.faults import gate, warnings
from clustergraph.build.graphs import in_graph
from clustergraph.build.validation import ValidationReport, validate
from clustergraph.errors import BuildRefused, Fault, ReleaseUnavailable, Severity, UnusableInput
from clustergraph.export.release import exported_tables
from clustergraph.imports.store import StoredImport, checksums, stored_imports
from clustergraph.publish import catalogue, evidence_measures
from clustergraph.publish.mappings import sssom_tsv
from clustergraph.publish.quality import quality
from clustergraph.publish.reference import reference_html, reference_markdown
from clustergraph.settings import Settings
from clustergraph.snapshot import Manifest, Release, Validation
from clustergraph.sources.content import Content

#: Told the name of a stage as it begins and, with its figures, as it ends.
Progress = Callable[[str], None]

_TOOLS: Final = ("pyoxigraph", "pyshacl", "rdflib")


@dataclass(slots=True)
class Dataset:
    """A closed and validated dataset in memory.

    `store` holds the default graph and the source graphs; `inferred` are the triples of the default graph
    that no source states; `seconds` is the time of each stage.
    """

    store: ox.Store
    collection: Collection
    report: ValidationReport
    inferred: Sequence[ox.Quad]
    seconds: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BuildOutcome:
    """A build that passed: the release, and whether it is new or has the content of the current one.

    `warnings` are what the shapes warn of.
    """

    release: Release
    published: bool
    warnings: tuple[Fault, ...] = ()


def build_dataset(
    content: Content,
    settings: Settings,
    progress: Progress,
    *,
    other_faults: Sequence[Fault] = (),
    imports: Sequence[StoredImport] = (),
) -> Dataset:
    """Collect, close and validate; raises BuildRefused with every fault found in the inputs."""
    seconds: dict[str, float] = {}
    with _stage("collect", "reading ontology, shapes and data", seconds, progress):
        collection = collect(content, imports)
    store = collection.store
    asserted = list(store.quads_for_pattern(None, None, None, ox.DefaultGraph()))
    progress(f"read {len(asserted):,} triples")
    rejections: list[Fault] = []
    inferred: Sequence[ox.Quad] = ()
    with _stage("close", "drawing the conclusions of the ontology (OWL 2 RL)", seconds, progress):
        try:
            closure = close(
                store,
                compile_rules(collection.ontology),
                triple_budget=settings.closure_triples,
                deadline_seconds=settings.closure_seconds,
            )
            inferred = closure.quads
            rejections.extend(inconsistencies(store, collection.ontology))
        except BuildRefused as refusal:
            rejections.extend(refusal.faults)
    progress(f"inferred {len(inferred):,} triples")
    report = ValidationReport(())
    with _stage("validate", "validating against the shapes (SHACL)", seconds, progress):
        try:
            closed = store.quads_for_pattern(None, None, None, ox.DefaultGraph())
            report = validate(asserted, collection.shapes).union(validate(closed, collection.shapes))
        except UnusableInput as refusal:
            rejections.extend(refusal.faults or [_unusable_shapes(refusal)])
    refusals = (*gate(collection, rejections, report), *other_faults)
    if refusals:
        raise BuildRefused(
            f"Nothing was published: {len(refusals)} fault{'s' if len(refusals) > 1 else ''} "
            "must be mended first.",
            refusals,
            where=str(content.root),
        )
    return Dataset(store, collection, report, inferred, seconds)


def build(
    content: Content,
    settings: Settings,
    progress: Progress,
    *,
    other_faults: Sequence[Fault] = (),
    imports: Sequence[StoredImport] | None = None,
    passed: Callable[[], object] = lambda: None,
) -> BuildOutcome:
    """Build a release and make it current; one with the content of the current release is not doubled.

    `other_faults` were found in inputs that this room does not read, such as queries, and are reported with
    the rest. `imports` are those of the home where not given. `passed` is called when every check has passed
    and nothing is published yet.

    Raises BuildRefused with every fault, or StorageUnavailable when the disk refuses; in both cases the
    release that was current stays so, untouched.
    """
    taken = tuple(stored_imports(settings.home) if imports is None else imports)
    inputs = content.checksums() | checksums(taken)
    with snapshot.publishing(settings.home) as pending:
        dataset = build_dataset(content, settings, progress, other_faults=other_faults, imports=taken)
        with _stage("canonicalise", "writing canonical N-Quads", dataset.seconds, progress):
            inferred_graph = in_graph(ox.NamedNode(iris.INFERRED_GRAPH), dataset.inferred)
            body = canonical_nquads(dataset.store, inferred_graph)
            content_hash = hashlib.sha256(body).hexdigest()
        noticed = warnings(dataset.collection, dataset.report)
        current = _sound_current(settings)
        passed()
        if current is not None and _unchanged(current.manifest, content_hash, inputs):
            return BuildOutcome(current, published=False, warnings=noticed)
        built_at = datetime.now(UTC).replace(microsecond=0)
        triples = _count(dataset.store, "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }")
        with _stage("publish", "publishing", dataset.seconds, progress):
            pending.write(snapshot.DATASET, body)
            for path in content.files():
                if path.is_relative_to(content.queries):
                    pending.write(content.relative(path), path.read_bytes())
            pending.write(snapshot.VALIDATION_REPORT, dataset.report.to_turtle())
            tables = tuple(exported_tables(content, dataset.store))
            pending.write(
                snapshot.DESCRIPTION,
                catalogue.describe(
                    dataset.store, release=pending.number, built_at=built_at, triples=triples, tables=tables
                ),
            )
            pending.write(snapshot.REFERENCE_HTML, reference_html(dataset.store, home="./"))
            pending.write(snapshot.REFERENCE_MARKDOWN, reference_markdown(dataset.store))
            for table in tables:
                pending.write(table.path, table.csv)
                pending.write(table.notes, table.told)
            pending.write(snapshot.MAPPINGS, sssom_tsv(dataset.store))
            measured = quality(dataset.store, dataset.report, inferred=len(dataset.inferred))
            pending.write(snapshot.QUALITY, json.dumps(measured, indent=2).encode())
            pages, sites = evidence_measures.pages(dataset.store)
            manifest = Manifest(
                release=pending.number,
                content_hash=content_hash,
                built_at=built_at,
                version=__version__,
                tools={"python": platform.python_version(), **{tool: version(tool) for tool in _TOOLS}},
                inputs=inputs,
                files=dict(pending.files),
                triples=triples,
                quads=len(dataset.store) + len(dataset.inferred),
                inferred=len(dataset.inferred),
                kinds=catalogue.kinds(dataset.store),
                sources=catalogue.sources(dataset.store),
                pages=pages,
                sites=sites,
                licence=catalogue.LICENCE,
                validation=_outcome(dataset.report),
                seconds={stage: round(spent, 3) for stage, spent in dataset.seconds.items()},
            )
            release = pending.publish(manifest)
    return BuildOutcome(release, published=True, warnings=noticed)


def _unusable_shapes(refusal: UnusableInput) -> Fault:
    return Fault(
        rule="SHACL: usable shapes",
        message=f"{refusal.what} {refusal.where or ''}".strip(),
        fix=refusal.fix or "Correct the shapes.",
        file="shapes/",
    )


def _unchanged(manifest: Manifest, content_hash: str, inputs: dict[str, str]) -> bool:
    return (
        manifest.content_hash == content_hash
        and manifest.inputs == inputs
        and manifest.version == __version__
    )


def _sound_current(settings: Settings) -> Release | None:
    try:
        return snapshot.current_release(settings.home)
    except ReleaseUnavailable:
        return None


def _outcome(report: ValidationReport) -> Validation:
    counts = Counter(result.severity for result in report.results)
    return Validation(
        violations=counts[Severity.VIOLATION], warnings=counts[Severity.WARNING], infos=counts[Severity.INFO]
    )


def _count(store: ox.Store, query: str) -> int:
    (row,) = store.query(query)  # type: ignore[misc]
    return int(row["n"].value)


@contextmanager
def _stage(name: str, words: str, seconds: dict[str, float], progress: Progress) -> Iterator[None]:
    progress(f"{words} …")
    begun = time.monotonic()
    yield
    seconds[name] = time.monotonic() - begun
