"""Organisations as the tables describe them: each once, its names and labels with their time and evidence."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph import iris

TABLES = Path(__file__).resolve().parents[2] / "data" / "tables"
NAMES = (
    "organisations",
    "organisation_names",
    "organisation_facts",
    "national_programmes",
    "recognitions",
)
PREFIXES = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in iris.PREFIXES.items())


@cache
def rows(table: str) -> tuple[dict[str, str], ...]:
    with (TABLES / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


def named(identifier: str) -> dict[str, str]:
    found = [row for row in rows("organisations") if row["id"] == identifier]
    assert len(found) == 1
    return found[0]


def asked(store: ox.Store, pattern: str) -> bool:
    return bool(store.query(f"{PREFIXES} ASK {{ {pattern} }}"))


def test_as_many_rows_as_their_coverage_says() -> None:
    assert {name: len(rows(name)) for name in NAMES} == {
        "organisations": 793,
        "organisation_names": 224,
        "organisation_facts": 111,
        "national_programmes": 38,
        "recognitions": 402,
    }
    kinds = Counter(row["class"] for row in rows("organisations"))
    assert (kinds["ClusterOrganisation"], kinds["PublicAuthority"], kinds["Enterprise"]) == (601, 24, 19)
    assert Counter(row["decision"] for row in rows("organisation_names")) == {
        "same": 169,
        "uncertain": 30,
        "distinct": 19,
        "successor": 6,
    }


@pytest.mark.parametrize("table", NAMES)
def test_every_row_names_a_page(table: str) -> None:
    assert [row for row in rows(table) if not row["source_url"].startswith("http")] == []


@pytest.mark.parametrize("table", NAMES)
def test_no_column_is_made_for_persons_and_no_cell_is_a_mailbox_or_a_phone(table: str) -> None:
    columns = set(rows(table)[0])
    assert columns.isdisjoint({"contact", "person", "manager", "email", "phone", "director"})
    cells = [cell for row in rows(table) for column, cell in row.items() if column != "source_url"]
    assert [cell for cell in cells if re.search(r"\S@\w+\.\w|\+\d{2}[ (]|\b(Dr|Mr|Mrs|Prof)\. ", cell)] == []


def test_countries_are_of_iso_3166_even_where_a_page_writes_uk_or_el() -> None:
    countries = {row["country"] for name in ("organisations", "national_programmes") for row in rows(name)}
    assert countries.isdisjoint({"country/uk", "country/el"})
    assert named("cluster-organisation/north-west-aerospace-alliance")["country"] == "country/gb"
    assert named("cluster-organisation/si-cluster")["country"] == "country/gr"


def test_regions_are_found_by_name_and_say_so(released_store: ox.Store) -> None:
    assert {row["territory_basis"] for row in rows("organisations") if row["territory"]} == {"derived"}
    styria = f"<{iris.thing('region/at22')}>"
    assert asked(
        released_store,
        f"?claim cg:assertedSubject <{iris.thing('cluster-organisation/green-tech-cluster-styria')}> ; "
        f"cg:assertedObject {styria} ; cg:certainty <{iris.concept('certainty', 'derived')}>",
    )


def test_an_organisation_of_several_tables_is_one_thing(released_store: ox.Store) -> None:
    for identifier, names in {
        "cluster-organisation/packaging-cluster": {"Associació Cluster del Packaging (Packaging Cluster)"},
        "cluster-organisation/laser-and-engineering-technologies-cluster-litek": {
            "Laser and Engineering Cluster",
            "Laser and engineering technology cluster",
        },
        "cluster-organisation/pole-scs": {"Secured Communicating Solutions cluster"},
        "cluster-organisation/cluster-dil-luminacio-de-catalunya": {"Clúster de iluminación de Cataluña"},
    }.items():
        query = f"{PREFIXES} SELECT ?name {{ <{iris.thing(identifier)}> skos:altLabel ?name }}"
        solutions = released_store.query(query)
        assert isinstance(solutions, ox.QuerySolutions)
        further = {solution["name"].value for solution in solutions}
        assert names <= further


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("cluster-organisation/cluster-aec", "cluster-organisation/cluster-aed"),
        ("cluster-organisation/gi-cluster", "cluster-organisation/si-cluster"),
        (
            "cluster-organisation/bydgoszcz-industrial-cluster",
            "cluster-organisation/building-innovation-cluster",
        ),
        ("organisation/european-clusters-alliance", "organisation/european-court-of-auditors"),
        ("organisation/european-clusters-alliance", "organisation/european-cluster-alliance-2006"),
    ],
)
def test_what_only_looks_alike_is_kept_apart(released_store: ox.Store, one: str, other: str) -> None:
    assert asked(released_store, f"<{iris.thing(one)}> owl:differentFrom <{iris.thing(other)}>")
    assert not asked(released_store, f"<{iris.thing(one)}> owl:sameAs <{iris.thing(other)}>")


def test_eca_is_two_bodies_and_the_deck_does_not_say_which(released_store: ox.Store) -> None:
    alliance, auditors = (
        named(f"organisation/{name}") for name in ("european-clusters-alliance", "european-court-of-auditors")
    )
    assert alliance["short_name"] == auditors["short_name"] == "ECA"
    assert (alliance["class"], auditors["class"]) == ("org:Organization", "PublicAuthority")
    deck = f"<{iris.thing('organisation/eca-deck-004')}>"
    assert asked(
        released_store,
        f"?claim cg:assertedProperty skos:closeMatch ; cg:assertedObject {deck} ; "
        f"cg:assertedSubject <{iris.thing(alliance['id'])}> ; "
        f"cg:certainty <{iris.concept('certainty', 'uncertain')}>",
    )


def test_what_may_be_one_is_never_merged(released_store: ox.Store) -> None:
    uncertain = [row for row in rows("organisation_names") if row["decision"] == "uncertain"]
    assert {row["certainty"] for row in uncertain} == {"uncertain"}
    for row in uncertain:
        assert row["organisation"] != row["other"]
        pair = f"<{iris.thing(row['organisation'])}> skos:closeMatch <{iris.thing(row['other'])}>"
        assert asked(released_store, pair)


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        ("organisation/dg-grow", "organisation/dg-entr"),
        ("organisation/eismea", "organisation/easme"),
        ("cluster-organisation/de-blauwe-cluster", "cluster-organisation/flanders-maritime-cluster"),
        ("cluster-organisation/pole-mondial-du-vegetal", "cluster-organisation/cereales-vallee"),
    ],
)
def test_successors_are_things_of_their_own(released_store: ox.Store, later: str, earlier: str) -> None:
    assert asked(released_store, f"<{iris.thing(later)}> cg:succeeds <{iris.thing(earlier)}>")
    assert asked(
        released_store,
        f"?claim cg:assertedSubject <{iris.thing(later)}> ; cg:assertedProperty cg:succeeds ; "
        f"cg:assertedObject <{iris.thing(earlier)}> ; cg:statedIn ?state",
    )


def test_pole_mov_eo_is_not_said_to_have_become_nextmove(released_store: ox.Store) -> None:
    later, earlier = (iris.thing(f"cluster-organisation/{name}") for name in ("nextmove", "moveo"))
    assert not asked(released_store, f"<{later}> cg:succeeds <{earlier}>")


def test_an_old_label_carries_its_last_day(released_store: ox.Store) -> None:
    holder = iris.thing("cluster-organisation/acstyria-autocluster-gmbh")
    assert asked(
        released_store,
        f"?label cg:recognisedOrganisation <{holder}> ; dcat:endDate '2015-05-27'^^xsd:date ; "
        f"cg:recognitionLevel <{iris.concept('recognition-level', 'bronze')}> ; "
        f"cg:recognisedBy <{iris.thing('organisation/esca')}> . "
        "FILTER NOT EXISTS { ?label dcat:startDate ?first }",
    )


def test_recognitions_lead_to_programmes_that_are_described() -> None:
    programmes = {row["id"] for row in rows("national_programmes")}
    schemes = {row["scheme"] for row in rows("recognitions") if row["scheme"]}
    assert schemes - programmes == {"instrument/cluster-excellence-labelling"}
    phases = Counter(row["scheme"] for row in rows("recognitions") if "poles" in row["scheme"])
    assert phases == {
        "programme/poles-de-competitivite-phase-v": 43,
        "programme/poles-de-competitivite-phase-iv": 7,
    }


def test_budgets_are_figures_only_where_they_are_euro_without_doubt(released_store: ox.Store) -> None:
    budgets = {row["id"]: row["budget_eur"] for row in rows("national_programmes")}
    assert budgets["programme/srip-2023-2026"] == "7411241.42"
    assert budgets["programme/krajowe-klastry-kluczowe"] == ""
    assert budgets["programme/poles-de-competitivite-phase-v"] == ""
    assert sum(bool(budget) for budget in budgets.values()) == 14
    assert asked(
        released_store,
        f"?figure cg:aboutEntity <{iris.thing('programme/srip-2023-2026')}> ; cg:numericValue 7411241.42 ; "
        f"qb:dataSet <{iris.thing('dataset/web-figures')}>",
    )


def test_a_year_read_from_the_order_of_a_list_is_inferred() -> None:
    years = {
        row["organisation"]: (row["period"], row["certainty"])
        for row in rows("organisation_facts")
        if row["milestone"] == "designated"
    }
    assert years["organisation/eit-food"] == ("2016", "inferred")
    assert years["organisation/eit-manufacturing"] == ("2018-12", "stated")
    grants = [row["value"] for row in rows("organisation_facts") if row["indicator"] == "grant"]
    assert len(grants) == 8
    assert "85100000" in grants


def test_two_pages_date_the_founding_of_eucles_and_both_stand() -> None:
    dates = {
        row["period"] for row in rows("organisation_facts") if row["organisation"] == "organisation/eucles"
    }
    assert dates == {"2020-12", "2021"}
