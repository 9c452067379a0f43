"""The reference engine and the default engine over the data of the project."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox

from clustergraph.build import pyshacl_engine, turbo_engine
from clustergraph.build.collect import Collection
from clustergraph.build.report import ValidationReport
from clustergraph.build.validation import validate

ROOT = Path(__file__).resolve().parents[2]


def asserted(collection: Collection) -> list[ox.Triple]:
    """The asserted triples, in an order that is always the same."""
    quads = collection.store.quads_for_pattern(None, None, None, ox.DefaultGraph())
    return sorted((quad.triple for quad in quads), key=str)


def both(data: list[ox.Triple], collection: Collection) -> tuple[ValidationReport, ValidationReport]:
    reference = validate(data, collection.shapes, engine=pyshacl_engine.report_graph)
    return reference, validate(data, collection.shapes, engine=turbo_engine.report_graph)


def signatures(report: ValidationReport) -> set[tuple[str | None, ...]]:
    """Everything a reader sees of a result; nodes without a name differ from reading to reading."""
    return {
        (
            result.focus,
            result.path,
            result.value,
            result.component,
            result.severity_iri,
            result.shape,
            result.message,
            result.remedy,
        )
        for result in report.results
    }
