"""An import is all or nothing: every fault is named, and only a build that passes changes anything."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import openpyxl
import pyoxigraph as ox
import pytest

from clustergraph import iris, snapshot
from clustergraph.imports import store
from clustergraph.imports.statements import quads

from .commands import begun, ended

pytestmark = pytest.mark.usefixtures("on_small_content")

HEADER = "id,name,budget\n"
GOOD = HEADER + "cluster-organisation/made-up-a,Made up alpha,7.5\ncluster-organisation/made-up-b,Other,\n"
OTHER = HEADER + "cluster-organisation/made-up-c,Third,1\n"


@pytest.fixture
def home(tmp_path: Path, small_home: Path) -> Path:
    shutil.copytree(small_home, tmp_path / "home")
    return tmp_path / "home"


def file(tmp_path: Path, text: str, name: str = "mine.csv") -> str:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def imported(home: Path) -> dict[str, store.StoredImport]:
    return {each.name: each for each in store.stored_imports(home)}


def tree(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file() and path.suffix != ".lock" and path.name != ".lock"
    }


def labels(home: Path) -> set[str]:
    release = snapshot.current_release(home)
    assert release is not None
    graph = ox.NamedNode(iris.graph("synthetic-mine"))
    store = ox.Store()
    store.bulk_load(path=str(release.dataset))
    predicate = ox.NamedNode(f"{iris.RDFS}label")
    return {
        quad.object.value
        for quad in store.quads_for_pattern(None, predicate, None, graph)
        if "cluster-organisation/" in str(quad.subject)
    }


def test_an_import_is_in_the_release_and_a_second_one_replaces_it(home: Path, tmp_path: Path) -> None:
    first = ended(home, "import", "synthetic", file(tmp_path, GOOD))
    assert first.returncode == 0, first.stderr
    assert labels(home) == {"Made up alpha", "Other"}
    assert "2 rows imported as synthetic-mine" in first.stderr
    stale = json.loads(ended(home, "info").stdout)
    assert stale["stale"] is False
    second = ended(home, "import", "synthetic", file(tmp_path, OTHER))
    assert second.returncode == 0, second.stderr
    assert labels(home) == {"Third"}
    listed = json.loads(ended(home, "imports").stdout)
    assert [(one["name"], one["rows"], one["kind"]) for one in listed] == [("synthetic-mine", 1, "synthetic")]
    assert len(list((home / "imports" / "synthetic-mine").glob("data-*"))) == 2
    removed = ended(home, "imports", "--remove", "synthetic-mine")
    assert removed.returncode == 0, removed.stderr
    assert imported(home) == {}
    assert json.loads(ended(home, "info").stdout)["stale"] is True


def test_one_fault_leaves_everything_as_it_was_and_names_its_place(home: Path, tmp_path: Path) -> None:
    before = tree(home)
    bad = GOOD + "cluster-organisation/made-up-c,Third,seven\n"
    refused = ended(home, "import", "synthetic", file(tmp_path, bad))
    assert refused.returncode == 1
    assert "row 4, column budget" in refused.stderr
    assert "--keep-good" in refused.stderr
    assert tree(home) == before
    kept = ended(home, "import", "synthetic", file(tmp_path, bad), "--keep-good", "--no-build")
    assert kept.returncode == 0, kept.stderr
    manifest = imported(home)["synthetic-mine"].manifest
    assert (manifest.rows, manifest.rejected) == (2, 1)


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    home = tmp_path / "none"
    told = ended(home, "import", "synthetic", file(tmp_path, GOOD), "--dry-run")
    assert told.returncode == 0, told.stderr
    assert "2 rows could be imported as synthetic-mine" in told.stderr
    assert not home.exists()


def test_a_row_that_describes_a_thing_again_is_a_fault_and_left_out_of_the_good(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    twice = GOOD + "cluster-organisation/made-up-a,Again,\n"
    refused = ended(home, "import", "synthetic", file(tmp_path, twice))
    assert refused.returncode == 1
    assert "already described in row 2" in refused.stderr
    kept = ended(home, "import", "synthetic", file(tmp_path, twice), "--keep-good", "--no-build")
    assert kept.returncode == 0, kept.stderr
    texts = {str(quad.object) for quad in quads(imported(home)["synthetic-mine"])}
    assert '"Made up alpha"@en' in texts
    assert '"Again"@en' not in texts


def test_a_build_that_refuses_keeps_the_previous_import_and_names_rows(home: Path, tmp_path: Path) -> None:
    assert ended(home, "import", "synthetic", file(tmp_path, GOOD)).returncode == 0
    before = tree(home)
    # The country is no reference of the row model of tests, so that only the build can tell.
    dangling = "id,name,country\ncluster-organisation/made-up-d,D,\ncluster-organisation/made-up-e,E,zz\n"
    refused = ended(
        home, "import", "synthetic", file(tmp_path, dangling), "--report", str(tmp_path / "r.json")
    )
    assert refused.returncode == 1
    assert "mine.csv, row 3" in refused.stderr
    assert tree(home) == before
    report = json.loads((tmp_path / "r.json").read_text())
    assert {fault.get("row") for fault in report["faults"]} == {3}


@pytest.mark.parametrize(
    "name", ["ontology", "inferred", "schemes", "figures", "x-candidates", "Ä", "a/b", ".."]
)
def test_a_name_that_is_taken_or_none_is_refused(tmp_path: Path, name: str) -> None:
    refused = ended(tmp_path / "home", "import", "synthetic", file(tmp_path, GOOD), "--into", name)
    assert refused.returncode == 2
    assert "--into" in refused.stderr


def test_what_is_no_kind_and_what_is_no_file_are_told_apart(tmp_path: Path) -> None:
    unknown = ended(tmp_path / "home", "import", "nothing", file(tmp_path, GOOD))
    assert (unknown.returncode, "There are:" in unknown.stderr) == (2, True)
    missing = ended(tmp_path / "home", "import", "synthetic", str(tmp_path / "none.csv"))
    assert missing.returncode == 2
    assert "Traceback" not in missing.stderr


def test_the_report_as_a_workbook_marks_the_cells(tmp_path: Path) -> None:
    bad = HEADER + 'cluster-organisation/made-up-a,=1+1,"7,5"\nNope,B,\n'
    report = tmp_path / "report.xlsx"
    ended(tmp_path / "home", "import", "synthetic", file(tmp_path, bad), "--dry-run", "--report", str(report))
    book = openpyxl.load_workbook(report)
    rows = book["Rows"]
    assert rows["C2"].comment is not None
    assert "decimal" in rows["C2"].comment.text
    assert rows["A3"].comment is not None
    assert rows["C3"].comment is None
    assert (rows["B2"].value, rows["B2"].data_type) == ("=1+1", "s")
    problems = list(book["Problems"].iter_rows(values_only=True))
    assert problems[0][:2] == ("row", "column")
    assert {(row[0], row[1]) for row in problems[1:]} == {(2, "budget"), (3, "id")}


def test_a_report_of_an_unknown_ending_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    refused = ended(tmp_path, "import", "synthetic", "none.csv", "--report", "report.doc")
    assert (refused.returncode, ".xlsx" in refused.stderr) == (2, True)


@pytest.mark.parametrize("seconds", [0.4, 0.9, 1.3, 1.8, 2.5, 3.5])
def test_a_killed_import_leaves_the_old_one_or_the_new_one(tmp_path: Path, seconds: float) -> None:
    home = tmp_path / "home"
    assert ended(home, "import", "synthetic", file(tmp_path, GOOD), "--no-build").returncode == 0
    (old,) = (each.manifest for each in store.stored_imports(home))
    rows = "".join(f"cluster-organisation/killed-{n},Killed {n},{n}\n" for n in range(60_000))
    process = begun(home, "import", "synthetic", file(tmp_path, HEADER + rows), "--no-build")
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    (after,) = store.stored_imports(home)
    assert after.manifest == old or after.manifest.rows == 60_000
    assert sum(1 for _ in quads(after)) > 0
    again = ended(home, "import", "synthetic", file(tmp_path, OTHER), "--no-build")
    assert again.returncode == 0, again.stderr
    assert [path.name for path in (home / "imports").iterdir() if path.name.startswith(".new-")] == []


def test_a_million_rows_with_one_error_in_the_last_change_nothing(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    with path.open("w") as out:
        out.write("id,name\n")
        out.writelines(f"cluster-organisation/m{n},Made up\n" for n in range(999_999))
        out.write("Not an identifier,Made up\n")
    home = tmp_path / "home"
    refused = ended(home, "import", "synthetic", str(path))
    assert refused.returncode == 1
    assert "row 1000001, column id" in refused.stderr
    assert store.stored_imports(home) == ()
    assert list((home / "imports").glob("*/*")) == []
