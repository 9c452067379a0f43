from __future__ import annotations

from collections.abc import Iterator

import pytest

from w3c.servers import Servers


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    started = Servers(tmp_path_factory.mktemp("w3c"))
    try:
        yield started
    finally:
        started.close()
