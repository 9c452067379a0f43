"""Priorities of smart specialisation strategies, in the columns of an Eye@RIS3 sheet.

Codes of economic domains, scientific domains and policy objectives are kept as the table gives them. Where
their code list is loaded, they also lead to its concepts, and a code that it does not have is a fault.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Annotated, ClassVar, Final

import pyoxigraph as ox
from pydantic import BeforeValidator, model_validator

from clustergraph import iris
from clustergraph.iris import CG, DCT, SKOS
from clustergraph.sources.cells import Addresses, OptionalPeriod
from clustergraph.sources.kinds.kind import Cells, TableKind
from clustergraph.sources.kinds.languages import LanguageIfKnown
from clustergraph.sources.kinds.placed import (
    PLACE,
    NutsCode,
    PlacedRow,
    following,
    place_label,
    state_place,
    territory,
)
from clustergraph.sources.kinds.read_back import NamedGraph, several
from clustergraph.sources.statements import Statements
from clustergraph.sources.triples import LABEL, iri, language

#: The columns of an Eye@RIS3 sheet.
_COLUMNS: Final = (
    "nuts_code",
    "nuts_version",
    "region_name",
    "country_code",
    "priority_id",
    "priority_name",
    "description",
    "lang",
    "economic_domain_codes",
    "economic_domain_labels",
    "scientific_domain_codes",
    "scientific_domain_labels",
    "policy_objective_codes",
    "policy_objective_labels",
    "thematic_area_uris",
    "strategy_title",
    "strategy_url",
    "programming_period",
    "status",
    "source_url",
    "as_of",
    "licence",
)

#: Column of codes, the property of the concepts, and the scheme they are of.
_DOMAINS: Final = (
    ("economic_domain_codes", "economicDomain", "eye-ris3-economic-domain"),
    ("scientific_domain_codes", "scientificDomain", "eye-ris3-scientific-domain"),
    ("policy_objective_codes", "euPolicyObjective", "eye-ris3-policy-objective"),
)

#: Columns whose cell is kept as it is, and the property that keeps it.
_KEPT: Final = {
    "economic_domain_codes": f"{CG}economicDomainCodes",
    "economic_domain_labels": f"{CG}economicDomainLabels",
    "scientific_domain_codes": f"{CG}scientificDomainCodes",
    "scientific_domain_labels": f"{CG}scientificDomainLabels",
    "policy_objective_codes": f"{CG}policyObjectiveCodes",
    "policy_objective_labels": f"{CG}policyObjectiveLabels",
    "strategy_title": f"{CG}strategyTitle",
    "status": f"{CG}priorityStatus",
    "licence": f"{DCT}rights",
}


_THEME: Final = re.compile(rf"{re.escape(iris.BASE)}(def|id)(/{iris.SLUG.pattern}){{2}}")


def _themes(value: object) -> object:
    if not isinstance(value, str):
        return () if value is None else value
    named = (part.strip() for part in value.split("|"))
    themes = tuple(name if name.startswith(iris.BASE) else iris.expand(name) for name in named)
    for theme in themes:
        if not _THEME.fullmatch(theme):
            raise ValueError(f"{theme!r} is no concept, partnership or platform of this graph")
    return themes


#: Themes: IRIs of the graph in full or with a prefix, or identifiers, separated by `|`.
Themes = Annotated[tuple[str, ...], BeforeValidator(_themes)]


class PriorityRow(PlacedRow):
    """One priority of one region's strategy for one programming period.

    `thematic_area_uris` are concepts of themes, or thematic partnerships and platforms of the same field.
    """

    nuts_code: NutsCode
    priority_id: str | None = None
    priority_name: str | None = None
    description: str | None = None
    lang: LanguageIfKnown = "und"
    economic_domain_codes: str | None = None
    economic_domain_labels: str | None = None
    scientific_domain_codes: str | None = None
    scientific_domain_labels: str | None = None
    policy_objective_codes: str | None = None
    policy_objective_labels: str | None = None
    thematic_area_uris: Themes = ()
    strategy_title: str | None = None
    strategy_url: Addresses = ()
    programming_period: OptionalPeriod = None
    status: str | None = None
    licence: str | None = None

    derivable: ClassVar[frozenset[str]] = frozenset({"nuts_code", "programming_period", "thematic_area_uris"})

    @model_validator(mode="after")
    def _says_what(self) -> PriorityRow:
        if self.priority_name is None and self.description is None:
            raise ValueError("give priority_name or description")
        return self

    @property
    def slug(self) -> str:
        """The identifier with its region in front; minted from the text where none is given."""
        region = self.nuts_code.lower()
        if self.priority_id is None or not re.fullmatch(iris.SLUG, self.priority_id):
            key = "\n".join(part or "" for part in (self.priority_id, self.priority_name, self.description))
            return f"{region}-{self._period}--{hashlib.sha256(key.encode()).hexdigest()[:10]}"
        return self.priority_id if self.priority_id.startswith(region) else f"{region}--{self.priority_id}"

    @property
    def strategy(self) -> str:
        """The IRI of the strategy: one for each region and programming period."""
        return f"{iris.CGI}strategy/{self.place.rpartition('/')[2]}-{self._period}"

    @property
    def place(self) -> str:
        """The IRI of the territory."""
        return territory(self.nuts_code, self.nuts_version)

    @property
    def _period(self) -> str:
        return self.programming_period.slug.replace("_", "-") if self.programming_period else "undated"


def priority_iri(row: PriorityRow) -> str:
    """The IRI of the priority."""
    return f"{iris.CGI}priority/{row.slug}"


def emit(statements: Statements, row: PriorityRow) -> str:
    """The priority under its strategy, in its own language."""
    graph = statements.graph
    subject = priority_iri(row)
    place = place_label(statements, row)
    _strategy(statements, row, place)
    graph.link(row.strategy, f"{CG}hasPriority", subject)
    graph.types(subject, [f"{CG}SpecialisationPriority"])
    graph.add_english(subject, LABEL, f"Priority {row.slug} of {place}")
    state_place(statements, subject, row)
    if row.priority_name is not None:
        graph.add(subject, f"{CG}priorityText", language(row.priority_name, row.lang))
    if row.description is not None:
        graph.add(subject, f"{DCT}description", language(row.description, row.lang))
    if row.priority_id is not None and not re.fullmatch(iris.SLUG, row.priority_id):
        graph.add(subject, f"{CG}identifierAsStated", row.priority_id)
    for column, predicate in _KEPT.items():
        graph.add(subject, predicate, getattr(row, column))
    for address in row.strategy_url:
        graph.add(subject, f"{CG}strategyAddress", ox.Literal(address, datatype=iri(f"{iris.XSD}anyURI")))
    _domains(statements, subject, row)
    doubt = "derived" if "thematic_area_uris" in row.derived else None
    for theme in row.thematic_area_uris:
        meant = "addressesTheme" if theme.startswith(iris.CGS) else "matchesPartnership"
        statements.relation(subject, f"{CG}{meant}", theme, row, certainty=doubt)
    return statements.stated(subject, row)


def _strategy(statements: Statements, row: PriorityRow, place: str) -> None:
    graph = statements.graph
    when = row.programming_period
    words = f"for {when.label}" if when else "of a period that is not stated"
    graph.link(row.place, f"{CG}hasStrategy", row.strategy)
    graph.types(row.strategy, [f"{CG}SmartSpecialisationStrategy"])
    graph.add_english(row.strategy, LABEL, f"Smart specialisation strategy of {place} {words}")
    graph.add_english(
        row.strategy, f"{DCT}description", "Known by the priorities that public pages or tables give for it."
    )
    if when is not None:
        graph.link(row.strategy, f"{CG}programmingPeriod", statements.period(when))
    if row.strategy_title is not None:
        graph.add(row.strategy, f"{SKOS}altLabel", language(row.strategy_title, "und"))
    statements.mentioned(row.strategy, row)


def _domains(statements: Statements, subject: str, row: PriorityRow) -> None:
    for column, name, scheme in _DOMAINS:
        cell = getattr(row, column)
        if cell is not None and statements.has_concepts(scheme):
            for code in cell.split("|"):
                slug = re.sub(r"[^a-z0-9]+", "-", code.lower()).strip("-")
                statements.graph.link(subject, f"{CG}{name}", iris.concept(scheme, slug))


def extract(store: ox.Store, graph: str) -> Iterator[Cells]:
    """A row for each priority in the named graph."""
    named = NamedGraph(store, graph)
    for subject in named.instances(f"{CG}SpecialisationPriority"):
        for strategy in named.subjects(f"{CG}hasPriority", subject):
            place = named.place(subject)
            region = (place["nuts_code"] or "").lower()
            slug = subject.removeprefix(f"{iris.CGI}priority/")
            tag = named.language(subject, f"{CG}priorityText", f"{DCT}description")
            yield {
                **place,
                "country_code": following(place["nuts_code"] or "")["country_code"],
                "priority_id": named.one(subject, f"{CG}identifierAsStated")
                or slug.removeprefix(f"{region}--"),
                "priority_name": named.one(subject, f"{CG}priorityText"),
                "description": named.one(subject, f"{DCT}description"),
                "lang": None if tag == "und" else tag,
                **{column: named.one(subject, predicate) for column, predicate in _KEPT.items()},
                "thematic_area_uris": several(
                    theme
                    for name in ("addressesTheme", "matchesPartnership")
                    for theme in named.values(subject, f"{CG}{name}")
                ),
                "strategy_url": named.joined(subject, f"{CG}strategyAddress"),
                "programming_period": named.period(strategy, f"{CG}programmingPeriod"),
                **named.evidence(subject),
            }


PRIORITIES: Final = TableKind(
    name="priorities",
    title="Priorities of smart specialisation strategies",
    model=PriorityRow,
    subject=priority_iri,
    emit=emit,
    synonyms={
        "capability": "economic_domain_labels",
        "capabilities": "economic_domain_labels",
        "capability codes": "economic_domain_codes",
        "target market": "economic_domain_labels",
        "target markets": "economic_domain_labels",
        "EU priority": "policy_objective_labels",
        "EU priorities": "policy_objective_labels",
        "region": "region_name",
        "country": "country_code",
        "priority": "priority_name",
        "priority description": "description",
        "economic domain": "economic_domain_labels",
        "scientific domain": "scientific_domain_labels",
        "policy objective": "policy_objective_labels",
    },
    extract=extract,
    exchange=_COLUMNS,
    properties={
        **PLACE,
        **_KEPT,
        "priority_name": f"{CG}priorityText",
        "description": f"{DCT}description",
        "strategy_url": f"{CG}strategyAddress",
        "note": f"{CG}extractionNote",
    },
)
