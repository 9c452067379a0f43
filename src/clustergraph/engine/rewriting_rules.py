"""The rewriting rules, each with the proof that it changes no answer.

Sections are those of the SPARQL 1.1 Query recommendation. μ is a solution, G the active graph, Ω a multiset
of solutions; “certain” are variables that every solution of a pattern binds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.engine.rewriting_patterns import Doubt, Term, Triple
from clustergraph.engine.rewriting_structure import FILTER, TRIPLES, Element, Group, QueryReader
from clustergraph.engine.tokens import IRI, NAME, STRING, VARIABLE

EXISTS_CHAIN: Final = "exists-chain"
CONSTANT_FIRST: Final = "constant-first"

#: Most patterns in one EXISTS that are taken apart; each may nest two brackets deeper.
MOST_PATTERNS: Final = 12

#: Elements that leave alone what a filter on a certain variable of the pattern before them means.
_TRANSPARENT: Final = frozenset({TRIPLES, FILTER, "OPTIONAL", "MINUS", "BIND"})
#: Words after which it shows in which order the engine found its solutions.
_SHOWS_ORDER: Final = frozenset(
    {"LIMIT", "OFFSET", "ORDER", "REDUCED", "SAMPLE", "GROUP_CONCAT", "SUM", "AVG", "MIN", "MAX"}
)


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement of the text from `start` to `end` (offsets), and the rule and place it is for."""

    start: int
    end: int
    text: str
    rule: str
    at: int


@dataclass(frozen=True, slots=True)
class _Condition:
    """A filter inside an EXISTS: its text and the variables it mentions."""

    text: str
    variables: frozenset[str]
    changed: bool


def exists_chains(reader: QueryReader) -> Iterator[Edit]:
    """Take the patterns of an EXISTS apart: `{ T1 . T2 }` becomes `{ T1 FILTER EXISTS { T2 } }`.

    Oxigraph 0.5 plans no join inside an expression: `{ T1 . T2 }` is a product, T2 being read from its
    constants alone, once for each solution that the filter is asked about. Taken apart, T2 is looked up with
    what T1 bound, and the first hit ends the search.

    Proof. By section 18.6, exists(P) is true for μ if eval(G, substitute(P, μ)) is not empty. Let P be a
    basic graph pattern (paths of bounded length are such by 18.2.2.4, or unions of them) with filters C, so
    P is not empty iff there is a solution σ of the triple patterns T1 … Tn that agrees with μ and satisfies
    C (18.3, 18.5). Choose any Ti as the first. σ restricted to var(Ti) is a solution of Ti, and the other
    patterns have a solution that agrees with it; conversely a solution of Ti together with one of the
    others that agrees with it is such a σ. That is `Ti FILTER EXISTS { others }`, as substitution replaces
    every variable that Ti binds also within the inner pattern. If the others fall into parts that share no
    variable except those Ti binds, then one σ satisfies all parts iff each part has one of its own, so each
    becomes a filter of its own. A condition of C is evaluated where all variables of T1 … Tn that it
    mentions are bound, hence on the same values; all others have the value of μ, bound or not, in both
    forms. No variable of an EXISTS reaches the solutions outside (18.2.1), which stay the same with their
    number and order: only the truth of an expression was asked, and it is the same for every μ.

    Blank nodes are labels of one basic graph pattern (18.1.6), so they are not taken apart; nor are paths of
    unbounded length, which match zero-length also for terms outside G and not for variables (18.4); nor
    GRAPH, OPTIONAL, MINUS, UNION, BIND, VALUES and subselects. Only filters of a whole WHERE clause are
    touched: elsewhere the shape of the filter decides how Oxigraph joins the group with its neighbours. In
    the branches of a UNION it decides which branch answers first, so there the order of rows must not show.
    """
    for group in reader.outermost_groups(branches=not _shows_order(reader)):
        outside = _bound_by(reader, group)
        for element in group.of_kind(FILTER):
            for opening in _exists_groups(reader, element.first, element.end):
                text = _chained(reader, opening, outside)
                if text is not None:
                    start = reader.tokens[opening].start
                    end = reader.tokens[reader.partner[opening]].start + 1
                    yield Edit(start, end, text, EXISTS_CHAIN, start)


def _bound_by(reader: QueryReader, group: Group) -> frozenset[str]:
    """The variables that a group's solutions probably bind; they decide the order of patterns, no more."""
    found: set[str] = set()
    for element in group.elements:
        if element.kind not in (FILTER, "MINUS"):
            found |= reader.variables(element.first, element.end)
    return frozenset(found)


