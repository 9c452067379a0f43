"""Whether two results are the same: bags of rows, or sets of triples, up to the labels of blank nodes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from w3c.terms import Result, Row, Table, Term, by_value, lossy, lossy_by_value

Colours = dict[Term, int]


def same(
    expected: Result, answered: Result, *, view: Callable[[Term | None], Term | None] | None = None
) -> bool:
    """Whether an answer is what was expected; terms are first seen through `view`, where one is given."""

    def seen(rows: Iterable[Row]) -> list[Row]:
        return [tuple(view(term) if view else term for term in row) for row in rows]

    if isinstance(expected, bool) or isinstance(answered, bool):
        return expected is answered
    if isinstance(expected, Table) and isinstance(answered, Table):
        if set(expected.variables) != set(answered.variables):
            return False
        return isomorphic(seen(expected.rows), seen(answered.over(expected.variables)))
    if isinstance(expected, Table) or isinstance(answered, Table):
        return False
    return isomorphic(seen(expected), seen(answered))


def same_by_value(expected: Result, answered: Result) -> bool:
    """Whether an answer is what was expected where 1.0 and 1.00, or the tags en-US and en-us, are one."""
    return same(expected, answered, view=by_value)


def same_in_csv(expected: Result, answered: Result) -> bool:
    """Whether an answer is all that CSV can carry of what was expected (SPARQL 1.1 CSV and TSV section 3)."""
    return same(expected, answered, view=lossy)


def same_in_csv_by_value(expected: Result, answered: Result) -> bool:
    """As `same_in_csv`, where cells that are equal numbers, such as 1.0 and 1.00, are one."""
    return same(expected, answered, view=lossy_by_value)


def isomorphic(first: Sequence[Row], second: Sequence[Row]) -> bool:
    """Whether a bijection of blank nodes makes one bag of rows the other; exact, by search."""
    if len(first) != len(second):
        return False
    return _match(first, _start(first), second, _start(second))


def _start(rows: Sequence[Row]) -> Colours:
    return {term: 0 for row in rows for term in row if term and term.kind == "bnode"}


def _match(first: Sequence[Row], colours: Colours, second: Sequence[Row], others: Colours) -> bool:
    colours, others = _refine(first, colours, second, others)
    classes, other_classes = _classes(colours), _classes(others)
    if {colour: len(terms) for colour, terms in classes.items()} != {
        colour: len(terms) for colour, terms in other_classes.items()
    }:
        return False
    open_classes = [colour for colour, terms in classes.items() if len(terms) > 1]
    if not open_classes:
        mapping = {term: other_classes[colour][0] for term, colour in colours.items()}
        return _mapped(first, mapping) == Counter(second)
    colour = min(open_classes, key=lambda each: len(classes[each]))
    fresh = max(classes) + 1
    chosen = {**colours, classes[colour][0]: fresh}
    return any(_match(first, chosen, second, {**others, term: fresh}) for term in other_classes[colour])


def _mapped(rows: Sequence[Row], mapping: Mapping[Term, Term]) -> Counter[Row]:
    return Counter(tuple(mapping.get(term, term) if term else None for term in row) for row in rows)


def _classes(colours: Colours) -> dict[int, list[Term]]:
    found: dict[int, list[Term]] = defaultdict(list)
    for term, colour in colours.items():
        found[colour].append(term)
    return found


def _refine(
    first: Sequence[Row], colours: Colours, second: Sequence[Row], others: Colours
) -> tuple[Colours, Colours]:
    """Tell blank nodes apart by the rows they stand in until that tells no more of them apart."""
    while True:
        signatures, other_signatures = _signatures(first, colours), _signatures(second, others)
        ranks: dict[object, int] = {}
        for signature in sorted({*signatures.values(), *other_signatures.values()}, key=repr):
            ranks[signature] = len(ranks)
        refined = {term: ranks[signature] for term, signature in signatures.items()}
        if len(set(refined.values())) == len(set(colours.values())):
            return refined, {term: ranks[signature] for term, signature in other_signatures.items()}
        colours, others = refined, {term: ranks[signature] for term, signature in other_signatures.items()}


def _signatures(rows: Sequence[Row], colours: Colours) -> dict[Term, tuple[int, tuple[str, ...]]]:
    """For each blank node its colour and the rows around it, their blank nodes seen as colours."""
    around: dict[Term, list[str]] = {term: [] for term in colours}
    for row in rows:
        for term in {term for term in row if term in colours}:
            assert term is not None
            around[term].append(
                repr(
                    [("self",) if each == term else colours.get(each, each) if each else None for each in row]
                )
            )
    return {term: (colours[term], tuple(sorted(seen))) for term, seen in around.items()}
