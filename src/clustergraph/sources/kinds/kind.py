"""What a kind of table is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeAlias, TypeVar

import pyoxigraph as ox

from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.table.row import columns

RowT = TypeVar("RowT", bound=SourcedRow)

#: A row as text, by column; an empty cell is None.
Cells: TypeAlias = Mapping[str, str | None]
Extract: TypeAlias = Callable[[ox.Store, str], Iterator[Cells]]


class Organisation(NamedTuple):
    """An organisation that a row introduces: its IRI, its name and its country as in IRIs (`it`, `gb`)."""

    iri: str
    name: str
    country: str | None


def _no_label(_row: SourcedRow) -> None:
    return None


@dataclass(frozen=True, slots=True)
class TableKind(Generic[RowT]):
    """A kind of table: its row model, the IRI a row describes, and how the row becomes triples.

    `name` is that of the kind, of its file below `data/tables/` and of its named graph; `label` gives the
    English label of the thing that a row describes, or None where it describes no named thing. `registered`
    says that the things must stand in the register; `mints` that the row is the one place that introduces its
    subject, so that a second row with the same subject is a duplicate. Of a registered kind that does not
    mint, several rows describe one thing, each from a source of its own. `synonyms` maps other headings of a
    column to its name. `extract` is the way back, for kinds that can be exported: from a dataset and the IRI
    of a named graph, the rows by column, in a fixed order; emitted again, they give what was there.
    `exchange` are the columns of the exchange format in its order, where the kind has one. `organisations`
    are those that a row introduces: where a user imports them, those that may be known under another name
    are shown. `properties` are the properties whose values the cells of columns are, as they stand;
    `foreign_keys` say of a column of the curated table that each of its cells is that of one row of another
    curated table, in the column named (both for CSVW).
    """

    name: str
    title: str
    model: type[RowT]
    subject: Callable[[RowT], str]
    emit: Callable[[Statements, RowT], object]
    label: Callable[[RowT], str | None] = _no_label
    mints: bool = True
    registered: bool = False
    synonyms: Mapping[str, str] = field(default_factory=dict)
    extract: Extract | None = None
    exchange: tuple[str, ...] = ()
    organisations: Callable[[RowT], Iterable[Organisation]] | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    foreign_keys: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def header(self) -> tuple[str, ...]:
        """Every column, as tables are exported: those of the exchange format, then others, then evidence."""
        evidence = columns(SourcedRow)
        # A model has the columns of evidence first, which it inherits; readers look for them last.
        others = sorted(columns(self.model), key=lambda column: column in evidence)
        return tuple(dict.fromkeys((*self.exchange, *others)))
