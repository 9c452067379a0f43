"""Validation: data against SHACL shapes, with an engine that can be exchanged.

The room above knows `validate` and the values in `report.py`. An engine is a function from two graphs to a
SHACL results graph (SHACL section 3.6). pySHACL is the reference, pyshacl-turbo the default: on the project's
own data it gives the same results twenty times faster (docs/decisions/0010-shacl-engine.md).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

import pyoxigraph as ox

from clustergraph.build import turbo_engine
from clustergraph.build.report import ValidationReport, ValidationResult, read_report
from clustergraph.build.shapes_syntax import syntax_faults
from clustergraph.errors import UnusableInput

__all__ = ["Engine", "ValidationReport", "ValidationResult", "validate"]

#: Data graph and shapes graph in, results graph out; raises UnusableInput for shapes it cannot use.
Engine: TypeAlias = Callable[[Sequence[ox.Triple], Sequence[ox.Triple]], Iterable[ox.Triple]]


def validate(
    data: Iterable[ox.Triple | ox.Quad],
    shapes: Iterable[ox.Triple | ox.Quad],
    *,
    engine: Engine = turbo_engine.report_graph,
) -> ValidationReport:
    """Validate a data graph against a shapes graph; quads count as triples of one graph, whatever its name.

    Nothing is inferred. `ValidationReport.conforms` is SHACL's own: a warning makes it false, too; what may
    be published is decided on `ValidationReport.violations`. Raises UnusableInput when the shapes graph is
    not well-formed, with every fault found in it.
    """
    data_graph, shapes_graph = _triples(data), _triples(shapes)
    faults = syntax_faults(shapes_graph)
    if faults:
        raise UnusableInput("The shapes graph is not well-formed.", faults, where=faults[0].message)
    return read_report(engine(data_graph, shapes_graph), shapes_graph)


def _triples(statements: Iterable[ox.Triple | ox.Quad]) -> list[ox.Triple]:
    """Each triple once, in the order given."""
    each = (statement.triple if isinstance(statement, ox.Quad) else statement for statement in statements)
    return list(dict.fromkeys(each))
