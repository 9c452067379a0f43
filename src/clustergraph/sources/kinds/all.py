"""Every kind of table there is, in the order in which the curated ones are read."""

from __future__ import annotations

from typing import Any, Final

from clustergraph.sources.kinds.calls import CALLS
from clustergraph.sources.kinds.crosswalks import CROSSWALKS
from clustergraph.sources.kinds.discrepancies import DISCREPANCIES
from clustergraph.sources.kinds.eccp_profiles import ECCP_PROFILES
from clustergraph.sources.kinds.eligibility_rules import ELIGIBILITY_RULES
from clustergraph.sources.kinds.figures import FIGURES
from clustergraph.sources.kinds.instruments import INSTRUMENTS
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.kinds.lineage import LINEAGE
from clustergraph.sources.kinds.national_programmes import NATIONAL_PROGRAMMES
from clustergraph.sources.kinds.organisation_facts import ORGANISATION_FACTS
from clustergraph.sources.kinds.organisation_names import ORGANISATION_NAMES
from clustergraph.sources.kinds.organisations import ORGANISATIONS
from clustergraph.sources.kinds.partnership_facts import PARTNERSHIP_FACTS
from clustergraph.sources.kinds.partnership_members import PARTNERSHIP_MEMBERS
from clustergraph.sources.kinds.partnership_regions import PARTNERSHIP_REGIONS
from clustergraph.sources.kinds.partnerships import PARTNERSHIPS
from clustergraph.sources.kinds.populations import POPULATIONS
from clustergraph.sources.kinds.priorities import PRIORITIES
from clustergraph.sources.kinds.programmes import PROGRAMMES
from clustergraph.sources.kinds.recognitions import RECOGNITIONS
from clustergraph.sources.kinds.s3_partnerships import S3_PARTNERSHIPS
from clustergraph.sources.kinds.s3_platforms import S3_PLATFORMS
from clustergraph.sources.kinds.third_countries import THIRD_COUNTRIES
from clustergraph.sources.kinds.value_chains import VALUE_CHAINS

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
    S3_PLATFORMS,
    S3_PARTNERSHIPS,
    PARTNERSHIP_REGIONS,
    PRIORITIES,
    VALUE_CHAINS,
    CROSSWALKS,
    DISCREPANCIES,
    PROGRAMMES,
    INSTRUMENTS,
    CALLS,
    ELIGIBILITY_RULES,
    LINEAGE,
    POPULATIONS,
    FIGURES,
    ECCP_PROFILES,
)
