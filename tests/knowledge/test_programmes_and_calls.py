"""What public pages state of programmes, instruments, calls, rules, lineage and figures stands in the graph.

Each fact is asked of the released dataset together with the page that states it. The counts are those of the
curated tables below `data/tables/`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph import iris

TABLES = Path(__file__).resolve().parents[2] / "data" / "tables"
PREFIXES = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in iris.PREFIXES.items())


def rows(name: str) -> list[dict[str, str]]:
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def solutions(store: ox.Store, query: str) -> Iterator[tuple[str, ...]]:
    found = store.query(PREFIXES + query)
    assert isinstance(found, ox.QuerySolutions)
    for solution in found:
        yield tuple("" if value is None else value.value.removeprefix(iris.CGI) for value in solution)  # type: ignore[union-attr]


def asked(store: ox.Store, pattern: str) -> bool:
    return bool(store.query(f"{PREFIXES} ASK {{ {pattern} }}"))


def numbers(store: ox.Store, about: str, indicator: str) -> set[Decimal]:
    found = solutions(
        store,
        f"SELECT ?value {{ ?figure cg:aboutEntity cgi:{about.replace('/', chr(92) + '/')} ; "
        f"cg:indicator <{iris.concept('indicator', indicator)}> ; cg:numericValue ?value }}",
    )
    return {Decimal(value) for (value,) in found}


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("programmes", 31),
        ("instruments", 57),
        ("calls", 53),
        ("eligibility_rules", 153),
        ("lineage", 71),
        ("populations", 14),
        ("figures", 220),
    ],
)
def test_a_table_has_the_rows_it_was_curated_with(name: str, number: int) -> None:
    assert len(rows(name)) == number


def test_what_differs_is_declared() -> None:
    assert sum(row["id"].startswith("discrepancy/w") for row in rows("discrepancies")) == 38


@pytest.mark.parametrize("name", ["programmes", "instruments", "calls", "eligibility_rules", "lineage"])
def test_every_row_names_a_page(name: str) -> None:
    assert all(row["source_url"].startswith("http") for row in rows(name))


def test_quotes_of_pages_are_not_carried() -> None:
    assert {row["quote"] for row in rows("figures")} == {""}


# Hard facts, each with the page that states it


@pytest.mark.parametrize(
    ("pattern", "page"),
    [
        (
            'cgi:programme\\/cip-2007-2013 cg:celexNumber "32006D1639" . '
            "?s cg:aboutEntity cgi:programme\\/cip-2007-2013 ; "
            "cg:indicator <https://w3id.org/clustergraph/def/indicator/budget> ; "
            "cg:numericValue 3600000000.0 ; cg:refPeriod/dcat:startDate ?start ; cg:statedIn ?state",
            "www.euractiv.com",
        ),
        (
            "?s cg:aboutEntity cgi:call\\/innosup-1-2018 ; "
            "cg:indicator <https://w3id.org/clustergraph/def/indicator/procedure-stages> ; "
            "cg:numericValue 2.0 ; cg:statedIn ?state",
            "rpkbialystok.pb.edu.pl",
        ),
        (
            "?s cg:milestoneOf cgi:call\\/smp-cosme-2024-cluster-01 ; "
            "cg:milestoneType <https://w3id.org/clustergraph/def/milestone-type/deadline> ; "
            'dcat:endDate "2025-02-05"^^xsd:date ; cg:statedIn ?state',
            "www.clustercollaboration.eu",
        ),
        (
            "cgi:call\\/i3-2025-inv1 cg:hasRule ?s . "
            "?s cg:ruleType <https://w3id.org/clustergraph/def/rule-type/regions> ; "
            'cg:operator ">=" ; cg:numericValue 5.0 ; cg:statedIn ?state',
            "www.vetinnova.es",
        ),
        (
            "?s cg:assertedSubject cgi:instrument\\/euroclusters ; cg:assertedProperty cg:succeeds ; "
            "cg:assertedObject cgi:instrument\\/escp-4i ; "
            'cg:duringPeriod/dcat:startDate "2022-09-01"^^xsd:date ; cg:statedIn ?state',
            "eismea.ec.europa.eu",
        ),
    ],
    ids=["envelope", "stages", "deadline", "rule", "lineage"],
)
def test_a_fact_leads_to_its_page(released_store: ox.Store, pattern: str, page: str) -> None:
    assert asked(
        released_store,
        f'{pattern} . ?state cg:stateOf/cg:webAddress ?address FILTER (CONTAINS(STR(?address), "{page}"))',
    )


@pytest.mark.parametrize(
    ("part", "programme"),
    [
        ("platform/eu-cluster-hub", "cosme"),
        ("platform/eu-cluster-hub", "smp-2021-2027"),
        ("instrument/eccp-matchmaking-events", "cosme"),
        ("instrument/eccp-matchmaking-events", "smp-2021-2027"),
        ("instrument/clusterxchange", "smp-2021-2027"),
        ("call/clusterxchange-2020", "smp-2021-2027"),
        ("instrument/cluster-excellence-labelling", "cosme"),
        ("tool/regional-ecosystem-scoreboard", "cip-2007-2013"),
        ("tool/observatory-policy-guidance", "cip-2007-2013"),
    ],
)
def test_a_part_is_not_paid_by_every_programme_that_pays_for_the_whole(
    released_store: ox.Store, part: str, programme: str
) -> None:
    thing, payer = (f"<{iris.thing(slug)}>" for slug in (part, f"programme/{programme}"))
    assert asked(released_store, f"{thing} a ?class")
    assert not asked(released_store, f"{thing} cg:fundedUnder {payer}")


def test_an_instrument_is_paid_as_stated_or_with_the_money_of_one_that_is(released_store: ox.Store) -> None:
    inferred = """SELECT DISTINCT ?instrument ?programme {
        ?instrument a cg:PolicyInstrument ; cg:fundedUnder ?programme .
        FILTER NOT EXISTS {
            ?instrument cg:fundedThrough* ?payer .
            ?claim cg:assertedSubject ?payer ; cg:assertedProperty cg:fundedUnder .
            ?claim cg:assertedObject ?stated .
            ?stated cg:partOfProgramme* ?programme
        }
    }"""
    assert list(solutions(released_store, inferred)) == []
    vouchers, paying = (
        iris.thing(slug) for slug in ("instrument/innovation-vouchers", "programme/horizon-2020")
    )
    assert asked(released_store, f"<{vouchers}> cg:fundedUnder <{paying}>")


def test_interreg_strands_add_up_to_the_whole(released_store: ox.Store) -> None:
    parts = [numbers(released_store, f"programme/interreg-{strand}-2021-2027", "budget") for strand in "abcd"]
    assert sum(min(part) for part in parts) == min(
        numbers(released_store, "programme/interreg-2021-2027", "budget")
    )


# Lineage (task A6)


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        ("instrument/euroclusters", "instrument/escp-pilots-2013"),
        ("instrument/euroclusters", "instrument/innosup-1"),
        ("platform/eccp", "tool/european-cluster-observatory"),
        ("platform/eccp", "platform/erek"),
        ("programme/smp-2021-2027", "programme/cip-2007-2013"),
        ("organisation/eismea", "organisation/easme"),
    ],
)
def test_a_line_can_be_followed_over_all_its_steps(
    released_store: ox.Store, later: str, earlier: str
) -> None:
    assert asked(released_store, f"<{iris.thing(later)}> cg:follows <{iris.thing(earlier)}>")


def test_what_goes_on_beside_is_not_replaced(released_store: ox.Store) -> None:
    escp_s3, escp_4i = iris.thing("instrument/escp-s3"), iris.thing("instrument/escp-4i")
    assert asked(released_store, f"<{escp_s3}> cg:follows <{escp_4i}>")
    assert not asked(released_store, f"<{escp_s3}> cg:succeeds <{escp_4i}>")
    assert not asked(released_store, f"<{iris.thing('platform/eccp')}> cg:succeeds ?other")


def test_nothing_follows_itself(released_store: ox.Store) -> None:
    assert not asked(released_store, "?thing cg:follows ?thing")


# Rules that can be evaluated (tasks C3 and C4)

VERDICT = """
    SELECT ?type (IF(?operator = ">=", ?case >= ?value, IF(?operator = "<=", ?case <= ?value, ?case = ?value))
                  AS ?passes) {{
        VALUES (?type ?case) {{ {case} }}
        <{call}> cg:hasRule ?rule .
        ?rule cg:ruleType ?type ; cg:operator ?operator ; cg:numericValue ?value .
    }}
