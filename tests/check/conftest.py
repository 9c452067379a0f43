"""Copies of the curated files, for tests to spoil."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from clustergraph.check.dataset import CheckedDataset
from clustergraph.check.hermit import Hermit, find_hermit
from clustergraph.settings import Settings
from clustergraph.sources.content import ROOMS, Content

ROOT = Path(__file__).resolve().parents[2]
DECKS = ROOT.parent / "shared" / "seeds"
INVENTORY = ROOT.parent / "shared" / "sources" / "inventory.csv"

Spoil = Callable[[str, str, str], None]


@pytest.fixture
def copied(tmp_path: Path) -> Content:
    """All curated files in a directory of the test's own."""
    for room in ROOMS:
        shutil.copytree(ROOT / room, tmp_path / "content" / room)
    return Content(tmp_path / "content")


@pytest.fixture
def sparse(copied: Content) -> Content:
    """Ontology, shapes and decks without what the decks say or packages carry: tables are their headers."""
    for table in (
        *(copied.data / "decks").glob("*.csv"),
        *(copied.data / "tables").glob("*.csv"),
        copied.data / "register.csv",
    ):
        table.write_text(table.read_text(encoding="utf-8").split("\n", 1)[0] + "\n", encoding="utf-8")
    (copied.data / "reference.ttl").unlink()
    return copied


@pytest.fixture
def spoil(copied: Content) -> Spoil:
    """Replaces a text that stands in a curated file."""

    def replace(file: str, old: str, new: str) -> None:
        path = copied.root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{file} does not hold {old!r}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return replace


@pytest.fixture(scope="session")
def real() -> CheckedDataset:
    """The checkout's own dataset, which no test changes."""
    return CheckedDataset(Content(ROOT), Settings())


@pytest.fixture(scope="session")
def hermit() -> Hermit:
    """HermiT, or a skip that says what is missing."""
    found = find_hermit()
    if isinstance(found, str):
        pytest.skip(found)
    return found
