"""One regular expression that recognises the plain queries, which are most, in a few microseconds.

It matches only where every token is beyond doubt: the tokens it reads are those that `tokens.py` would read,
every prefix is declared, brackets match and nest little, and the text is too short for too many operators.
Any other query, wrong ones included, gets no match and is left to the full reading of `guard.py`. Names of
functions and clauses that need thought are looked for as plain substrings first, so they cannot hide.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final, NamedTuple

from clustergraph.engine.repeatable import CHANGING

#: Longest text looked at; each operator takes at least one character.
LONGEST: Final = 3000

#: SERVICE, FROM and codepoint escapes.
_DOUBTFUL: Final = ("service", "from", "\\u")
#: The functions that answer differently each time; a call has a parenthesis next, or a comment before it.
_CHANGING: Final = tuple(name.lower() for name in CHANGING)
_CALL: Final = re.compile(rf"(?:{'|'.join(_CHANGING)})[ \t\r\n]*[(#]")
_MINTS: Final = ("_:", "[", "(", "|")
_PREFIX_LINES: Final = 12
_NESTED_PARENTHESES: Final = 4
_NESTED_GROUPS: Final = 4


class Glimpse(NamedTuple):
    """What the expression saw: the form in capitals, its offset and the declared prefixes with their IRIs."""

    form: str
    start: int
    prefixes: dict[str, str]


def quick_look(text: str) -> Glimpse | None:
    """The form and prefixes of a query that is plain, None for one that takes a full reading."""
    if len(text) > LONGEST:
        return None
    lower = text.lower()
    for word in _DOUBTFUL:
        if word in lower:
            return None
    for word in _CHANGING:
        if word in lower and _CALL.search(lower):
            return None
    match = _plain().match(text)
    if match is None:
        return None
    *declared, form = match.groups()
    form = form.upper()
    if form == "CONSTRUCT" and any(mark in text for mark in _MINTS):
        return None  # perhaps a blank node in the template
    prefixes: dict[str, str] = {}
    for index in range(0, 2 * _PREFIX_LINES, 2):
        if declared[index] is None:
            break
        prefixes[declared[index]] = declared[index + 1]
    return Glimpse(form, match.start("form"), prefixes)


@cache
def _plain() -> re.Pattern[str]:
    """The expression, compiled at the first query: that takes some tens of milliseconds."""
    space = r"[ \t\r\n]*+"
    skip = r"(?:[ \t\r\n]++|\#[^\r\n]*+)*+"
    iri = r"[^<>\"{}|^`\\\x00-\x20]*+"
    base = rf"(?:{_anycase('BASE')}{skip}<{iri}>{skip})?+"
    declarations = "".join(
        rf"(?:{_anycase('PREFIX')}[ \t\r\n]{skip}(?P<p{index}>(?:[A-Za-z][A-Za-z0-9_-]*+)?+):{skip}"
        rf"<(?P<i{index}>{iri})>{skip})?+"
        for index in range(_PREFIX_LINES)
    )
    forms = "|".join(_anycase(form) for form in ("SELECT", "ASK", "CONSTRUCT", "DESCRIBE"))
    declared = "|".join(f"(?P=p{index})" for index in range(_PREFIX_LINES))
    dots = r"\.++(?=[A-Za-z0-9_-])"
    # A word or a name that could go on in a way that is not looked for here gives no match.
    word = r"[A-Za-z][A-Za-z0-9_]*+(?![.:-])"
    name = rf"(?:{declared}):(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]++|{dots})*+)?+(?!\.*+[:%\\])"
    number = r"(?>(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+)"
    string = r"\"(?!\"\")(?:[^\"\\\r\n]++|\\[^\r\n])*+\"|'(?!'')(?:[^'\\\r\n]++|\\[^\r\n])*+'"
    variable = r"[?$][A-Za-z0-9_]++"
    language = r"@[A-Za-z]++(?:-++[A-Za-z0-9]++)*+"
    blank = rf"_:[A-Za-z0-9_](?:[A-Za-z0-9_-]++|{dots})*+"
    operator = r"[;,=>!+\-*/|^?]|&&|\.(?![0-9])"
    operand = rf"{variable}|{word}|{string}|{name}|{number}|{language}|{blank}"
    # After an operand in parentheses `<` may be an operator, so there it stands alone or gives no match.
    alone = r"(?!<[^ \t\r\n=])"
    less = r"<=?(?=[ \t\r\n])"
    nested = rf"\({space}\)"
    for _ in range(_NESTED_PARENTHESES):
        nested = (
            rf"\({space}(?:(?:{operand}|<{iri}>|{nested}){space}{alone}|(?:{operator}|{less}){space})*+\)"
        )
    rarer = rf"{string}|{name}|{number}|{language}|{blank}|\#[^\r\n]*+"
    terms = rf"[ \t\r\n]++|{variable}|{word}|<{iri}>|{operator}|{rarer}"
    flat = rf"{terms}|{nested}|\[(?:{terms})*+\]"
    group = rf"\{{(?:{flat})*+\}}"
    for _ in range(_NESTED_GROUPS - 1):
        group = rf"\{{(?:{flat}|{group})*+\}}"
    return re.compile(
        rf"{skip}{base}{declarations}{base}(?P<form>{forms})(?=[ \t\r\n({{*?$])(?:{flat}|{group})*+\Z"
    )


def _anycase(word: str) -> str:
    return "".join(f"[{letter}{letter.lower()}]" for letter in word)