"""


def verdicts(store: ox.Store, call: str, **case: int) -> dict[str, str]:
    cases = " ".join(
        f"(<{iris.concept('rule-type', name.replace('_', '-'))}> {value}.0)" for name, value in case.items()
    )
    found = solutions(store, VERDICT.format(case=cases, call=iris.thing(call)))
    return {kind.rpartition("/")[2]: passes for kind, passes in found}


def test_a_consortium_can_be_held_against_the_rules_of_a_call(released_store: ox.Store) -> None:
    call = "call/i3-2025-inv1"
    good = {"partners": 5, "countries": 3, "regions": 5, "partners_less_developed_regions": 2}
    assert set(verdicts(released_store, call, **good).values()) == {"true"}
    assert verdicts(released_store, call, **{**good, "countries": 2}) == {
        "partners": "true",
        "countries": "false",
        "regions": "true",
        "partners-less-developed-regions": "true",
    }


@pytest.mark.parametrize(("kind", "passes"), [("cluster organisation", True), ("university", False)])
def test_a_kind_of_applicant_is_admitted_or_not(released_store: ox.Store, kind: str, passes: bool) -> None:
    call = iris.thing("call/cluster-excellence-2018")
    rule_type = iris.concept("rule-type", "applicant-type")
    rule = f"<{call}> cg:hasRule [ cg:ruleType <{rule_type}> ; cg:operator 'in' ; cg:textValue '{kind}' ]"
    assert asked(released_store, rule) is passes


def test_caps_of_strands_do_not_mix(released_store: ox.Store) -> None:
    call, grant = iris.thing("call/clusters-go-international-2014"), iris.concept("rule-type", "grant")
    found = solutions(
        released_store,
        f"SELECT ?strand ?value {{ <{call}> cg:hasRule ?rule . ?rule cg:ruleType <{grant}> ; "
        "cg:strandText ?strand ; cg:numericValue ?value }",
    )
    assert set(found) == {("1", "187500"), ("2", "450000")}


def test_years_and_months_of_a_duration_are_one_unit(released_store: ox.Store) -> None:
    found = solutions(
        released_store,
        f"SELECT DISTINCT ?unit {{ ?rule cg:ruleType <{iris.concept('rule-type', 'duration')}> ; "
        "cg:unit ?unit }",
    )
    assert list(found) == [("http://qudt.org/vocab/unit/MO",)]


# Traps


def test_whether_a_call_is_open_is_never_stored_but_follows_from_its_dates(released_store: ox.Store) -> None:
    assert not {"status", "call_status"} & set(rows("calls")[0])
    found = solutions(
        released_store,
        "SELECT DISTINCT ?call { ?step cg:milestoneOf ?call ; cg:milestoneType "
        f"<{iris.concept('milestone-type', 'deadline')}> ; dcat:endDate ?day "
        'FILTER (?day >= "2026-11-12"^^xsd:date && ?day < "2027-01-01"^^xsd:date) }',
    )
    assert set(found) == {("call/i3-2026-inv1",), ("call/i3-2026-inv2a",)}


def test_an_amount_that_can_be_read_two_ways_has_a_note(released_store: ox.Store) -> None:
    """Deck 002 writes 2.320 billion: the number stands, with the text and the warning."""
    assert numbers(released_store, "programme/esif", "cluster-investment-envisaged") == {Decimal(2320000000)}
    assert asked(
        released_store,
        f"?discrepancy cg:discrepancyType <{iris.concept('discrepancy-type', 'notation-ambiguity')}> ; "
        "cg:involves ?figure . ?figure cg:numericValue 2320000000.0 ; cg:rawText ?text ; "
        "cg:extractionNote ?note",
    )


def test_a_total_that_cannot_be_is_not_given_as_a_number(released_store: ox.Store) -> None:
    """A page gives 370 billion for the ERDF, which is more than the whole package it belongs to."""
    assert numbers(released_store, "programme/erdf-2021-2027", "budget") == set()
    assert numbers(released_store, "programme/cohesion-2021-2027", "budget") == {Decimal(330000000000)}
    assert asked(released_store, f"<{iris.thing('programme/erdf-2021-2027')}> cg:extractionNote ?note")


def test_grants_that_are_more_than_the_budget_carry_a_warning(released_store: ox.Store) -> None:
    call = "call/cluster-excellence-2018"
    (expected,) = numbers(released_store, call, "projects")
    (budget,) = numbers(released_store, call, "budget")
    assert expected * 360000 > budget
    assert asked(
        released_store,
        f"?discrepancy cg:discrepancyType <{iris.concept('discrepancy-type', 'reading-rule')}> ; cg:involves "
        f"[ cg:aboutEntity <{iris.thing(call)}> ] , [ cg:numericValue 360000.0 ; cg:operator '<=' ]",
    )


def involved_values(store: ox.Store, kind: str, about: str) -> set[Decimal]:
    found = solutions(
        store,
        f"SELECT ?value {{ ?discrepancy cg:discrepancyType <{iris.concept('discrepancy-type', kind)}> ; "
        f"cg:involves [ cg:aboutEntity <{iris.thing(about)}> ] ; cg:involves ?figure . "
        "?figure cg:numericValue ?value }",
    )
    return {Decimal(value) for (value,) in found}


def test_planned_and_launched_partnerships_stand_side_by_side(released_store: ox.Store) -> None:
    assert involved_values(released_store, "status-change", "generation/escp-s3-2017") == {
        Decimal(8),
        Decimal(9),
    }


def test_projects_running_and_projects_of_all_years_do_not_compete(released_store: ox.Store) -> None:
    assert involved_values(released_store, "scope-difference", "instrument/innosup-1") == {
        Decimal(13),
        Decimal(24),
    }


def test_two_numbers_of_one_notice_are_a_conflict(released_store: ox.Store) -> None:
    platform = iris.thing("platform/s3p-industry")
    assert asked(
        released_store,
        f"?one cg:aboutEntity <{platform}> ; cg:numericValue 21.0 ; cg:conflictsWith ?other . "
        f"?other cg:aboutEntity <{platform}> ; cg:numericValue 23.0",
    )


def test_the_stars_of_two_methods_are_two_indicators(released_store: ox.Store) -> None:
    for code in ("observatory-stars", "eocic-cluster-strength"):
        assert asked(
            released_store,
            f"<{iris.concept('indicator', code)}> a cg:Indicator ; skos:definition ?words "
            'FILTER (CONTAINS(?words, "Not comparable"))',
        )


def test_partnerships_that_target_countries_differ_by_country_alone(released_store: ox.Store) -> None:
    found = solutions(
        released_store,
        f"SELECT ?area ?value {{ ?figure cg:indicator "
        f"<{iris.concept('indicator', 'partnerships-targeting-country')}> ; cg:refArea ?area ; "
        "cg:numericValue ?value }",
    )
    values = {area: Decimal(value) for area, value in found}
    assert (len(values), values["country/us"], values["country/kr"]) == (8, 8, 3)


def test_what_is_read_at_second_hand_says_so(released_store: ox.Store) -> None:
    assert asked(
        released_store,
        f"?step cg:milestoneOf <{iris.thing('call/horizon-msca-2027-cofund-01-01')}> ; "
        f"cg:certainty <{iris.concept('certainty', 'secondary')}>",
    )
    assert not asked(
        released_store,
        f"?step cg:milestoneOf <{iris.thing('call/horizon-msca-2027-cofund-01-01')}> ; "
        f"cg:certainty <{iris.concept('certainty', 'stated')}>",
    )
