"""Every kind of table there is, in the order in which the curated ones are read."""

from __future__ import annotations

from typing import Any, Final

from clustergraph.sources.kinds.discrepancies import DISCREPANCIES
from clustergraph.sources.kinds.kind import TableKind

KINDS: Final[tuple[TableKind[Any], ...]] = (DISCREPANCIES,)
