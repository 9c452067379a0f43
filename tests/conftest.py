"""What several rooms of tests share: one real release, built once from the curated files."""

from __future__ import annotations

from pathlib import Path

import pytest

from clustergraph.build.pipeline import build
from clustergraph.settings import Settings
from clustergraph.snapshot import Release, current_release
from clustergraph.sources.content import Content

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def content() -> Content:
    """The curated files of this checkout."""
    return Content(ROOT)


@pytest.fixture(scope="session")
def built_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with release 1, built from this checkout by the real pipeline; tests copy it to change it."""
    home = tmp_path_factory.mktemp("home")
    build(Content(ROOT), Settings(home=home), lambda words: None)
    return home


@pytest.fixture(scope="session")
def release(built_home: Path) -> Release:
    """The release built from this checkout."""
    found = current_release(built_home)
    assert found is not None
    return found
