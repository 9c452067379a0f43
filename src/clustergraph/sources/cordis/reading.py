"""A CORDIS dump read in passes over its tables: first the projects asked for, then who takes part in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from clustergraph.errors import Fault, Severity
from clustergraph.sources.cordis.dump import Dump, Table, Tell
from clustergraph.sources.cordis.mapping import Mapper, Unresolved, role_of
from clustergraph.sources.cordis.rows import Participation, Project, Rows
from clustergraph.sources.cordis.selection import Selection
from clustergraph.sources.table.encoding import Advance
from clustergraph.sources.table.limits import TableLimits


def _silent(_fault: Fault) -> None:
    pass


@dataclass(slots=True)
class DumpReading:
    """Reads a dump into a mapper and tells every fault once.

    Keeps the numbers of the projects of the dump and of those taken, nothing of the rows. `projects` and
    `participations` count what was taken.
    """

    dump: Dump
    selection: Selection
    mapper: Mapper
    tell: Tell
    limits: TableLimits
    advance: Advance
    projects: int = field(init=False, default=0)
    participations: int = field(init=False, default=0)
    _told: set[tuple[str, str]] = field(init=False, default_factory=set)

    @property
    def size(self) -> int:
        """How many bytes are read in all passes."""
        passes = 2 if self.selection.organisations else 1
        return self.dump.projects.size + passes * self.dump.organisations.size

    def steps(self) -> Iterator[None]:
        """Read the dump, row by row; what a row lacks is told, and the rest is read all the same."""
        with_organisations = self._with_organisations()
        every: set[int] = set()
        taken: set[int] = set()
        table = self.dump.projects
        for number, project in Rows(table, Project, self.tell, self.limits, self.advance):
            yield
            key = int(project.id)
            if key in every:
                self.tell(_twice(table, number, "id", project.id, "project"))
                continue
            every.add(key)
            if with_organisations is not None and key not in with_organisations:
                continue
            if self.selection.fits(project):
                taken.add(key)
                self.projects += 1
                self._unresolved(table, number, self.mapper.project(project))
        if not taken:
            self.tell(self._nothing_taken())
        yield from self._participations(every, taken)

    def _with_organisations(self) -> set[int] | None:
        """The projects in which an organisation asked for takes part; None where none is asked for."""
        if not self.selection.organisations:
            return None
        found: set[int] = set()
        table = self.dump.organisations
        for _, row in Rows(table, Participation, _silent, self.limits, self.advance):
            if self.selection.names(row):
                found.add(int(row.project))
        return found

    def _participations(self, every: set[int], taken: set[int]) -> Iterator[None]:
        table = self.dump.organisations
        of_project, seen = 0, set[tuple[str, str]]()
        for number, row in Rows(table, Participation, self.tell, self.limits, self.advance):
            yield
            key = int(row.project)
            if key not in taken:
                if key not in every:
                    self.tell(_of_unknown_project(table, number, row.project))
                continue
            if key != of_project:
                of_project, seen = key, set()
            try:
                role = role_of(row)
            except Unresolved as reason:
                self.tell(_fault(table, number, reason, Severity.VIOLATION))
                continue
            if (row.organisation, role) in seen:
                self.tell(_twice(table, number, "organisation", row.organisation, "participation"))
                continue
            seen.add((row.organisation, role))
            self._unresolved(table, number, self.mapper.participation(row))
            self.participations += 1

    def _unresolved(self, table: Table, number: int, reasons: list[Unresolved]) -> None:
        """Tell each value that names nothing once, where it stands first."""
        for reason in reasons:
            if (reason.column, reason.value) not in self._told:
                self._told.add((reason.column, reason.value))
                self.tell(_fault(table, number, reason, Severity.WARNING))

    def _nothing_taken(self) -> Fault:
        asked = ", ".join((*self.selection.topics, *self.selection.organisations)) or "every project"
        return Fault(
            rule="a selection takes something",
            message=f"No project of the dump answers to what was asked for: {asked}.",
            fix="Compare with the columns topics and masterCall, or with organisationID and name.",
            file=self.dump.projects.name,
        )


def _fault(table: Table, number: int, reason: Unresolved, severity: Severity) -> Fault:
    return Fault(
        rule="known values",
        message=reason.message,
        fix=reason.fix,
        file=table.name,
        row=number,
        column=table.heading(reason.column),
        value=reason.value,
        severity=severity,
    )


def _twice(table: Table, number: int, column: str, value: str, what: str) -> Fault:
    return Fault(
        rule=f"a {what} stands once",
        message=f"The {what} of {value} stands twice; the first one counts.",
        fix="Leave out the row that is out of date.",
        file=table.name,
        row=number,
        column=table.heading(column),
        value=value,
        severity=Severity.WARNING,
    )


def _of_unknown_project(table: Table, number: int, project: str) -> Fault:
    return Fault(
        rule="a participation is in a project",
        message=f"The project {project} is not in the table of projects.",
        fix="Import both tables of one dump.",
        file=table.name,
        row=number,
        column=table.heading("project"),
        value=project,
    )
