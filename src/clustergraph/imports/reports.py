"""The report of an import: text for people, JSON for machines, or the user's own rows with marked cells."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from clustergraph.errors import Fault, UnusableInput
from clustergraph.imports.annotated import write_workbook
from clustergraph.imports.candidates import Candidate
from clustergraph.imports.intake import Intake
from clustergraph.snapshot import storage
from clustergraph.sources.importing import ImportInput
from clustergraph.sources.table.limits import TableLimits

ENDINGS: Final = (".txt", ".json", ".xlsx")


@dataclass(frozen=True, slots=True)
class Report:
    """What is said of an import: its kind, name and outcome in a sentence, and all that was found."""

    kind: str
    name: str
    outcome: str
    source: ImportInput
    intake: Intake
    faults: Sequence[Fault]

    def as_json(self) -> dict[str, Any]:
        """The report as JSON; `faults` are the first, `fault_count` says how many there are."""
        return {
            "kind": self.kind,
            "name": self.name,
            "file": self.source.name,
            "sha256": self.intake.input_sha256,
            "outcome": self.outcome,
            "rows": self.intake.rows,
            "rejected": self.intake.rejected,
            "fault_count": max(self.intake.fault_count, len(self.faults)),
            "faults": [fault.as_json() for fault in self.faults],
            "candidates": [candidate.as_json() for candidate in self.intake.candidates],
        }

    def as_text(self) -> str:
        """The report for people."""
        lines = [f"{self.source.name}: {self.outcome}", ""]
        for fault in self.faults:
            lines += [fault.place(), f"  rule   {fault.rule}"]
            if fault.value:
                lines.append(f"  value  {fault.value}")
            lines += [f"  wrong  {fault.message}", f"  mend   {fault.fix}", ""]
        if self.intake.fault_count > len(self.faults):
            lines += [f"… and {self.intake.fault_count - len(self.faults):,} more faults.", ""]
        lines += [_in_a_line(candidate) for candidate in self.intake.candidates]
        return "\n".join(lines).rstrip() + "\n"


def check_report_path(path: Path | None) -> None:
    """Raise UnusableInput where a report cannot be written, before anything is read."""
    if path is not None and path.suffix.lower() not in ENDINGS:
        raise UnusableInput(
            f"A report cannot be written as {path.suffix or 'a file without an ending'}.",
            where=str(path),
            fix=f"Name the report with one of {', '.join(ENDINGS)}.",
        )


def write_report(path: Path, report: Report, limits: TableLimits) -> None:
    """Write the report in the form that the ending of its name says."""
    suffix = path.suffix.lower()
    with storage(path.parent):
        if suffix == ".json":
            path.write_text(json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n", "utf-8")
        elif suffix == ".xlsx":
            write_workbook(path, report.source, report.faults, report.intake.candidates, limits)
        else:
            path.write_text(report.as_text(), "utf-8")


def _in_a_line(candidate: Candidate) -> str:
    return (
        f"may be the same ({candidate.score:.0f} of 100): {candidate.organisation.name} "
        f"<{candidate.organisation.iri}> and {candidate.other.name} <{candidate.other.iri}>"
    )