def _shows_order(reader: QueryReader) -> bool:
    return any(token.keyword in _SHOWS_ORDER for token in reader.tokens)


def _exists_groups(reader: QueryReader, first: int, end: int) -> list[int]:
    """The braces of each EXISTS between two tokens that stands within no other."""
    found: list[int] = []
    index = first
    while index < end:
        if reader.keyword(index) == "EXISTS" and reader.opens(index + 1, "{"):
            found.append(index + 1)
            index = reader.partner[index + 1]
        index += 1
    return found


def _chained(reader: QueryReader, opening: int, outside: frozenset[str]) -> str | None:
    """The group of an EXISTS with its patterns taken apart, or None where it stays as it is."""
    try:
        group = reader.group(opening)
        if any(element.kind not in (TRIPLES, FILTER) for element in group.elements):
            return None
        triples = [triple for element in group.of_kind(TRIPLES) for triple in reader.triples(element)]
        bound = outside.union(*(triple.variables for triple in triples))
        conditions = [_condition(reader, element, bound) for element in group.of_kind(FILTER)]
    except Doubt:
        return None
    if not triples or len(triples) > MOST_PATTERNS:
        return None
    if len(triples) == 1 and not any(condition.changed for condition in conditions):
        return None
    if not _pays(triples, conditions, outside):
        return None
    return f"{{ {_chain(triples, conditions, outside, frozenset())} }}"


def _pays(triples: Sequence[Triple], conditions: Sequence[_Condition], outside: frozenset[str]) -> bool:
    """Whether a chain is likely to be cheaper than the product; it decides nothing but the time taken."""
    if not any(triple.variables & outside for triple in triples):
        return False  # nothing to look up with
    if any(condition.changed for condition in conditions):
        return True
    # What one thing is linked to is little, and the product with it is cheap.
    return len(triples) != 2 or not any(_links_of_one_thing(triple) for triple in triples)


def _links_of_one_thing(triple: Triple) -> bool:
    return triple.subject.variable is None and triple.predicate.variable is None and not triple.path


def _condition(reader: QueryReader, element: Element, bound: frozenset[str]) -> _Condition:
    text = reader.source(element.first, element.end)
    offset = reader.tokens[element.first].start
    changed = False
    for opening in reversed(_exists_groups(reader, element.first, element.end)):
        chained = _chained(reader, opening, bound)
        if chained is not None:
            start = reader.tokens[opening].start - offset
            end = reader.tokens[reader.partner[opening]].start + 1 - offset
            text = text[:start] + chained + text[end:]
            changed = True
    return _Condition(text, reader.variables(element.first, element.end), changed)


def _chain(
    triples: Sequence[Triple],
    conditions: Sequence[_Condition],
    likely: frozenset[str],
    certain: frozenset[str],
) -> str:
    """The cheapest pattern first, then its conditions, then each independent part of the rest.

    `likely` are variables that have a value from outside and only decide the order; `certain` have one.
    """
    first = min(triples, key=lambda triple: _size(triple, likely | certain))
    rest = [triple for triple in triples if triple is not first]
    certain |= first.variables
    uncertain = frozenset().union(*(triple.variables for triple in rest)) - certain
    parts = [first.text]
    parts += [condition.text for condition in conditions if not condition.variables & uncertain]
    waiting = [condition for condition in conditions if condition.variables & uncertain]
    for part_triples, part_conditions in _independent(rest, waiting, certain):
        parts.append(f"FILTER EXISTS {{ {_chain(part_triples, part_conditions, likely, certain)} }}")
    return " ".join(parts)


def _independent(
    triples: Sequence[Triple], conditions: Sequence[_Condition], certain: frozenset[str]
) -> list[tuple[list[Triple], list[_Condition]]]:
    """Patterns and conditions in parts that share no variable but the certain ones."""
    parts: list[tuple[set[str], list[Triple], list[_Condition]]] = []
    alone: list[tuple[frozenset[str], list[Triple], list[_Condition]]] = [
        *((triple.variables, [triple], []) for triple in triples),
        *((condition.variables, [], [condition]) for condition in conditions),
    ]
    for variables, its_triples, its_conditions in alone:
        names = set(variables - certain)
        joined = [part for part in parts if part[0] & names]
        parts = [part for part in parts if not part[0] & names]
        parts.append(
            (
                names.union(*(part[0] for part in joined)),
                [*(triple for part in joined for triple in part[1]), *its_triples],
                [*(condition for part in joined for condition in part[2]), *its_conditions],
            )
        )
    return [(part_triples, part_conditions) for _, part_triples, part_conditions in parts]


