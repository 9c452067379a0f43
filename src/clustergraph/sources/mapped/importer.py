"""`clustergraph import table FILE --mapping MAPPING`: a user's table by the user's mapping."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from clustergraph import iris
from clustergraph.errors import Fault, UnusableInput
from clustergraph.sources.importing.protocol import Batch, ColumnHelp, ImportContext, ImportInput, subject_key
from clustergraph.sources.importing.tables import TableImporter
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.mapped.checking import read_mapping
from clustergraph.sources.mapped.document import Document
from clustergraph.sources.mapped.model import MappingFile
from clustergraph.sources.mapped.table import table_kind
from clustergraph.sources.mapped.vocabulary import Vocabulary, nearest
from clustergraph.sources.places import Territories
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.table.faults import UnreadableTable
from clustergraph.sources.table.header import named_columns
from clustergraph.sources.table.records import TableFile, open_records


@dataclass(frozen=True, slots=True)
class MappedImporter:
    """Imports any table by a mapping file; what mappings may name is looked up when one is read."""

    vocabulary: Callable[[], Vocabulary]
    territories: Callable[[], Territories]
    name: str = field(init=False, default="table")
    title: str = field(init=False, default="Any table, by a mapping file of yours")
    mints: bool = field(init=False, default=True)
    columns: tuple[ColumnHelp, ...] = field(init=False, default=())

    def read(self, source: ImportInput, context: ImportContext) -> Iterator[Batch]:
        """Every row of the table, in batches; a mapping that cannot be used ends it before the first row."""
        territories = self.territories()
        try:
            path = _only_mapping(context.options.get("mapping", ()))
            mapping, document = read_mapping(path, self.vocabulary(), context.labels, territories)
        except UnusableInput as refusal:
            yield Batch(faults=tuple(refusal.faults) or (_as_fault(refusal),))
            return
        kind = table_kind(mapping, context.graph, context.labels, territories)
        faults = _of_header(mapping, document, kind, source, context)
        if faults:
            yield Batch(faults=tuple(faults))
            return
        if mapping.about.repeated:
            # Whether a thing has one label is seen where all rows pass through one process.
            kind, context = _with_one_label_each(kind), replace(context, processes=1)
        yield from TableImporter(kind).read(source, context)


def _only_mapping(given: Sequence[str]) -> Path:
    if len(given) != 1:
        raise UnusableInput(
            "A table of your own is imported by one mapping file.",
            fix="Name it with --mapping; docs/guides/mapping.md shows one.",
        )
    return Path(given[0])


def _as_fault(refusal: UnusableInput) -> Fault:
    return Fault(
        rule="mapping file", message=refusal.what, fix=refusal.fix or "Name another file.", file=refusal.where
    )


def _of_header(
    mapping: MappingFile,
    document: Document,
    kind: TableKind[SourcedRow],
    source: ImportInput,
    context: ImportContext,
) -> list[Fault]:
    """Columns that the mapping names and the table has not, and the other way round.

    What else may be wrong with a header is told by what reads the table.
    """
    try:
        records = open_records(TableFile(source.path, source.name, source.sheet), context.limits)
        first = next(records, None)
    except UnreadableTable:
        return []
    if first is None or isinstance(first, Fault) or len(first[1]) < 2:
        return []
    header = named_columns(first[1], kind.model, {})
    faults = [
        document.fault(
            _speaks_of(mapping, column),
            f"The table {source.name} has no column {column}{nearest(column, header)}",
            "Correct the name in the mapping or in the table.",
            rule="columns of the table",
        )
        for column in mapping.used()
        if column not in header
    ]
    known = {info.alias or name for name, info in kind.model.model_fields.items()}
    faults += [
        document.fault(
            ("ignore",),
            f"The mapping says nothing of the column {column} of {source.name}.",
            "Map it below columns, or list it below ignore.",
            rule="columns of the table",
        )
        for column in dict.fromkeys(header)
        if column not in known
    ]
    return faults


def _speaks_of(mapping: MappingFile, column: str) -> tuple[str, ...]:
    if column in mapping.columns:
        return ("columns", column)
    if column in mapping.places():
        return ("about", "iri")
    if column == mapping.about.label:
        return ("about", "label")
    return ("source", "url" if column == mapping.source.url else "as_of")


class _Contradiction(ValueError):
    fix = "Correct one of the two, or make the identifier of more columns."


def _with_one_label_each(kind: TableKind[SourcedRow]) -> TableKind[SourcedRow]:
    """The kind, refusing a row whose thing had another label before; keeps two numbers for each thing."""
    labels: dict[int, int] = {}

    def emit(statements: Statements, row: SourcedRow) -> Any:
        thing, label = kind.subject(row), kind.label(row) or ""
        if labels.setdefault(subject_key(thing), subject_key(label)) != subject_key(label):
            raise _Contradiction(f"{iris.compact(thing)} had another label in an earlier row than {label!r}")
        return kind.emit(statements, row)

    return replace(kind, emit=emit)
