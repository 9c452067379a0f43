"""Importers of tables of a kind: rows in, lines of N-Quads out, several processes where it is worth it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from clustergraph.errors import Fault
from clustergraph.sources.importing.codes import CodeLists
from clustergraph.sources.importing.pool import evaluated
from clustergraph.sources.importing.protocol import (
    Batch,
    ColumnHelp,
    ImportContext,
    ImportInput,
    packed,
    subject_key,
)
from clustergraph.sources.kinds.kind import Organisation, TableKind
from clustergraph.sources.lines import LineSink
from clustergraph.sources.mentions import Mention
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.table.delimited import Record
from clustergraph.sources.table.faults import UnreadableTable
from clustergraph.sources.table.header import columns_help
from clustergraph.sources.table.marks import DecimalMarks
from clustergraph.sources.table.records import TableFile
from clustergraph.sources.table.rows import RowReader, Table, open_table

RowT = TypeVar("RowT", bound=SourcedRow)

#: Records that go to one process at a time, and fewer where their cells are long.
_RECORDS: Final = 2_000
_CHARACTERS: Final = 2_000_000
#: A file shorter than this is read before other processes would have started.
_WORTH_PROCESSES: Final = 2 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class TableImporter(Generic[RowT]):
    """Imports tables of one kind."""

    kind: TableKind[RowT]

    @property
    def name(self) -> str:
        """The kind on the command line."""
        return self.kind.name

    @property
    def title(self) -> str:
        """What it is, in a few English words."""
        return self.kind.title

    @property
    def mints(self) -> bool:
        """Whether a row is the one place that introduces its subject."""
        return self.kind.mints

    @property
    def columns(self) -> tuple[ColumnHelp, ...]:
        """The columns, for people."""
        return tuple(ColumnHelp(*told) for told in columns_help(self.kind.model))

    def read(self, source: ImportInput, context: ImportContext) -> Iterator[Batch]:
        """Every row of a table, in batches and in order."""
        table = open_table(
            TableFile(source.path, source.name, source.sheet),
            self.kind.model,
            synonyms=self.kind.synonyms,
            limits=context.limits,
            preferred_sheets=(self.kind.name,),
            advance=context.advance,
        )
        if isinstance(table, tuple):
            yield Batch(faults=table)
            return
        mapper = RowMapper(self.kind, table.reader, context)
        marks = DecimalMarks.of(self.kind.model, table.reader.header)
        small = source.path.stat().st_size < _WORTH_PROCESSES
        for batch, seen in evaluated(
            mapper, _chunks(table, context.skip), processes=1 if small else context.processes
        ):
            marks.absorb(seen)
            yield batch
        if mixed := marks.faults(table.name):
            yield Batch(faults=mixed)


@dataclass(slots=True)
class Chunk:
    """Some records of a table, and the faults of those beside them that could not be read."""

    records: list[Record]
    faults: list[Fault]


def _chunks(table: Table[Any], skip: frozenset[int]) -> Iterator[Chunk]:
    records: list[Record] = []
    faults: list[Fault] = []
    length = 0
    try:
        for record in table.records:
            if isinstance(record, Fault):
                faults.append(record)
                continue
            if record[0] in skip:
                continue
            records.append(record)
            length += sum(map(len, record[1]))
            if len(records) >= _RECORDS or length > _CHARACTERS:
                yield Chunk(records, faults)
                records, faults, length = [], [], 0
    except UnreadableTable as refusal:
        faults.append(refusal.fault)
    if records or faults:
        yield Chunk(records, faults)


class _Labels(Mapping[str, str]):
    """What is described elsewhere, and the one thing that the row at hand describes."""

    def __init__(self, others: Mapping[str, str]) -> None:
        self._others = others
        self.own: tuple[str, str] | None = None

    def __getitem__(self, key: str) -> str:
        if key in self._others or self.own is None or key != self.own[0]:
            return self._others[key]
        return self.own[1]

    def __iter__(self) -> Iterator[str]:
        yield from self._others
        if self.own is not None and self.own[0] not in self._others:
            yield self.own[0]

    def __len__(self) -> int:
        return sum(1 for _ in self)


class RowMapper(Generic[RowT]):
    """Turns records into a batch: validated, checked against the code lists, written as lines."""

    def __init__(self, kind: TableKind[RowT], reader: RowReader[RowT], context: ImportContext) -> None:
        self._kind = kind
        self._reader = reader
        self._context = context
        self._labels = _Labels(context.labels)
        self._codes = CodeLists(kind.model, context.labels)

    def __call__(self, chunk: Chunk) -> tuple[Batch, DecimalMarks]:
        """The batch of some records, and the decimal marks seen in them."""
        kind, reader = self._kind, self._reader
        lines = LineSink()
        # Pages and periods are described once in each batch; a graph holds what is said twice once.
        statements = Statements(self._context.graph, lines, self._labels)
        marks = DecimalMarks.of(kind.model, reader.header)
        faults = list(chunk.faults)
        organisations: list[Organisation] = []
        subjects: list[tuple[int, int]] = []
        mentions: list[Mention] = []
        known = self._context.labels
        good = rejected = 0
        for number, cells in chunk.records:
            marks.see(number, cells)
            row = reader.read(number, cells)
            if row is None:
                continue
            found = row if isinstance(row, tuple) else self._codes.faults(row, number, reader.name)
            if not found and not isinstance(row, tuple):
                found = self._emit(statements, row, number, lines)
            if found or isinstance(row, tuple):
                faults.extend(found)
                rejected += 1
                continue
            good += 1
            subject = kind.subject(row)
            subjects.append((number, subject_key(subject)))
            mentions.extend(
                Mention(mentioned, reader.name, number, column, subject)
                for column, mentioned in row.references()
                if mentioned not in known and mentioned != subject
            )
            if kind.organisations is not None:
                organisations.extend(kind.organisations(row))
        batch = Batch(
            statements=packed(lines),
            rows=good,
            rejected=rejected + len({fault.row for fault in chunk.faults}),
            faults=tuple(faults),
            subjects=tuple(subjects),
            organisations=tuple(organisations),
            mentions=tuple(mentions),
        )
        return batch, marks

    def _emit(self, statements: Statements, row: RowT, number: int, lines: LineSink) -> tuple[Fault, ...]:
        begun = len(lines)
        try:
            label = self._kind.label(row)
            self._labels.own = None if label is None else (self._kind.subject(row), label)
            self._kind.emit(statements, row)
        except ValueError as error:
            del lines[begun:]
            fault = Fault(
                rule="row that can be written as statements",
                message=f"The row cannot be taken over: {error}.",
                fix=getattr(error, "fix", None) or "Correct the cell that it speaks of.",
                file=self._reader.name,
                row=number,
            )
            return (fault,)
        return ()
