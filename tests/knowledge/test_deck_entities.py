"""The curated things, relations, milestones and phases say what the decks say, where they say it.

The tables are in `data/decks/`, the documents in `data/sources.ttl`. The decks and the inventory of their
statements are not part of the project; the tests that read them are skipped, with the reason, where they
are not at hand.
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from rdflib import DCTERMS, RDF, Graph, Namespace, URIRef

from clustergraph.sources.kinds.all import KINDS as TABLE_KINDS
from clustergraph.sources.table import read_table

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "data"
SEEDS = ROOT.parent / "shared" / "seeds"
INVENTORY = ROOT.parent / "shared" / "sources" / "inventory.csv"
CG = Namespace("https://w3id.org/clustergraph/ontology#")
CGI = "https://w3id.org/clustergraph/id/"
BASIS = "https://w3id.org/clustergraph/def/as-of-basis/"
XSD_DATE = URIRef("http://www.w3.org/2001/XMLSchema#date")

Row = dict[str, str]
Place = tuple[str, int, int]

needs_decks = pytest.mark.skipif(not SEEDS.is_dir(), reason="the decks are not at hand (../shared/seeds)")
needs_inventory = pytest.mark.skipif(
    not INVENTORY.is_file(), reason="the inventory is not at hand (../shared/sources/inventory.csv)"
)

HEADERS = {
    "decks/slides": "deck,number,heading,line_start,line_end,statements",
    "decks/entities": "id,class,label,acronym,alt_labels,description,identifier,instrument_types,"
    "deck,lines,statements,note",
    "decks/evidence": "subject,deck,lines,statements,note",
    "decks/relations": "subject,property,object,deck,lines,raw_text,statements,note",
    "decks/milestones": "id,subject,type,period,date_text,deck,lines,raw_text,statements,note",
    "decks/phases": "id,kind,instrument,phase,order,label,description,deck,lines,statements,note",
    "register": "id,label,status,replaced_by,note",
}
LOCATED = [name for name in HEADERS if name.startswith("decks/")]
QUOTING = ["decks/relations", "decks/milestones"]
SLIDES_OF_DECKS = {"deck-000": 4, "deck-001": 23, "deck-002": 12, "deck-003": 12, "deck-004": 5}
THINGS = "organisation person policy programme instrument action platform tool network forum expert_group "
THINGS += "partnership_generation project_group call event web_resource jci_strand"
CONCEPTS = "thematic_area cluster_role policy_level pillar support_field support_type skills_sector "
CONCEPTS += "beneficiary impact_dimension future_topic"
#: Inventory kinds that these tables carry, with the tables that may carry them.
KINDS = {
    **{kind: {"decks/entities", "decks/evidence"} for kind in THINGS.split()},
    **{kind: {"decks/evidence"} for kind in CONCEPTS.split()},
    "deck": {"decks/evidence"},
    "slide": {"decks/slides"},
    "mention": {"decks/entities", "decks/evidence"},
    "jci_actor": {"decks/relations"},
    "jci_linkage": {"decks/relations", "decks/evidence"},
    "relation": {"decks/relations", "decks/entities"},
    "deadline": {"decks/milestones"},
    "phase": {"decks/phases"},
    "phase_activity": {"decks/phases"},
}
INSTRUMENTS = {"PolicyInstrument", "FundingInstrument", "Platform", "Tool", "MobilityScheme", "Initiative"}
BODIES = {"PolicyForum", "ExpertGroup"}
COHORTS = {"ProjectCohort", "PartnershipGeneration"}
AGENTS = {"PublicAuthority", "org:Organization", "org:OrganizationalUnit"}
CONCEPT = {"concept"}
#: What each property may join: the classes of its subjects and of its objects, or the scheme of a concept.
SIGNATURES: dict[str, tuple[set[str], set[str]]] = {
    "cg:accelerates": ({"Initiative"}, {"PolicyFramework", "Programme"} | INSTRUMENTS),
    "cg:addressOf": (
        {"WebResource"},
        INSTRUMENTS | BODIES | {"Call", "Event", "Programme", "PartnershipGeneration"},
    ),
    "cg:addressesTheme": (INSTRUMENTS, CONCEPT),
    "cg:attachedTo": (INSTRUMENTS, AGENTS),
    "cg:complements": (INSTRUMENTS, INSTRUMENTS),
    "cg:expands": ({"Initiative"}, {"SupportNetwork"}),
    "cg:focusesOn": ({"Initiative"}, {"PolicyFramework"}),
    "cg:fundedThrough": (INSTRUMENTS, INSTRUMENTS),
    "cg:fundedUnder": (INSTRUMENTS | {"Call"}, {"Programme"}),
    "cg:hasStrand": ({"Initiative"}, {"Strand"}),
    "cg:hasSubgroup": ({"ExpertGroup"}, {"ExpertGroup"}),
    "cg:implementsPillar": (INSTRUMENTS, CONCEPT),
    "cg:linkedTo": (
        INSTRUMENTS | {"Programme", "Event"},
        INSTRUMENTS | {"Programme", "Event", "SupportNetwork"},
    ),
    "cg:nextPhase": ({"Phase"}, {"Phase"}),
    "cg:offersSupport": (INSTRUMENTS, CONCEPT),
    "cg:operatedBy": (INSTRUMENTS, AGENTS),
    "cg:partOfInstrument": (INSTRUMENTS, INSTRUMENTS),
    "cg:partOfProgramme": ({"Programme"}, {"Programme"}),
    "cg:pillarOf": (CONCEPT, {"PolicyFramework"}),
    "cg:strandActor": ({"Strand"}, CONCEPT),
    "cg:subCohortOf": (COHORTS, COHORTS),
    "cg:succeeds": (
        {"PartnershipGeneration", "Tool", "org:OrganizationalUnit"},
        {"PartnershipGeneration", "Tool", "org:OrganizationalUnit"},
    ),
    "cg:supportsBody": ({"Tool"}, BODIES),
    "cg:supportsField": (INSTRUMENTS, CONCEPT),
    "cg:takesPlaceIn": ({"Event"}, {"City"}),
    "cg:targetsBeneficiary": (INSTRUMENTS, CONCEPT),
    "cg:underCall": (COHORTS, {"Call"}),
    "cg:underInstrument": (COHORTS | {"Call"}, INSTRUMENTS),
    "org:subOrganizationOf": (AGENTS, AGENTS),
    "org:unitOf": ({"org:OrganizationalUnit"}, AGENTS),
}
#: The calls with a deadline, and its month.
DEADLINES = {"innosup-1-2019": "2019-04", "cos-clustpartn-2017-3-02": "2018-03", "innosup-1-2020": "2020-04"}
SCHEMES_OF_OBJECTS = {
    "cg:addressesTheme": "thematic-area",
    "cg:implementsPillar": "strategy-pillar",
    "cg:offersSupport": "support-type",
    "cg:strandActor": "actor-type",
    "cg:supportsField": "support-field",
    "cg:targetsBeneficiary": "actor-type",
}


def rows_of(name: str) -> list[Row]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def ranges(lines: str) -> list[tuple[int, int]]:
    found = []
    for part in lines.split(";"):
        match = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        assert match, f"{lines!r} is not line numbers"
        found.append((int(match[1]), int(match[2] or match[1])))
    return found


def places(row: Row) -> list[Place]:
    if "line_start" in row:
        return [(row["deck"], int(row["line_start"]), int(row["line_end"]))]
    return [(row["deck"], first, last) for first, last in ranges(row["lines"])]


def located_rows() -> Iterator[tuple[str, int, Row]]:
    for name in LOCATED:
        for number, row in enumerate(rows_of(name), start=2):
            yield name, number, row


def described() -> dict[str, str]:
    """Every thing with its class."""
    things = {row["id"]: row["class"] for row in rows_of("decks/entities")}
    kinds = {"phase": "Phase", "activity": "PhaseActivity", "cross-cutting": "PhaseActivity"}
    things.update((row["id"], kinds[row["kind"]]) for row in rows_of("decks/phases"))
    return things


def class_of(name: str, things: dict[str, str]) -> str:
    return "concept" if name.startswith("cgs:") else things[name]


def one_line(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module")
def decks() -> dict[str, list[str]]:
    files = {f"deck-{path.name[:3]}": path for path in SEEDS.glob("*.txt")}
    return {deck: path.read_text(encoding="utf-8").split("\n") for deck, path in files.items()}


@pytest.fixture(scope="module")
def inventory() -> dict[str, Row]:
    with INVENTORY.open(encoding="utf-8", newline="") as stream:
        return {row["id"]: row for row in csv.DictReader(stream)}


@pytest.fixture(scope="module")
def documents() -> Graph:
    return Graph().parse(DATA / "sources.ttl")


def inventory_places(row: Row) -> list[Place]:
    """The places of an inventory row that has one deck."""
    locator = re.search(r"\[(L[^\]]*)\]", row["slide"])
    assert locator, row["slide"]
    deck = f"deck-{row['deck'][:3]}"
    return [(deck, first, last) for first, last in ranges(locator[1].replace("L", ""))]


def meet(one: list[Place], other: list[Place]) -> bool:
    return any(a[0] == b[0] and a[1] <= b[2] and b[1] <= a[2] for a in one for b in other)


# What holds of the tables alone


@pytest.mark.parametrize("name", HEADERS)
def test_a_table_is_plain_csv_that_reads_back_byte_for_byte(name: str) -> None:
    path = DATA / f"{name}.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        records = list(csv.reader(stream))
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator="\n").writerows(records)

    assert ",".join(records[0]) == HEADERS[name]
    assert path.read_bytes() == written.getvalue().encode()
    assert [cell for record in records for cell in record if cell != cell.strip() or "\n" in cell] == []


def test_every_thing_has_one_identifier_of_the_form_class_slash_slug() -> None:
    identifiers = [row["id"] for name in ("decks/entities", "decks/phases") for row in rows_of(name)]

    assert [name for name, count in Counter(identifiers).items() if count > 1] == []
    assert [name for name in identifiers if not re.fullmatch(r"[a-z-]+/[a-z0-9]+(-[a-z0-9]+)*", name)] == []


def test_the_register_holds_exactly_the_things_that_are_described_under_their_labels() -> None:
    labels = {row["id"]: row["label"] for name in ("entities", "phases") for row in rows_of(f"decks/{name}")}
    for kind in TABLE_KINDS:
        path = DATA / "tables" / f"{kind.name}.csv"
        if kind.registered and path.is_file():
            for _, row in read_table(path, path.name, kind.model).rows:
                label = kind.label(row)
                if label is not None:
                    labels.setdefault(kind.subject(row).removeprefix(CGI), label)
    register = rows_of("register")

    assert {row["id"]: row["label"] for row in register if row["status"] == "active"} == labels
    assert [row["id"] for row in register] == sorted({row["id"] for row in register})


def test_no_two_things_of_a_class_share_a_label() -> None:
    labels = Counter((row["class"], row["label"].casefold()) for row in rows_of("decks/entities"))

    assert [label for label, count in labels.items() if count > 1] == []


def test_every_thing_is_told_in_one_sentence() -> None:
    without = [
        row["id"]
        for row in [*rows_of("decks/entities"), *rows_of("decks/phases")]
        if not re.fullmatch(r"[A-Z].*[^.]\.", row["description"])
    ]

    assert without == []


def test_every_relation_joins_things_of_the_kinds_that_its_property_is_for() -> None:
    things = described()
    wrong = []
    for number, row in enumerate(rows_of("decks/relations"), start=2):
        subjects, objects = SIGNATURES[row["property"]]
        kinds = class_of(row["subject"], things), class_of(row["object"], things)
        if kinds[0] not in subjects or kinds[1] not in objects:
            wrong.append((number, row["subject"], row["property"], row["object"], kinds))
        scheme = SCHEMES_OF_OBJECTS.get(row["property"])
        if scheme and not row["object"].startswith(f"cgs:{scheme}/"):
            wrong.append((number, row["object"], scheme))

    assert wrong == []


def test_a_name_that_says_programme_does_not_make_an_instrument_a_programme() -> None:
    things = described()
    under_cosme = {
        row["subject"]
        for row in rows_of("decks/relations")
        if row["property"] == "cg:fundedUnder" and row["object"] == "programme/cosme"
    }

    assert things["instrument/cluster-excellence-programme"] == "FundingInstrument"
    assert things["instrument/cluster-internationalisation-programme"] == "FundingInstrument"
    assert under_cosme == {
        "call/cos-clustpartn-2017-3-02",
        "instrument/cluster-excellence-programme",
        "instrument/cluster-internationalisation-programme",
        "instrument/escp",
    }
    assert {name for name, kind in things.items() if kind == "Programme"} == {
        name for name in things if name.startswith("programme/")
    }


def test_every_call_and_cohort_hangs_on_one_instrument() -> None:
    things = described()
    instruments: dict[str, set[str]] = {}
    for row in rows_of("decks/relations"):
        if row["property"] == "cg:underInstrument":
            instruments.setdefault(row["subject"], set()).add(row["object"])
    wanted = {name for name, kind in things.items() if kind in COHORTS | {"Call"}}

    assert instruments.keys() == wanted
    assert [name for name, found in instruments.items() if len(found) != 1] == []


def test_a_place_states_a_relation_or_a_mention_once() -> None:
    relations = Counter(
        (row["subject"], row["property"], row["object"], row["deck"], ranges(row["lines"])[0][0])
        for row in rows_of("decks/relations")
    )
    mentions = Counter((row["subject"], row["deck"], row["lines"]) for row in rows_of("decks/evidence"))

    assert [key for key, count in [*relations.items(), *mentions.items()] if count > 1] == []


def test_evidence_milestones_and_phases_are_about_described_things() -> None:
    things = described().keys() | {f"source/{deck}" for deck in SLIDES_OF_DECKS}
    subjects = [row["subject"] for name in ("evidence", "milestones") for row in rows_of(f"decks/{name}")]
    steps = [row[key] for row in rows_of("decks/phases") for key in ("instrument", "phase") if row[key]]

    assert {name for name in [*subjects, *steps] if not name.startswith("cgs:")} - things == set()


def test_no_relation_of_the_external_expert_passes_without_his_name() -> None:
    rows = [row for row in rows_of("decks/relations") if row["deck"] == "deck-004"]

    assert rows
    assert [row["subject"] for row in rows if "external expert Daniel Cosnita" not in row["note"]] == []


def test_acronyms_that_no_deck_expands_stay_unexpanded() -> None:
    rows = {row["acronym"]: row for row in rows_of("decks/entities") if row["acronym"]}

    for acronym in ("ESCA", "ECEA", "ECA", "JRC", "EASME", "EIT", "ESIF"):
        row = rows[acronym]
        assert row["label"].split(" (")[0] == acronym
        assert row["alt_labels"] == ""
        assert "not expand" in row["note"]


def test_the_renovated_platform_is_the_platform() -> None:
    carriers = [
        row.get("id") or row["subject"]
        for _, _, row in located_rows()
        if "platform-002" in row["statements"].split("|")
    ]

    assert carriers == ["platform/eccp"]


def test_the_three_expert_groups_are_kept_apart() -> None:
    groups = {name for name, kind in described().items() if kind == "ExpertGroup"}
    planned, standing = "body/high-level-expert-group-on-clusters", "body/commission-expert-group-on-clusters"
    joined = [
        row for row in rows_of("decks/relations") if {row["subject"], row["object"]} == {planned, standing}
    ]

    assert {planned, standing, "body/expert-group-subgroup-on-skills"} == groups
    assert joined == []


def test_a_milestone_is_named_after_its_subject_step_and_place() -> None:
    rows = rows_of("decks/milestones")
    for row in rows:
        slug = row["subject"].split("/")[1]
        cited = {first for _, first, _ in places(row)}
        lines = {line for _, first, last in places(row) for line in range(first, last + 1)}
        match = re.fullmatch(rf"milestone/{slug}--{row['type']}--{row['deck']}-l(\d+)", row["id"])
        assert match, row["id"]
        assert int(match[1]) in cited | lines

    assert len({row["id"] for row in rows}) == len(rows)


def test_no_call_ends_before_it_is_made_known() -> None:
    steps: dict[tuple[str, str], list[str]] = {}
    for row in rows_of("decks/milestones"):
        steps.setdefault((row["subject"], row["type"]), []).append(row["period"][:7])
    deadlines = {subject: min(found) for (subject, kind), found in steps.items() if kind == "deadline"}
    compared = [
        (max(steps[subject, kind]), deadline)
        for subject, deadline in deadlines.items()
        for kind in ("publication", "opening")
        if (subject, kind) in steps
    ]

    assert deadlines.keys() == {f"call/{name}" for name in DEADLINES}
    assert deadlines == {f"call/{name}": period for name, period in DEADLINES.items()}
    assert compared == [("2017-12", "2018-03")]


def test_the_three_phases_have_five_five_and_three_activities_and_three_cut_across() -> None:
    rows = rows_of("decks/phases")
    phases = [row["id"] for row in rows if row["kind"] == "phase"]
    orders: dict[str, list[int]] = {}
    for row in rows:
        orders.setdefault(row["phase"] or row["kind"], []).append(int(row["order"]))

    assert phases == [f"phase/escp-s3-{name}" for name in ("preparatory", "implementation", "investment")]
    assert orders == {
        "phase": [1, 2, 3],
        phases[0]: [1, 2, 3, 4, 5],
        phases[1]: [1, 2, 3, 4, 5],
        phases[2]: [1, 2, 3],
        "cross-cutting": [1, 2, 3],
    }


def test_every_cited_place_lies_on_one_slide() -> None:
    slides = [place for row in rows_of("decks/slides") for place in places(row)]
    outside = [
        (name, number, place)
        for name, number, row in located_rows()
        for place in places(row)
        if not any(s[0] == place[0] and s[1] <= place[1] <= place[2] <= s[2] for s in slides)
    ]

    assert outside == []


def test_the_slides_of_a_deck_follow_one_another_without_overlap() -> None:
    rows = rows_of("decks/slides")
    for deck, count in SLIDES_OF_DECKS.items():
        found = [row for row in rows if row["deck"] == deck]
        assert [int(row["number"]) for row in found] == list(range(1, count + 1))
        bounds = [int(row[end]) for row in found for end in ("line_start", "line_end")]
        assert bounds == sorted(bounds)
        starts = [int(row["line_start"]) for row in found]
        assert all(int(row["line_end"]) < start for row, start in zip(found, starts[1:], strict=False))


# What the documents say of themselves


def test_there_are_five_documents_each_with_a_basis_for_its_date(documents: Graph) -> None:
    bases = {
        str(document).removeprefix(f"{CGI}source/"): str(documents.value(document, CG.asOfBasis))
        for document in documents.subjects(RDF.type, CG.SourceDocument)
    }

    assert bases == {
        "deck-000": f"{BASIS}unknown",
        "deck-001": f"{BASIS}inferred",
        "deck-002": f"{BASIS}inferred",
        "deck-003": f"{BASIS}stated",
        "deck-004": f"{BASIS}unknown",
    }


def test_a_document_has_dates_only_where_it_states_or_bounds_them(documents: Graph) -> None:
    found = {}
    for document in documents.subjects(RDF.type, CG.SourceDocument):
        dates = [documents.value(document, end) for end in (CG.asOfEarliest, CG.asOfLatest)]
        assert all(getattr(date, "datatype", None) == XSD_DATE for date in dates if date is not None)
        found[str(document).rpartition("/")[2]] = tuple(str(date or "") for date in dates)

    assert found == {
        "deck-000": ("", ""),
        "deck-001": ("2017-01-01", "2018-03-31"),
        "deck-002": ("", "2019-06-05"),
        "deck-003": ("2020-02-11", "2020-02-11"),
        "deck-004": ("", ""),
    }


def test_authors_and_publishers_are_described_and_deck_004_is_not_the_commissions(documents: Graph) -> None:
    things = {f"{CGI}{name}" for name in described()}
    agents = set(documents.objects(None, DCTERMS.creator)) | set(documents.objects(None, DCTERMS.publisher))
    external = URIRef(f"{CGI}source/deck-004")

    assert {str(agent) for agent in agents} <= things
    assert [str(agent) for agent in documents.objects(external, DCTERMS.creator)] == [
        f"{CGI}person/daniel-cosnita"
    ]
    assert list(documents.objects(external, DCTERMS.publisher)) == []


# What the decks say


@needs_decks
def test_the_checksum_of_every_document_is_that_of_its_file(documents: Graph) -> None:
    sums = {
        str(documents.value(document, CG.fileName)): str(documents.value(document, CG.sha256))
        for document in documents.subjects(RDF.type, CG.SourceDocument)
    }

    assert sums == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in SEEDS.glob("*.txt")}


@needs_decks
def test_the_slides_cover_every_line_of_the_decks_that_is_not_blank(decks: dict[str, list[str]]) -> None:
    covered = {
        (deck, line)
        for row in rows_of("decks/slides")
        for deck, first, last in places(row)
        for line in range(first, last + 1)
    }
    missed = [
        (deck, number)
        for deck, lines in decks.items()
        for number, line in enumerate(lines, start=1)
        if line.strip() and (deck, number) not in covered
    ]

    assert missed == []


@needs_decks
def test_cited_lines_begin_and_end_with_words(decks: dict[str, list[str]]) -> None:
    empty = [
        (name, number, place)
        for name, number, row in located_rows()
        for place in places(row)
        if place[2] > len(decks[place[0]])
        or not decks[place[0]][place[1] - 1].strip()
        or not decks[place[0]][place[2] - 1].strip()
    ]

    assert empty == []


@needs_decks
@pytest.mark.parametrize("name", QUOTING)
def test_every_quote_stands_in_the_cited_lines(name: str, decks: dict[str, list[str]]) -> None:
    rows = rows_of(name)
    strays = []
    for number, row in enumerate(rows, start=2):
        cited = [line for deck, first, last in places(row) for line in decks[deck][first - 1 : last]]
        if not row["raw_text"] or row["raw_text"] not in one_line(" ".join(cited)):
            strays.append((number, row["raw_text"], cited))

    assert strays == []


@needs_decks
def test_an_acronym_or_code_is_one_that_some_deck_writes(decks: dict[str, list[str]]) -> None:
    words = one_line(" ".join(line for lines in decks.values() for line in lines)).casefold()
    invented = [
        (row["id"], name)
        for row in rows_of("decks/entities")
        for name in (row["acronym"], row["identifier"])
        if name and name.casefold() not in words and name.casefold() not in words.replace(" ", "")
    ]

    assert invented == []


# What the inventory of the decks' statements asks for


@needs_inventory
def test_every_statement_of_these_kinds_is_carried_where_it_stands(inventory: dict[str, Row]) -> None:
    carriers: dict[str, list[tuple[str, int, Row]]] = {}
    for name, number, row in located_rows():
        for statement in filter(None, row["statements"].split("|")):
            carriers.setdefault(statement, []).append((name, number, row))
    missing = [
        identifier
        for identifier, row in inventory.items()
        if row["kind"] in KINDS
        and not any(name in KINDS[row["kind"]] for name, _, _ in carriers.get(identifier, []))
    ]
    elsewhere = [
        (identifier, name, number)
        for identifier, found in carriers.items()
        if identifier in inventory
        for name, number, row in found
        if not meet(places(row), inventory_places(inventory[identifier]))
    ]

    assert missing == []
    assert elsewhere == []


@needs_inventory
def test_no_row_carries_a_statement_that_the_inventory_does_not_have(inventory: dict[str, Row]) -> None:
    carried = {
        statement for _, _, row in located_rows() for statement in filter(None, row["statements"].split("|"))
    }

    assert carried - inventory.keys() == set()
    assert {inventory[statement]["kind"] for statement in carried} == KINDS.keys()
