"""What public pages say of thematic partnerships, their regions and the priorities of strategies.

The expected figures were counted in the lists of the pages; addresses stand beside facts that are easily
mistaken.
"""

from __future__ import annotations

from collections.abc import Iterator

import pyoxigraph as ox
import pytest

from clustergraph import iris

PREFIXES = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in iris.PREFIXES.items())
PARTNERSHIP = f"{iris.CGI}thematic-partnership"
#: The scoping paper of the textile partnership lists 16 regions (s3platform.jrc.ec.europa.eu).
TEXTILE = f"<{PARTNERSHIP}/textile-innovation>"
BUILDINGS = f"<{PARTNERSHIP}/sustainable-buildings>"
INDUSTRY = f"<{iris.CGI}platform/s3p-industry>"
#: Both pages say which regions lead; only the older one is dated.
SIXTY_REGIONS = "https://s3platform.jrc.ec.europa.eu/w/sixty-eu-regions-get-ready-for-joint-energy-projects"
LATER_PAGE = "https://s3platform.jrc.ec.europa.eu/sustainable-buildings"


def rows(store: ox.Store, pattern: str) -> list[tuple[str, ...]]:
    """The values of `?a ?b ?c` where the pattern holds, sorted, without their types."""
    found = store.query(f"{PREFIXES} SELECT DISTINCT ?a ?b ?c WHERE {{ {pattern} }}")
    assert isinstance(found, ox.QuerySolutions)
    return sorted(tuple(_values(solution)) for solution in found)


def _values(solution: ox.QuerySolution) -> Iterator[str]:
    for term in solution:
        if isinstance(term, ox.NamedNode | ox.Literal):
            yield term.value.removeprefix(iris.CGI)


def count(store: ox.Store, pattern: str) -> int:
    return len(rows(store, pattern))


@pytest.mark.parametrize(
    ("pattern", "number"),
    [
        ("?a a cg:ThematicPartnership", 37),
        (
            "?a cg:participantRole ?r ; cg:nameAsStated ?n ; ^cg:hasParticipation/a cg:ThematicPartnership",
            210,
        ),
        ("?a a cg:SpecialisationPriority", 460),
        ("?a cg:hasStrategy/cg:hasPriority ?priority", 79),
        ("?a a cg:ValueChain", 13),
        ("?x a cg:SpecialisationPriority ; cg:derivedColumn 'programming_period' BIND (?x AS ?a)", 174),
    ],
)
def test_everything_that_the_tables_hold_is_there(
    released_store: ox.Store, pattern: str, number: int
) -> None:
    assert count(released_store, pattern) == number


def test_a_lead_that_was_added_later_does_not_change_who_led_before(released_store: ox.Store) -> None:
    def leads(page: str) -> list[str]:
        found = rows(
            released_store,
            f"{BUILDINGS} cg:hasParticipation ?p . ?p cg:participatingTerritory ?a ; "
            "cg:participantRole/skos:notation 'lead' ; "
            f"cg:statedIn/cg:stateOf/cg:webAddress '{page}'^^xsd:anyURI",
        )
        return [row[0] for row in found]

    assert leads(SIXTY_REGIONS) == ["region/es61", "region/hu32"]
    assert leads(LATER_PAGE) == ["region/es61", "region/hr06", "region/hu32"]


def test_a_chair_that_passes_on_ends_and_begins_in_the_month_that_is_stated(released_store: ox.Store) -> None:
    mining = f"<{PARTNERSHIP}/mining> cg:hasParticipation ?p . ?p cg:participatingTerritory ?a ; "
    assert rows(released_store, f"{mining} cg:beginsDuring ?b") == [("region/es61", "period/2026-02")]
    assert rows(released_store, f"{mining} cg:endsDuring ?b") == [("region/fi1d7", "period/2026-02")]


def test_counts_of_the_industrial_platform_differ_by_date_and_rule(released_store: ox.Store) -> None:
    assert rows(
        released_store,
        f"?o cg:aboutEntity {INDUSTRY} ; cg:indicator/skos:notation ?a ; cg:refPeriod ?b ; "
        "cg:numericValue ?c FILTER(STRSTARTS(?a, 'thematic-'))",
    ) == [
        ("thematic-areas", "period/unstated", "12"),
        ("thematic-partnerships", "period/2018-11", "18"),
        ("thematic-partnerships", "period/2020-03", "21"),
        ("thematic-partnerships", "period/2020-03", "23"),
        ("thematic-partnerships-qualified", "period/2018-04-12", "10"),
    ]


def test_two_counts_in_one_notice_are_a_discrepancy(released_store: ox.Store) -> None:
    assert rows(
        released_store,
        f"<{iris.CGI}discrepancy/s19> cg:involves ?o . ?o cg:numericValue ?a",
    ) == [("21",), ("23",)]


def test_those_present_at_a_workshop_are_not_counted_as_members(released_store: ox.Store) -> None:
    figures = rows(
        released_store, f"?o cg:aboutEntity <{PARTNERSHIP}/medical-technology> ; cg:numericValue ?a"
    )
    assert figures == [("20",), ("24",)]


