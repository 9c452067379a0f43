"""The grammar of SPARQL 1.1 Query (section 19.8) as a table, to find the token a query fails at.

Engines that parse without a lexer report how far their longest attempt reached, which may be many characters
past the error. This recogniser reads the tokens with one token of lookahead and no recursion, so it stops at
the first token that no query could have there. It only ever explains a failure; it never refuses a query.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from clustergraph.engine.tokens import NAME, WORD, Token

END: Final = "end"

# Productions 1 to 138 in their order, with the changes that one token of lookahead and the tokens of
# `tokens.py` ask for: NIL and ANON are pairs of brackets, signs stand before numbers, and productions that
# differ only in what may follow are joined. Lower case: kinds of token. In quotes: words and punctuation.
_GRAMMAR: Final = """
Query = Prologue ( SelectQuery | ConstructQuery | DescribeQuery | AskQuery ) ValuesClause
Prologue = ( 'BASE' iri | 'PREFIX' name iri | 'VERSION' string )*
SelectQuery = SelectClause DatasetClause* WhereClause SolutionModifier
SubSelect = SelectClause WhereClause SolutionModifier ValuesClause
SelectClause = 'SELECT' ( 'DISTINCT' | 'REDUCED' )? ( '*' | ( variable | Aliased )+ )
Aliased = '(' Expression 'AS' variable ')'
ConstructQuery = 'CONSTRUCT' ( Template DatasetClause* WhereClause | ConstructWhere ) SolutionModifier
ConstructWhere = DatasetClause* 'WHERE' Template
DescribeQuery = 'DESCRIBE' ( VarOrIri+ | '*' ) DatasetClause* WhereClause? SolutionModifier
AskQuery = 'ASK' DatasetClause* WhereClause SolutionModifier
DatasetClause = 'FROM' 'NAMED'? Iri
WhereClause = 'WHERE'? Group
SolutionModifier = Grouping? ( 'HAVING' Constraint+ )? Ordering? Slice?
Grouping = 'GROUP' 'BY' GroupCondition+
Ordering = 'ORDER' 'BY' OrderCondition+
GroupCondition = BuiltIn | FunctionCall | '(' Expression ( 'AS' variable )? ')' | variable
OrderCondition = ( 'ASC' | 'DESC' ) Brackets | Constraint | variable
Slice = 'LIMIT' number ( 'OFFSET' number )? | 'OFFSET' number ( 'LIMIT' number )?
ValuesClause = ( 'VALUES' DataBlock )?
Template = '{' Triples? '}'
Triples = SameSubject ( '.' Triples? )?
Group = '{' ( SubSelect | Patterns ) '}'
Patterns = Triples? ( NotTriples '.'? Triples? )*
NotTriples = Alternatives | Optional | Minus | Graph | Service | Filter | Bind | Inline
Alternatives = Group ( 'UNION' Group )*
Optional = 'OPTIONAL' Group
Minus = 'MINUS' Group
Graph = 'GRAPH' VarOrIri Group
Service = 'SERVICE' 'SILENT'? VarOrIri Group
Filter = 'FILTER' Constraint
Bind = 'BIND' Aliased
Inline = 'VALUES' DataBlock
DataBlock = variable '{' DataValue* '}' | '(' variable* ')' '{' ( '(' DataValue* ')' )* '}'
DataValue = Iri | Literal | 'UNDEF'
Constraint = Brackets | BuiltIn | FunctionCall
FunctionCall = Iri Arguments
Arguments = '(' ( 'DISTINCT'? Expression ( ',' Expression )* )? ')'
SameSubject = ( variable | Iri | Literal | blank ) Properties | ( Collection | Anonymous ) Properties?
Properties = Verb Objects ( ';' ( Verb Objects )? )*
Verb = variable | Path
Objects = Node ( ',' Node )*
Node = variable | Iri | Literal | blank | Collection | Anonymous
Collection = '(' Node* ')'
Anonymous = '[' Properties? ']'
Path = PathSequence ( '|' PathSequence )*
PathSequence = PathInverse ( '/' PathInverse )*
PathInverse = '^'? PathElement
PathElement = PathPrimary ( '?' | '*' | '+' )?
PathPrimary = Iri | 'A' | '!' Negated | '(' Path ')'
Negated = NegatedOne | '(' ( NegatedOne ( '|' NegatedOne )* )? ')'
NegatedOne = '^'? ( Iri | 'A' )
Expression = And ( '||' And )*
And = Relation ( '&&' Relation )*
Relation = Sum ( ( '=' | '!=' | '<' | '>' | '<=' | '>=' ) Sum | 'NOT'? 'IN' List )?
List = '(' ( Expression ( ',' Expression )* )? ')'
Sum = Product ( ( '+' | '-' ) Product )*
Product = Unary ( ( '*' | '/' ) Unary )*
Unary = '!' Unary | ( '+' | '-' )? Primary
Primary = Brackets | BuiltIn | Iri Arguments? | Plain | variable
Brackets = '(' Expression ')'
BuiltIn = Function0 '(' ')' | Function1 Brackets | Function2 '(' Expression ',' Expression ')' | More
More = Function3 '(' Expression ',' Expression ',' Expression ')' | Variadic List | Aggregate | Exists | Odd
Odd = 'BNODE' List | 'BOUND' '(' variable ')' | 'RAND' '(' ')'
Function0 = 'NOW' | 'UUID' | 'STRUUID'
Function1 = 'STR' | 'LANG' | 'DATATYPE' | 'IRI' | 'URI' | 'ABS' | 'CEIL' | 'FLOOR' | 'ROUND' | Function1Text
Function1Text = 'STRLEN' | 'UCASE' | 'LCASE' | 'ENCODE_FOR_URI' | Function1Time | Function1Hash | Function1Is
Function1Time = 'YEAR' | 'MONTH' | 'DAY' | 'HOURS' | 'MINUTES' | 'SECONDS' | 'TIMEZONE' | 'TZ'
Function1Hash = 'MD5' | 'SHA1' | 'SHA256' | 'SHA384' | 'SHA512'
Function1Is = 'ISIRI' | 'ISURI' | 'ISBLANK' | 'ISLITERAL' | 'ISNUMERIC'
Function2 = 'LANGMATCHES' | 'CONTAINS' | 'STRSTARTS' | 'STRENDS' | 'STRBEFORE' | 'STRAFTER' | Function2Term
Function2Term = 'STRLANG' | 'STRDT' | 'SAMETERM'
Function3 = 'IF'
Variadic = 'COALESCE' | 'CONCAT' | 'REGEX' | 'REPLACE' | 'SUBSTR'
Exists = 'EXISTS' Group | 'NOT' 'EXISTS' Group
Aggregate = 'COUNT' '(' 'DISTINCT'? ( '*' | Expression ) ')' | Joined | Simple
Simple = Aggregate1 '(' 'DISTINCT'? Expression ')'
Aggregate1 = 'SUM' | 'MIN' | 'MAX' | 'AVG' | 'SAMPLE'
Joined = 'GROUP_CONCAT' '(' 'DISTINCT'? Expression ( ';' 'SEPARATOR' '=' string )? ')'
VarOrIri = variable | Iri
Iri = iri | name
Literal = ( '+' | '-' ) number | Plain
Plain = string ( language | '^^' Iri )? | number | 'TRUE' | 'FALSE'
"""

_KINDS: Final = {
    "iri": "an IRI",
    NAME: "an IRI",
    "variable": "a variable",
    "blank": "a blank node",
    "string": "a string",
    "number": "a number",
    "language": "a language tag",
    END: "the end of the query",
}
_PART: Final = re.compile(r"'[^']+'|\w+|[()|*+?]")


@dataclass(slots=True)
class _Grammar:
    """Productions as alternatives of symbols, with the sets that one token of lookahead needs."""

    rules: dict[str, list[tuple[str, ...]]] = field(default_factory=dict)
    first: dict[str, set[str]] = field(default_factory=dict)
    empty: set[str] = field(default_factory=set)
    table: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)

    def add(self, line: str) -> None:
        name, _, body = line.partition(" = ")
        parts = _PART.findall(body)
        self.rules[name] = self._alternatives(name, parts)

    def _alternatives(self, name: str, parts: list[str]) -> list[tuple[str, ...]]:
        alternatives: list[tuple[str, ...]] = []
        symbols: list[str] = []
        while parts and parts[0] != ")":
            part = parts.pop(0)
            if part == "|":
                alternatives.append(tuple(symbols))
                symbols = []
                continue
            symbol = part
            if part == "(":
                symbol = self._new(name)
                self.rules[symbol] = self._alternatives(name, parts)
                parts.pop(0)
            repeat = parts.pop(0) if parts and parts[0] in "*+?" else ""
            symbols.append(self._repeated(name, symbol, repeat) if repeat else symbol)
        return [*alternatives, tuple(symbols)]

    def _repeated(self, name: str, symbol: str, repeat: str) -> str:
        several = self._new(name)
        if repeat == "?":
            self.rules[several] = [(symbol,), ()]
            return several
        self.rules[several] = [(symbol, several), ()]
        if repeat == "*":
            return several
        once = self._new(name)
        self.rules[once] = [(symbol, several)]
        return once

    def _new(self, name: str) -> str:
        symbol = f"{name}.{len(self.rules)}"
        self.rules[symbol] = []
        return symbol

    def close(self) -> _Grammar:
        """Compute which symbols may be empty, which tokens each may begin with, and the table of both."""
        self.first = {name: set() for name in self.rules}
        changed = True
        while changed:
            changed = False
            for name, alternatives in self.rules.items():
                for symbols in alternatives:
                    begins, empty = self.beginnings(symbols)
                    if not begins <= self.first[name] or (empty and name not in self.empty):
                        self.first[name] |= begins
                        self.empty |= {name} if empty else set()
                        changed = True
        for name, alternatives in self.rules.items():
            self.table[name] = {
                terminal: symbols for symbols in alternatives for terminal in self.beginnings(symbols)[0]
            }
        return self

    def beginnings(self, symbols: Sequence[str]) -> tuple[set[str], bool]:
        """The tokens a sequence of symbols may begin with, and whether it may be empty."""
        begins: set[str] = set()
        for symbol in symbols:
            begins |= self.first.get(symbol, {symbol.strip("'")} if symbol not in self.rules else set())
            if symbol not in self.empty:
                return begins, False
        return begins, True


def _compiled() -> _Grammar:
    grammar = _Grammar()
    for line in _GRAMMAR.strip().splitlines():
        grammar.add(line)
    return grammar.close()


_COMPILED: Final = _compiled()
_FUNCTIONS: Final = frozenset(name for name in _COMPILED.first["BuiltIn"] if name.isalnum())
_OPERATORS: Final = frozenset({"=", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "&&", "||", "IN", "NOT"})
_TERM: Final = frozenset(
    {"variable", "iri", NAME, "string", "number", "blank", "(", "[", "+", "-", "TRUE", "FALSE"}
)
_PATH: Final = frozenset({"variable", "iri", NAME, "A", "!", "^", "("})
_CLAUSES: Final = frozenset(_COMPILED.first["NotTriples"])

#: What is expected together and has one name: the tokens that tell, those it covers, and the name.
_GROUPS: Final[tuple[tuple[frozenset[str], frozenset[str], str], ...]] = (
    (
        frozenset({"REGEX", "variable"}),
        frozenset(_COMPILED.first["Expression"] | {"DISTINCT"}),
        "an expression",
    ),
    (
        frozenset({"REGEX"}),
        frozenset(_COMPILED.first["Constraint"]),
        "a condition in parentheses or a function",
    ),
    (frozenset({"&&", "||"}), _OPERATORS, "an operator"),
    (frozenset({"string", "iri", "["}), _TERM | {"*", "/", "?", "|"}, "a term (variable, IRI or literal)"),
    (frozenset({"iri", "^"}), _PATH, "a predicate"),
    (frozenset({"OPTIONAL", "GRAPH"}), _CLAUSES | {"UNION"}, "another clause"),
    (frozenset({"string", "TRUE"}), frozenset({"string", "number", "TRUE", "FALSE"}), "a literal"),
)


@dataclass(frozen=True, slots=True)
class Misfit:
    """Where a query leaves the grammar: the index of the first token that fits nowhere, and what would."""

    index: int
    expected: frozenset[str]

    def wanted(self) -> str:
        """What would fit, in one phrase."""
        names = set(self.expected)
        phrases: list[str] = []
        for characteristic, covered, phrase in _GROUPS:
            if characteristic <= names:
                phrases.append(phrase)
                names -= covered
        phrases += sorted({_KINDS[name] for name in names if name in _KINDS and name != END})
        words = sorted(names - set(_KINDS), key=lambda name: (name.isalpha(), name))
        phrases += [
            word.lower() if word == "A" else word if word[0].isalpha() else f"“{word}”" for word in words
        ]
        phrases += [_KINDS[END]] if END in names else []
        return phrases[0] if len(phrases) == 1 else f"{', '.join(phrases[:-1])} or {phrases[-1]}"


def misfit(tokens: Sequence[Token]) -> Misfit | None:
    """The first token that no SPARQL 1.1 query could have in its place, or None where all fit.

    The index is that past the last token where the query ends too early.
    """
    grammar = _COMPILED
    stack = ["Query"]
    for index in range(len(tokens) + 1):
        terminal = _terminal(tokens[index]) if index < len(tokens) else END
        before = list(stack)
        while stack:
            symbol = stack.pop()
            if symbol not in grammar.table:
                if symbol.strip("'") == terminal:
                    break
                return Misfit(index, _expected(grammar, before))
            chosen = grammar.table[symbol].get(terminal)
            if chosen is None and symbol not in grammar.empty:
                return Misfit(index, _expected(grammar, before))
            stack.extend(reversed(chosen or ()))
        else:
            return None if terminal == END else Misfit(index, _expected(grammar, before))
    return None


def _expected(grammar: _Grammar, stack: Sequence[str]) -> frozenset[str]:
    begins, empty = grammar.beginnings(list(reversed(stack)))
    return frozenset(begins | ({END} if empty else set()))


def _terminal(token: Token) -> str:
    if token.kind == WORD:
        return token.text.upper()
    return token.text if token.kind == "punctuation" else token.kind
