"""Crosswalks: what a priority, value chain, partnership or concept is in another list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from pydantic import model_validator

from clustergraph import iris
from clustergraph.iris import CG, SKOS
from clustergraph.sources.cells import Name, ThingId
from clustergraph.sources.claims import state_claim
from clustergraph.sources.kinds.kind import TableKind
from clustergraph.sources.statements import SourcedRow, Statements

#: How a row's relation reads in words.
_WORDS: Final = {
    "built-on": "built on",
    "called": "called",
    "counterpart-of": "counterpart of",
    "covers-activity": "covers",
    "formed-under": "formed under",
    "merged-from": "merged from",
    "same-as": "is, in other words,",
    "set-up-under": "set up under",
}


class CrosswalkRow(SourcedRow):
    """One correspondence: to a thing of the graph, to a code of a classification, or to what a label names.

    `to_scheme` is the code of a scheme of the graph (`nace-2-1`), or names a list that is not in it.
    """

    subject: Name
    relation: Literal[
        "built-on",
        "called",
        "counterpart-of",
        "covers-activity",
        "formed-under",
        "merged-from",
        "same-as",
        "set-up-under",
    ]
    to: ThingId | None = None
    to_scheme: str | None = None
    to_code: str | None = None
    to_label: str

    @model_validator(mode="after")
    def _leads_somewhere(self) -> CrosswalkRow:
        if self.relation == "same-as" and self.to is None:
            raise ValueError("name in the column to what it is the same as")
        if self.relation == "covers-activity" and not (self.to_scheme and self.to_code):
            raise ValueError("name the activity by to_scheme and to_code")
        return self

    def references(self) -> Iterator[tuple[str, str]]:
        """The subject, and what it leads to where that is a thing."""
        yield "subject", self.subject
        if self.to is not None:
            yield "to", self.to


def emit(statements: Statements, row: CrosswalkRow) -> str:
    """A relation to a thing or concept of the graph; a claim in words where that is not in the graph."""
    if row.relation == "same-as" and row.to is not None:
        return statements.relation(row.subject, f"{SKOS}closeMatch", row.to, row)
    if row.relation == "covers-activity" and row.to_scheme and row.to_code:
        activity = iris.concept(row.to_scheme, row.to_code.lower())
        if activity in statements.labels:
            return statements.relation(row.subject, f"{CG}coversActivity", activity, row)
    code = " ".join(part for part in (row.to_scheme, row.to_code) if part)
    aim = f"{row.to_label} ({code})" if code else row.to_label
    claim = state_claim(
        statements, row.subject, f"{statements.label(row.subject)}: {_WORDS[row.relation]} {aim}", row
    )
    statements.graph.add(claim, f"{CG}activityNotation", row.to_code and code)
    return claim


CROSSWALKS: Final = TableKind(
    name="crosswalks",
    title="Crosswalks from priorities, value chains and partnerships",
    model=CrosswalkRow,
    subject=lambda row: row.subject,
    emit=emit,
    mints=False,
)