def _size(triple: Triple, bound: frozenset[str]) -> int:
    """How many matches to expect; it decides nothing but the order.

    What the solution outside binds is taken for more selective than an IRI, for the question is asked about
    it and its neighbours are then at hand; an IRI for more selective than a class; and a string for a name,
    which few things share.
    """

    def factor(term: Term, constant: int, unbound: int) -> int:
        if term.variable is None:
            return constant
        return 2 if term.variable in bound else unbound

    size = factor(triple.subject, 3, 100) * factor(triple.predicate, 1, 20)
    if triple.subject.variable is not None and triple.subject.variable not in bound:
        constant = 200 if triple.predicate.text == "a" else 20
        size *= factor(triple.object, 1 if triple.object.text[0] in "\"'" else constant, 2000)
    else:
        size *= factor(triple.object, 1, 10)
    return size * 3 if triple.path else size


def constants_first(reader: QueryReader) -> Iterator[Edit]:
    """Look a constant up: `FILTER(?v = <iri>)` becomes `VALUES ?v { <iri> }` after the group's one pattern.

    Oxigraph 0.5 compares every solution with the constant; a VALUES block is joined as an index look-up.

    Proof. Let the group begin with one triple pattern A that binds ?v (and filters, which by 18.2.2.2 belong
    to the whole group) and hold besides only OPTIONAL, MINUS and BIND. Its translation is
    Filter(C ∧ ?v = c, F), where F is made of A by LeftJoin(·, B, E), Minus(·, B) and Extend(·, x, e) with
    x ≠ ?v (18.2.2.6). ?v is certain in A, and what each of these makes of a solution of its first operand
    depends on that solution alone and leaves its ?v as it is (18.5), so a filter on ?v commutes with all of
    them down to A. For an IRI c, ?v = c is true iff ?v is that IRI; for a plain string iff ?v is that string;
    any other term is unequal or an error, which filters out just the same (17.2, 17.4.1.7). So
    Filter(?v = c, A) is Join(A, {{?v → c}}), with the same number of each solution, as c is one solution. In
    place of the filter `FILTER(true)` stays, which keeps the parts beside it apart.

    The same solutions may be found in another order. So nothing is done where a query has ORDER BY (ties),
    LIMIT, OFFSET, REDUCED or an aggregate whose result can depend on the order of its group: SUM and AVG
    round, MIN and MAX choose among equal values, SAMPLE and GROUP_CONCAT choose openly.

    With a second pattern the answer would stay the same too, but the engine would begin with the constant
    even where the other pattern is far more selective; with one there is nothing better to begin with. Other
    literals are left alone: `?v = 1` is true for 1.0 as well.
    """
    if _shows_order(reader):
        return
    for group in reader.outermost_groups(branches=True):
        try:
            yield from _constants_of(reader, group)
        except Doubt:
            continue


def _constants_of(reader: QueryReader, group: Group) -> Iterator[Edit]:
    if any(element.kind not in _TRANSPARENT for element in group.elements):
        return
    patterns = group.of_kind(TRIPLES)
    others = [element.first for element in group.elements if element.kind not in (TRIPLES, FILTER)]
    end = min(others, default=group.closing)
    if len(patterns) != 1 or patterns[0].first > end:
        return
    triples = reader.triples(patterns[0])
    if len(triples) != 1 or triples[0].path:
        return
    certain = triples[0].variables
    for element in group.of_kind(FILTER):
        found = _comparison(reader, element)
        if found is None or found[0] not in certain:
            continue
        variable, constant = found
        opening, closing = reader.tokens[element.first + 1], reader.tokens[element.end - 1]
        yield Edit(opening.start, closing.start + 1, "(true)", CONSTANT_FIRST, opening.start)
        place = reader.tokens[end].start
        yield Edit(place, place, f" VALUES ?{variable} {{ {constant} }} ", CONSTANT_FIRST, opening.start)
        certain -= {variable}  # a second comparison of it stays a filter


def _comparison(reader: QueryReader, element: Element) -> tuple[str, str] | None:
    """The variable and the constant of `FILTER(?v = constant)` or its mirror image."""
    if element.end - element.first != 6 or reader.tokens[element.first + 3].text != "=":
        return None
    left, right = reader.tokens[element.first + 2], reader.tokens[element.first + 4]
    if left.kind != VARIABLE:
        left, right = right, left
    if left.kind == VARIABLE and right.kind in (IRI, NAME, STRING):
        return left.text[1:], right.text
    return None
