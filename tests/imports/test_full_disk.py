"""A disk that refuses leaves the import that was there, and says so in words."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from clustergraph.imports import store

from .commands import ROOT, ended

HEADER = "id,name\n"
LIMITED = (
    "import resource, sys;"
    "from clustergraph.sources.importing import TableImporter, all as registry;"
    "from tests.imports.kinds import SYNTHETIC;"
    "registry.OTHERS = (*registry.OTHERS, TableImporter(SYNTHETIC));"
    "from clustergraph.cli import imports; from clustergraph.cli.main import app;"
    "resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv.pop(1)),) * 2); app()"
)

pytestmark = pytest.mark.usefixtures("on_small_content")


@pytest.mark.parametrize("room", [4_000, 40_000, 200_000])
def test_a_full_disk_leaves_the_previous_import(tmp_path: Path, room: int) -> None:
    home = tmp_path / "home"
    table = tmp_path / "mine.csv"
    table.write_text(HEADER + "cluster-organisation/a,A\n", encoding="utf-8")
    assert ended(home, "import", "synthetic", str(table), "--no-build").returncode == 0
    (before,) = store.stored_imports(home)
    table.write_text(
        HEADER + "".join(f"cluster-organisation/b{n},Made up {n * 7919}\n" for n in range(40_000)),
        encoding="utf-8",
    )
    refused = subprocess.run(
        [sys.executable, "-c", LIMITED, str(room), "import", "synthetic", str(table), "--no-build"],
        env={
            "CLUSTERGRAPH_CONTENT": os.environ["CLUSTERGRAPH_CONTENT"],
            "CLUSTERGRAPH_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            "PYTHONDONTWRITEBYTECODE": "1",
        },
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert refused.returncode == 2, refused.stderr
    assert "Traceback" not in refused.stderr
    assert "disk" in refused.stderr.lower()
    (after,) = store.stored_imports(home)
    assert after.manifest == before.manifest
    again = ended(home, "imports")
    assert [one["rows"] for one in json.loads(again.stdout)] == [1]
