"""Partnerships, participants, third countries and differing statements say what public pages say of them.

The tables are in `data/tables/`. What was read to make them is not part of the project; the test that
compares with it is skipped, with the reason, where it is not at hand.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.sources.content import Content
from clustergraph.sources.curated_tables import read_curated_tables
from clustergraph.sources.kinds.partnership_members import PARTNERSHIP_MEMBERS, PartnershipMemberRow
from clustergraph.sources.kinds.partnership_members_back import extract
from clustergraph.sources.statements import Statements

ROOT = Path(__file__).resolve().parents[2]
TABLES = ROOT / "data" / "tables"
READINGS = ROOT.parent / "shared" / "sources"
OURS = ("partnerships", "partnership_facts", "partnership_members", "third_countries", "discrepancies")
MEMORANDUM = (
    "https://clustercollaboration.eu/community-news/"
    "four-european-strategic-cluster-partnerships-escp-4i-join-forces-boost"
)

Row = dict[str, str]

needs_readings = pytest.mark.skipif(
    not READINGS.is_dir(), reason="what was read is not at hand (../shared/sources)"
)


def table(name: str) -> list[Row]:
    """The rows of a table; of the discrepancies, those of partnerships and projects."""
    with (TABLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if name == "discrepancies":
        rows = [row for row in rows if row["id"].startswith("discrepancy/p")]
    return rows


@pytest.fixture(scope="module")
def store() -> ox.Store:
    """What the tables state, without what is concluded from it."""
    store = ox.Store()
    store.extend(read_curated_tables(Content(ROOT), {}).quads)
    return store


def solutions(store: ox.Store, pattern: str) -> list[tuple[str, ...]]:
    """The distinct solutions of a pattern over all graphs, as the values of `?a`, `?b` and `?c`, sorted."""
    prefixes = "".join(f"PREFIX {prefix}: <{namespace}>\n" for prefix, namespace in iris.PREFIXES.items())
    found = store.query(f"{prefixes} SELECT DISTINCT * {{ {pattern} }}", use_default_graph_as_union=True)
    assert isinstance(found, ox.QuerySolutions)
    names = sorted({variable.value for variable in found.variables} & {"a", "b", "c"})
    return sorted({tuple(solution[name].value for name in names) for solution in found})


def values(store: ox.Store, pattern: str) -> list[str]:
    return [found[0].removeprefix(iris.CGI) for found in solutions(store, pattern)]


def test_every_row_that_names_an_address_is_carried() -> None:
    assert {name: len(table(name)) for name in OURS} == {
        "partnerships": 126,
        "partnership_facts": 891,
        "partnership_members": 524,
        "third_countries": 50,
        "discrepancies": 30,
    }
    assert Counter(row["class"] for row in table("partnerships")) == {"ClusterPartnership": 88, "Project": 38}


@pytest.mark.parametrize("name", OURS)
def test_rows_stand_in_a_fixed_order_and_once(name: str) -> None:
    rows = [tuple(row.values()) for row in table(name)]
    assert len(set(rows)) == len(rows)
    first = [row[:1] for row in rows]
    assert first == sorted(first)


@pytest.mark.parametrize("name", OURS)
def test_no_table_holds_an_address_of_a_person(name: str) -> None:
    cells = [cell.replace("Eye@RIS3", "") for row in table(name) for cell in row.values()]
    assert not [cell for cell in cells if "@" in cell or "mailto:" in cell]


@needs_readings
@pytest.mark.parametrize("name", OURS)
def test_every_page_is_one_that_was_read(name: str) -> None:
    read = "".join(path.read_text(encoding="utf-8") for path in READINGS.glob("*/*.csv"))
    columns = ("source_url",) if name != "discrepancies" else ("source_a", "source_b")
    pages = {page for row in table(name) for column in columns for page in row[column].split("|") if page}
    assert {page for page in pages if page.replace("%7C", "|") not in read} == set()


def test_a_partnership_that_several_readings_found_says_so_for_each(store: ox.Store) -> None:
    found = "<{}> cg:foundInReading ?a"
    ec2i = values(store, found.format(iris.thing("partnership/ec2i")))
    assert [value.rpartition("/")[2] for value in ec2i] == ["first", "second", "wide"]
    assert Counter(row["readings"].count("|") + 1 for row in table("partnerships")) == {1: 85, 2: 21, 3: 20}


@pytest.mark.parametrize(
    ("pattern", "page"),
    [
        (
            "?s cg:milestoneOf cgi:partnership\\/move ; dcat:startDate '2016-01-01'^^xsd:date",
            "https://www.clustercollaboration.eu/escp-profiles/move",
        ),
        (
            "?s cg:aboutEntity cgi:project\\/amulet ; cg:indicator <https://w3id.org/clustergraph/def/indicator/"
            "total-cost> ; cg:numericValue 4997882.5 ; cg:foundInReading ?r, ?q . FILTER(?r != ?q)",
            "https://amulet-h2020.eu/innosup-01/",
        ),
        (
            "?s cg:assertedSubject cgi:partnership\\/euwater4i-sd ; cg:assertedObject cgi:country\\/ke ; "
            "cg:certainty <https://w3id.org/clustergraph/def/certainty/stated>",
            "https://greensynergycluster.eu/pf/euwater4i-sd/?lang=en",
        ),
        (
            "cgi:project\\/permides cg:hasParticipation ?s . ?s cg:nameAsStated 'CyberForum e.V.' ; "
            "cg:participantRole <https://w3id.org/clustergraph/def/participant-role/coordinator>",
            "https://www.clustercollaboration.eu/eu-project-profile/permides",
        ),
    ],
    ids=["start of MOVE", "cost of AMULET", "target of euWater4i-SD", "coordinator of PERMIDES"],
)
def test_a_fact_leads_to_the_page_that_states_it(store: ox.Store, pattern: str, page: str) -> None:
    assert page in values(store, f"{pattern} . ?s cg:statedIn/cg:stateOf/cg:webAddress ?a")


def test_the_two_sides_of_a_difference_stand_side_by_side_with_their_own_pages(store: ox.Store) -> None:
    sides = solutions(
        store,
        "?a a cg:Discrepancy ; cg:involves ?b . ?b cg:statedIn/cg:stateOf/cg:webAddress ?c "
        "FILTER(REGEX(STR(?a), '/discrepancy/p'))",
    )
    found: dict[str, dict[str, set[str]]] = {}
    for discrepancy, side, page in sides:
        found.setdefault(discrepancy, {}).setdefault(side, set()).add(page)
    assert len(found) == 30
    assert {len(sides) for sides in found.values()} == {2}
    rows = {iris.thing(row["id"]): row for row in table("discrepancies")}
    for discrepancy, pages in found.items():
        row = rows[discrepancy]
        first = set(row["source_a"].split("|"))
        second = (
            set(row["source_b"].split("|")) if row["source_b"] else set(row["source_url"].split("|")) - first
        )
        expected = [first, second]
        assert sorted(map(sorted, pages.values())) == sorted(map(sorted, expected)), discrepancy


def test_differing_figures_of_the_first_generation_conflict_and_neither_is_lost(store: ox.Store) -> None:
    pairs = solutions(
        store,
        "?x cg:aboutEntity cgi:generation\\/escp-4i-1 ; cg:conflictsWith ?y ; cg:numericValue ?a . "
        "?y cg:numericValue ?b",
    )
    assert pairs == [("24", "25"), ("9", "10")]


def test_no_figure_of_a_cohort_is_counted_from_its_members(store: ox.Store) -> None:
    ours = "GRAPH <{}> {{ ?x cg:aboutEntity ?a FILTER(REGEX(STR(?a), '/(generation|cohort)/')) }}"
    about = [(name, cohort) for name in OURS for cohort in values(store, ours.format(iris.graph(name)))]
    assert about == [("discrepancies", "generation/escp-4i-1")]
    figures_of_it = "GRAPH <{}> {{ ?x cg:aboutEntity cgi:generation\\/escp-4i-1 ; cg:numericValue ?a }}"
    assert values(store, figures_of_it.format(iris.graph("discrepancies"))) == ["10", "24", "25", "9"]
    assert not values(store, "?a cg:formula ?f")
    with (ROOT / "data" / "decks" / "observations.csv").open(encoding="utf-8", newline="") as file:
        funded = [row for row in csv.DictReader(file) if row["indicator"] == "partnerships-funded"]
    figures = {(row["subject"], row["value"]) for row in funded if "/escp-4i-" in row["subject"]}
    assert {value for subject, value in figures if subject == "generation/escp-4i-1"} == {"15"}
    assert {value for subject, value in figures if subject == "generation/escp-4i-2"} == {"23", "25"}


def test_cohorts_have_the_members_that_sources_name_and_inferred_ones_are_marked(store: ox.Store) -> None:
    assert set(values(store, "?a cg:hasMember ?m")) == {
        *(f"generation/escp-4i-{number}" for number in (1, 2, 3, 4)),
        *("generation/escp-s3-2017", "cohort/innosup-2015-six", "cohort/cluster-excellence-2014-2015"),
    }
    stated = values(
        store,
        "?x cg:assertedProperty cg:hasMember ; cg:assertedSubject cgi:generation\\/escp-4i-3 ; "
        "cg:assertedObject ?a ; cg:certainty <https://w3id.org/clustergraph/def/certainty/stated>",
    )
    assert stated == ["partnership/et4s"]
    inferred = values(
        store,
        "?x cg:assertedProperty cg:hasMember ; cg:assertedSubject cgi:generation\\/escp-4i-1 ; "
        "cg:assertedObject ?a ; cg:certainty <https://w3id.org/clustergraph/def/certainty/inferred>",
    )
    assert inferred == ["partnership/bioxclusters-plus", "partnership/silicon-europe-worldwide"]


def test_an_expression_of_interest_is_no_partnership_launched_under_escp_s3(store: ox.Store) -> None:
    members = values(store, "cgi:generation\\/escp-s3-2017 cg:hasMember ?a")
    assert members == ["partnership/digiclusters", "partnership/eacn", "partnership/s3martmed"]
    for name in ("4m4iof", "bioeconomy-s3", "pimi"):
        texts = values(store, f"?x cg:claimAbout cgi:partnership\\/{name} ; cg:claimText ?a")
        assert any(text.endswith("status: expression of interest") for text in texts)
        assert not values(store, f"?a cg:milestoneOf cgi:partnership\\/{name}")


def test_the_target_of_eight_partnerships_stays_a_target() -> None:
    with (ROOT / "data" / "decks" / "observations.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["subject"] == "generation/escp-s3-2017"]
    assert [(row["value"], row["nature"]) for row in rows] == [("8", "target")]


def test_two_roles_that_sources_give_are_two_participations(store: ox.Store) -> None:
    roles = values(
        store,
        "cgi:partnership\\/s3martmed cg:hasParticipation ?p . ?p cg:participantRole ?a ; "
        "cg:participant cgi:cluster-organisation\\/lyonbiopole",
    )
    assert [role.rpartition("/")[2] for role in roles] == ["coordinator", "partner"]


def test_who_signed_for_one_of_four_partnerships_takes_part_in_none_of_them_by_that(store: ox.Store) -> None:
    pages = values(store, "?p a cg:Participation ; cg:statedIn/cg:stateOf/cg:webAddress ?a")
    assert len(pages) > 100
    assert MEMORANDUM not in pages
    assert MEMORANDUM in values(store, "cgi:partnership\\/nf4 cg:statedIn/cg:stateOf/cg:webAddress ?a")


def test_a_target_that_was_dropped_is_none(store: ox.Store) -> None:
    targets = values(store, "cgi:partnership\\/give cg:targetsTerritory ?a")
    assert targets == ["country/ar", "country/cn", "country/eg", "country/sa"]
    assert values(store, "?x cg:claimAbout cgi:partnership\\/give, cgi:country\\/ru ; cg:claimText ?a")


def test_an_area_is_not_forced_into_a_country(store: ox.Store) -> None:
    texts = values(store, "?x cg:claimAbout cgi:partnership\\/natureef ; cg:claimText ?a")
    assert any(text.endswith("ASEAN countries") for text in texts)
    natureef = values(store, "cgi:partnership\\/natureef cg:targetsTerritory ?a")
    assert natureef == ["country/cl", "country/cn", "country/co", "country/mx"]
    codes = {row["country_code"] for row in table("third_countries") if row["area"].startswith("South Med")}
    assert codes == {""}


def test_total_cost_and_eu_contribution_are_not_mixed_up(store: ox.Store) -> None:
    amounts = solutions(
        store,
        "?x cg:aboutEntity cgi:project\\/permides ; cg:indicator ?a ; cg:numericValue ?b ; "
        "cg:unit <http://publications.europa.eu/resource/authority/currency/EUR>",
    )
    assert [(indicator.rpartition("/")[2], value) for indicator, value in amounts] == [
        ("eu-contribution", "4838318"),
        ("total-cost", "4978418"),
    ]


def test_only_grants_with_a_page_of_cordis_are_matched_with_it(store: ox.Store) -> None:
    matched = solutions(store, "?a skos:exactMatch ?b ; dct:identifier ?c")
    assert all(target == f"https://cordis.europa.eu/project/id/{grant}" for _, target, grant in matched)
    assert len(matched) == sum(row["cordis"] == "yes" for row in table("partnerships")) == 19
    assert not values(store, "cgi:partnership\\/blues skos:exactMatch ?a")


def test_the_participants_come_back_as_a_table_that_states_the_same(store: ox.Store) -> None:
    graph = iris.graph("partnership_members")
    quads = set(store.quads_for_pattern(None, None, None, ox.NamedNode(graph)))
    again: list[ox.Quad] = []
    statements = Statements(PARTNERSHIP_MEMBERS.name, again, _labels(store))
    for cells in extract(store, graph):
        PARTNERSHIP_MEMBERS.emit(statements, PartnershipMemberRow.model_validate(cells))
    assert set(again) == quads


def _labels(store: ox.Store) -> dict[str, str]:
    found = store.quads_for_pattern(None, ox.NamedNode(f"{iris.RDFS}label"), None, None)
    return {
        quad.subject.value: quad.object.value
        for quad in found
        if isinstance(quad.subject, ox.NamedNode) and isinstance(quad.object, ox.Literal)
    }
