"""The shapes check: the dataset conforms to the SHACL shapes, as asserted and with its conclusions."""

from __future__ import annotations

from collections import Counter
from typing import Final

import pyoxigraph as ox

from clustergraph.build.faults import fault_of
from clustergraph.build.validation import validate
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.outcome import Findings, measured, plural
from clustergraph.errors import Fault, Severity
from clustergraph.iris import RDF, SH

_TYPE: Final = ox.NamedNode(f"{RDF}type")
_NODE_SHAPE: Final = ox.NamedNode(f"{SH}NodeShape")


@measured("shapes")
def check_shapes(dataset: CheckedDataset) -> Findings:
    """Validate asserted and closed triples; violations fail the check, warnings and notes are listed."""
    shapes = dataset.collection.shapes
    count = sum(1 for quad in shapes if quad.predicate == _TYPE and quad.object == _NODE_SHAPE)
    if count == 0:
        return Findings("no shapes", (_NO_SHAPES,))
    report = validate(dataset.asserted_quads, shapes).union(validate(dataset.closed_quads, shapes))
    grades = Counter(result.severity for result in report.results)
    figures = ", ".join(
        (
            plural(count, "node shape"),
            plural(grades[Severity.VIOLATION], "violation"),
            plural(grades[Severity.WARNING], "warning"),
            plural(grades[Severity.INFO], "note"),
        )
    )
    return Findings(figures, tuple(fault_of(dataset.collection, result) for result in report.results))


_NO_SHAPES: Final = Fault(
    rule="shapes at hand",
    message="There is no node shape, so nothing would be checked.",
    fix="Restore the files below shapes/.",
    file="shapes",
)
