"""The gate: every check on one reading of the content, in a fixed order."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from clustergraph.check.consistency import check_consistency
from clustergraph.check.coverage import check_coverage
from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.evidence import check_evidence
from clustergraph.check.lint import check_lint
from clustergraph.check.oracle import check_closure
from clustergraph.check.outcome import CheckOutcome, Status
from clustergraph.check.profile import check_profile
from clustergraph.check.reading import check_reading
from clustergraph.check.shapes import check_shapes
from clustergraph.check.table_metadata import check_table_metadata
from clustergraph.errors import UnusableInput
from clustergraph.settings import Settings
from clustergraph.sources.content import Content

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class GateOutcome:
    """The outcomes of all checks; the gate is passed when none failed, though some may have been skipped."""

    checks: tuple[CheckOutcome, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return all(check.status is not Status.FAILED for check in self.checks)

    def as_json(self) -> dict[str, object]:
        """The outcome as a JSON object: `passed`, `seconds` and `checks`."""
        return {
            "passed": self.passed,
            "seconds": round(self.seconds, 3),
            "checks": [check.as_json() for check in self.checks],
        }


def run_gate(
    content: Content,
    settings: Settings,
    progress: Progress,
    *,
    decks: Path | None = None,
    inventory: Path | None = None,
) -> GateOutcome:
    """Run every check; the two that wait for another program run beside the others.

    `decks` is a directory with the texts of the sources, `inventory` the curators' list of their statements;
    without them, quotes and coverage are checked within the project alone.
    """
    begun = time.monotonic()
    progress("reading ontology, shapes and data …")
    dataset = CheckedDataset(content, settings)
    with suppress(UnusableInput):
        _ = dataset.closed  # drawn once, before two threads ask for it
    with ThreadPoolExecutor(max_workers=2) as beside:
        consistency = beside.submit(check_consistency, dataset)
        closure = beside.submit(check_closure, dataset)
        progress("checking profile, shapes, lint, coverage and evidence …")
        reading = check_reading(dataset)
        profile = check_profile(content)
        shapes = check_shapes(dataset)
        lint = check_lint(dataset)
        coverage = check_coverage(dataset, inventory)
        evidence = check_evidence(dataset, decks)
        metadata = check_table_metadata(content)
        progress("waiting for HermiT and owlrl …")
        checks = (
            reading,
            profile,
            consistency.result(),
            closure.result(),
            shapes,
            lint,
            coverage,
            evidence,
            metadata,
        )
    return GateOutcome(checks, time.monotonic() - begun)
