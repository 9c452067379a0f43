"""The terminals of SPARQL 1.1 Query (section 19.8), read with the place of each.

The one terminal that depends on its surroundings is `<`: in `FILTER(?a<?b&&?c>?d)` longest match would read
`<?b&&?c>` as an IRI, whereas engines that parse without a separate lexer read a comparison. An operand inside
an expression is never followed by an IRI, so there `<` is an operator, and everything that is grammatical to
either kind of engine is read here as the engine reads it. So no keyword can be hidden in a false IRI.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from clustergraph.errors import QueryMalformed, QueryRefused

IRI: Final = "iri"
NAME: Final = "name"
BLANK: Final = "blank"
VARIABLE: Final = "variable"
LANGUAGE: Final = "language"
NUMBER: Final = "number"
STRING: Final = "string"
WORD: Final = "word"
PUNCTUATION: Final = "punctuation"


class Token(NamedTuple):
    """One terminal: its kind, its text as written and the offset of its first character."""

    kind: str
    text: str
    start: int

    @property
    def keyword(self) -> str:
        """The word in capitals, or the empty string where the token is no word."""
        return self.text.upper() if self.kind == WORD else ""


# Productions 164 to 172 of the SPARQL 1.1 grammar.
_BASE = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c-\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_START = _BASE + "_"
_MARKS = "0-9\u00b7\u0300-\u036f\u203f-\u2040"
_CHARACTER = f"[{_START}{_MARKS}-]"
_ESCAPED = r"%[0-9A-Fa-f]{2}|\\[_~.\-!$&'()*+,;=/?#@%]"
_LOCAL = f"(?:[{_START}{_MARKS}:-]|{_ESCAPED})"
_LOCAL_START = f"(?:[{_START}0-9:]|{_ESCAPED})"
_PREFIX = f"[{_BASE}](?:{_CHARACTER}|\\.+(?={_CHARACTER}))*+"
_CODEPOINT = r"\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}"

_SKIP = r"(?P<skip>(?:[ \t\r\n]+|\#[^\r\n]*)++)"
_IRI = rf"(?P<{IRI}><(?:[^<>\"{{}}|^`\\\x00-\x20]|{_CODEPOINT})*+>)"
_NAME = rf"(?P<{NAME}>(?:{_PREFIX})?:(?:{_LOCAL_START}(?:{_LOCAL}|\.+(?={_LOCAL}))*+)?)"
_STRING = (
    rf"(?P<{STRING}>'''(?:[^'\\]|\\.|'(?!''))*+'''|\"\"\"(?:[^\"\\]|\\.|\"(?!\"\"))*+\"\"\""
    r"|'(?:[^'\\\r\n]|\\[^\r\n])*+'|\"(?:[^\"\\\r\n]|\\[^\r\n])*+\")"
)
_REST = rf"""
      (?P<{WORD}>[A-Za-z][A-Za-z0-9_]*)
    | (?P<{NUMBER}>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+)
    | {_STRING}
    | (?P<{LANGUAGE}>@[A-Za-z]+(?:-+[A-Za-z0-9]+)*)
    | (?P<{BLANK}>_:[{_START}0-9](?:{_CHARACTER}|\.+(?={_CHARACTER}))*+)
    | (?P<{PUNCTUATION}>\^\^|&&|\|\||!=|<=|>=|<<|>>|[{{}}()\[\];,.=<>!+\-*/|^?~])
    """
_VARIABLE = rf"(?P<{VARIABLE}>[?$][{_START}0-9][{_START}{_MARKS}]*)"
_FLAGS = re.VERBOSE | re.DOTALL
_TERMINALS: Final = re.compile(f"{_SKIP}|{_VARIABLE}|{_IRI}|{_NAME}|{_REST}", _FLAGS)
_NAMELESS: Final = re.compile(f"{_SKIP}|{_VARIABLE}|{_IRI}|{_REST}", _FLAGS)
_DELIMITED: Final = re.compile(f"{_SKIP}|{_IRI}|{_STRING}", _FLAGS)
_RUN: Final = re.compile(_PREFIX)
_GOES_ON: Final = frozenset({".", "-"})
_LESS: Final = re.compile("<=|<")
_CODEPOINTS: Final = re.compile(_CODEPOINT)
_CLOSING: Final = {"(": ")", "{": "}", "[": "]"}

# Words after which a parenthesis opens no expression.
_NO_EXPRESSION: Final = frozenset({"VALUES", "A", "UNDEF", "TRUE", "FALSE"})
_CONSTRAINTS: Final = frozenset({"FILTER", "HAVING", "BY", "ASC", "DESC"})
_OPENS_EXPRESSIONS: Final = frozenset({"SELECT", "BY", "HAVING"})
_ENDS_EXPRESSIONS: Final = frozenset({"WHERE", "FROM", "VALUES", "LIMIT", "OFFSET"})
#: The keywords that decide which parentheses hold expressions.
_CLAUSE: Final = re.compile("SELECT|FILTER|HAVING|BY|VALUES|WHERE|FROM")
_NAMED_CLAUSE: Final = re.compile("FILTER|HAVING|BY", re.IGNORECASE)
_OPERAND_KINDS: Final = frozenset({IRI, NAME, BLANK, VARIABLE, LANGUAGE, NUMBER, STRING})
_OPERAND_ENDS: Final = frozenset({")", "}", "]"})


@dataclass(slots=True)
class Position:
    """Turns offsets of a text into lines and columns, both counted from 1 in characters."""

    text: str

    def of(self, offset: int) -> tuple[int, int]:
        line_start = self.text.rfind("\n", 0, offset) + 1
        return self.text.count("\n", 0, offset) + 1, offset - line_start + 1


@dataclass(slots=True)
class _Bracket:
    """An open bracket: whether it holds an expression, and the clause to return to when it closes."""

    opening: Token
    expression: bool
    expressions_outside: bool


_NOTHING: Final = Token(PUNCTUATION, "", 0)


@dataclass(slots=True)
class _Surroundings:
    """What decides how `<` is read: the open brackets, the clause and the last two tokens."""

    brackets: list[_Bracket] = field(default_factory=list)
    expressions: bool = False
    last: Token = _NOTHING
    before: Token = _NOTHING

    def after_operand_in_parentheses(self) -> bool:
        if not self.brackets or self.brackets[-1].opening.text != "(":
            return False
        last = self.last
        return (
            last.kind in _OPERAND_KINDS
            or (last.kind == PUNCTUATION and last.text in _OPERAND_ENDS)
            or last.keyword in ("TRUE", "FALSE")
        )

    def opens_expression(self) -> bool:
        if self.last.text == "<<":  # a triple term of SPARQL 1.2 holds terms, not expressions
            return False
        if self.brackets and self.brackets[-1].opening.text != "{":
            return self.brackets[-1].expression
        if self.expressions:
            return True
        if self.last.kind == WORD:
            return self.last.keyword not in _NO_EXPRESSION
        return self.last.kind in (IRI, NAME) and self.before.keyword in _CONSTRAINTS

    def enter(self, token: Token) -> None:
        expression = token.text == "(" and self.opens_expression()
        self.brackets.append(_Bracket(token, expression, self.expressions))
        self.expressions = False

    def leave(self) -> None:
        bracket = self.brackets.pop()
        # A group ends the SELECT clause or the pattern before it; a parenthesis ends nothing.
        self.expressions = bracket.opening.text != "{" and bracket.expressions_outside

    def advance(self, token: Token) -> None:
        keyword = token.keyword
        if keyword in _OPENS_EXPRESSIONS:
            self.expressions = True
        elif keyword in _ENDS_EXPRESSIONS:
            self.expressions = False
        self.before, self.last = self.last, token


@dataclass(slots=True)
class _Glue:
    """Whether keywords stand without a space where a clause might begin that is not seen as one.

    Oxigraph reads SELECTDISTINCT, ORDERBY and, where the prefix ex is declared, FILTERex:f( as two. What `<`
    means in the parentheses that follow then depends on a reading that only a parser has.
    """

    declared: set[str] = field(default_factory=set)
    seen: int = 0
    found: bool = False

    def among(self, tokens: list[Token]) -> bool:
        """Whether any of the tokens so far is glued; each is looked at once."""
        for token in tokens[self.seen :] if not self.found else ():
            if token.kind == WORD:
                parts = _CLAUSE.split(token.text.upper(), maxsplit=1)
                self.found = self.found or (len(parts) > 1 and any(parts))
            elif token.kind == NAME:
                prefix = token.text.partition(":")[0]
                if token.text[-1] == ":":
                    self.declared.add(prefix)
                self.found = self.found or self._ends_declared(prefix)
        self.seen = len(tokens)
        return self.found

    def _ends_declared(self, prefix: str) -> bool:
        clauses = [match.end() for match in _NAMED_CLAUSE.finditer(prefix)]
        return len(clauses) > 9 or any(prefix[end:] in self.declared for end in clauses)


def tokenise(text: str, *, max_depth: int) -> list[Token]:
    """Read a query into its tokens, without white space and comments.

    Raises QueryMalformed with line and column for characters that begin no terminal, unfinished strings and
    IRIs, and brackets that do not match; QueryRefused where brackets nest deeper than `max_depth`.
    """
    tokens: list[Token] = []
    place = Position(text)
    around = _Surroundings()
    glue = _Glue()
    offset, end = 0, len(text)
    nameless_until = 0
    while offset < end:
        terminals = _TERMINALS if offset >= nameless_until else _NAMELESS
        match = terminals.match(text, offset)
        if match is None:
            raise _unreadable(text, offset, place)
        kind = match.lastgroup
        if kind == "skip":
            offset = match.end()
            continue
        if text[offset] == "<" and around.after_operand_in_parentheses():
            less = _LESS.match(text, offset) or match
            if less.end() != match.end() and glue.among(tokens):
                raise _ambiguous(offset, place)
            if around.brackets[-1].expression:
                match, kind = less, PUNCTUATION
        token = Token(kind or PUNCTUATION, match.group(), offset)
        tokens.append(token)
        offset = match.end()
        if kind == WORD and offset > nameless_until and text[offset : offset + 1] in _GOES_ON:
            # What was no name from here is none from within either; trying again each time is quadratic.
            run = _RUN.match(text, token.start)
            nameless_until = run.end() if run else offset
        if token.kind == PUNCTUATION:
            if token.text in _CLOSING:
                if len(around.brackets) >= max_depth:
                    line, column = place.of(token.start)
                    raise QueryRefused(
                        f"The query nests more than {max_depth} brackets.",
                        line=line,
                        column=column,
                        fix="Write it flatter, or ask in several queries.",
                    )
                around.enter(token)
            elif token.text in _OPERAND_ENDS:
                _check_closing(token, around.brackets, place)
                around.leave()
        around.advance(token)
    if around.brackets:
        opening = around.brackets[-1].opening
        line, column = place.of(opening.start)
        raise QueryMalformed(f"“{opening.text}” is never closed.", line=line, column=column)
    return tokens


def decode_codepoints(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Replace the codepoint escapes outside IRIs and strings (SPARQL 1.1 section 19.2).

    The escapes within IRIs and strings stay: engines decode those themselves, and there `\\u0022` is a
    quotation mark in the text rather than the end of it. Returns the text and, for each replacement, its
    offset in the new text with the number of characters saved up to and including it.
    """
    if "\\u" not in text and "\\U" not in text:
        return text, []
    parts: list[str] = []
    shifts: list[tuple[int, int]] = []
    offset = saved = length = 0
    while offset < len(text):
        escape = _CODEPOINTS.match(text, offset)
        if escape is not None:
            code = int(escape.group()[2:], 16)
            if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF:
                line, column = Position(text).of(offset)
                raise QueryMalformed(f"“{escape.group()}” is no character.", line=line, column=column)
            part = chr(code)
            saved += escape.end() - offset - 1
            shifts.append((length, saved))
            offset = escape.end()
        else:
            # A name or word may go on after an escape, so only what has delimiters is passed over whole.
            match = _DELIMITED.match(text, offset)
            part = match.group() if match is not None else text[offset]
            offset += len(part)
        parts.append(part)
        length += len(part)
    return "".join(parts), shifts


def _check_closing(token: Token, brackets: list[_Bracket], place: Position) -> None:
    opening = brackets[-1].opening if brackets else None
    if opening is not None and _CLOSING[opening.text] == token.text:
        return
    line, column = place.of(token.start)
    if opening is None:
        raise QueryMalformed(f"“{token.text}” closes nothing.", line=line, column=column)
    opened_line, opened_column = place.of(opening.start)
    raise QueryMalformed(
        f"“{token.text}” stands where “{opening.text}” of line {opened_line}, column {opened_column} "
        "is still open.",
        line=line,
        column=column,
    )


def _ambiguous(offset: int, place: Position) -> QueryRefused:
    line, column = place.of(offset)
    return QueryRefused(
        "“<” can be read in two ways here, because keywords of the query stand without a space.",
        line=line,
        column=column,
        fix="Write a space after each keyword.",
    )


def _unreadable(text: str, offset: int, place: Position) -> QueryMalformed:
    character = text[offset]
    if text[max(offset - 2, 0) : offset] == character * 2:
        offset -= 2  # an unfinished long string was read as an empty one and a quotation mark
    line, column = place.of(offset)
    if character in "\"'":
        return QueryMalformed(
            "A string begins here and is not closed.",
            line=line,
            column=column,
            fix=f"Close it with {character}; a string over several lines needs {character * 3}.",
        )
    shown = character if character.isprintable() else f"U+{ord(character):04X}"
    return QueryMalformed(f"The character “{shown}” has no meaning here.", line=line, column=column)
