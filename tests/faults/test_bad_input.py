"""A build with bad input names every fault at once and leaves the release being served as it was."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from clustergraph import snapshot
from clustergraph.sources.content import ROOMS

ROOT = Path(__file__).resolve().parents[2]


def clustergraph(*arguments: str, content: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clustergraph", *arguments],
        env={**os.environ, "CLUSTERGRAPH_CONTENT": str(content), "CLUSTERGRAPH_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=240,
    )


@pytest.fixture
def content(tmp_path: Path) -> Path:
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / "content" / room)
    return tmp_path / "content"


def edit(path: Path, change: Callable[[str], str]) -> None:
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before, f"the edit of {path} changed nothing"
    path.write_text(after, encoding="utf-8")


def blank_cell(text: str, row: int, column: str) -> str:
    lines = text.split("\n")
    position = lines[0].split(",").index(column)
    cells = lines[row - 1].split(",")
    assert '"' not in lines[row - 1], "choose a row without quoted cells"
    cells[position] = ""
    lines[row - 1] = ",".join(cells)
    return "\n".join(lines)


def test_every_fault_is_named_at_once_and_the_served_release_stays(
    content: Path, tmp_path: Path, built_home: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(built_home, home)
    before = snapshot.current_release(home)
    assert before is not None
    decks = content / "data" / "decks"
    # A syntax error in Turtle, and one in a table.
    edit(content / "data" / "datasets.ttl", lambda text: text + "\ndataset:broken a qb:DataSet ;; ] .\n")
    # An observation without evidence, and one with an unknown concept.
    edit(decks / "observations.csv", lambda text: blank_cell(text, 4, "lines"))
    edit(
        decks / "observations.csv",
        lambda text: text.replace(",staff-per-gazelle,24,", ",staff-per-gazele,24,"),
    )
    # A deadline before its publication.
    edit(
        decks / "milestones.csv",
        lambda text: text.replace(
            ",call/cos-clustpartn-2017-3-02,deadline,2018-03,",
            ",call/cos-clustpartn-2017-3-02,deadline,2017-03,",
        ),
    )
    # A duplicate identifier.
    edit(
        decks / "entities.csv",
        lambda text: (
            text + next(line for line in text.split("\n") if line.startswith("instrument/escp-4i,")) + "\n"
        ),
    )
    # A hand-written observation that no slide supports.
    (content / "data" / "extra.ttl").write_text(
        "@prefix cg: <https://w3id.org/clustergraph/ontology#> .\n"
        "@prefix obs: <https://w3id.org/clustergraph/id/obs/> .\n"
        "obs:from-nowhere a cg:Observation ;\n"
        "    cg:aboutEntity <https://w3id.org/clustergraph/id/instrument/escp-4i> ;\n"
        "    cg:numericValue 7.0 .\n",
        encoding="utf-8",
    )

    ended = clustergraph("build", content=content, home=home)

    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    for expected in (
        "data/datasets.ttl, line",
        "data/decks/observations.csv, row 4, column lines",
        "Did you mean cgs:indicator/staff-per-gazelle?",
        "cgi:call/cos-clustpartn-2017-3-02",
        "The deadline of the call lies before its publication.",
        "cgi:instrument/escp-4i is already described",
        "data/extra.ttl, line 3",
        "cgi:obs/from-nowhere",
        "mend",
        "The release that was current stays as it was.",
    ):
        assert expected in ended.stderr, f"{expected!r} is missing from:\n{ended.stderr}"
    after = snapshot.current_release(home)
    assert after is not None
    assert after.manifest == before.manifest


def test_consequences_of_a_rejected_row_are_not_reported_as_faults_of_their_own(
    content: Path, tmp_path: Path
) -> None:
    def spoil(text: str) -> str:
        lines = text.split("\n")
        row = next(n for n, line in enumerate(lines, start=1) if line.startswith("programme/cosme,"))
        return text.replace(lines[row - 1], lines[row - 1].replace("deck-002,117-121", "deck-002,"))

    edit(content / "data" / "decks" / "entities.csv", spoil)
    ended = clustergraph("build", content=content, home=tmp_path / "home")
    assert ended.returncode == 1
    assert "1 fault must be mended first" in ended.stderr, ended.stderr
    assert "column lines" in ended.stderr


def test_faults_of_ontology_and_shapes_are_named_beside_those_of_the_data(
    content: Path, tmp_path: Path
) -> None:
    edit(
        content / "ontology" / "clustergraph.ttl",
        lambda text: (
            text + "\ncg:Call rdfs:subClassOf [ a owl:Restriction ; owl:onProperty cg:underInstrument ; "
            "owl:someValuesFrom cg:PolicyInstrument ] .\n"
        ),
    )
    edit(
        content / "shapes" / "core.ttl",
        lambda text: (
            text + "\ncgsh:Unusable a sh:NodeShape ; sh:targetClass cg:Call ; "
            'sh:property [ sh:path cg:acronym ; sh:minCount "many" ] .\n'
        ),
    )
    edit(content / "data" / "decks" / "observations.csv", lambda text: blank_cell(text, 4, "lines"))
    ended = clustergraph("build", content=content, home=tmp_path / "home")
    assert ended.returncode == 1, ended.stderr
    for expected in ("cg:Call", "cgsh:Unusable", "observations.csv, row 4, column lines"):
        assert expected in ended.stderr, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "3 faults must be mended first" in ended.stderr


def test_a_query_with_a_syntax_error_refuses_the_build(content: Path, tmp_path: Path) -> None:
    victim = next((content / "queries" / "cq").glob("*.rq"))
    edit(victim, lambda text: text.replace("WHERE {", "WHERE {{{", 1))
    ended = clustergraph("build", content=content, home=tmp_path / "home")
    assert ended.returncode == 1, ended.stderr
    assert victim.name in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_damaged_release_stops_serve_query_and_info_with_a_sentence(
    tmp_path: Path, built_home: Path, content: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(built_home, home)
    dataset = home / "releases" / "1" / snapshot.DATASET
    dataset.write_bytes(dataset.read_bytes()[:-100])
    for command in (["serve", "--port", "0"], ["query", "cq01"], ["info"]):
        ended = clustergraph(*command, content=content, home=home)
        assert ended.returncode == 2, (command, ended.stderr)
        assert "The release is damaged" in ended.stderr
        assert "clustergraph build" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_a_build_mends_a_damaged_release_with_a_new_one(
    tmp_path: Path, built_home: Path, content: Path
) -> None:
    home = tmp_path / "home"
    shutil.copytree(built_home, home)
    (home / "releases" / "1" / snapshot.MANIFEST).write_text("{}")
    ended = clustergraph("build", content=content, home=home)
    assert ended.returncode == 0, ended.stderr
    healed = json.loads(clustergraph("info", content=content, home=home).stdout)
    assert healed["current"]["release"] == 2


def test_a_missing_room_of_the_content_is_named(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    ended = clustergraph("build", content=tmp_path, home=tmp_path / "home")
    assert ended.returncode == 2
    assert "lacks ontology/, shapes/, queries/" in ended.stderr


def test_a_setting_that_cannot_be_used_is_named(tmp_path: Path, content: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "clustergraph", "info"],
        env={**os.environ, "CLUSTERGRAPH_PORT": "eighty", "CLUSTERGRAPH_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert "CLUSTERGRAPH_PORT" in ended.stderr
    assert "Traceback" not in ended.stderr
