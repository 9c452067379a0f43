"""Synthetic data small enough to be reckoned through by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:  # benchmarks/ is no part of the installed package
    sys.path.append(str(ROOT))

TRIPLES = 30_000


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dataset of 30,000 triples as N-Triples."""
    from benchmarks import generator

    return generator.dataset(tmp_path_factory.mktemp("synthetic"), TRIPLES)
