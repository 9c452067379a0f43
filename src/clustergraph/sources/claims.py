"""Claims and milestones that public pages state, each with its evidence."""

from __future__ import annotations

import hashlib

from clustergraph import iris
from clustergraph.iris import CG
from clustergraph.sources.cells import Period
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL, state_interval


def state_claim(
    statements: Statements,
    about: str,
    attribute: str,
    value: str,
    row: SourcedRow,
    *,
    kind: str = "statement",
    also_about: tuple[str, ...] = (),
) -> str:
    """Write what the pages of a row say of one attribute of a thing, in English words; the IRI of the claim.

    The IRI is made of the thing, the attribute, the value and the first page: whoever states the same
    states one claim. `kind` is a code of the scheme claim-type.
    """
    graph = statements.graph
    state = statements.states(row)[0].key
    digest = hashlib.sha256("\n".join((about, attribute, value, state)).encode()).hexdigest()[:10]
    claim = f"{iris.CGI}claim/{iris.slug_of(about)}--{kind}--{digest}"
    text = f"{statements.label(about)}, {attribute}: {value}"
    graph.types(claim, [f"{CG}Claim"])
    graph.add_english(claim, LABEL, text)
    graph.add_english(claim, f"{CG}claimText", text)
    graph.link(claim, f"{CG}claimType", iris.concept("claim-type", kind))
    graph.link(claim, f"{CG}claimAbout", about, *also_about)
    return statements.stated(claim, row)


def state_milestone(statements: Statements, subject: str, step: str, when: Period, row: SourcedRow) -> str:
    """Write that a step in the life of a thing took or takes place; the IRI of the milestone.

    `step` is a code of the scheme milestone-type. A second page that dates the same step is a second
    milestone.
    """
    graph = statements.graph
    place = statements.states(row)[0].key
    milestone = f"{iris.CGI}milestone/{iris.slug_of(subject)}--{step}--{when.slug}--{place}"
    kind = iris.concept("milestone-type", step)
    graph.types(milestone, [f"{CG}Milestone"])
    graph.add_english(
        milestone, LABEL, f"{statements.label(kind)} of {statements.label(subject)}: {when.label}"
    )
    graph.link(milestone, f"{CG}milestoneOf", subject)
    graph.link(milestone, f"{CG}milestoneType", kind)
    state_interval(graph, milestone, when)
    graph.add(milestone, f"{CG}datePrecision", when.precision)
    graph.add_english(milestone, f"{CG}dateText", when.label)
    return statements.stated(milestone, row)
