"""Dated steps that public pages state, to the precision they give."""

from __future__ import annotations

from dataclasses import dataclass

from clustergraph import iris
from clustergraph.iris import CG
from clustergraph.sources.cells import Period
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL, state_interval


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the life of a thing; `kind` is a code of the scheme milestone-type.

    `of` stands in the IRI instead of the thing, where several rows date a step of one thing; `words` are
    those of the source where they say more than the period.
    """

    about: str
    kind: str
    period: Period
    of: str | None = None
    words: str | None = None


def state_step(
    statements: Statements, step: Step, row: SourcedRow, *, certainty: str | None = None
) -> str | None:
    """Write a step that the pages of a row date; the IRI of the milestone, or None where no day is given."""
    if step.period.precision is None:
        return None
    graph = statements.graph
    slug = iris.slug_of(step.of or step.about)
    subject = f"{iris.CGI}milestone/{slug}--{step.kind}--{step.period.slug}--{statements.states(row)[0].key}"
    kind = iris.concept("milestone-type", step.kind)
    graph.types(subject, [f"{CG}Milestone"])
    when = step.words or step.period.label
    graph.add_english(subject, LABEL, f"{statements.label(kind)} of {statements.label(step.about)}: {when}")
    graph.link(subject, f"{CG}milestoneOf", step.about)
    graph.link(subject, f"{CG}milestoneType", kind)
    state_interval(graph, subject, step.period)
    graph.add(subject, f"{CG}datePrecision", step.period.precision)
    graph.add_english(subject, f"{CG}dateText", step.words or step.period.token)
    return statements.stated(subject, row, certainty=certainty)
