"""`clustergraph import cordis`: a dump becomes batches of statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from clustergraph.errors import Fault, Severity, UnusableInput
from clustergraph.sources.cordis.columns import NEEDED, PARTICIPATION, PROJECT
from clustergraph.sources.cordis.dump import open_dump
from clustergraph.sources.cordis.mapping import Mapper
from clustergraph.sources.cordis.reading import DumpReading
from clustergraph.sources.cordis.selection import Selection
from clustergraph.sources.importing.evidence import as_faults, stated_evidence
from clustergraph.sources.importing.protocol import Batch, ColumnHelp, ImportContext, ImportInput, packed
from clustergraph.sources.lines import LineSink
from clustergraph.sources.places import Territories
from clustergraph.sources.statements import Statements
from clustergraph.sources.table.encoding import Advance

#: Rows read between two batches.
_ROWS: Final = 5_000
#: The options that a user may give, each as often as wanted but for the last two.
OPTIONS: Final = ("topic", "organisation", "source_url", "as_of")
_MEANINGS: Final = {
    "id": "the number of the project; its IRI is made of it",
    "organisation": "the number of the organisation; its IRI is made of it",
    "nuts": "linked where it means one territory in all versions of NUTS that have it",
    "eu_contribution": "euro, with a decimal point or a decimal comma throughout",
}


@dataclass(frozen=True, slots=True)
class CordisImporter:
    """Imports projects of CORDIS and who takes part in them; `territories` gives what codes mean."""

    territories: Callable[[], Territories]
    name: str = field(init=False, default="cordis")
    title: str = field(init=False, default="Projects of CORDIS and who takes part in them")
    mints: bool = field(init=False, default=False)

    @property
    def columns(self) -> tuple[ColumnHelp, ...]:
        """The columns of both tables, by their present headings."""
        return tuple(
            ColumnHelp(headings[0], name in NEEDED[kind], _MEANINGS.get(name, name.replace("_", " ")))
            for kind, table in (("project", PROJECT), ("organisation", PARTICIPATION))
            for name, headings in table.items()
        )

    def read(self, source: ImportInput, context: ImportContext) -> Iterator[Batch]:
        """Every project asked for and its participations, in batches; memory does not grow with the rows."""
        faults: list[Fault] = []
        try:
            evidence = stated_evidence(context, source)
            dump = open_dump(source.path, context.limits)
        except UnusableInput as refusal:
            yield Batch(faults=as_faults(refusal, source.name, "usable dump"))
            return
        lines = LineSink()
        mapper = Mapper(Statements(context.graph, lines, context.labels), self.territories(), evidence)
        selection = Selection(
            tuple(context.options.get("topic", ())), tuple(context.options.get("organisation", ()))
        )
        reading = DumpReading(dump, selection, mapper, faults.append, context.limits, lambda _count: None)
        reading.advance = _scaled(context.advance, dump.length / max(reading.size, 1))
        done = 0
        for step, _ in enumerate(reading.steps(), start=1):
            if step % _ROWS == 0:
                taken = reading.projects + reading.participations
                yield _batch(mapper, lines, taken - done, faults)
                done = taken
        yield _batch(mapper, lines, reading.projects + reading.participations - done, faults)


def _batch(mapper: Mapper, lines: LineSink, rows: int, faults: list[Fault]) -> Batch:
    wrong = {(fault.file, fault.row) for fault in faults if fault.severity is Severity.VIOLATION}
    batch = Batch(
        statements=packed(lines),
        rows=rows,
        rejected=len(wrong),
        faults=tuple(faults),
        organisations=tuple(mapper.introduced),
    )
    lines.clear()
    mapper.introduced.clear()
    faults.clear()
    return batch


def _scaled(advance: Advance, scale: float) -> Advance:
    """Bytes read in all passes, told as bytes of the one file that is imported."""
    read = told = 0

    def scaled(count: int) -> None:
        nonlocal read, told
        read += count
        now = int(read * scale)
        advance(now - told)
        told = now

    return scaled
