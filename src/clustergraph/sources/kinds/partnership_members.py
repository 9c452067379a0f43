"""Participations in partnerships and projects, in the columns of the exchange format `partnership_members`.

A participation is one agent in one role in one action, whoever states it: two pages that state the same are
evidence of one node, two roles are two nodes. `organisation_id` names an organisation that is described in
the graph. Without it, the organisation is one of the table's own: its identifier is made of the name, the
country and whether it is a cluster organisation, so that the same cells always mean the same organisation,
and nothing is taken for an organisation of a like name. The name stays on the participation as stated.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, StringConstraints, model_validator

from clustergraph import iris
from clustergraph.iris import CG, DCAT, ORG
from clustergraph.sources.cells import Code, OptionalPeriod, ThingId
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.kinds.partnership_members_back import extract
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL, boolean, day

#: Eurostat writes EL and UK where ISO 3166-1 has GR and GB.
_TO_ISO: Final = {"EL": "GR", "UK": "GB"}
_TO_EUROSTAT: Final = {iso: own for own, iso in _TO_ISO.items()}
_LEADING: Final = frozenset({"leader", "lead-partner"})
#: The columns of the exchange format.
_COLUMNS: Final = (
    "partnership_id",
    "organisation_id",
    "organisation_name",
    "organisation_type",
    "role",
    "nuts_code",
    "country_code",
    "is_cluster_organisation",
    "start",
    "end",
    "source_url",
)
#: The longest name that is spelt out in an identifier.
_LONGEST: Final = 60


def _role(value: object) -> object:
    if value is None:
        return "member"
    if not isinstance(value, str):
        return value
    code = "-".join(value.lower().replace("-", " ").split())
    return "lead" if code in _LEADING else code


def _as_eurostat(code: str) -> str:
    return _TO_EUROSTAT.get(code[:2], code[:2]) + code[2:]


def _as_iso(code: str) -> str:
    return _TO_ISO.get(code, code)


NutsCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z0-9]{0,3}$"), AfterValidator(_as_eurostat)]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$"), AfterValidator(_as_iso)]


class PartnershipMemberRow(SourcedRow):
    """One participation; `role` is a code of the scheme participant-role, and empty where none is stated.

    `nuts_code` and `country_code` say where the source places the participant; `organisation_type` is kept as
    stated. `start` and `end` bound the participation, not the partnership.
    """

    schemes: ClassVar[Mapping[str, str]] = {"role": "participant-role"}

    partnership_id: ThingId
    organisation_id: ThingId | None = None
    organisation_name: str
    organisation_type: str | None = None
    role: Annotated[Code, BeforeValidator(_role)] = "member"
    nuts_code: NutsCode | None = None
    country_code: CountryCode | None = None
    is_cluster_organisation: Literal["yes", "no"] | None = None
    start: OptionalPeriod = None
    end: OptionalPeriod = None

    @model_validator(mode="after")
    def _country_is_that_of_the_code(self) -> Self:
        if self.nuts_code and self.country_code and _as_iso(self.nuts_code[:2]) != self.country_code:
            raise ValueError(f"nuts_code {self.nuts_code} does not lie in country_code {self.country_code}")
        return self

    @property
    def place(self) -> str | None:
        """The code by which the source places the participant: of a region, else of the country."""
        if self.nuts_code and len(self.nuts_code) > 2:
            return self.nuts_code
        return self.country_code or (_as_iso(self.nuts_code) if self.nuts_code else None)

    @property
    def country(self) -> str | None:
        """The ISO 3166-1 code of the country of the place."""
        return None if self.place is None else _as_iso(self.place[:2])

    @property
    def organisation(self) -> str:
        """The IRI of the organisation: the one named, or the table's own."""
        return self.organisation_id or own_organisation(
            self.organisation_name, self.country, is_cluster=self.is_cluster_organisation == "yes"
        )


def own_organisation(name: str, country: str | None, *, is_cluster: bool) -> str:
    """The IRI of an organisation that only a table knows, from what the table says of it."""
    spelt = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", spelt)[:_LONGEST].strip("-")
    digest = hashlib.sha256(f"{name}\n{country or ''}".encode()).hexdigest()[:8]
    kind = "cluster-organisation" if is_cluster else "organisation"
    return iris.thing(f"{kind}/{words}-{digest}" if words else f"{kind}/{digest}")


def participation_iri(row: PartnershipMemberRow) -> str:
    """The IRI of a participation: the action, the organisation and the role."""
    partnership, organisation = iris.slug_of(row.partnership_id), iris.slug_of(row.organisation)
    return f"{iris.CGI}participation/{partnership}--{organisation}--{row.role}"


def _emit(statements: Statements, row: PartnershipMemberRow) -> str:
    graph, subject, agent = statements.graph, participation_iri(row), row.organisation
    if row.organisation_id is None:
        _describe(statements, row)
    graph.link(row.partnership_id, f"{CG}hasParticipation", subject)
    graph.types(subject, [f"{CG}Participation"])
    name = statements.labels.get(agent) or iris.slug_of(agent)
    if row.organisation_id is None:
        name = row.organisation_name
    role = statements.label(iris.concept("participant-role", row.role))
    graph.add_english(
        subject, LABEL, f"{name} in {statements.label_elsewhere(row.partnership_id)}: {role.lower()}"
    )
    graph.link(subject, f"{CG}participant", agent)
    graph.link(subject, f"{CG}participantRole", iris.concept("participant-role", row.role))
    graph.add(subject, f"{CG}nameAsStated", row.organisation_name)
    graph.add(subject, f"{CG}typeAsStated", row.organisation_type)
    graph.add(subject, f"{CG}codeAsStated", row.place)
    if row.is_cluster_organisation is not None:
        graph.add(subject, f"{CG}countedAsCluster", boolean(row.is_cluster_organisation == "yes"))
    if row.start is not None and row.start.start is not None:
        graph.add(subject, f"{DCAT}startDate", day(row.start.start))
    if row.end is not None and row.end.end is not None:
        graph.add(subject, f"{DCAT}endDate", day(row.end.end))
    return statements.stated(subject, row)


def _describe(statements: Statements, row: PartnershipMemberRow) -> None:
    """State an organisation of the table's own: class, name and country."""
    agent = row.organisation
    cluster = row.is_cluster_organisation == "yes"
    statements.named(
        agent, row, [f"{CG}ClusterOrganisation" if cluster else f"{ORG}Organization"], row.organisation_name
    )
    if row.country is not None:
        statements.graph.link(agent, f"{CG}basedIn", iris.thing(f"country/{row.country.lower()}"))


PARTNERSHIP_MEMBERS: Final = TableKind(
    name="partnership_members",
    title="Participations in partnerships and projects",
    model=PartnershipMemberRow,
    subject=participation_iri,
    emit=_emit,
    mints=False,
    extract=extract,
    exchange=_COLUMNS,
    properties={
        "organisation_name": f"{CG}nameAsStated",
        "organisation_type": f"{CG}typeAsStated",
        "note": f"{CG}extractionNote",
    },
    foreign_keys={"partnership_id": ("partnerships", "id"), "organisation_id": ("organisations", "id")},
)
