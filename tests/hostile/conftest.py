"""One service under attack for each file of cases."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from hostile.service import Target, under_attack


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    """A running service; at the end of the file it must have given everything back."""
    with under_attack(tmp_path_factory.mktemp("hostile")) as found:
        yield found
        found.assert_nothing_leaked()