def test_levels_of_regions_stay_mixed(released_store: ox.Store) -> None:
    assert rows(
        released_store,
        f"{TEXTILE} cg:hasParticipation/cg:participatingTerritory ?r . ?r cg:nutsLevel ?a "
        f"{{ SELECT ?a (COUNT(DISTINCT ?t) AS ?b) {{ {TEXTILE} cg:hasParticipation ?p . ?p "
        "cg:participatingTerritory ?t ; cg:foundInReading/skos:notation 'first' . ?t cg:nutsLevel ?a } "
        "GROUP BY ?a }",
    ) == [("1", "2"), ("2", "12"), ("3", "2")]


def test_a_roll_up_finds_what_a_join_on_equal_codes_does_not(released_store: ox.Store) -> None:
    member = f"{TEXTILE} cg:hasParticipation/cg:participatingTerritory ?a . "
    flanders = f"<{iris.CGI}region/be2>"
    assert rows(released_store, f"{member} ?a cg:within {flanders}") == [("region/be25",)]
    assert rows(released_store, f"{member} FILTER(?a = {flanders})") == []
    assert count(released_store, f"{TEXTILE} cg:involvesTerritory {flanders} BIND({flanders} AS ?a)") == 1


def test_one_reading_found_both_times_is_one_participation_that_says_so(released_store: ox.Store) -> None:
    both = "?a cg:foundInReading/skos:notation 'first' , 'second'"
    assert count(released_store, f"{TEXTILE} cg:hasParticipation ?a . {both}") == 16


def test_countries_take_part_as_countries(released_store: ox.Store) -> None:
    assert rows(
        released_store,
        "?x a cg:ThematicPartnership ; cg:hasParticipation/cg:participatingTerritory ?a . ?a a cg:Country",
    ) == [(f"country/{code}",) for code in ("cy", "ee", "lu", "lv", "mt", "si")]


def test_a_territory_is_nobody_who_acts(released_store: ox.Store) -> None:
    assert rows(released_store, "?p cg:participatingTerritory ?a ; cg:participant ?b") == []
    assert rows(released_store, "?x cg:hasParticipant ?a . ?a a cg:Territory") == []


def test_places_without_a_region_of_their_name_have_no_territory(released_store: ox.Store) -> None:
    assert rows(
        released_store,
        "?p cg:nameAsStated ?a ; ^cg:hasParticipation/a cg:ThematicPartnership "
        "FILTER NOT EXISTS { ?p cg:participatingTerritory ?t }",
    ) == [
        ("Arnhem Nijmegen region",),
        ("Canton of Vaud",),
        ("Central Hungary",),
        ("Eindhoven",),
        ("Olomouc",),
    ]


def test_one_line_leaves_out_the_themes_that_the_curators_matched(released_store: ox.Store) -> None:
    matched = (
        "?claim cg:assertedSubject ?a ; cg:assertedProperty ?property ; cg:assertedObject ?b . "
        "?a a cg:SpecialisationPriority FILTER(?property IN (cg:addressesTheme, cg:matchesPartnership)) "
    )
    derived = "FILTER NOT EXISTS { ?claim cg:certainty/skos:notation 'derived' }"
    assert count(released_store, matched) == 223
    assert count(released_store, matched + derived) == 0


def test_priorities_speak_their_own_language(released_store: ox.Store) -> None:
    found = rows(
        released_store,
        "{ SELECT ?a (COUNT(?p) AS ?b) { ?p cg:priorityText ?text BIND(LANG(?text) AS ?a) } GROUP BY ?a }",
    )
    assert {language: int(number) for language, number in found} == {
        **{"ca": 7, "cs": 91, "de": 25, "en": 148, "es": 17, "fr": 24},
        **{"it": 42, "nl": 11, "pt": 21, "ro": 8, "sv": 66},
    }


def test_a_strategy_of_no_stated_period_has_none(released_store: ox.Store) -> None:
    assert count(
        released_store,
        "?a cg:hasPriority ?p FILTER NOT EXISTS { ?a cg:programmingPeriod ?period }",
    ) == len(rows(released_store, "?a a cg:SmartSpecialisationStrategy FILTER(STRENDS(STR(?a), '-undated'))"))


def test_an_activity_of_a_priority_is_known_at_second_hand(released_store: ox.Store) -> None:
    covered = "?claim cg:claimAbout|cg:assertedSubject ?p . ?p a cg:SpecialisationPriority . "
    activity = "{ ?claim cg:activityNotation ?n } UNION { ?claim cg:assertedProperty cg:coversActivity } "
    assert rows(released_store, f"{covered} {activity} ?claim cg:certainty/skos:notation ?a") == [
        ("secondary",)
    ]
    assert count(released_store, f"{covered} {activity} BIND(?claim AS ?a)") == 237


def test_a_platform_is_launched_when_its_page_says(released_store: ox.Store) -> None:
    launched = f"?m cg:milestoneOf {INDUSTRY} ; dcat:startDate ?a ; dcat:endDate ?b"
    assert rows(released_store, launched) == [("2016-06-01", "2016-06-02")]
