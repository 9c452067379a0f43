"""The command line as people call it: a process of its own, with a home and content of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

Command = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def clustergraph(built_home: Path, tmp_path: Path) -> Command:
    """Runs `clustergraph …` in an empty directory against the shared release."""

    def run(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "clustergraph", *arguments],
            env={
                **os.environ,
                "CLUSTERGRAPH_HOME": str(built_home),
                "CLUSTERGRAPH_CONTENT": str(ROOT),
                **environment,
            },
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )

    return run
