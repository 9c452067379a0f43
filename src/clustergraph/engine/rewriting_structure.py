"""The groups of a query as ranges of its tokens, as far as they are read with certainty.

Whoever reads here wants to move text without moving meaning, so a reader either understands the groups it is
asked about or raises `Doubt` (SPARQL 1.1 section 18.2.2.5 and productions 53 to 69).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from clustergraph.engine.rewriting_patterns import Doubt, Triple, read_triples
from clustergraph.engine.tokens import NAME, PUNCTUATION, VARIABLE, Token

TRIPLES: Final = "TRIPLES"
FILTER: Final = "FILTER"
GROUP: Final = "GROUP"

_CLOSING: Final = {"(": ")", "{": "}", "[": "]"}
_CLAUSES: Final = frozenset({"FILTER", "OPTIONAL", "MINUS", "GRAPH", "SERVICE", "BIND", "VALUES", "LATERAL"})


@dataclass(frozen=True, slots=True)
class Element:
    """A part of a group: its kind (a clause's keyword, TRIPLES or GROUP) and its tokens, end excluded."""

    kind: str
    first: int
    end: int


@dataclass(frozen=True, slots=True)
class Group:
    """What stands between two braces: the indexes of these and the elements in their order."""

    opening: int
    closing: int
    elements: tuple[Element, ...]

    def of_kind(self, kind: str) -> list[Element]:
        return [element for element in self.elements if element.kind == kind]


class QueryReader:
    """Reads a query's tokens; every method raises Doubt where it does not understand."""

    def __init__(self, text: str, tokens: Sequence[Token]) -> None:
        self.text = text
        self.tokens = tokens
        self.partner = _partners(tokens)

    def source(self, first: int, end: int) -> str:
        """The text from one token up to another, end excluded, as written."""
        last = self.tokens[end - 1]
        return self.text[self.tokens[first].start : last.start + len(last.text)]

    def keyword(self, index: int) -> str:
        return self.tokens[index].keyword if index < len(self.tokens) else ""

    def opens(self, index: int, bracket: str) -> bool:
        return index < len(self.tokens) and self.tokens[index] == Token(
            PUNCTUATION, bracket, self.tokens[index].start
        )

    def check_names(self) -> None:
        """Doubt prefixes that are not declared: to Oxigraph `FILTERex:f` is FILTER and `ex:f`."""
        declared = {
            following.text[:-1]
            for token, following in zip(self.tokens, self.tokens[1:], strict=False)
            if token.keyword == "PREFIX" and following.kind == NAME
        }
        for index, token in enumerate(self.tokens):
            declares = self.keyword(index - 1) == "PREFIX" if index else False
            if token.kind == NAME and not declares and token.text.partition(":")[0] not in declared:
                raise Doubt

    def outermost_groups(self, *, branches: bool) -> list[Group]:
        """The groups that are the whole WHERE clause of the query or of a subselect outside EXISTS.

        With `branches` also the groups that such a group holds, joined by UNION, where it holds nothing else
        but filters: no other pattern is joined to their solutions either.
        """
        found: list[Group] = []
        query_forms = [
            index
            for index, token in enumerate(self.tokens)
            if token.keyword in ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE")
            and (index == 0 or self.tokens[index - 1].text == "{" or not self._within_braces(index))
        ]
        for index in query_forms:
            if self._within_exists(index):
                continue
            opening = self._where(index)
            if opening is not None and not self._joined_to_values(opening):
                group = self.group(opening)
                found.append(group)
                if branches:
                    found.extend(self._branches(group))
        return found

    def _branches(self, group: Group) -> list[Group]:
        patterns = [element for element in group.elements if element.kind != FILTER]
        if len(patterns) != 1 or patterns[0].kind != GROUP:
            return []
        inner: list[Group] = []
        index = patterns[0].first
        while index < patterns[0].end:
            if self.keyword(index + 1) != "SELECT":
                branch = self.group(index)
                inner.extend([branch, *self._branches(branch)])
            index = self.partner[index] + 2  # past the brace and UNION
        return inner

    def _within_braces(self, index: int) -> bool:
        return any(
            self.tokens[opening].text == "{" and opening < index < closing
            for opening, closing in self.partner.items()
        )

    def _within_exists(self, index: int) -> bool:
        return any(
            self.keyword(opening - 1) == "EXISTS" and opening < index < closing
            for opening, closing in self.partner.items()
            if opening
        )

    def _where(self, form: int) -> int | None:
        """The brace that opens the WHERE clause of the form at an index (productions 7 to 12 and 17)."""
        index = form + 1
        if self.keyword(form) == "CONSTRUCT" and self.opens(index, "{"):
            index = self.partner[index] + 1
        while index < len(self.tokens):
            if self.opens(index, "{"):
                return index
            if self.opens(index, "("):
                index = self.partner[index]
            elif self.tokens[index].text in _CLOSING.values():
                return None
            index += 1
        return None

    def _joined_to_values(self, opening: int) -> bool:
        """Whether a VALUES clause after the WHERE clause is joined to it (production 28)."""
        index = self.partner[opening] + 1
        while index < len(self.tokens) and self.tokens[index].text != "}":
            if self.keyword(index) == "VALUES":
                return True
            index = self.partner.get(index, index) + 1
        return False

    def group(self, opening: int) -> Group:
        """The group that a brace opens (productions 53 to 57)."""
        if self.keyword(opening + 1) == "SELECT":
            raise Doubt
        closing = self.partner[opening]
        elements: list[Element] = []
        index = opening + 1
        while index < closing:
            element = self._element(index, closing)
            elements.append(element)
            index = element.end
            if element.kind != TRIPLES and index < closing and self.tokens[index].text == ".":
                index += 1
        return Group(opening, closing, tuple(elements))

    def _element(self, index: int, closing: int) -> Element:
        keyword = self.keyword(index)
        if self.opens(index, "{"):
            end = self.partner[index] + 1
            while self.keyword(end) == "UNION" and self.opens(end + 1, "{"):
                end = self.partner[end + 1] + 1
            return Element(GROUP, index, end)
        if keyword == "FILTER":
            return Element(FILTER, index, self._constraint_end(index + 1))
        if keyword in _CLAUSES:
            return Element(keyword, index, self._clause_end(keyword, index + 1))
        end = index
        while end < closing and not self.opens(end, "{") and self.keyword(end) not in _CLAUSES:
            end = self.partner.get(end, end) + 1
        if end == index:
            raise Doubt
        return Element(TRIPLES, index, end)

    def _clause_end(self, keyword: str, index: int) -> int:
        if keyword in ("OPTIONAL", "MINUS"):
            return self._bracket_end(index, "{")
        if keyword == "GRAPH":
            return self._bracket_end(index + 1, "{")
        if keyword == "BIND":
            return self._bracket_end(index, "(")
        if keyword == "VALUES":
            names = self.partner[index] if self.opens(index, "(") else index
            return self._bracket_end(names + 1, "{")
        raise Doubt

    def _bracket_end(self, index: int, bracket: str) -> int:
        if not self.opens(index, bracket):
            raise Doubt
        return self.partner[index] + 1

    def _constraint_end(self, index: int) -> int:
        if self.keyword(index) == "NOT" and self.keyword(index + 1) == "EXISTS":
            return self._bracket_end(index + 2, "{")
        if self.keyword(index) == "EXISTS":
            return self._bracket_end(index + 1, "{")
        if self.opens(index, "("):
            return self.partner[index] + 1
        return self._bracket_end(index + 1, "(")

    def triples(self, element: Element) -> list[Triple]:
        """The triple patterns of a run of them, with the abbreviations `;` and `,` written out."""
        return read_triples(self.tokens, self.partner, element.first, element.end)

    def variables(self, first: int, end: int) -> frozenset[str]:
        """The names of all variables between two tokens."""
        return frozenset(token.text[1:] for token in self.tokens[first:end] if token.kind == VARIABLE)


def _partners(tokens: Sequence[Token]) -> dict[int, int]:
    """The index of the closing bracket of each opening one."""
    partner: dict[int, int] = {}
    openings: list[int] = []
    for index, token in enumerate(tokens):
        if token.kind != PUNCTUATION:
            continue
        if token.text in _CLOSING:
            openings.append(index)
        elif openings and token.text == _CLOSING[tokens[openings[-1]].text]:
            partner[openings.pop()] = index
        elif token.text in _CLOSING.values():
            raise Doubt
    return partner
