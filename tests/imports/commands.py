"""The command line with the synthetic kind beside the real ones, in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_BEGIN = (
    "from clustergraph.sources.importing import TableImporter, all as registry;"
    "from tests.imports.kinds import SYNTHETIC;"
    "registry.OTHERS = (*registry.OTHERS, TableImporter(SYNTHETIC));"
    "from clustergraph.cli.main import app; app()"
)


def begun(home: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    """A command that has been started."""
    return subprocess.Popen(
        [sys.executable, "-c", _BEGIN, *arguments],
        env={
            "CLUSTERGRAPH_CONTENT": str(ROOT),
            **os.environ,
            "CLUSTERGRAPH_HOME": str(home),
            "PYTHONPATH": str(ROOT),
            **environment,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def ended(home: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command that has ended."""
    process = begun(home, *arguments, **environment)
    out, err = process.communicate(timeout=280)
    return subprocess.CompletedProcess(arguments, process.returncode, out, err)
