"""The importing guide is tried: its table is imported as it stands, and its problems are those it shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import openpyxl

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guides/importing.md").read_text(encoding="utf-8")


def block(name: str) -> str:
    found = re.search(rf"^```\w+ {re.escape(name)}\n(.*?)^```$", GUIDE, re.M | re.S)
    assert found is not None, name
    return found[1]


def clustergraph(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clustergraph", *arguments],
        cwd=directory,
        env={
            **os.environ,
            "CLUSTERGRAPH_HOME": str(directory / "home"),
            "CLUSTERGRAPH_CONTENT": str(ROOT),
            "PYTHONPATH": str(ROOT / "src"),
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=250,
    )


def test_the_problems_of_the_example_are_those_that_the_guide_shows(tmp_path: Path) -> None:
    (tmp_path / "lombardy.csv").write_text(block("lombardy.csv"), encoding="utf-8")
    command = re.search(r"^    clustergraph (import priorities lombardy\.csv --dry-run.*)$", GUIDE, re.M)
    assert command is not None
    told = clustergraph(tmp_path, *command[1].split())
    assert told.returncode == 1, told.stderr
    for line in block("problems").splitlines():
        assert line in told.stderr, f"{line}\n{told.stderr}"
    rows = openpyxl.load_workbook(tmp_path / "lombardy.xlsx")["Rows"]
    assert rows["F3"].comment is not None
    assert rows["G4"].comment is not None
    assert rows["A2"].comment is None


def test_the_mended_example_is_imported(tmp_path: Path) -> None:
    mended = block("lombardy.csv").replace("photonix", "photonics").replace("01/03/2024", "2024-03-01")
    (tmp_path / "lombardy.csv").write_text(mended, encoding="utf-8")
    told = clustergraph(tmp_path, "import", "priorities", "lombardy.csv", "--into", "lombardy", "--no-build")
    assert told.returncode == 0, told.stderr
    assert "3 rows imported as lombardy" in told.stderr
