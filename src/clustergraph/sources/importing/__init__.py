"""Importing: a user's own files become batches of statements and faults, in bounded memory."""

from clustergraph.sources.importing.protocol import (
    Batch,
    ColumnHelp,
    ImportContext,
    Importer,
    ImportInput,
    packed,
    subject_key,
    unpacked,
)
from clustergraph.sources.importing.tables import TableImporter

__all__ = [
    "Batch",
    "ColumnHelp",
    "ImportContext",
    "ImportInput",
    "Importer",
    "TableImporter",
    "packed",
    "subject_key",
    "unpacked",
]
