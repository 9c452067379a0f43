"""What a source says that is no figure and no relation between two things of the graph."""

from __future__ import annotations

import hashlib

from clustergraph import iris
from clustergraph.iris import CG
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL


def state_claim(statements: Statements, subject: str, text: str, row: SourcedRow) -> str:
    """State in short words what the pages of a row say of a thing; the IRI of the claim."""
    graph = statements.graph
    key = "\n".join((text, *(state.key for state in statements.states(row))))
    claim = f"{iris.CGI}claim/{iris.slug_of(subject)}--{hashlib.sha256(key.encode()).hexdigest()[:10]}"
    graph.types(claim, [f"{CG}Claim"])
    graph.add_english(claim, LABEL, text)
    graph.add_english(claim, f"{CG}claimText", text)
    graph.link(claim, f"{CG}claimType", iris.concept("claim-type", "statement"))
    graph.link(claim, f"{CG}claimAbout", subject)
    return statements.stated(claim, row)
