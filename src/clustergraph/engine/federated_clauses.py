"""The SERVICE clauses of a query as places in its text, and the text with something else in those places.

A failure is told of the text that a person wrote, so every text made here knows where its parts came from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from clustergraph.engine.federated_solutions import unknown_solution
from clustergraph.engine.federation import ServiceCall
from clustergraph.engine.guard import MAX_DEPTH, QueryShape
from clustergraph.engine.tokens import Position, decode_codepoints, tokenise
from clustergraph.errors import QueryMisplaced, QueryRefused

_NO_GRAPH: Final = "urn:x-clustergraph:no-graph"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceClause:
    """One SERVICE clause: its call, its place from the keyword to past the brace, and its group in braces."""

    call: ServiceCall
    start: int
    end: int
    group: str


@dataclass(frozen=True, slots=True)
class EditedText:
    """A text with parts replaced; `edits` are start and end in the old text and the new length."""

    text: str
    edits: tuple[tuple[int, int, int], ...] = ()

    def old_offset(self, offset: int) -> int:
        """Where in the old text stands what stands at an offset in this one; a new part is at its start."""
        shift = 0
        for start, end, length in self.edits:
            begins = start + shift
            if offset < begins:
                break
            if offset < begins + length:
                return start
            shift += length - (end - start)
        return offset - shift


class AskedQuery:
    """A query with SERVICE clauses, as written and as it is evaluated: codepoint escapes replaced."""

    def __init__(self, written: str, shape: QueryShape) -> None:
        self.shape = shape
        self._written = written
        _, self._escapes = decode_codepoints(written)
        self.clauses = self._find()

    def refused(self, clause: ServiceClause, what: str, fix: str) -> QueryRefused:
        """A refusal at the place of a clause."""
        line, column = self._place(clause.start)
        return QueryRefused(what, line=line, column=column, fix=fix)

    def variables_of(self, clause: ServiceClause) -> EditedText:
        """A query for the variables in scope after a clause's group, whose head answers it.

        The filter spares its evaluation, so functions that only the other service knows do not matter.
        """
        begin, end = len(self.shape.prologue), len(self.shape.text)
        group = clause.end - len(clause.group)
        edits = ((begin, group, "SELECT * WHERE { "), (clause.end, end, " FILTER(false) }"))
        return _edited(self.shape.text, edits)

    def without_groups(self, variables: Sequence[Sequence[str]]) -> EditedText:
        """The query with groups that reach nobody: as well-formed as the rest of the query is.

        GRAPH takes the place of SERVICE in the grammar (productions 58 and 59), and a block has the
        variables that are in scope after the clause (section 18.2.1).
        """
        return _edited(
            self.shape.text,
            [
                (each.start, each.end, f"GRAPH <{_NO_GRAPH}> {{ {unknown_solution(names)} }}")
                for each, names in zip(self.clauses, variables, strict=True)
            ],
        )

    def with_blocks(self, blocks: Sequence[str]) -> EditedText:
        """The query with a block in the place of each clause, in their order."""
        places = zip(self.clauses, blocks, strict=True)
        return _edited(self.shape.text, [(each.start, each.end, block) for each, block in places])

    def query_of(self, clause: ServiceClause, base_iri: str | None) -> str:
        """The query that asks a clause's endpoint for every solution of its group.

        It has the prefixes of the whole query, and the base that relative IRIs are resolved against.
        """
        base = "" if base_iri is None else f"BASE <{base_iri}>\n"
        return f"{base}{self.shape.prologue}SELECT * WHERE {clause.group}"

    @contextmanager
    def told_of(self, asked: EditedText) -> Iterator[None]:
        """Within it, an error about the text `asked` is raised as one about the query as written."""
        try:
            yield
        except QueryMisplaced as error:
            if error.line is None or error.column is None:
                raise
            line, column = self._place(asked.old_offset(_offset(asked.text, error.line, error.column)))
            raise type(error)(error.what, line=line, column=column, fix=error.fix) from None

    def _place(self, offset: int) -> tuple[int, int]:
        saved = max((saved for place, saved in self._escapes if place < offset), default=0)
        return Position(self._written).of(offset + saved)

    def _find(self) -> tuple[ServiceClause, ...]:
        text = self.shape.text
        tokens = tokenise(text, max_depth=MAX_DEPTH)
        index_at = {token.start: index for index, token in enumerate(tokens)}
        found: list[ServiceClause] = []
        for call in self.shape.services:
            term = index_at[call.start]
            end = _closing(tokens, term + 1)
            clause = ServiceClause(
                call=call,
                start=tokens[term - (2 if call.silent else 1)].start,
                end=end,
                group=text[tokens[term + 1].start : end],
            )
            if found and clause.start < found[-1].end:
                raise self.refused(
                    clause,
                    "SERVICE within SERVICE is refused: the other service would have to ask a third one.",
                    "Write the two side by side, and let this service join them.",
                )
            found.append(clause)
        return tuple(found)


def _edited(text: str, edits: Sequence[tuple[int, int, str]]) -> EditedText:
    """A text with parts, given by start and end in their order, replaced."""
    parts: list[str] = []
    kept = 0
    for start, end, new in edits:
        parts += (text[kept:start], new)
        kept = end
    parts.append(text[kept:])
    return EditedText("".join(parts), tuple((start, end, len(new)) for start, end, new in edits))


def _closing(tokens: Sequence[tuple[str, str, int]], opening: int) -> int:
    """The offset past the brace that closes the one at an index."""
    depth = 0
    for _, text, start in tokens[opening:]:
        depth += (text == "{") - (text == "}")
        if depth == 0:
            return start + 1
    raise ValueError(opening)  # the tokens are of a text whose brackets match


def _offset(text: str, line: int, column: int) -> int:
    offset = 0
    for _ in range(line - 1):
        offset = text.find("\n", offset) + 1
    return min(offset + column - 1, len(text))
