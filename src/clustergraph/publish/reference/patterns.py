"""The core patterns of the model as diagrams: which terms they show, and where on a grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Box:
    """A class on the grid; `term` is a prefixed name, columns and rows count from 0."""

    term: str
    column: int
    row: int


@dataclass(frozen=True, slots=True)
class Arrow:
    """A property from one class to another; `inferred` ones are drawn dashed.

    `along` is where on the arrow its label stands, from 0 at the tail to 1 at the head.
    """

    source: str
    term: str
    target: str
    inferred: bool = False
    along: float = 0.5


@dataclass(frozen=True, slots=True)
class Pattern:
    """One diagram with its title and what it says, in one or two sentences."""

    key: str
    title: str
    description: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]


PATTERNS: Final = (
    Pattern(
        "figures",
        "A figure and its evidence",
        "Every figure is an observation about one thing: what it measures, for which period, and the lines "
        "of the document that state it. Where figures differ, a discrepancy involves them all and decides "
        "nothing.",
        (
            Box("cg:Indicator", 0, 0),
            Box("cg:Discrepancy", 1, 0),
            Box("cg:Claim", 2, 0),
            Box("cg:PolicyInstrument", 0, 1),
            Box("cg:Observation", 1, 1),
            Box("cg:SourceFragment", 2, 1),
            Box("cg:SourceDocument", 3, 1),
            Box("cg:Period", 1, 2),
            Box("cg:Slide", 2, 2),
        ),
        (
            Arrow("cg:Discrepancy", "cg:involves", "cg:Observation"),
            Arrow("cg:Discrepancy", "cg:involves", "cg:Claim"),
            Arrow("cg:Observation", "cg:indicator", "cg:Indicator"),
            Arrow("cg:Observation", "cg:aboutEntity", "cg:PolicyInstrument"),
            Arrow("cg:Observation", "cg:refPeriod", "cg:Period"),
            Arrow("cg:Observation", "cg:statedIn", "cg:SourceFragment"),
            Arrow("cg:Claim", "cg:statedIn", "cg:SourceFragment"),
            Arrow("cg:SourceFragment", "cg:fragmentOf", "cg:SourceDocument"),
            Arrow("cg:SourceFragment", "cg:onSlide", "cg:Slide"),
            Arrow("cg:Slide", "cg:fragmentOf", "cg:SourceDocument"),
        ),
    ),
    Pattern(
        "funding",
        "Programmes, instruments, calls and what they fund",
        "A programme has the budget, an instrument does the work, a call selects, and a cohort is what the "
        "sources count. That a cohort is funded under a programme follows from the instrument or the call.",
        (
            Box("cg:PolicyFramework", 0, 0),
            Box("cg:Programme", 1, 0),
            Box("foaf:Agent", 0, 1),
            Box("cg:PolicyInstrument", 1, 1),
            Box("cg:Call", 2, 1),
            Box("cg:Milestone", 3, 1),
            Box("cg:Phase", 1, 2),
            Box("cg:ProjectCohort", 2, 2),
            Box("cg:FundedAction", 3, 2),
        ),
        (
            Arrow("cg:PolicyInstrument", "cg:accelerates", "cg:PolicyFramework"),
            Arrow("cg:PolicyInstrument", "cg:fundedUnder", "cg:Programme"),
            Arrow("cg:PolicyInstrument", "cg:operatedBy", "foaf:Agent"),
            Arrow("cg:PolicyInstrument", "cg:hasPhase", "cg:Phase"),
            Arrow("cg:Call", "cg:underInstrument", "cg:PolicyInstrument"),
            Arrow("cg:Call", "cg:fundedUnder", "cg:Programme", inferred=True, along=0.3),
            Arrow("cg:Milestone", "cg:milestoneOf", "cg:Call"),
            Arrow("cg:ProjectCohort", "cg:underCall", "cg:Call"),
            Arrow("cg:ProjectCohort", "cg:underInstrument", "cg:PolicyInstrument"),
            Arrow("cg:ProjectCohort", "cg:hasMember", "cg:FundedAction"),
        ),
    ),
    Pattern(
        "participation",
        "Who takes part, and where",
        "An organisation takes part in an action through a participation, which has its role. The regions an "
        "action involves follow from where its participants are based. A cluster organisation is not the "
        "statistical cluster that it manages.",
        (
            Box("skos:Concept", 1, 0),
            Box("cg:StatisticalCluster", 2, 0),
            Box("cg:FundedAction", 0, 1),
            Box("cg:Participation", 1, 1),
            Box("cg:ClusterOrganisation", 2, 1),
            Box("cg:Region", 3, 1),
            Box("cg:Country", 3, 2),
        ),
        (
            Arrow("cg:FundedAction", "cg:hasParticipation", "cg:Participation"),
            Arrow("cg:Participation", "cg:participantRole", "skos:Concept"),
            Arrow("cg:Participation", "cg:participant", "cg:ClusterOrganisation"),
            Arrow("cg:ClusterOrganisation", "cg:manages", "cg:StatisticalCluster"),
            Arrow("cg:ClusterOrganisation", "cg:basedIn", "cg:Region"),
            Arrow("cg:StatisticalCluster", "cg:locatedInRegion", "cg:Region"),
            Arrow("cg:Region", "cg:within", "cg:Country"),
            Arrow("cg:FundedAction", "cg:involvesTerritory", "cg:Country", inferred=True),
        ),
    ),
)
