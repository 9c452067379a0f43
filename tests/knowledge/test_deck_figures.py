"""The curated figures, matrix cells, claims and discrepancies say what the decks say, where they say it.

The tables are in `data/decks/`. The decks and the inventory of their statements are not part of the
project; the tests that read them are skipped, with the reason, where they are not at hand.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyoxigraph as ox
import pytest
from rdflib import DCTERMS, RDF, SKOS, Graph, Literal, Namespace, URIRef

ROOT = Path(__file__).resolve().parents[2]
DECKS = ROOT / "data" / "decks"
SEEDS = ROOT.parent / "shared" / "seeds"
INVENTORY = ROOT.parent / "shared" / "sources" / "inventory.csv"
CG = Namespace("https://w3id.org/clustergraph/ontology#")
INDICATORS = URIRef("https://w3id.org/clustergraph/def/indicator")
INDICATOR = ox.NamedNode("https://w3id.org/clustergraph/ontology#indicator")

Row = dict[str, str]
Place = tuple[str, int, int]

needs_decks = pytest.mark.skipif(not SEEDS.is_dir(), reason="the decks are not at hand (../shared/seeds)")
needs_inventory = pytest.mark.skipif(
    not INVENTORY.is_file(), reason="the inventory is not at hand (../shared/sources/inventory.csv)"
)

DISCREPANCY_TYPES = {
    "value-conflict": {1, 2, 3},
    "qualifier-change": {4, 9, 14, 15},
    "rounding": {5, 8, 24},
    "scope-difference": {6, 12, 13},
    "status-change": {10, 11},
    "time-axis": {7},
    "tense": {16},
    "naming-drift": {17, 18, 19, 25},
    "list-drift": {20, 21},
    "notation-ambiguity": {22, 23},
    "underspecified": {28, 29},
    "reading-rule": {26, 27, 30, 31, 32},
}
CLAIM_TYPES_OF_KINDS = {
    "statement": {"statement"},
    "swot": {"strength", "weakness", "opportunity", "threat"},
    "lesson": {"lesson"},
    "objective": {"objective"},
    "outlook": {"outlook"},
    "forum_topic": {"forum-topic"},
    "jci_feature": {"principle", "strand-component"},
    "jci_linkage": {"linkage"},
    "jci_theme": {"theme"},
    "supercluster_feature": {"principle"},
    "platform_function": {"platform-function"},
    "value_chain_element": {"value-chain-element"},
    "figure_class": {"statement"},
}
#: The COSME years are a period and so a claim about the programme, not an observation.
FIGURES_CARRIED_AS_CLAIMS = {"figure-057"}
#: Observations whose number cannot be read off the quote alone, with the word of the note that says why.
READ_BY_A_RULE = {
    ("programme/esif", "cluster-investment-envisaged"): (Decimal("2.320"), "separator"),
    ("population/european-workers", "reskilling-horizon"): (Decimal(5), "60 months"),
}
#: Numbers in the decks that are no figures, by reason, as deck and lines.
NOT_FIGURES = {
    "the classes of two map legends, kept as claims": "deck-001:292-300|deck-001:373-381",
    "the recipe on a joke slide": "deck-001:486-490",
    "the numbers of a list": "deck-001:686|deck-001:688|deck-001:691",
    "days of dates, kept as milestones": "deck-001:132|deck-002:204|deck-003:5|deck-003:92|deck-003:142",
    "names of themes with a number": "deck-001:211|deck-001:223|deck-004:19|deck-004:31|deck-004:38",
    "the name of a challenge and of a century": "deck-002:202|deck-003:188",
    "'100%' describes a kind of clusters": "deck-004:40",
    "a garbled word of a picture": "deck-000:46",
}
#: Claims whose short quote stands for a longer passage: a flattened diagram, a sentence that runs on.
WIDER_ON_PURPOSE = {
    "claim/statement-017",
    "claim/statement-012",
    "claim/statement-015",
    "claim/lesson-002",
    "claim/forum-topic-001",
    "claim/jci-feature-008",
    "claim/jci-feature-010",
}
QUALIFIER_WORDS = {
    "more-than": re.compile(r"\bover\b|\bmore than\b|>", re.I),
    "approximately": re.compile(r"\babout\b|\baround\b|\bca\.", re.I),
    "at-most": re.compile(r"\bmax\b", re.I),
    "at-least": re.compile(r"\bat least\b", re.I),
}
SCALES = {"mio": 10**6, "million": 10**6, "millions": 10**6, "billion": 10**9}
NUMBER_WORDS = {"one": 1, "three": 3, "six": 6}
#: A number of the decks: thousands set off by a comma or a blank, decimals by a comma or a point; a digit
#: after a letter or a hyphen belongs to a name (INNOSUP-2015, ESCP-4i, S3).
NUMBER = re.compile(
    r"(?<![\w.-])(?P<whole>\d+(?:[ ,]\d{3}(?!\d))*)(?:[.,](?P<part>\d+))?"
    r"(?:\s*(?P<scale>mio|millions?|billion)\b)?",
    re.I,
)


def table(name: str) -> list[Row]:
    with (DECKS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ranges(lines: str) -> list[tuple[int, int]]:
    pairs = (part.partition("-") for part in lines.split(";"))
    return [(int(first), int(last or first)) for first, _, last in pairs]


def places(row: Row) -> list[Place]:
    return [(row["deck"], first, last) for first, last in ranges(row["lines"])]


def evidence(text: str) -> list[Place]:
    parts = (part.partition(":") for part in text.split("|"))
    return [(deck, *span) for deck, _, lines in parts for span in ranges(lines)]


def overlap(one: Place, other: Place) -> bool:
    return one[0] == other[0] and one[1] <= other[2] and other[1] <= one[2]


def listed(cell: str) -> list[str]:
    return cell.split("|") if cell else []


def deck_lines() -> dict[str, list[str]]:
    """The lines of each deck, counted as `cat -n` counts them."""
    return {
        f"deck-{path.name[:3]}": path.read_text(encoding="utf-8").split("\n") for path in SEEDS.glob("*.txt")
    }


def words(text: str) -> str:
    return " ".join(text.split())


def cited(row: Row, decks: dict[str, list[str]]) -> str:
    return words(" ".join(" ".join(decks[deck][first - 1 : last]) for deck, first, last in places(row)))


def numbers(raw_text: str, period: str) -> list[Decimal]:
    """Every number of a quote but the years of its own period, in units."""
    years = set(re.findall(r"\d{4}", period))
    found = []
    for match in NUMBER.finditer(raw_text):
        if match[0] in years:
            continue
        whole = re.sub(r"[ ,]", "", match["whole"])
        scale = SCALES[match["scale"].lower()] if match["scale"] else 1
        found.append(Decimal(f"{whole}.{match['part'] or 0}") * scale)
    spelled = (NUMBER_WORDS.get(word.lower()) for word in re.findall(r"[A-Za-z]+", raw_text))
    return found + [Decimal(number) for number in spelled if number is not None]


def wholes(text: str) -> list[str]:
    """The whole parts of the numbers in a text, as written."""
    return [match["whole"] for match in NUMBER.finditer(text)]


def observation_key(row: Row) -> tuple[str, ...]:
    first_line = str(places(row)[0][1])
    return row["subject"], row["indicator"], row["period"], row["deck"], first_line


def rows_by_reference() -> dict[str, list[Row]]:
    """Every row of the deck tables under its id and under each inventory id that it carries."""
    found: dict[str, list[Row]] = {}
    for path in sorted(DECKS.glob("*.csv")):
        for row in [] if path.stem in {"slides", "discrepancies"} else table(path.stem):
            for key in (row.get("id", ""), *listed(row["statements"])):
                found.setdefault(key, []).append(row)
    found.pop("", None)
    return found


def inventory(*kinds: str) -> Iterator[tuple[str, list[Place]]]:
    """The id and the places of each inventory row of these kinds."""
    with INVENTORY.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] in kinds:
                spans = [
                    span
                    for locator in re.findall(r"\[(L[\dL,;-]+)\]", row["slide"])
                    for span in ranges(locator.replace("L", "").replace(",", ";"))
                ]
                decks = [f"deck-{name[:3]}" for name in row["deck"].split(";")]
                yield row["id"], [(deck, *span) for deck in decks for span in spans]


@pytest.mark.parametrize("name", ["observations", "discrepancies", "level_support", "claims"])
def test_a_table_is_written_as_rfc_4180_with_minimal_quotes(name: str) -> None:
    text = (DECKS / f"{name}.csv").read_bytes().decode("utf-8")
    rows = list(csv.reader(io.StringIO(text, newline="")))
    again = io.StringIO(newline="")
    csv.writer(again, lineterminator="\n").writerows(rows)
    assert text == again.getvalue()
    assert all(len(row) == len(rows[0]) for row in rows)
    assert all(cell == words(cell) for row in rows for cell in row)


@needs_decks
@pytest.mark.parametrize("name", ["observations", "level_support", "claims"])
def test_every_quote_stands_in_the_cited_lines(name: str) -> None:
    decks = deck_lines()
    missing = [row for row in table(name) if words(row["raw_text"]) not in cited(row, decks)]
    assert missing == []


@needs_decks
@pytest.mark.parametrize("name", ["observations", "claims"])
def test_every_citation_is_the_narrowest_that_holds_the_quote(name: str) -> None:
    decks = deck_lines()
    for row in table(name):
        if ";" in row["lines"] or row["id" if name == "claims" else "subject"] in WIDER_ON_PURPOSE:
            continue
        [(deck, first, last)] = places(row)
        for narrower in ((first + 1, last), (first, last - 1)):
            text = words(" ".join(decks[deck][narrower[0] - 1 : narrower[1]]))
            assert row["raw_text"] not in text, f"{row['raw_text']!r} stands in {narrower} of {deck}"


def test_the_value_is_the_number_in_the_quote() -> None:
    for row in table("observations"):
        key = (row["subject"], row["indicator"])
        if key in READ_BY_A_RULE:
            continue
        assert numbers(row["raw_text"], row["period"]) == [Decimal(row["value"])], row


def test_a_value_read_by_a_rule_says_so_in_its_note() -> None:
    rows = {(row["subject"], row["indicator"]): row for row in table("observations")}
    scales = {"cluster-investment-envisaged": 10**9, "reskilling-horizon": 12}
    for key, (number, reason) in READ_BY_A_RULE.items():
        row = rows[key]
        assert str(number) in row["raw_text"]
        assert Decimal(row["value"]) == number * scales[row["indicator"]]
        assert reason in row["note"]


@pytest.mark.parametrize(
    ("quote", "number"),
    [
        ("7,24 Mio EUR", 7_240_000),
        ("5.79 mio €", 5_790_000),
        ("over 17 000 SMFs", 17_000),
        ("17,000 SMEs", 17_000),
        ("innovation vouchers (€60,000)", 60_000),
        ("more than 54 million jobs", 54_000_000),
        ("100 millions of European workers", 100_000_000),
        ("Six ongoing INNOSUP-2015 projects", 6),
        ("30month period", 30),
    ],
)
def test_the_notations_of_the_decks_are_read_as_they_mean(quote: str, number: int) -> None:
    assert numbers(quote, "unstated") == [Decimal(number)]


def test_the_qualifier_is_the_one_the_quote_words() -> None:
    for row in table("observations"):
        worded = {code for code, pattern in QUALIFIER_WORDS.items() if pattern.search(row["raw_text"])}
        assert worded == {row["qualifier"]} - {"exact"}, row


def test_units_and_natures_fit_their_values() -> None:
    for row in table("observations"):
        value = Decimal(row["value"])
        assert row["value"] == f"{value.normalize():f}", "a plain decimal without leading or trailing zeros"
        if row["unit"] == "PERCENT":
            assert 0 <= value <= 100, row
        else:
            assert row["nature"] != "share", row
        assert (row["nature"] == "cap") == (row["qualifier"] == "at-most"), row


def test_money_without_a_currency_says_that_it_is_read_as_euro() -> None:
    for row in table("observations"):
        if row["unit"] == "EUR":
            stated = re.search(r"€|EUR", row["raw_text"]) is not None
            assert stated != ("currency not stated; read as EUR" in row["note"]), row


#: Two methods of rating clusters, told apart though no source that was read gives a figure of either; and
#: what profiles of cluster organisations state that users import.
UNUSED = {
    *("observatory-stars", "eocic-cluster-strength"),
    *("sme-members", "large-enterprise-members", "research-members", "public-members", "other-members"),
    "management-staff",
}


def test_every_indicator_is_defined_and_used(released_store: ox.Store) -> None:
    graph = Graph().parse(ROOT / "ontology" / "schemes" / "indicator.ttl")
    assert graph.value(INDICATORS, DCTERMS.license) is not None
    codes = set()
    for concept in graph.subjects(RDF.type, CG.Indicator):
        notation = graph.value(concept, SKOS.notation)
        codes.add(str(notation))
        assert str(concept) == f"{INDICATORS}/{notation}"
        assert (concept, RDF.type, SKOS.Concept) in graph
        assert (concept, SKOS.inScheme, INDICATORS) in graph
        assert (concept, SKOS.topConceptOf, INDICATORS) in graph
        for predicate in (SKOS.prefLabel, SKOS.definition):
            [text] = graph.objects(concept, predicate)
            assert isinstance(text, Literal)
            assert text.language == "en"
    assert {row["indicator"] for row in table("observations")} <= codes
    released = (
        quad.object.value
        for quad in released_store.quads_for_pattern(None, INDICATOR, None, None)
        if quad.subject.value.startswith("https://w3id.org/clustergraph/id/")
    )
    assert codes == {indicator.removeprefix(f"{INDICATORS}/") for indicator in released} | UNUSED


def test_no_two_observations_share_an_identifier_or_a_statement() -> None:
    keys = Counter(observation_key(row) for row in table("observations"))
    assert [key for key, count in keys.items() if count > 1] == []
    carried = Counter(mark for row in table("observations") for mark in listed(row["statements"]))
    assert [mark for mark, count in carried.items() if count > 1] == []


def test_different_values_of_one_measure_are_declared_as_a_discrepancy() -> None:
    """A conflict needs the same subject, indicator, nature and period; a target may differ from what is."""
    declared = [set(listed(row["involves"])) for row in table("discrepancies")]
    rows = table("observations")
    for number, one in enumerate(rows):
        for other in rows[number + 1 :]:
            same = all(one[key] == other[key] for key in ("subject", "indicator", "nature", "period"))
            if same and one["value"] != other["value"]:
                pair = set(listed(one["statements"])) | set(listed(other["statements"]))
                assert any(pair <= involved for involved in declared), (one, other)


def test_launched_and_proposed_projects_add_up() -> None:
    """9 launched and 4 proposed are the 13 of deck-001 line 165."""
    values = {
        row["indicator"]: int(row["value"])
        for row in table("observations")
        if row["subject"] == "cohort/innosup-2015-2017"
    }
    assert values["projects-launched"] + values["projects-proposed"] == values["projects"] == 13


def test_the_matrix_has_its_three_states() -> None:
    cells = table("level_support")
    assert len({(cell["role"], cell["level"]) for cell in cells}) == len(cells) == 18
    assert Counter(cell["coverage"] for cell in cells) == {
        "available": 13,
        "not-everywhere": 3,
        "not-stated": 2,
    }
    for cell in cells:
        assert bool(cell["via"]) == (cell["coverage"] == "available"), cell
        assert bool(cell["raw_text"]) == (cell["coverage"] != "not-stated"), cell


def test_the_matrix_has_its_24_positive_links() -> None:
    links = Counter(cell["lines"] for cell in table("level_support") for _ in listed(cell["via"]))
    assert links == {"28": 8, "29": 4, "30": 5, "31": 1, "32": 5, "33": 1}


@needs_decks
def test_each_cell_quotes_its_own_column() -> None:
    lines = deck_lines()["deck-004"]
    for cell in table("level_support"):
        columns = lines[int(cell["lines"]) - 1].split("\t")
        column = ("eu", "country", "region").index(cell["level"]) + 1
        assert columns[column].strip() == cell["raw_text"], cell


def test_all_32_discrepancies_have_their_type() -> None:
    types = {int(row["id"].removeprefix("discrepancy/c")): row["type"] for row in table("discrepancies")}
    assert types == {number: type_ for type_, group in DISCREPANCY_TYPES.items() for number in group}
    assert sorted(types) == list(range(1, 33))


def test_a_value_conflict_involves_two_figures_of_one_measure() -> None:
    figures = {mark: row for row in table("observations") for mark in listed(row["statements"])}
    for row in table("discrepancies"):
        if row["type"] == "value-conflict":
            one, other = (figures[mark] for mark in listed(row["involves"]))
            assert (one["subject"], one["indicator"]) == (other["subject"], other["indicator"])
            assert one["value"] != other["value"]


def test_whatever_a_discrepancy_involves_is_in_the_tables_and_at_the_places_it_cites() -> None:
    known = rows_by_reference()
    for row in table("discrepancies"):
        cited_places = evidence(row["evidence"])
        involved: list[Place] = []
        for mark in listed(row["involves"]):
            if re.fullmatch(r"source/deck-00[0-4]", mark):
                continue
            assert mark in known, f"{row['id']} involves {mark}, which no table carries"
            involved.extend(place for found in known[mark] for place in places(found))
        for place in cited_places:
            assert any(overlap(place, other) for other in involved), f"{row['id']} cites {place}"


def test_no_figure_is_left_over_from_the_recipe_slide() -> None:
    recipe = ("deck-001", 484, 490)
    found = [row for row in table("observations") if any(overlap(place, recipe) for place in places(row))]
    assert found == []


def test_claims_are_told_apart_and_belong_to_a_list_in_order() -> None:
    claims = table("claims")
    for column in ("id", "text"):
        assert max(Counter(row[column] for row in claims).values()) == 1
    swot = Counter(row["type"] for row in claims if row["statements"].startswith("swot-"))
    assert swot == {"strength": 3, "opportunity": 6, "weakness": 4, "threat": 2}
    lists: dict[tuple[str, str, str], list[int]] = {}
    for row in claims:
        if row["order"]:
            subject = row["about"].split("|")[0] if row["type"] in {"objective", "principle"} else ""
            lists.setdefault((row["type"], row["deck"], subject), []).append(int(row["order"]))
    for name, orders in lists.items():
        assert orders == list(range(1, len(orders) + 1)), name


@needs_inventory
def test_every_figure_of_the_inventory_is_carried_at_its_place() -> None:
    carried = {mark: row for row in table("observations") for mark in listed(row["statements"])}
    as_claims = {mark: row for row in table("claims") for mark in listed(row["statements"])}
    for mark, known in inventory("figure", "budget", "kpi", "target", "project_group"):
        row = as_claims[mark] if mark in FIGURES_CARRIED_AS_CLAIMS else carried[mark]
        assert any(overlap(place, other) for place in places(row) for other in known), (mark, row)


@needs_inventory
def test_every_claim_of_the_inventory_is_carried_at_its_place_with_its_type() -> None:
    carried = {mark: row for row in table("claims") for mark in listed(row["statements"])}
    for kind, types in CLAIM_TYPES_OF_KINDS.items():
        for mark, known in inventory(kind):
            assert carried[mark]["type"] in types, mark
            assert any(overlap(place, other) for place in places(carried[mark]) for other in known), mark


@needs_inventory
def test_every_cell_of_the_inventory_is_carried_at_its_place() -> None:
    carried = {mark: row for row in table("level_support") for mark in listed(row["statements"])}
    for mark, known in inventory("matrix_cell"):
        assert any(overlap(place, other) for place in places(carried[mark]) for other in known), mark


@needs_inventory
def test_every_contradiction_of_the_inventory_is_carried_with_all_its_places() -> None:
    carried = {row["statements"]: evidence(row["evidence"]) for row in table("discrepancies")}
    for mark, known in inventory("contradiction"):
        assert {place[0] for place in carried[mark]} == {place[0] for place in known}, mark
        for _, first, last in known:
            assert any(one <= last and first <= other for _, one, other in carried[mark]), (mark, first)


@needs_decks
def test_no_number_of_the_decks_is_left_unread() -> None:
    """Each number is quoted by a figure, is part of a name, an address or a year, or has a written reason."""
    quoted: dict[tuple[str, int], set[str]] = {}
    for row in table("observations"):
        for deck, first, last in places(row):
            for line in range(first, last + 1):
                quoted.setdefault((deck, line), set()).update(wholes(row["raw_text"]))
    reasons = [place for text in NOT_FIGURES.values() for place in evidence(text)]
    used = set()
    for deck, lines in deck_lines().items():
        for number, line in enumerate(lines, start=1):
            text = re.sub(r"\S*(?:https?://|www\.|@)\S*", " ", line)
            read = quoted.get((deck, number), set())
            left = [it for it in wholes(text) if it not in read and not re.fullmatch(r"20\d\d", it)]
            excused = [place for place in reasons if overlap(place, (deck, number, number))]
            assert not left or excused, f"{deck} line {number}: {left} in {line!r}"
            used.update(excused if left else [])
    assert used == set(reasons), "a reason that excuses no number is out of date"
