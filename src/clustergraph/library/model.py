"""A named query: a plain question, the SPARQL that answers it, its parameters and what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from clustergraph import iris
from clustergraph.library.terms import ParameterType, Term, expected, write_term

_SCHEME_CHOICES: Final = """SELECT ?choice ?label WHERE {{
  ?choice <{skos}inScheme> <{scheme}> .
  ?choice <{skos}prefLabel> ?label .
  FILTER(LANG(?label) = "en")
}}
ORDER BY ?label ?choice
"""


class Answerable(StrEnum):
    """Whether the decks answer a question by themselves."""

    DECKS = "decks"
    WITH_CAVEAT = "decks-with-caveat"
    EXTERNAL = "external"


class Form(StrEnum):
    """The form of a query (SPARQL 1.1 Query section 16); CONSTRUCT and DESCRIBE both give a graph."""

    SELECT = "select"
    ASK = "ask"
    GRAPH = "graph"


@dataclass(frozen=True, slots=True)
class Choices:
    """Where the values of a parameter come from: a SKOS scheme's code, or a query.

    `text` is SPARQL with the columns `choice` (a term) and `label`.
    """

    text: str
    scheme: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A variable that the caller may bind.

    `default` is the term bound when the caller gives none; None means that a value must be given, and the
    term in the query's text is an example only. `example` is that term.
    """

    name: str
    type: ParameterType
    summary: str
    example: Term
    default: Term | None = None
    choices: Choices | None = None

    @property
    def required(self) -> bool:
        return self.default is None

    @property
    def written(self) -> str:
        """The default or the example as people write it; a code where the choices are a scheme's."""
        text = write_term(self.default or self.example)
        return text.removeprefix(f"cgs:{self.scheme}/") if self.scheme else text

    @property
    def scheme(self) -> str | None:
        """The code of the SKOS scheme that the values are concepts of, if any."""
        return None if self.choices is None else self.choices.scheme

    @property
    def expected(self) -> str:
        """In words, what a value looks like."""
        return expected(self.type, self.scheme)


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the answer.

    `derived` is the formula where the value is computed, not stated; `names` is the column whose things the
    texts of this one are names of, so that a page that shows labels may leave it out.
    """

    name: str
    meaning: str
    derived: str | None = None
    names: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedQuery:
    """A query of the library.

    `text` is valid SPARQL as it stands, with the defaults in its VALUES blocks; `summary` is the question;
    `number` is that of the competency question it answers; `file` is where it stands.
    """

    name: str
    file: str
    text: str
    summary: str
    description: str
    form: Form
    answerable: Answerable
    number: int | None = None
    first_page: bool = False
    parameters: Mapping[str, Parameter]
    columns: tuple[Column, ...] = ()

    @property
    def question(self) -> str:
        """The plain question that the query answers."""
        return self.summary

    @property
    def sparql(self) -> str:
        """The query without its decorators."""
        lines = self.text.split("\n")
        first = next((n for n, line in enumerate(lines) if not line.startswith("#+")), len(lines))
        return "\n".join(lines[first:]).lstrip("\n")


def scheme_choices(scheme: str) -> Choices:
    """The concepts of a SKOS scheme as choices."""
    return Choices(_SCHEME_CHOICES.format(skos=iris.SKOS, scheme=f"{iris.CGS}{scheme}"), scheme)
