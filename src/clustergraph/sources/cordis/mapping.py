"""CORDIS rows as triples; `docs/decisions/0021-cordis.md` gives the reasons for what is said and what not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from clustergraph import iris
from clustergraph.iris import CG, DCT, ORG, SKOS
from clustergraph.sources.cells import parse_period
from clustergraph.sources.cordis.rows import Participation, Project
from clustergraph.sources.kinds.kind import Organisation
from clustergraph.sources.places import Territories, UnknownPlace, country_of, region_of
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL, decimal

#: Framework programmes by the code that the register gives them.
PROGRAMMES: Final[Mapping[str, str]] = {
    "FP7": "programme/fp7",
    "H2020": "programme/horizon-2020",
    "HORIZON": "programme/horizon-europe",
}
#: The programmes whose grants have a DOI made of the number of the project.
_WITH_DOI: Final = ("H2020", "HORIZON")
#: Roles of the register, in lower case, as concepts of the scheme participant-role.
ROLES: Final[Mapping[str, str]] = {
    "associatedpartner": "associated-partner",
    "beneficiary": "partner",
    "coordinator": "coordinator",
    "hostinstitution": "partner",
    "internationalpartner": "partner",
    "participant": "partner",
    "partner": "partner",
    "thirdparty": "third-party",
}
#: Who is called a partner and gets nothing is associated.
_WITH_OR_WITHOUT_GRANT: Final = ("internationalpartner", "partner")


class Unresolved(ValueError):
    """A value that names nothing the graph knows; `column` is the name the value is read under."""

    def __init__(self, column: str, value: str, message: str, fix: str) -> None:
        super().__init__(message)
        self.column = column
        self.value = value
        self.message = message
        self.fix = fix


def project_iri(number: str) -> str:
    """The IRI of the project with a number."""
    return f"{iris.CGI}project/cordis-{number}"


def organisation_iri(number: str) -> str:
    """The IRI of the organisation with a number."""
    return f"{iris.CGI}organisation/cordis-{number}"


@dataclass(slots=True)
class Mapper:
    """Writes projects and participations.

    What it keeps grows with the number of organisations and periods, not with that of rows: for each
    organisation two numbers that tell whether its name and its place were written already. `introduced` are
    the organisations written since whoever reads it emptied it.
    """

    statements: Statements
    territories: Territories
    evidence: SourcedRow
    introduced: list[Organisation] = field(init=False, default_factory=list)
    _names: dict[int, tuple[int, int]] = field(init=False, default_factory=dict)

    def project(self, row: Project) -> list[Unresolved]:
        """Write a project; returns what could not be resolved, the rest being written all the same."""
        graph, subject = self.statements.graph, project_iri(row.id)
        unresolved: list[Unresolved] = []
        self.statements.named(subject, self.evidence, [f"{CG}Project"], f"{row.title} (CORDIS {row.id})")
        graph.add_english(subject, f"{DCT}title", row.title)
        graph.add(subject, f"{SKOS}notation", row.id)
        graph.link(subject, f"{SKOS}exactMatch", f"https://cordis.europa.eu/project/id/{row.id}")
        if row.acronym is not None and len(row.acronym) > 1:
            graph.add(subject, f"{CG}acronym", row.acronym)
        if row.start is not None and row.end is not None:
            period = self.statements.period(parse_period(f"{row.start}/{row.end}"))
            graph.link(subject, f"{CG}duringPeriod", period)
        if row.total_cost:
            graph.add(subject, f"{CG}totalCost", decimal(row.total_cost))
        if row.eu_contribution:
            graph.add(subject, f"{CG}euContribution", decimal(row.eu_contribution))
        for topic in row.topics:
            graph.add(subject, f"{CG}topicCode", topic)
            self._under_call(subject, topic)
        if row.call is not None:
            graph.add(subject, f"{CG}callCode", row.call)
        if row.framework is not None:
            programme = PROGRAMMES.get(row.framework.upper())
            if programme is None or iris.thing(programme) not in self.statements.labels:
                unresolved.append(_unknown_programme(row.framework))
            else:
                graph.link(subject, f"{CG}fundedUnder", iris.thing(programme))
            if row.framework.upper() in _WITH_DOI:
                graph.link(subject, f"{SKOS}exactMatch", f"https://doi.org/10.3030/{row.id}")
        return unresolved

    def participation(self, row: Participation) -> list[Unresolved]:
        """Write a participation and its organisation; returns what could not be resolved.

        Raises Unresolved where the role is unknown: then nothing is written.
        """
        role = role_of(row)
        graph = self.statements.graph
        project, organisation = project_iri(row.project), organisation_iri(row.organisation)
        unresolved = self._organisation(organisation, row)
        subject = f"{iris.CGI}participation/cordis-{row.project}-{row.organisation}-{role}"
        graph.types(subject, [f"{CG}Participation"])
        graph.add_english(subject, LABEL, f"{row.name} in {row.acronym or 'project'} ({row.project})")
        graph.link(project, f"{CG}hasParticipation", subject)
        graph.link(subject, f"{CG}participant", organisation)
        graph.link(subject, f"{CG}participantRole", iris.concept("participant-role", role))
        if row.eu_contribution:
            graph.add(subject, f"{CG}euContribution", decimal(row.eu_contribution))
        self.statements.stated(subject, self.evidence)
        return unresolved

    def _organisation(self, subject: str, row: Participation) -> list[Unresolved]:
        name, place = hash(row.name), hash((row.country, row.nuts))
        number = int(row.organisation)
        known = self._names.get(number)
        if known == (name, place):
            return []
        self._names[number] = (known[0] if known else name, place)
        graph = self.statements.graph
        if known is None:
            label = f"{row.name} (CORDIS {row.organisation})"
            self.statements.named(subject, self.evidence, [f"{ORG}FormalOrganization"], label)
            graph.add(subject, f"{SKOS}notation", row.organisation)
            country = row.country and self.territories.country(row.country)
            self.introduced.append(
                Organisation(subject, row.name, country.rsplit("/", 1)[-1] if country else None)
            )
        if known is None or known[0] != name:
            graph.add_english(subject, f"{SKOS}altLabel", row.name)
        unresolved: list[Unresolved] = []
        for column, resolve, code in (("country", country_of, row.country), ("nuts", region_of, row.nuts)):
            if code is None:
                continue
            try:
                graph.link(subject, f"{CG}basedIn", resolve(self.territories, code))
            except UnknownPlace as reason:
                unresolved.append(Unresolved(column, code, f"{reason}.", f"Nothing is linked. {reason.fix}"))
        return unresolved

    def _under_call(self, subject: str, topic: str) -> None:
        call = f"{iris.CGI}call/{topic.lower()}"
        if call in self.statements.labels:
            self.statements.graph.link(subject, f"{CG}underCall", call)


def role_of(row: Participation) -> str:
    """The role of a participant as a code of the scheme participant-role; raises Unresolved."""
    word = row.role.replace(" ", "").lower()
    if word not in ROLES:
        raise Unresolved(
            "role", row.role, f"{row.role!r} is no known role.", f"The roles known are {', '.join(ROLES)}."
        )
    if word in _WITH_OR_WITHOUT_GRANT and not row.eu_contribution:
        return "associated-partner"
    return ROLES[word]


def _unknown_programme(code: str) -> Unresolved:
    return Unresolved(
        "framework",
        code,
        f"The framework programme {code!r} is not described in the graph.",
        "The project is imported without fundedUnder.",
    )
