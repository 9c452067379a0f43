"""Every kind of table there is, in the order in which the curated ones are read."""

from __future__ import annotations

from typing import Any, Final

from clustergraph.sources.kinds.discrepancies import DISCREPANCIES
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.kinds.national_programmes import NATIONAL_PROGRAMMES
from clustergraph.sources.kinds.organisation_facts import ORGANISATION_FACTS
from clustergraph.sources.kinds.organisation_names import ORGANISATION_NAMES
from clustergraph.sources.kinds.organisations import ORGANISATIONS
from clustergraph.sources.kinds.partnership_facts import PARTNERSHIP_FACTS
from clustergraph.sources.kinds.partnership_members import PARTNERSHIP_MEMBERS
from clustergraph.sources.kinds.partnerships import PARTNERSHIPS
from clustergraph.sources.kinds.recognitions import RECOGNITIONS
from clustergraph.sources.kinds.third_countries import THIRD_COUNTRIES

KINDS: Final[tuple[TableKind[Any], ...]] = (
    ORGANISATIONS,
    ORGANISATION_NAMES,
    ORGANISATION_FACTS,
    NATIONAL_PROGRAMMES,
    RECOGNITIONS,
    PARTNERSHIPS,
    PARTNERSHIP_FACTS,
    PARTNERSHIP_MEMBERS,
    THIRD_COUNTRIES,
    DISCREPANCIES,
)
