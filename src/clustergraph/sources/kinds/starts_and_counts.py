"""When something started and how many of something it has, each as one source says it."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, Literal

from clustergraph import iris
from clustergraph.iris import CG, QB
from clustergraph.sources.cells import Period, parse_period
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL, UNITS, decimal, state_interval

#: The data set of the figures that public pages state.
WEB_FIGURES: Final = iris.thing("dataset/web-figures")

Qualifier = Literal["exact", "approximately", "more-than", "at-least", "at-most"]


def state_start(statements: Statements, subject: str, row: SourcedRow, when: Period, words: str | None) -> str:
    """The milestone that something started, in the words of the source where they say more than the date.

    A second page that gives the same date is a second milestone.
    """
    graph = statements.graph
    place = statements.states(row)[0].key
    milestone = f"{iris.CGI}milestone/{iris.slug_of(subject)}--start--{when.slug}--{place}"
    kind = iris.concept("milestone-type", "start")
    text = words or when.label
    graph.types(milestone, [f"{CG}Milestone"])
    graph.add_english(milestone, LABEL, f"{statements.label(kind)} of {statements.label(subject)}: {text}")
    graph.link(milestone, f"{CG}milestoneOf", subject)
    graph.link(milestone, f"{CG}milestoneType", kind)
    state_interval(graph, milestone, when)
    graph.add(milestone, f"{CG}datePrecision", when.precision)
    graph.add_english(milestone, f"{CG}dateText", text)
    return statements.stated(milestone, row)


def state_count(
    statements: Statements, subject: str, row: SourcedRow, indicator: str, value: Decimal, qualifier: Qualifier
) -> str:
    """The observation of a count at the time of the row, or at a time that is not known."""
    graph = statements.graph
    when = row.as_of or parse_period("unstated")
    place = statements.states(row)[0].key
    observation = (
        f"{iris.CGI}obs/{iris.slug_of(subject)}--{indicator}--{when.slug}--{value.normalize():f}--{place}"
    )
    concept = iris.concept("indicator", indicator)
    graph.types(observation, [f"{CG}Observation"])
    graph.add_english(
        observation, LABEL, f"{statements.label(subject)}, {statements.label(concept)}: {value:,} NUM ({place})"
    )
    graph.link(observation, f"{QB}dataSet", WEB_FIGURES)
    graph.link(observation, f"{CG}aboutEntity", subject)
    graph.link(observation, f"{CG}indicator", concept)
    graph.add(observation, f"{CG}numericValue", decimal(value))
    graph.link(observation, f"{CG}unit", UNITS["NUM"])
    graph.link(observation, f"{CG}qualifier", iris.concept("qualifier", qualifier))
    graph.link(observation, f"{CG}valueNature", iris.concept("nature", "stock"))
    graph.link(observation, f"{CG}refPeriod", statements.period(when))
    return statements.stated(observation, row)
