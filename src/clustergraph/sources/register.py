"""The register of identifiers: each minted once, and described by exactly the tables that mint."""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Literal

from clustergraph import iris
from clustergraph.errors import Fault
from clustergraph.sources.cells import Names, ThingId
from clustergraph.sources.content import Content
from clustergraph.sources.reading import Origin
from clustergraph.sources.table import Row, TableReading, read_table


class RegisterRow(Row):
    """An identifier, minted once; a retired one names what replaces it."""

    id: ThingId
    label: str
    status: Literal["active", "deprecated"]
    replaced_by: Names
    note: str | None


def check_register(content: Content, described: Mapping[str, Origin], rejected: Set[str]) -> list[Fault]:
    """Compare `data/register.csv` with the things that tables describe.

    `described` maps each registered kind of thing to the row that describes it; `rejected` are things whose
    row did not pass, which are not reported again.
    """
    path = content.data / "register.csv"
    register = read_table(path, content.relative(path), RegisterRow)
    faults = list(register.faults)
    rows = _unique(register, faults)
    for identifier, origin in described.items():
        entry = rows.get(identifier)
        if entry is None or entry[1].status == "deprecated":
            state = "not registered" if entry is None else "deprecated in the register"
            faults.append(
                Fault(
                    rule="registered identifier",
                    message=f"{iris.compact(identifier)} is {state}.",
                    fix=f"Add it to {register.file}, or use an identifier that stands there as active.",
                    file=origin.file,
                    row=origin.row,
                    column="id",
                    focus=identifier,
                )
            )
    for identifier, (number, row) in rows.items():
        if row.status == "active" and identifier not in described and identifier not in rejected:
            faults.append(
                Fault(
                    rule="registered identifier",
                    message=f"{iris.compact(identifier)} is registered as active, but no table describes it.",
                    fix="Describe it in a table (data/decks/entities.csv), or mark it deprecated here.",
                    file=register.file,
                    row=number,
                    column="id",
                    focus=identifier,
                )
            )
    return faults


def _unique(register: TableReading[RegisterRow], faults: list[Fault]) -> dict[str, tuple[int, RegisterRow]]:
    rows: dict[str, tuple[int, RegisterRow]] = {}
    for number, row in register.rows:
        first = rows.setdefault(row.id, (number, row))
        if first[0] != number:
            faults.append(
                Fault(
                    rule="unique identifier",
                    message=f"{iris.compact(row.id)} is registered twice, first in row {first[0]}.",
                    fix="Remove one of the two rows; an identifier is minted once.",
                    file=register.file,
                    row=number,
                    column="id",
                    focus=row.id,
                )
            )
    return rows
