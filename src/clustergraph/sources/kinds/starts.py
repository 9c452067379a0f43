"""When something started, as one source says it."""

from __future__ import annotations

from clustergraph import iris
from clustergraph.iris import CG
from clustergraph.sources.cells import Period
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL, state_interval


def state_start(
    statements: Statements, subject: str, row: SourcedRow, when: Period, words: str | None
) -> str:
    """The milestone that something started, in the words of the source where they say more than the date.

    A second page, or the same page at another time, gives a second milestone.
    """
    graph = statements.graph
    place = statements.states(row)[0].key
    milestone = f"{iris.CGI}milestone/{iris.slug_of(subject)}--start--{place}"
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
