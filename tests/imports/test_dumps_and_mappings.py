"""CORDIS dumps and mapped tables through the real command, closure and gate; all input is synthetic."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import pyoxigraph as ox
import pytest
from tests.sources.cordis_synthetic import PARTICIPATIONS, PROJECTS, write_new

from clustergraph import iris, snapshot

from .commands import ended

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path, built_home: Path) -> Path:
    shutil.copytree(built_home, tmp_path / "home")
    return tmp_path / "home"


def rows(home: Path, where: str) -> set[tuple[str, ...]]:
    release = snapshot.current_release(home)
    assert release is not None
    store = ox.Store()
    store.bulk_load(path=str(release.dataset))
    prefixes = "".join(f"PREFIX {name}: <{namespace}>\n" for name, namespace in iris.PREFIXES.items())
    found = store.query(f"{prefixes} SELECT * WHERE {{ {where} }}")
    assert isinstance(found, ox.QuerySolutions)
    return {tuple("" if term is None else term.value for term in row) for row in found}


def test_a_dump_passes_the_gate_and_what_is_not_known_is_told_beside_it(home: Path, tmp_path: Path) -> None:
    participations = [*PARTICIPATIONS, dict(PARTICIPATIONS[1], organisationID="999000003", nutsCode="EL99")]
    dump = write_new(tmp_path, PROJECTS, participations)
    done = ended(home, "import", "cordis", str(dump), "--topic", "syn-01-*", "--into", "made-up")
    assert done.returncode == 0, done.stderr
    assert "EL99" in done.stderr
    assert "4 rows imported as made-up" in done.stderr
    coordinator = f"{iris.CGS}participant-role/coordinator"
    [found] = rows(
        home,
        f"?part cg:participantRole <{coordinator}> ; cg:participant ?who ; cg:euContribution ?amount . "
        "?who cg:basedIn ?region . ?region cg:nutsCode ?code ; a cg:Region . "
        "?project cg:hasParticipation ?part . "
        "?project cg:fundedUnder/rdfs:label ?programme ; cg:duringPeriod/dcat:startDate ?start",
    )
    assert set(found) >= {"1500000.25", iris.thing("region/de111"), "Horizon 2020", "2016-09-01"}
    assert not rows(home, f"<{iris.thing('project/cordis-900000002')}> ?p ?o")


def test_a_curated_project_joins_with_the_register_as_the_record_says(home: Path, tmp_path: Path) -> None:
    record = (ROOT / "docs" / "decisions" / "0021-cordis.md").read_text(encoding="utf-8")
    query = re.search(r"SELECT DISTINCT \?curated \?register WHERE \{(.*?)\n\n", record, re.DOTALL)
    assert query is not None
    table, mapping = tmp_path / "mine.csv", tmp_path / "mine.yaml"
    table.write_text("id,name,number\na,Made up A,900000001\nb,Made up B,900000009\n", encoding="utf-8")
    mapping.write_text(
        'title: Made up\nabout: {iri: "project/mine-{id}", class: cg:Project, label: name}\n'
        "columns: {number: {property: dct:identifier}}\n",
        encoding="utf-8",
    )
    for arguments in (
        ("table", str(table), "--mapping", str(mapping), "--into", "mine", "--no-build"),
        ("cordis", str(write_new(tmp_path)), "--into", "made-up"),
    ):
        done = ended(home, "import", *arguments)
        assert done.returncode == 0, done.stderr
    found = rows(home, query[1].strip().removesuffix("}"))
    joined = {row for row in found if any("mine-" in value for value in row)}
    assert {value for row in joined for value in row} >= {
        iris.thing("project/mine-a"),
        iris.thing("project/cordis-900000001"),
    }
    assert not any("mine-b" in value for row in found for value in row)


def test_the_example_of_the_guide_passes_the_gate(home: Path, tmp_path: Path) -> None:
    guide = (ROOT / "docs" / "guides" / "mapping.md").read_text(encoding="utf-8")
    for name in ("clusters.csv", "clusters.yaml"):
        block = re.search(rf"^```\w+ {name}\n(.*?)^```$", guide, re.DOTALL | re.MULTILINE)
        assert block is not None
        (tmp_path / name).write_text(block[1], encoding="utf-8")
    command = re.search(
        r"^    clustergraph import table clusters.csv --mapping clusters.yaml (.*)$", guide, re.M
    )
    assert command is not None
    files = (str(tmp_path / "clusters.csv"), "--mapping", str(tmp_path / "clusters.yaml"))
    done = ended(home, "import", "table", *files, *command[1].split())
    assert done.returncode == 0, done.stderr
    assert rows(
        home, f"<{iris.thing('cluster-organisation/el-paradeigma')}> cg:basedIn/rdfs:label ?country"
    ) == {("Greece",)}


def test_a_profile_that_falls_short_is_told_with_its_row_and_published(home: Path, tmp_path: Path) -> None:
    table = tmp_path / "profiles.csv"
    table.write_text(
        "name,country_code,staff_fte,members_total,members_sme,members_research,website,website_languages,"
        "support_programmes\n"
        "Made up full,DE,0.5,15,14,1,https://synthetic.example/,en,\n"
        "Made up small,DE,0.25,15,14,1,https://synthetic.example/,en,\n"
        "Made up recognised,DE,,,,,,,Made up programme\n",
        encoding="utf-8",
    )
    report = tmp_path / "report.json"
    done = ended(home, "import", "eccp_profiles", str(table), "--into", "made-up", "--report", str(report))
    assert done.returncode == 0, done.stderr
    assert "3 rows imported as made-up" in done.stderr
    faults = json.loads(report.read_text(encoding="utf-8"))["faults"]
    assert [(fault["row"], fault["severity"]) for fault in faults] == [(3, "Warning")]
    assert "cgsh:EccpProfile-staff" in faults[0]["rule"]
    assert rows(home, f"<{iris.thing('cluster-organisation/de-made-up-small')}> cg:basedIn ?where")
