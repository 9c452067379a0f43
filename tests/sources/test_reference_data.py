"""Reference data in a release: roll-up, groups, points, sources; another file is refused."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph.build.collect import collect
from clustergraph.snapshot import current_release
from clustergraph.sources.content import Content
from clustergraph.sources.reading import Reading
from clustergraph.sources.reference import Classification, read_reference

PREFIXES = """
PREFIX cg: <https://w3id.org/clustergraph/ontology#>
PREFIX cgi: <https://w3id.org/clustergraph/id/>
PREFIX cgs: <https://w3id.org/clustergraph/def/>
PREFIX dct: <http://purl.org/dc/terms/>
PREFIX geo: <http://www.w3.org/2003/01/geo/wgs84_pos#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
CG = "https://w3id.org/clustergraph/ontology#"


@pytest.fixture(scope="module")
def released(built_home: Path) -> ox.Store:
    release = current_release(built_home)
    assert release is not None
    store = ox.Store()
    store.bulk_load(path=str(release.dataset), format=ox.RdfFormat.N_QUADS)
    return store


def _count(store: ox.Store, pattern: str) -> int:
    (row,) = store.query(f"{PREFIXES} SELECT (COUNT(DISTINCT ?x) AS ?n) {{ {pattern} }}")
    return int(row["n"].value)


@pytest.mark.parametrize(("country", "regions"), [("gr", 52), ("be", 44), ("mt", 2), ("nl", 40)])
def test_regions_of_level_3_roll_up_to_their_country(released: ox.Store, country: str, regions: int) -> None:
    pattern = f"""?x cg:within <https://w3id.org/clustergraph/id/country/{country}> ; cg:nutsLevel 3 ;
        cg:nutsVersion "2024"
        FILTER NOT EXISTS {{
            ?x cg:territorialTypology <https://w3id.org/clustergraph/def/territorial-typology/extra-regio>
        }}"""
    assert _count(released, pattern) == regions


@pytest.mark.parametrize(
    ("group", "members"), [("eu-13", 13), ("eu-14", 14), ("efta", 4), ("candidate", 9), ("former-member", 1)]
)
def test_groups_of_countries_have_their_members(released: ox.Store, group: str, members: int) -> None:
    concept = f"<https://w3id.org/clustergraph/def/country-group/{group}>"
    assert _count(released, f"?x a cg:Country ; cg:countryGroup {concept} ; dct:source ?source") == members


def test_greece_has_its_codes_and_the_entry_of_the_authority_table(released: ox.Store) -> None:
    assert (
        _count(
            released,
            """?x cg:nutsCode "EL" ; cg:isoCode "GR" ; skos:exactMatch
            <http://publications.europa.eu/resource/authority/country/GRC> , <http://data.europa.eu/nuts/code/EL>""",
        )
        == 1
    )


def test_every_country_has_its_own_entry_of_the_authority_table(released: ox.Store) -> None:
    entries = """?country a cg:Country ; skos:exactMatch ?x
        FILTER(STRSTARTS(STR(?x), "http://publications.europa.eu/resource/authority/country/"))"""
    assert _count(released, entries) == _count(released, "?x a cg:Country") > 200


def test_the_wrong_point_of_guadeloupe_is_not_published(released: ox.Store) -> None:
    assert _count(released, '?x cg:nutsCode "FRY1" ; skos:closeMatch ?other') == 1
    assert _count(released, '?x cg:nutsCode "FRY1" ; cg:hasPoint ?point') == 0
    assert _count(released, "?x cg:hasPoint [ geo:lat ?lat ; geo:long ?long ; dct:source ?source ]") == 76


def test_every_territory_names_its_source(released: ox.Store) -> None:
    evidence = "cg:statedIn|cg:sourcedFrom|dct:source"
    without = f"?x a cg:Territory FILTER NOT EXISTS {{ ?x {evidence} ?source }}"
    assert _count(released, without) == 0


def test_another_file_than_the_one_described_is_refused(content: Content) -> None:
    document = "https://w3id.org/clustergraph/id/source/synthetic"
    described = [ox.Quad(ox.NamedNode(document), ox.NamedNode(f"{CG}sha256"), ox.Literal("0" * 64))]
    other = Classification({"source/synthetic": lambda: "1" * 64}, lambda _: Reading())
    (fault,) = read_reference(content, described, [other]).faults
    assert fault.focus == document
    assert "1" * 64 in fault.message


def test_a_classification_that_no_document_describes_is_not_read(content: Content) -> None:
    def never(_: Content) -> Reading:
        raise AssertionError("read without a description")

    assert read_reference(content, [], [Classification({"source/synthetic": lambda: ""}, never)]).quads == []


def test_the_checksums_of_the_installed_files_are_those_described(content: Content) -> None:
    assert [fault for fault in collect(content).faults if fault.rule.startswith("reference")] == []
