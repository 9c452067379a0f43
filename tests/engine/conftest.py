"""The two ways in which workers are started."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["fork", "spawn"])
def either_start(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """How workers are started here and in the processes of a test: what it promises holds for both ways."""
    way: str = request.param
    monkeypatch.setenv("CLUSTERGRAPH_WORKERS_START", way)
    return way
