"""Figures and dates that a row of a table states about a thing: an observation, a milestone."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from clustergraph import iris
from clustergraph.iris import CG, QB
from clustergraph.sources.cells import Period
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL, UNITS, decimal, state_interval

#: The QB data set of the figures that public pages state.
WEB_FIGURES: Final = iris.thing("dataset/web-figures")


def state_figure(
    statements: Statements,
    row: SourcedRow,
    *,
    about: str,
    indicator: str,
    value: Decimal,
    unit: str,
    qualifier: str,
    nature: str,
    period: Period,
) -> str:
    """One figure as the pages of a row state it; `value` is in the unit's own size. Returns its IRI."""
    graph = statements.graph
    place = statements.states(row)[0].key
    subject = f"{iris.CGI}obs/{iris.slug_of(about)}--{indicator}--{period.slug}--{place}"
    counted = iris.concept("indicator", indicator)
    graph.types(subject, [f"{CG}Observation"])
    graph.add_english(
        subject, LABEL, f"{statements.label(about)}, {statements.label(counted)}: {value:,} {unit}"
    )
    graph.link(subject, f"{QB}dataSet", WEB_FIGURES)
    graph.link(subject, f"{CG}aboutEntity", about)
    graph.link(subject, f"{CG}indicator", counted)
    graph.add(subject, f"{CG}numericValue", decimal(value))
    graph.link(subject, f"{CG}unit", UNITS[unit])
    graph.link(subject, f"{CG}qualifier", iris.concept("qualifier", qualifier))
    graph.link(subject, f"{CG}valueNature", iris.concept("nature", nature))
    graph.link(subject, f"{CG}refPeriod", statements.period(period))
    return statements.stated(subject, row)


def state_date(
    statements: Statements, row: SourcedRow, *, about: str, kind: str, period: Period, text: str
) -> str:
    """One dated step in the life of a thing, to the precision of its source. Returns its IRI."""
    graph = statements.graph
    place = statements.states(row)[0].key
    subject = f"{iris.CGI}milestone/{iris.slug_of(about)}--{kind}--{place}"
    step = iris.concept("milestone-type", kind)
    graph.types(subject, [f"{CG}Milestone"])
    graph.add_english(subject, LABEL, f"{statements.label(step)} of {statements.label(about)}: {text}")
    graph.link(subject, f"{CG}milestoneOf", about)
    graph.link(subject, f"{CG}milestoneType", step)
    state_interval(graph, subject, period)
    graph.add(subject, f"{CG}datePrecision", period.precision)
    graph.add_english(subject, f"{CG}dateText", text)
    return statements.stated(subject, row)
