"""The answer of another service as an inline block of a query: VALUES in place of SERVICE.

What comes from another machine is hostile until it is read: it is read by Oxigraph, which accepts RDF terms
only, and written anew from those terms, so no text of it becomes text of a query.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pyoxigraph as ox

#: Deepest nesting of brackets in an answer; a table of RDF terms has five, one with triple terms a few more.
_DEEPEST: Final = 12

_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_PIECE: Final = re.compile(rb'(?:[^"]++|"(?:[^"\\]|\\.)*+"){1,4096}+', re.DOTALL)
_BRACKETS: Final = b"[]{}"
_OTHERS: Final = bytes(each for each in range(256) if each not in _BRACKETS)


class UnusableSolutions(ValueError):
    """An answer that is no table of solutions that this dataset can be joined with; says why."""


class TooManySolutions(ValueError):
    """Answers that hold more solutions, or more text, than one query may fetch."""


@dataclass(slots=True)
class Allowance:
    """What the answers to one query may still take: solutions, and characters of the query made of them."""

    rows: int
    characters: int

    def take(self, block: str) -> None:
        self.characters -= len(block) + 1
        if self.characters < 0:
            raise TooManySolutions


def unknown_solution(variables: Sequence[str]) -> str:
    """A group with one solution that binds nothing.

    That is what a failed SERVICE SILENT means (SPARQL 1.1 Federated Query section 2.3).
    """
    return _block(variables, [f"({' '.join('UNDEF' for _ in variables)})"])


def values_block(answer: bytes, variables: Sequence[str], allowance: Allowance) -> str:
    """A group of one VALUES block that has the solutions of an answer in SPARQL Query Results JSON Format.

    `variables` are those of the asked pattern without their marks: others in the answer are left out, and
    those it lacks are unbound. Solutions that occur twice stay two. A blank node becomes an IRI of its own
    (RDF 1.1 Concepts section 3.5): the same one throughout the answer, and one that stands nowhere else.

    Raises UnusableSolutions, and TooManySolutions where the allowance does not suffice.
    """
    if _too_deep(answer):
        raise UnusableSolutions("nests deeper than any table of solutions")
    return _block(variables, _rows(answer, variables, allowance))


def _rows(answer: bytes, variables: Sequence[str], allowance: Allowance) -> list[str]:
    blanks = _Blanks()
    rows: list[str] = []
    solutions = None
    try:
        solutions = ox.parse_query_results(answer, format=ox.QueryResultsFormat.JSON)
        if not isinstance(solutions, ox.QuerySolutions):
            raise UnusableSolutions("is a boolean, not a table of solutions")
        known = {variable.value for variable in solutions.variables}
        for solution in solutions:
            allowance.rows -= 1
            if allowance.rows < 0:
                raise TooManySolutions
            row = " ".join(_written(solution[name] if name in known else None, blanks) for name in variables)
            rows.append(f"({row})")
            allowance.take(rows[-1])
    except (SyntaxError, OSError):
        raise UnusableSolutions("is not SPARQL Query Results JSON") from None
    finally:
        # It belongs to this thread and must end here, not with the traceback of an error.
        del solutions
    return rows


def _block(variables: Sequence[str], rows: Sequence[str]) -> str:
    return f"{{ VALUES ({' '.join(f'?{name}' for name in variables)}) {{ {' '.join(rows)} }} }}"


class _Blanks(dict[str, str]):
    """The IRIs that stand for the blank nodes of one answer, by their labels."""

    def __init__(self) -> None:
        super().__init__()
        self._origin = f"urn:x-clustergraph:blank:{uuid.uuid4().hex}"

    def __missing__(self, label: str) -> str:
        self[label] = iri = f"<{self._origin}:{len(self)}>"
        return iri


def _written(term: object, blanks: _Blanks) -> str:
    if term is None:
        return "UNDEF"
    if isinstance(term, ox.BlankNode):
        return blanks[term.value]
    if isinstance(term, ox.NamedNode | ox.Literal):
        return str(term)
    raise UnusableSolutions("holds a triple as a term, which VALUES of SPARQL 1.1 cannot")


def _too_deep(answer: bytes) -> bool:
    """Whether brackets nest deeper than a reader that recurses may be given, or do not match."""
    brackets = b"".join(_brackets(answer))
    for _ in range(_DEEPEST):
        if not brackets:
            return False
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return bool(brackets)


def _brackets(answer: bytes) -> Iterator[bytes]:
    """The brackets outside strings, piece by piece: one expression over all would hold up other threads."""
    offset = 0
    while offset < len(answer):
        piece = _PIECE.match(answer, offset)
        # A string that is never closed is no piece; what follows it counts.
        end = len(answer) if piece is None else piece.end()
        yield _STRINGS.sub(b"", answer[offset:end]).translate(None, _OTHERS)
        offset = end
