"""Every line of the threat model is held by a test that exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINES = re.findall(
    r"^\| (.+?) \| (.+?) \| `(.+?)::(?:\w+::)?(\w+)` \|$", (ROOT / "THREAT_MODEL.md").read_text(), re.M
)


def test_the_threat_model_is_read() -> None:
    table = [line for line in (ROOT / "THREAT_MODEL.md").read_text().split("\n") if line.startswith("| ")]
    assert len(LINES) == len(table) - 1


@pytest.mark.parametrize(("threat", "file", "test"), [(line[0], line[2], line[3]) for line in LINES])
def test_each_threat_has_its_test(threat: str, file: str, test: str) -> None:
    module = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    tests = {
        node.name for node in ast.walk(module) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert test in tests, f"{threat}: {test} is not in {file}"
