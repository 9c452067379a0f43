"""The gate: results of validation and reasoning become faults with a file, a row and a remedy."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from clustergraph import iris
from clustergraph.build.collect import Collection
from clustergraph.build.validation import ValidationReport, ValidationResult
from clustergraph.errors import Fault, Severity

_IRI: Final = re.compile(r"<([^>]*)>")


def gate(
    collection: Collection, contradictions: Iterable[Fault], report: ValidationReport
) -> tuple[Fault, ...]:
    """Every fault that forbids publishing: of reading, of logic and of shapes, sorted by place.

    A result that only repeats a reader's fault, or mentions a thing whose row was rejected, is left out:
    it goes when that fault is mended.
    """
    faults = [fault for fault in collection.faults if fault.severity is Severity.VIOLATION]
    explained = {term for fault in faults for term in (fault.focus, fault.value) if term}
    explained |= collection.rejected
    faults.extend(located(collection, contradiction) for contradiction in contradictions)
    faults.extend(
        fault_of(collection, result)
        for result in report.violations
        if result.focus not in explained and result.value not in explained
    )
    return tuple(
        sorted(set(faults), key=lambda fault: (fault.file or "", fault.row or fault.line or 0, fault.rule))
    )


def warnings(collection: Collection, report: ValidationReport) -> tuple[Fault, ...]:
    """What shapes warn of, and what is published all the same, sorted by place."""
    found = {fault_of(collection, result) for result in report.results if result.severity is Severity.WARNING}
    return tuple(sorted(found, key=lambda fault: (fault.file or "", fault.focus or "", fault.rule)))


def fault_of(collection: Collection, result: ValidationResult) -> Fault:
    """One validation result with the place that describes its focus node."""
    path = f" {_readable(result.path)}" if result.path else ""
    shape = iris.compact(result.shape) if result.shape else "an unnamed shape"
    return located(
        collection,
        Fault(
            rule=f"{shape} ({iris.compact(result.component)}{path})",
            message=result.message,
            fix=result.remedy or "Correct the statement so that the shape holds.",
            focus=result.focus,
            value=result.value,
            severity=result.severity,
        ),
    )


def located(collection: Collection, fault: Fault) -> Fault:
    """A fault with the file, and the row or line, that describes its focus node."""
    if fault.focus is None or (origin := collection.locate(fault.focus)) is None:
        return fault
    return replace(fault, file=origin.file, row=origin.row, line=collection.line(fault.focus))


def _readable(path: str) -> str:
    """A property path with its IRIs as prefixed names."""
    return _IRI.sub(lambda found: iris.compact(found[1]), path) if "<" in path else iris.compact(path)
