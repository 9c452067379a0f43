"""Profiles of cluster organisations as the European Cluster Collaboration Platform has them.

Source of the fields and of the criteria that shapes/eccp.ttl holds profiles to: the platform's page on
registering a profile, https://impr-0001-1260-partners.eccp.hosted-temp.com/register-your-profile
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Final

import pyoxigraph as ox
from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from clustergraph import iris
from clustergraph.iris import CG, DCT
from clustergraph.sources.cells import (
    OptionalPeriod,
    Period,
    PlainDecimal,
    Texts,
    ThingId,
    parse_period,
    web_address,
)
from clustergraph.sources.figures import Figure, state_figure
from clustergraph.sources.kinds.kind import Organisation, TableKind
from clustergraph.sources.kinds.recognitions import RECOGNITIONS, RecognitionRow
from clustergraph.sources.mapped.slugs import slug
from clustergraph.sources.milestones import Step, state_step
from clustergraph.sources.places import country_of, known_territories, region_of
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import iri

_ANY_URI: Final = iri(f"{iris.XSD}anyURI")
#: The platform whose criteria a profile is to meet.
PLATFORM: Final = iris.thing("platform/eccp")
#: The columns that hold figures, with their indicators.
FIGURES: Final = {
    "staff_fte": "management-staff",
    "members_total": "members",
    "members_sme": "sme-members",
    "members_large": "large-enterprise-members",
    "members_research": "research-members",
    "members_public": "public-members",
    "members_other": "other-members",
}
_PARTS: Final = ("members_sme", "members_large", "members_research", "members_public", "members_other")

Several = Annotated[Texts, BeforeValidator(lambda value: () if value is None else value)]
Members = Annotated[int | None, Field(ge=0, le=1_000_000)]


def _languages(codes: tuple[str, ...]) -> tuple[str, ...]:
    for code in codes:
        if len(code) != 2 or not code.isascii() or not code.islower():
            raise ValueError(f"{code!r} is no language code; write en, or en|fr for several")
    return codes


def _country(code: str) -> str:
    country_of(known_territories(), code)
    return code


class ProfileRow(SourcedRow):
    """A profile of a cluster organisation.

    `id` is given where the organisation is described already; else the identifier is made of country and
    name. Figures are of `reference_period`, or of the time of the source. `support_programmes` are the
    regional or national programmes that recognise the organisation, by identifier or by name.
    """

    id: ThingId | None = None
    name: str
    acronym: Annotated[str, StringConstraints(min_length=2)] | None = None
    country_code: Annotated[str, AfterValidator(_country)]
    nuts_code: str | None = None
    nuts_version: str | None = None
    city: str | None = None
    year_established: Annotated[str, StringConstraints(pattern=r"^[12]\d{3}$")] | None = None
    reference_period: OptionalPeriod = None
    staff_fte: PlainDecimal | None = None
    members_total: Members = None
    members_sme: Members = None
    members_large: Members = None
    members_research: Members = None
    members_public: Members = None
    members_other: Members = None
    website: Annotated[str, AfterValidator(web_address)] | None = None
    website_languages: Annotated[Several, AfterValidator(_languages)] = ()
    sectoral_industries: Several = ()
    emerging_industries: Several = ()
    technology_fields: Several = ()
    s3_priorities: Several = ()
    labels: Several = ()
    support_programmes: Several = ()
    description: str | None = None

    @model_validator(mode="after")
    def _parts_fit_the_whole(self) -> ProfileRow:
        parts = sum(getattr(self, column) or 0 for column in _PARTS)
        if self.members_total is not None and parts > self.members_total:
            raise ValueError(f"members_total is {self.members_total}, and its parts make {parts}")
        if not slug(self.name):
            raise ValueError("the name has no letter or digit that an identifier could be made of")
        # Whoever reads the row gets the fault of a place with the row, before anything is written.
        _ = self.places
        return self

    @property
    def places(self) -> tuple[str, ...]:
        """The country, and the region where the profile names one."""
        known = known_territories()
        country = country_of(known, self.country_code)
        if self.nuts_code is None:
            return (country,)
        return (country, region_of(known, self.nuts_code.upper(), self.nuts_version))

    @property
    def subject(self) -> str:
        """The IRI of the organisation."""
        country = self.country_code.lower()
        return self.id or iris.thing(f"cluster-organisation/{country}-{slug(self.name)}")

    @property
    def period(self) -> Period:
        """What the figures are of."""
        return self.reference_period or self.as_of or parse_period("unstated")


def _emit(statements: Statements, row: ProfileRow) -> None:
    graph, subject = statements.graph, row.subject
    statements.named(subject, row, [f"{CG}ClusterOrganisation"], row.name)
    statements.stated(subject, row)
    graph.link(subject, f"{CG}profiledFor", PLATFORM)
    graph.link(subject, f"{CG}basedIn", *row.places)
    graph.add(subject, f"{CG}acronym", row.acronym)
    graph.add(subject, f"{CG}cityText", row.city)
    graph.add_english(subject, f"{DCT}description", row.description)
    if row.website is not None:
        graph.add(subject, f"{CG}webAddress", ox.Literal(row.website, datatype=_ANY_URI))
    for predicate, texts in (
        ("websiteLanguage", row.website_languages),
        ("sectorText", row.sectoral_industries),
        ("themeText", row.emerging_industries),
        ("technologyText", row.technology_fields),
        ("s3PriorityText", row.s3_priorities),
        ("labelText", row.labels),
    ):
        for text in texts:
            graph.add(subject, f"{CG}{predicate}", text)
    for programme in row.support_programmes:
        known = f"{iris.CGI}{programme}"
        if known in statements.labels:
            RECOGNITIONS.emit(statements, _recognition(statements, row, programme))
        else:
            graph.add(subject, f"{CG}programmeText", programme)
    if row.year_established is not None:
        state_step(statements, Step(subject, "founded", parse_period(row.year_established)), row)
    for column, indicator in FIGURES.items():
        value = getattr(row, column)
        if value is not None:
            figure = Figure(about=subject, indicator=indicator, value=Decimal(value), period=row.period)
            state_figure(statements, figure, row)


def _recognition(statements: Statements, row: ProfileRow, programme: str) -> RecognitionRow:
    """The recognition by a programme that the graph describes."""
    return RecognitionRow.model_validate(
        {
            **dict.fromkeys(RecognitionRow.model_fields),
            "organisation": row.subject.removeprefix(iris.CGI),
            "scheme": programme,
            "title": statements.label(iris.thing(programme)),
            "source_url": "|".join(row.source_url) or None,
            "as_of": row.as_of and row.as_of.token,
            "certainty": row.certainty,
        }
    )


def _organisations(row: ProfileRow) -> tuple[Organisation, ...]:
    return (Organisation(row.subject, row.name, row.places[0].rsplit("/", 1)[-1]),)


ECCP_PROFILES: Final = TableKind(
    name="eccp_profiles",
    title="Profiles of cluster organisations, as ECCP has them",
    model=ProfileRow,
    subject=lambda row: row.subject,
    emit=_emit,
    label=lambda row: row.name,
    organisations=_organisations,
)
