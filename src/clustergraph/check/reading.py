"""The reading check: every curated file and table reads without a fault."""

from __future__ import annotations

from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.outcome import Findings, measured, plural


@measured("reading")
def check_reading(dataset: CheckedDataset) -> Findings:
    """Report what the readers found wrong in ontology, shapes and data: syntax, cells, references, slides."""
    files = sum(1 for _ in dataset.content.files())
    figures = f"{plural(files, 'file')}, {plural(len(dataset.asserted_quads), 'triple')}"
    return Findings(figures, dataset.collection.faults)
