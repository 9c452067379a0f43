"""Mentions: the IRIs by which rows speak of things, concepts and terms, checked once everything is read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from clustergraph import iris
from clustergraph.errors import Fault


@dataclass(frozen=True, slots=True)
class Mention:
    """A cell that names something: the IRI, the place of the cell, and what its row describes."""

    iri: str
    file: str
    row: int
    column: str
    focus: str


def unknown_mentions(mentions: Iterable[Mention], known: Set[str]) -> Iterator[Fault]:
    """A fault for each mention of what nobody describes, with the nearest identifier that is described."""
    for mention in mentions:
        if mention.iri not in known:
            yield _unknown(mention, known)


def _unknown(mention: Mention, known: Set[str]) -> Fault:
    kind = _kind(mention.iri)
    namespace = mention.iri.rpartition("/")[0]
    near = difflib.get_close_matches(mention.iri, [name for name in known if name.startswith(namespace)], n=1)
    advice = f"Did you mean {iris.compact(near[0])}? " if near else ""
    return Fault(
        rule=f"known {kind}",
        message=f"{iris.compact(mention.iri)} is a {kind} that nobody describes.",
        fix=f"{advice}Correct the cell, or describe the {kind} first.",
        file=mention.file,
        row=mention.row,
        column=mention.column,
        value=mention.iri,
        focus=mention.focus,
    )


def _kind(name: str) -> str:
    if name.startswith(iris.CGS):
        return "concept"
    return "term" if name.startswith(iris.CG) else "thing"
