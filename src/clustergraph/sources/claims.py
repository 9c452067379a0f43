"""What public pages say that is no figure, date or relation of the graph: claims in English words."""

from __future__ import annotations

import hashlib

from clustergraph import iris
from clustergraph.iris import CG
from clustergraph.sources.statements import SourcedRow, Statements
from clustergraph.sources.triples import LABEL


def state_claim(statements: Statements, about: str, text: str, row: SourcedRow) -> str:
    """Write in short words what the pages of a row say of a thing; the IRI of the claim.

    The IRI is made of the thing, the words and all pages.
    """
    key = "\n".join((text, *(state.key for state in statements.states(row))))
    claim = f"{iris.slug_of(about)}--{_digest(key)}"
    return _state(statements, claim, text, row, kind="statement", about=(about,))


def state_attribute(
    statements: Statements,
    about: str,
    attribute: str,
    value: str,
    row: SourcedRow,
    *,
    kind: str = "statement",
    also_about: tuple[str, ...] = (),
) -> str:
    """Write what the pages of a row say of one attribute of a thing; the IRI of the claim.

    The IRI is made of the thing, the attribute, the value and the first page: whoever states the same
    states one claim. `kind` is a code of the scheme claim-type.
    """
    key = "\n".join((about, attribute, value, statements.states(row)[0].key))
    claim = f"{iris.slug_of(about)}--{kind}--{_digest(key)}"
    text = f"{statements.label(about)}, {attribute}: {value}"
    return _state(statements, claim, text, row, kind=kind, about=(about, *also_about))


def _state(
    statements: Statements, name: str, text: str, row: SourcedRow, *, kind: str, about: tuple[str, ...]
) -> str:
    graph, claim = statements.graph, f"{iris.CGI}claim/{name}"
    graph.types(claim, [f"{CG}Claim"])
    graph.add_english(claim, LABEL, text)
    graph.add_english(claim, f"{CG}claimText", text)
    graph.link(claim, f"{CG}claimType", iris.concept("claim-type", kind))
    graph.link(claim, f"{CG}claimAbout", *about)
    return statements.stated(claim, row)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:10]
