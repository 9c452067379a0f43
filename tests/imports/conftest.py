"""A small content to import into: ontology, shapes and schemes, with tables that are headers only."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from clustergraph.build.pipeline import build
from clustergraph.settings import Settings
from clustergraph.sources.content import ROOMS, Content

from .commands import ROOT


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Content:
    """What every graph has, and nothing that decks, pages or packages say: a build of it takes seconds."""
    root = tmp_path_factory.mktemp("small")
    for room in ROOMS:
        shutil.copytree(ROOT / room, root / room)
    for table in (*(root / "data" / "decks").glob("*.csv"), root / "data" / "register.csv"):
        table.write_text(table.read_text(encoding="utf-8").split("\n", 1)[0] + "\n", encoding="utf-8")
    shutil.rmtree(root / "data" / "tables")
    for file in (root / "data").glob("*.ttl"):
        file.unlink()
    return Content(root)


@pytest.fixture(scope="session")
def small_home(small: Content, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with a release of the small content; tests copy it to change it."""
    home = tmp_path_factory.mktemp("small-home")
    build(small, Settings(home=home), lambda words: None)
    return home


@pytest.fixture
def on_small_content(small: Content, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of a test work on the small content."""
    monkeypatch.setenv("CLUSTERGRAPH_CONTENT", str(small.root))
