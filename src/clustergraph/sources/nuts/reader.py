"""NUTS and the countries as triples in the named graph `nuts`."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from importlib.resources import files
from typing import Final

from clustergraph import iris
from clustergraph.errors import Fault
from clustergraph.iris import CG, COUNTRY, DCT, SKOS
from clustergraph.sources.content import Content
from clustergraph.sources.nuts.changes import Basis, Change, ChangeRow
from clustergraph.sources.nuts.countries import GroupRow, countries
from clustergraph.sources.nuts.index import NutsIndex
from clustergraph.sources.nuts.links import read_links
from clustergraph.sources.nuts.territories import Territory
from clustergraph.sources.nuts.workbook import BEFORE, NEW, OLD, checksum, workbook
from clustergraph.sources.reading import Origin, Reading
from clustergraph.sources.reference import Classification
from clustergraph.sources.table import TableReading, read_table
from clustergraph.sources.triples import LABEL, GraphBuilder, integer, language

TABLE: Final = "data/tables/nuts_changes.csv"
GROUPS: Final = "data/tables/country_groups.csv"
_GRAPH: Final = "nuts"
_NUTS_CODE: Final = "http://data.europa.eu/nuts/code/"
_WORKBOOK: Final = "source/nuts-2024"
_UK: Final = "source/nuts-uk-2018"
_ISO: Final = "source/iso-3166-1"
_DESCRIPTION: Final = "data/reference.ttl"

#: Languages of the labels that the workbook has in another script, by country; Kosovo and others write Latin.
_LANGUAGES: Final = {"BG": "bg", "CY": "el", "EL": "el", "ME": "cnr", "MK": "mk", "RS": "sr", "UA": "uk"}


def read_changes(content: Content) -> TableReading[ChangeRow]:
    """The rows of `data/tables/nuts_changes.csv`, with the faults found in it."""
    return read_table(content.root / TABLE, TABLE, ChangeRow)


def read_nuts(content: Content) -> Reading:
    """Every territory and every change of a code, in the graph `nuts`."""
    table = read_changes(content)
    index = NutsIndex.load(table.rows)
    addresses = dict(table.rows)
    reading = Reading(faults=list(table.faults))
    graph = GraphBuilder(_GRAPH, reading.quads)
    for territory in index.territories:
        if territory.level == 0:
            _country(graph, territory)
        else:
            _region(graph, territory)
            for address in _sources(territory, addresses):
                graph.link(territory.iri, f"{DCT}source", address)
        reading.origins[territory.iri] = Origin(_DESCRIPTION)
    _groups(content, graph, index, reading)
    read_links(content, graph, index, reading)
    for change in index.changes:
        subject = _change(graph, change, index)
        if change.row is None:
            graph.link(subject, f"{CG}sourcedFrom", iris.thing(_WORKBOOK))
            reading.origins[subject] = Origin(_DESCRIPTION)
        else:
            graph.link(subject, f"{DCT}source", addresses[change.row].source)
            reading.origins[subject] = Origin(TABLE, change.row)
    return reading


def _groups(content: Content, graph: GraphBuilder, index: NutsIndex, reading: Reading) -> None:
    table = read_table(content.root / GROUPS, GROUPS, GroupRow)
    reading.faults.extend(table.faults)
    for number, row in table.rows:
        country = index.country(row.country)
        if country is None:
            reading.faults.append(
                Fault(
                    rule="ISO 3166-1",
                    message=f"{row.country} is the code of no country.",
                    fix="Give the alpha-2 code of ISO 3166-1, or XK for Kosovo.",
                    file=GROUPS,
                    row=number,
                    column="country",
                    value=row.country,
                )
            )
            continue
        graph.link(country, f"{CG}countryGroup", iris.concept("country-group", row.group))
        graph.link(country, f"{DCT}source", row.source)


def _country(graph: GraphBuilder, territory: Territory) -> None:
    country = next(each for each in countries().values() if each.iri == territory.iri)
    graph.types(territory.iri, [f"{CG}Country"])
    graph.add_english(territory.iri, LABEL, territory.label)
    graph.add(territory.iri, f"{CG}isoCode", country.iso)
    graph.link(territory.iri, f"{SKOS}exactMatch", COUNTRY + country.authority)
    graph.link(territory.iri, f"{CG}sourcedFrom", iris.thing(_ISO))
    if territory.codes:
        _coded(graph, territory)


def _region(graph: GraphBuilder, territory: Territory) -> None:
    graph.types(territory.iri, [f"{CG}Region"])
    graph.add_english(territory.iri, LABEL, territory.label)
    if territory.native is not None:
        graph.add(
            territory.iri, f"{SKOS}altLabel", language(territory.native, _LANGUAGES[territory.code[:2]])
        )
    graph.link(territory.iri, f"{CG}within", *territory.parents)
    graph.link(
        territory.iri,
        f"{CG}territorialTypology",
        *(iris.concept("territorial-typology", code) for code in _typologies(territory)),
    )
    _coded(graph, territory)
    for source in _documents(territory):
        graph.link(territory.iri, f"{CG}sourcedFrom", iris.thing(source))


def _coded(graph: GraphBuilder, territory: Territory) -> None:
    """Level, codes and versions; of a version whose source is not read, only what the changes say."""
    graph.add(territory.iri, f"{CG}nutsLevel", integer(territory.level))
    stated = {version: code for version, code in territory.codes.items() if version in territory.stated}
    for code in sorted(set(stated.values())):
        graph.add(territory.iri, f"{CG}nutsCode", code)
        graph.link(territory.iri, f"{SKOS}exactMatch", _NUTS_CODE + code)
    for version in sorted(stated):
        graph.add(territory.iri, f"{CG}nutsVersion", version)


def _typologies(territory: Territory) -> tuple[str, ...]:
    if territory.is_extra_regio:
        return ("extra-regio",)
    return workbook().typologies.get(territory.codes.get(NEW, ""), ())


def _documents(territory: Territory) -> Iterator[str]:
    if territory.stated & {OLD, NEW} and not territory.code.startswith("UK"):
        yield _WORKBOOK
    elif territory.code.startswith("UK") and BEFORE in territory.stated:
        yield _UK


def _sources(territory: Territory, rows: dict[int, ChangeRow]) -> set[str]:
    """The addresses that state a code of a territory, where the table does."""
    codes = {(version, territory.codes[version]) for version in territory.stated}
    return {
        row.source
        for row in rows.values()
        if (row.version_before, row.code_before) in codes or (row.version_after, row.code_after) in codes
    }


def _change(graph: GraphBuilder, change: Change, index: NutsIndex) -> str:
    subject = iris.thing(f"territorial-change/{change.version_before}-{change.before.lower()}")
    before = index.find(change.before, change.version_before)
    after = [index.find(code, change.version_after) for code in change.after]
    graph.types(subject, [f"{CG}TerritorialChange"])
    graph.add_english(
        subject,
        LABEL,
        f"{change.before} (NUTS {change.version_before}) to {', '.join(change.after)} "
        f"(NUTS {change.version_after})",
    )
    graph.link(subject, f"{CG}changeType", iris.concept("territorial-change", change.kind.value))
    graph.link(subject, f"{CG}territoryBefore", *(each.iri for each in (before,) if each is not None))
    graph.link(subject, f"{CG}territoryAfter", *(each.iri for each in after if each is not None))
    graph.add(subject, f"{CG}codeBefore", change.before)
    for code in change.after:
        graph.add(subject, f"{CG}codeAfter", code)
    graph.add(subject, f"{CG}versionBefore", change.version_before)
    graph.add(subject, f"{CG}versionAfter", change.version_after)
    if change.basis is Basis.DERIVED:
        graph.add_english(subject, f"{CG}extractionNote", _DERIVED)
    return subject


_DERIVED: Final = (
    "The source says what happened to the code, not which codes took its place: those are derived from the "
    "rows that it describes together and from the levels below. Each may hold a part only."
)


def _iso_checksum() -> str | None:
    source = files("pycountry") / "databases" / "iso3166-1.json"
    return hashlib.sha256(source.read_bytes()).hexdigest() if source.is_file() else None


NUTS: Final = Classification(
    documents={
        _WORKBOOK: lambda: checksum("NUTS2021-NUTS2024.xlsx"),
        _UK: lambda: checksum("NUTSUK-2018.yaml"),
        _ISO: _iso_checksum,
    },
    read=read_nuts,
)
