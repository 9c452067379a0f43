"""Every kind of table there is, in the order in which the curated ones are read."""

from __future__ import annotations

from typing import Any, Final

from clustergraph.sources.kinds.calls import CALLS
from clustergraph.sources.kinds.discrepancies import DISCREPANCIES
from clustergraph.sources.kinds.eligibility_rules import ELIGIBILITY_RULES
from clustergraph.sources.kinds.figures import FIGURES
from clustergraph.sources.kinds.instruments import INSTRUMENTS
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.kinds.lineage import LINEAGE
from clustergraph.sources.kinds.populations import POPULATIONS
from clustergraph.sources.kinds.programmes import PROGRAMMES

KINDS: Final[tuple[TableKind[Any], ...]] = (
    DISCREPANCIES,
    PROGRAMMES,
    INSTRUMENTS,
    CALLS,
    ELIGIBILITY_RULES,
    LINEAGE,
    POPULATIONS,
    FIGURES,
)
