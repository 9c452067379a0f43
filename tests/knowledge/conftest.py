"""The released dataset, as an engine loads it."""

from __future__ import annotations

from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph.snapshot import current_release


@pytest.fixture(scope="session")
def released_store(built_home: Path) -> ox.Store:
    """The dataset of the release built from this checkout: default graph and named graphs."""
    release = current_release(built_home)
    assert release is not None
    store = ox.Store()
    store.bulk_load(path=str(release.dataset), format=ox.RdfFormat.N_QUADS)
    return store
