"""Query results as tables for people: labels for IRIs, grouped digits, a link wherever one helps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import pyoxigraph as ox

from clustergraph.iris import RDFS, SKOS, XSD, compact
from clustergraph.pages import links

#: A page shows so many rows and says how many there are; the downloads have all of them.
ROWS_ON_A_PAGE: Final = 1000
#: Labels are asked for so many IRIs at once; the others show as prefixed names.
LABELS_ON_A_PAGE: Final = 500

_NUMBER: Final = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?")
_NUMBERS: Final = frozenset(
    XSD + name for name in ("integer", "decimal", "nonNegativeInteger", "positiveInteger")
)
#: Letters that make a cell's text medium or long.
_SHORT: Final = 20
_MEDIUM: Final = 60
_NARROW_SPACE: Final = "\u202f"
#: Longer numbers than Python's decimals carry exactly (28 digits) are shown as they stand.
_ROUNDABLE: Final = 28

Term = ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple
Labels = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Cell:
    """One term as a page shows it; `title` is its exact form where the text is not."""

    text: str
    href: str | None = None
    title: str | None = None
    language: str | None = None
    numeric: bool = False

    @property
    def shape(self) -> str:
        """How the cell wants to be set: `number`, or as wide as its text is `short`, `medium` or `long`."""
        if self.numeric:
            return "number"
        length = len(self.text)
        return "short" if length <= _SHORT else "medium" if length <= _MEDIUM else "long"


@dataclass(frozen=True, slots=True)
class Column:
    """A column's variable and whether all its values are numbers."""

    name: str
    numeric: bool


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells; `total` counts the rows of the whole result, an unbound cell is None."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell | None, ...], ...]
    total: int


@dataclass(frozen=True, slots=True)
class Subject:
    """What a graph says of one subject: predicates with their objects."""

    cell: Cell
    statements: tuple[tuple[Cell, tuple[Cell, ...]], ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Statements by subject, `shown` of the `total` triples of the whole result."""

    subjects: tuple[Subject, ...]
    shown: int
    total: int


Solutions = tuple[tuple[str, ...], Sequence[Sequence[Term | None]]]


def read_json(body: bytes) -> bool | Solutions:
    """The boolean, or the variables and rows, of SPARQL 1.1 Query Results JSON."""
    results = ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON)
    if isinstance(results, ox.QueryBoolean):
        return bool(results)
    if not isinstance(results, ox.QuerySolutions):
        raise TypeError("a result in JSON is a boolean or a table")
    variables = results.variables
    columns = tuple(variable.value for variable in variables)
    return columns, [[row[variable] for variable in variables] for row in results]


def read_graph(body: bytes) -> list[ox.Triple]:
    """The triples of N-Triples, in order."""
    return [quad.triple for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES)]


def iris_shown(terms: Iterable[Term | None]) -> tuple[str, ...]:
    """The distinct IRIs among the terms, in order, as many as labels are asked for."""
    found = dict.fromkeys(term.value for term in terms if isinstance(term, ox.NamedNode))
    return tuple(found)[:LABELS_ON_A_PAGE]


def labels_query(iris: Iterable[str]) -> str:
    """The query for the labels of IRIs; solutions of `iri` and `label`."""
    values = " ".join(str(ox.NamedNode(iri)) for iri in iris)
    return (
        f"SELECT DISTINCT ?iri ?label WHERE {{ VALUES ?iri {{ {values} }} "
        f"?iri <{RDFS}label>|<{SKOS}prefLabel> ?label }}"
    )


def read_labels(body: bytes) -> dict[str, str]:
    """One label an IRI: English before one without a language before the others, then alphabetically."""
    found = read_json(body)
    if isinstance(found, bool):
        return {}
    ranked = sorted(
        (term.value, _language_rank(label.language), label.value)
        for term, label in found[1]
        if isinstance(term, ox.NamedNode) and isinstance(label, ox.Literal)
    )
    return {iri: label for iri, _, label in reversed(ranked)}


def _language_rank(language: str | None) -> int:
    if language is None:
        return 1
    return 0 if language.partition("-")[0] == "en" else 2


def table(solutions: Solutions, labels: Labels, root: str) -> Table:
    """The first rows of a result as cells; a column `xName` or `xLabel` is the text of the column `x`."""
    variables, rows = solutions
    names = {
        variable: variables.index(variable + ending)
        for variable in variables
        for ending in ("Name", "Label")
        if variable + ending in variables
    }
    shown = [index for index in range(len(variables)) if index not in names.values()]
    cells = tuple(
        tuple(_named_cell(row, index, names.get(variables[index]), labels, root) for index in shown)
        for row in rows[:ROWS_ON_A_PAGE]
    )
    columns = []
    for place, index in enumerate(shown):
        bound = [each for row in cells if (each := row[place]) is not None]
        columns.append(Column(variables[index], bool(bound) and all(each.numeric for each in bound)))
    return Table(tuple(columns), cells, len(rows))


def _named_cell(
    row: Sequence[Term | None], index: int, name_index: int | None, labels: Labels, root: str
) -> Cell | None:
    term = row[index]
    name = None if name_index is None else row[name_index]
    if isinstance(term, ox.NamedNode) and isinstance(name, ox.Literal):
        return cell(term, {**labels, term.value: name.value}, root)
    found = name if term is None else term
    return None if found is None else cell(found, labels, root)


def graph(triples: Sequence[ox.Triple], labels: Labels, root: str) -> Graph:
    """The first triples of a graph, grouped by subject and predicate in order of appearance."""
    grouped: dict[Term, dict[Term, list[Cell]]] = {}
    for triple in triples[:ROWS_ON_A_PAGE]:
        statements = grouped.setdefault(triple.subject, {})
        statements.setdefault(triple.predicate, []).append(cell(triple.object, labels, root))
    return Graph(
        tuple(
            Subject(
                cell(subject, labels, root),
                tuple((cell(each, labels, root), tuple(objects)) for each, objects in statements.items()),
            )
            for subject, statements in grouped.items()
        ),
        min(len(triples), ROWS_ON_A_PAGE),
        len(triples),
    )


def cell(term: Term, labels: Labels, root: str) -> Cell:
    """One term as a cell; an IRI links to its description in the graph, never to a stranger's site."""
    if isinstance(term, ox.NamedNode):
        name = compact(term.value).removeprefix("<").removesuffix(">")
        return Cell(labels.get(term.value) or name, links.describe(root, term.value), term.value)
    if isinstance(term, ox.Literal):
        if term.datatype.value in _NUMBERS and (text := grouped_digits(term.value)):
            return Cell(text, title=term.value if text != term.value else None, numeric=True)
        return Cell(term.value, language=term.language)
    return Cell(str(term))


def grouped_digits(lexical: str) -> str:
    """A decimal number with its digits in threes from 10 000 on; five places or more become two.

    Empty for a text that is no decimal number.
    """
    number = _NUMBER.fullmatch(lexical)
    if number is None:
        return ""
    sign, whole, fraction = number.groups(default="")
    fraction = fraction.rstrip("0")
    if len(lexical) <= _ROUNDABLE and len(fraction) > 4 and whole.strip("0"):
        whole, _, fraction = f"{Decimal(f'{whole}.{fraction}'):.2f}".partition(".")
    whole = whole.lstrip("0") or "0"
    if len(whole) > 4:
        whole = f"{int(whole):,}".replace(",", _NARROW_SPACE) if len(whole) <= _ROUNDABLE else whole
    return f"{'−' if sign == '-' else ''}{whole}{'.' if fraction else ''}{fraction}"
