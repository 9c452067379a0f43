"""CORDIS dumps, old and new: what is taken, what it becomes, and what is said of a dump that is not right.

The dumps are synthetic.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph import iris
from clustergraph.errors import Fault, Severity, UnusableInput
from clustergraph.sources.cordis.dump import open_dump
from clustergraph.sources.cordis.importer import CordisImporter
from clustergraph.sources.cordis.selection import Selection
from clustergraph.sources.importing import ImportContext, ImportInput, packed, unpacked
from clustergraph.sources.table.limits import TableLimits

from .cordis_synthetic import (
    NEW_ORGANISATION,
    NEW_PROJECT,
    PARTICIPATIONS,
    PROJECTS,
    csv_text,
    write_new,
    write_old,
)

PAGE = "https://synthetic.example/dump.zip"
ALL = Selection()


class Map:
    """Synthetic territories: XX01 means two regions in two versions."""

    codes: Mapping[tuple[str, str], str] = {
        ("DE111", "2021"): "region/de111",
        ("DE111", "2024"): "region/de111",
        ("EL30", "2021"): "region/el30",
        ("XX01", "2016"): "region/xx01-old",
        ("XX01", "2021"): "region/xx01",
    }

    def country(self, code: str) -> str | None:
        """Germany and Greece."""
        known = {"DE": "country/de", "EL": "country/gr", "GR": "country/gr"}
        return iris.thing(known[code]) if code in known else None

    def territory(self, code: str, version: str | None = None) -> str | None:
        """By code and version."""
        known = self.codes.get((code, version or "2024"))
        return None if known is None else iris.thing(known)

    def versions(self, code: str) -> tuple[str, ...]:
        """The versions that have the code."""
        return tuple(version for known, version in self.codes if known == code)


class Outcome:
    """The graph and the faults of one reading."""

    def __init__(
        self, path: Path, *, selection: Selection = ALL, labels: Mapping[str, str] | None = None
    ) -> None:
        context = ImportContext(
            graph="synthetic",
            labels={iris.thing("programme/horizon-2020"): "Horizon 2020", **(labels or {})},
            options={
                "topic": selection.topics,
                "organisation": selection.organisations,
                "source_url": (PAGE,),
                "as_of": ("2024-05",),
            },
        )
        batches = list(CordisImporter(Map).read(ImportInput(path, path.name), context))
        self.faults: list[Fault] = [fault for batch in batches for fault in batch.faults]
        self.rows = sum(batch.rows for batch in batches)
        self.rejected = sum(batch.rejected for batch in batches)
        packed_lines = io.BytesIO(b"".join(batch.statements for batch in batches) or packed([""]))
        text = unpacked(packed_lines).read() if packed_lines.getvalue() else b""
        self.quads = list(ox.parse(text, format=ox.RdfFormat.N_QUADS))
        self.store = ox.Store()
        self.store.extend(self.quads)

    def holds(self, pattern: str) -> bool:
        """Whether a pattern has an answer."""
        prefixes = "".join(f"PREFIX {name}: <{namespace}>\n" for name, namespace in iris.PREFIXES.items())
        return bool(self.store.query(f"{prefixes} ASK {{ GRAPH ?g {{ {pattern} }} }}"))

    def lines(self) -> set[str]:
        """The triples."""
        return {str(quad) for quad in self.quads}


FIRST = "<https://w3id.org/clustergraph/id/project/cordis-900000001>"
SECOND = "<https://w3id.org/clustergraph/id/project/cordis-900000002>"
ROLE = "https://w3id.org/clustergraph/def/participant-role/"


def changed(rows: tuple[Mapping[str, str], ...], at: int, **cells: str) -> list[dict[str, str]]:
    """The rows with some cells of one of them changed."""
    return [{**row, **cells} if number == at else dict(row) for number, row in enumerate(rows)]


def test_old_and_new_tables_give_the_same_projects(tmp_path: Path) -> None:
    old, new = Outcome(write_old(tmp_path)), Outcome(write_new(tmp_path))
    regions = {line for line in new.lines() if "/region/" in line}
    assert not old.faults
    assert not new.faults
    assert old.lines() == new.lines() - regions
    assert len(regions) == 2, "the old tables have no NUTS code"


def test_a_project_is_what_the_register_says(tmp_path: Path) -> None:
    outcome = Outcome(write_new(tmp_path))
    assert outcome.holds(
        f'{FIRST} a cg:Project ; skos:notation "900000001" ; cg:acronym "SYNTHETICA" ; '
        'dct:title "Synthetic clusters; a \\"made-up\\" project"@en ; cg:totalCost 2500000.0 ; '
        'cg:euContribution 2000000.5 ; cg:topicCode "SYN-01-2016-2017" ; cg:callCode "SYN-CALL-2016" ; '
        "skos:exactMatch <https://cordis.europa.eu/project/id/900000001> , "
        "<https://doi.org/10.3030/900000001> ; "
        "cg:fundedUnder <https://w3id.org/clustergraph/id/programme/horizon-2020> ; "
        'cg:duringPeriod [ dcat:startDate "2016-09-01"^^xsd:date ; dcat:endDate "2019-02-28"^^xsd:date ] ; '
        f'cg:statedIn [ cg:stateOf [ cg:webAddress "{PAGE}"^^xsd:anyURI ] ; '
        'cg:asOfEarliest "2024-05-01"^^xsd:date ]'
    )


def test_a_participation_has_role_place_and_contribution(tmp_path: Path) -> None:
    outcome = Outcome(write_new(tmp_path))
    assert outcome.holds(
        f"{FIRST} cg:hasParticipation [ a cg:Participation ; cg:participantRole <{ROLE}coordinator> ; "
        "cg:euContribution 1500000.25 ; cg:participant ?who ] . ?who a org:FormalOrganization ; "
        'skos:notation "999000001" ; skos:altLabel "Synthetic Cluster e.V."@en ; '
        "cg:basedIn <https://w3id.org/clustergraph/id/region/de111> , "
        "<https://w3id.org/clustergraph/id/country/de>"
    )
    assert outcome.holds(
        f"{FIRST} cg:hasParticipation [ cg:participantRole <{ROLE}partner> ; cg:participant [ "
        "cg:basedIn <https://w3id.org/clustergraph/id/country/gr> ] ]"
    )


def test_a_partner_without_a_grant_is_associated_and_a_cost_of_zero_is_no_cost(tmp_path: Path) -> None:
    outcome = Outcome(write_new(tmp_path))
    assert outcome.holds(f"{SECOND} cg:hasParticipation/cg:participantRole <{ROLE}associated-partner>")
    assert not outcome.holds(f"{SECOND} cg:totalCost ?cost")


def test_no_person_street_or_telephone_is_taken(tmp_path: Path) -> None:
    for path in (write_old(tmp_path), write_new(tmp_path)):
        text = "\n".join(Outcome(path).lines())
        assert not any(word in text for word in ("Nobody", "+0", "Secret Street", "example/contact"))


def test_a_participation_costs_at_most_fifteen_triples(tmp_path: Path) -> None:
    rows = [
        dict(PARTICIPATIONS[0], organisationID=str(999000001 + number), name=f"Synthetic {number}")
        for number in range(100)
    ]
    one = Outcome(write_new(tmp_path, PROJECTS, rows[:1]))
    many = Outcome(write_new(tmp_path, PROJECTS, rows))
    assert (len(many.quads) - len(one.quads)) / 99 <= 15


@pytest.mark.parametrize(
    ("selection", "projects", "participations"),
    [
        (Selection(), 2, 3),
        (Selection(topics=("syn-01-*",)), 1, 2),
        (Selection(topics=("SYN-CALL-2018",)), 1, 1),
        (Selection(organisations=("999000002",)), 1, 2),
        (Selection(organisations=("synthetic  cluster E.V.",)), 2, 3),
        (Selection(organisations=("sc",)), 1, 2),
        (Selection(topics=("SYN-02-*",), organisations=("999000002",)), 0, 0),
    ],
)
def test_a_selection_takes_its_projects_with_all_who_take_part(
    tmp_path: Path, selection: Selection, projects: int, participations: int
) -> None:
    outcome = Outcome(write_new(tmp_path), selection=selection)
    assert outcome.rows == projects + participations
    told = [fault.rule for fault in outcome.faults]
    assert told == ([] if projects else ["a selection takes something"])


def test_a_call_that_is_described_is_linked_and_another_is_not_invented(tmp_path: Path) -> None:
    call = iris.thing("call/syn-01-2016-2017")
    assert Outcome(write_new(tmp_path), labels={call: "SYN"}).holds(f"{FIRST} cg:underCall <{call}>")
    assert not Outcome(write_new(tmp_path)).holds("?project cg:underCall ?call")


def test_the_graph_depends_on_the_rows_and_not_on_their_order(tmp_path: Path) -> None:
    as_is = Outcome(write_new(tmp_path)).lines()
    assert Outcome(write_new(tmp_path, PROJECTS[::-1], PARTICIPATIONS[::-1])).lines() == as_is


def test_a_second_name_of_an_organisation_is_a_further_name(tmp_path: Path) -> None:
    outcome = Outcome(write_new(tmp_path, PROJECTS, changed(PARTICIPATIONS, 2, name="Renamed e.V.")))
    assert outcome.holds('?who skos:altLabel "Renamed e.V."@en , "Synthetic Cluster e.V."@en')
    labels = [quad for quad in outcome.quads if "999000001" in quad.subject.value and "label>" in str(quad)]
    assert len([quad for quad in labels if "/organisation/" in quad.subject.value]) == 1


@pytest.mark.parametrize(
    ("projects", "participations", "rule", "row", "column"),
    [
        (
            changed(PROJECTS, 0, startDate="2016-02-30"),
            PARTICIPATIONS,
            "CORDIS column startDate",
            2,
            "startDate",
        ),
        (changed(PROJECTS, 1, endDate="31/12/2019"), PARTICIPATIONS, "CORDIS column endDate", 3, "endDate"),
        (changed(PROJECTS, 0, endDate="2015-01-01"), PARTICIPATIONS, "CORDIS row", 2, None),
        (changed(PROJECTS, 0, totalCost="1.234"), PARTICIPATIONS, "CORDIS column totalCost", 2, "totalCost"),
        (changed(PROJECTS, 0, totalCost="2 M"), PARTICIPATIONS, "CORDIS column totalCost", 2, "totalCost"),
        (changed(PROJECTS, 0, totalCost="-5"), PARTICIPATIONS, "CORDIS column totalCost", 2, "totalCost"),
        (
            changed(PROJECTS, 1, totalCost="2,5"),
            PARTICIPATIONS,
            "one decimal mark in a table",
            3,
            "totalCost",
        ),
        (changed(PROJECTS, 1, id="0x1"), PARTICIPATIONS, "CORDIS column id", 3, "id"),
        (changed(PROJECTS, 1, title=""), PARTICIPATIONS, "CORDIS column title", 3, "title"),
        (
            PROJECTS,
            changed(PARTICIPATIONS, 1, projectID="900000009"),
            "a participation is in a project",
            3,
            "projectID",
        ),
        (PROJECTS, changed(PARTICIPATIONS, 1, role="boss"), "known values", 3, "role"),
        (
            PROJECTS,
            changed(PARTICIPATIONS, 1, organisationID="../x"),
            "CORDIS column organisationID",
            3,
            "organisationID",
        ),
    ],
)
def test_a_wrong_row_is_told_with_its_place(
    tmp_path: Path,
    projects: list[dict[str, str]],
    participations: list[dict[str, str]],
    rule: str,
    row: int,
    column: str | None,
) -> None:
    faults = Outcome(write_new(tmp_path, projects, participations)).faults
    told = [fault for fault in faults if fault.rule == rule]
    assert [(fault.row, fault.column, fault.severity) for fault in told] == [
        (row, column, Severity.VIOLATION)
    ]
    assert told[0].file is not None
    assert told[0].file.startswith("cordis-syntheticprojects-csv.zip!")
    assert told[0].fix


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({"nutsCode": "DE999"}, "no code of the versions"),
        ({"nutsCode": "XX01"}, "different regions in different versions"),
        ({"country": "QQ"}, "the code of no country"),
    ],
)
def test_a_place_that_is_not_known_for_sure_is_told_and_not_guessed(
    tmp_path: Path, cells: dict[str, str], message: str
) -> None:
    outcome = Outcome(write_new(tmp_path, PROJECTS, changed(PARTICIPATIONS, 1, **cells)))
    assert [fault.severity for fault in outcome.faults] == [Severity.WARNING]
    assert message in outcome.faults[0].message
    assert (outcome.rows, outcome.rejected) == (5, 0)
    places = {
        quad.object.value
        for quad in outcome.quads
        if quad.predicate.value == f"{iris.CG}basedIn" and quad.subject.value.endswith("999000002")
    }
    expected = {iris.thing("country/gr")} if "nutsCode" in cells else {iris.thing("region/el30")}
    assert places == expected


def test_a_framework_programme_that_nobody_describes_is_told_once(tmp_path: Path) -> None:
    rows = [dict(row, frameworkProgramme="FP9") for row in PROJECTS]
    outcome = Outcome(write_new(tmp_path, rows))
    assert [(fault.value, fault.severity) for fault in outcome.faults] == [("FP9", Severity.WARNING)]
    assert outcome.rows == 5


def test_a_participation_that_stands_twice_counts_once(tmp_path: Path) -> None:
    again = [PARTICIPATIONS[0], dict(PARTICIPATIONS[0], ecContribution="7"), *PARTICIPATIONS[1:]]
    outcome = Outcome(write_new(tmp_path, PROJECTS, again))
    assert [fault.rule for fault in outcome.faults] == ["a participation stands once"]
    assert outcome.holds(f"{FIRST} cg:hasParticipation/cg:euContribution 1500000.25")
    assert not outcome.holds(f"{FIRST} cg:hasParticipation/cg:euContribution 7.0")


def _truncated(directory: Path) -> Path:
    path = write_new(directory)
    path.write_bytes(path.read_bytes()[:-200])
    return path


def _without_organisations(directory: Path) -> Path:
    path = directory / "dump.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.csv", csv_text(NEW_PROJECT, PROJECTS))
        archive.writestr("topics.csv", csv_text(["projectID", "topic"], []))
    return path


def _other_delimiter(directory: Path) -> Path:
    path = directory / "dump.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("project.csv", csv_text(NEW_PROJECT, PROJECTS, delimiter="|"))
        archive.writestr("organization.csv", csv_text(NEW_ORGANISATION, PARTICIPATIONS))
    return path


def _two_dumps(directory: Path) -> Path:
    for name in ("project.csv", "project-2.csv"):
        (directory / name).write_text(csv_text(NEW_PROJECT, PROJECTS))
    return directory


@pytest.mark.parametrize(
    ("write", "words"),
    [
        (_truncated, "damaged or cut short"),
        (_without_organisations, "no table of the organisations.*topics.csv lacks organisationID"),
        (_other_delimiter, "no table of the projects.*';' between its columns.*project.csv lacks id"),
        (_two_dumps, "2 tables of the projects: project-2.csv, project.csv"),
        (lambda directory: directory / "nothing.zip", "no such file"),
    ],
)
def test_a_dump_that_cannot_be_used_says_why(
    tmp_path: Path, write: Callable[[Path], Path], words: str
) -> None:
    with pytest.raises(UnusableInput) as refused:
        open_dump(write(tmp_path), TableLimits())
    told = " ".join([refused.value.what, *(fault.message for fault in refused.value.faults)])
    assert re.search(words, told)


def test_damage_within_a_zip_is_told_once(tmp_path: Path) -> None:
    path = write_new(tmp_path)
    damaged = bytearray(path.read_bytes())
    checksum = damaged.index(b"PK\x01\x02") + 16
    damaged[checksum] ^= 1
    path.write_bytes(damaged)
    told = [fault for fault in Outcome(path).faults if fault.rule == "sound archive"]
    assert len(told) == 1


def test_a_table_that_is_not_utf_8_is_told_with_the_row_where_it_ends(tmp_path: Path) -> None:
    rows = [dict(PROJECTS[0], id=str(900000001 + row), title="Synthetic") for row in range(2_000)]
    text = csv_text(NEW_PROJECT, [*rows, dict(PROJECTS[1], title="Synthétique")])
    (tmp_path / "project.csv").write_bytes(text.encode("latin-1"))
    (tmp_path / "organization.csv").write_text(csv_text(NEW_ORGANISATION, PARTICIPATIONS))
    told = [fault for fault in Outcome(tmp_path).faults if fault.rule == "UTF-8"]
    assert [fault.file for fault in told] == ["project.csv"]


def test_a_cell_of_ten_megabytes_is_refused(tmp_path: Path) -> None:
    path = write_new(tmp_path, changed(PROJECTS, 1, objective="x" * 10_000_000))
    assert [fault.row for fault in Outcome(path).faults if fault.rule == "longest cell"] == [3]


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    path = write_new(tmp_path)
    content = bytearray(path.read_bytes())
    content[content.index(b"PK\x01\x02") + 8] |= 1
    path.write_bytes(content)
    assert [fault.rule for fault in Outcome(path).faults] == ["archive without a password"]


def test_a_zip_that_unpacks_without_bounds_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput) as refused:
        open_dump(write_new(tmp_path), TableLimits(file_bytes=100))
    assert [fault.rule for fault in refused.value.faults] == ["archive of a bounded size"]


@pytest.mark.parametrize(
    "options", [{"source_url": ("nowhere",)}, {"as_of": ("soon",)}, {"as_of": ("2024", "2025")}]
)
def test_an_option_that_cannot_be_used_is_told(tmp_path: Path, options: dict[str, tuple[str, ...]]) -> None:
    path = write_new(tmp_path)
    context = ImportContext(graph="synthetic", options=options)
    batches = list(CordisImporter(Map).read(ImportInput(path, path.name), context))
    assert [(fault.rule, next(iter(options)) in fault.message) for fault in batches[0].faults] == [
        ("usable dump", True)
    ]
    assert not batches[0].statements


def test_without_an_address_the_dump_is_a_table_that_somebody_supplied(tmp_path: Path) -> None:
    path = write_new(tmp_path)
    batches = CordisImporter(Map).read(ImportInput(path, path.name), ImportContext(graph="synthetic"))
    text = b"".join(unpacked(io.BytesIO(batch.statements)).read() for batch in batches).decode()
    assert f"<{iris.CG}SuppliedTable>" in text
    assert f"<{iris.CG}WebPage>" not in text


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path, read = write_new(tmp_path), list[int]()
    context = ImportContext(graph="synthetic", advance=read.append, options={"organisation": ("SC",)})
    list(CordisImporter(Map).read(ImportInput(path, path.name), context))
    with zipfile.ZipFile(path) as archive:
        length = sum(entry.file_size for entry in archive.infolist())
    assert length * 0.99 <= sum(read) <= length


def test_an_organisation_is_introduced_once_with_its_bare_name_and_country(tmp_path: Path) -> None:
    path = write_new(tmp_path)
    batches = CordisImporter(Map).read(ImportInput(path, path.name), ImportContext(graph="synthetic"))
    found = [tuple(each) for batch in batches for each in batch.organisations]
    assert found == [
        (iris.thing("organisation/cordis-999000001"), "Synthetic Cluster e.V.", "de"),
        (iris.thing("organisation/cordis-999000002"), "Synthetic Kft", "gr"),
    ]


def test_a_dump_that_was_fetched_is_from_where_it_was_fetched(tmp_path: Path) -> None:
    path = write_new(tmp_path)
    batches = CordisImporter(Map).read(ImportInput(path, PAGE), ImportContext(graph="synthetic"))
    text = b"".join(unpacked(io.BytesIO(batch.statements)).read() for batch in batches).decode()
    assert f'"{PAGE}"' in text
