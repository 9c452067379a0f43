"""Queries that nest or spread beyond reason: refused by count, or answered rightly."""

# ruff: noqa: E501 - a case is a line of a table, however long its query.

from __future__ import annotations

from typing import Final

from hostile.cases import (
    ANSWERED,
    CRASHED,
    GRAPH,
    MALFORMED,
    OVER_BUDGET,
    REFUSED,
    TIMEOUT,
    TOO_LONG,
    Case,
    attack,
    parametrised,
    rows,
    says,
    value,
)
from hostile.dataset import PREFIX
from hostile.service import Target

DEEP: Final = 20_000
#: Deep enough to overflow a careless parser's stack, yet within the length of a query.
NESTED: Final = 6_000


def nested(opening: str, core: str, closing: str, depth: int = NESTED) -> str:
    return opening * depth + core + closing * depth


def ask(pattern: str) -> str:
    return f"{PREFIX}ASK {{ {pattern} }}"


DEPTH: Final = (
    Case("depth", "nested groups", ask(nested("{", "?s ?p ?o", "}", DEEP)), (REFUSED,)),
    Case("depth", "groups that never close", "ASK " + "{" * 200_000, (REFUSED, MALFORMED)),
    Case("depth", "brackets that never opened", "ASK {" + "}" * 200_000, (REFUSED, MALFORMED)),
    Case("depth", "OPTIONAL in OPTIONAL", ask(nested("OPTIONAL { ?s ?p ?o ", "", "}")), (REFUSED,)),
    Case("depth", "parentheses", ask(f"FILTER({nested('(', 'true', ')', DEEP)})"), (REFUSED,)),
    Case("depth", "UNION in UNION", ask(nested("{ ?s ?p ?o } UNION { ", "?s ?p ?o", "}")), (REFUSED,)),
    Case("depth", "a row of NOT", ask(f"FILTER({'!' * DEEP}true)"), (REFUSED,)),
    Case("depth", "a row of minus signs", ask(f"FILTER({'- ' * DEEP}1 = 1)"), (REFUSED, MALFORMED)),
    Case(
        "depth", "a row of NOT within the limit", ask(f"FILTER({'!' * 2000}true)"), (ANSWERED,), says(True)
    ),
    Case(
        "depth", "alternatives of a path", ask("?s (" + "|".join(["<x:a>"] * DEEP) + ") ?o"), (REFUSED,)
    ),
    Case(
        "depth",
        "alternatives of a path within the limit",
        ask("?s (" + "|".join(["ex:none"] * 2900) + ") ?o"),
        (ANSWERED, TIMEOUT),
        says(False),
    ),
    Case("depth", "sequence of a path", ask("?s " + "/".join(["ex:next"] * 10_000) + " ?o"), (REFUSED,)),
    Case(
        "depth",
        "sequence of a path within the limit",
        ask("ex:n0 " + "/".join(["ex:next"] * 2400) + " ex:n2400"),
        (ANSWERED, TIMEOUT, CRASHED),
        says(True),
    ),
    Case("depth", "path in path in path", ask(f"?s {nested('(', 'ex:next', ')*')} ?o"), (REFUSED,)),
    Case("depth", "inverse of inverse", ask(f"?s {nested('^(', 'ex:next', ')')} ?o"), (REFUSED,)),
    Case(
        "depth",
        "EXISTS in EXISTS",
        ask(nested("FILTER EXISTS { ?s ?p ?o ", "", "}")),
        (REFUSED,),
    ),
    Case(
        "depth",
        "NOT EXISTS in NOT EXISTS, 120 levels",
        ask("ex:n0 ex:next ?s0 " + "".join(
            f"FILTER NOT EXISTS {{ ?s{n} ex:next ?s{n + 1} " for n in range(120)
        ) + "}" * 120),
        (ANSWERED, TIMEOUT),
        says(True),
    ),
    Case(
        "depth",
        "subselects",
        PREFIX + nested("SELECT * { { ", "SELECT * { ?s ?p ?o }", " } }", 4000),
        (REFUSED,),
    ),
    Case(
        "depth",
        "subselects within the limit",
        PREFIX + nested("SELECT * { { ", "SELECT * { ex:n0 ex:next ?o }", " } }", 120),
        (ANSWERED,),
        rows(1),
    ),
    Case("depth", "functions", ask(f"FILTER({nested('STR(', '1', ')', DEEP)} = '1')"), (REFUSED,)),
    Case("depth", "IF in IF", ask(f"FILTER({nested('IF(true, ', 'true', ', false)', 9000)})"), (REFUSED,)),
    Case("depth", "COALESCE in COALESCE", ask(f"FILTER({nested('COALESCE(', '1', ')', 9000)} = 1)"), (REFUSED,)),
    Case("depth", "collections", ask(f"?s ?p {nested('( ', '1', ' )', DEEP)}"), (REFUSED,)),
    Case("depth", "blank nodes", ask(f"?s ?p {nested('[ <x:p> ', '1', ' ]', DEEP)}"), (REFUSED,)),
    Case("depth", "quoted triples", ask(f"{nested('<< ', '<x:a>', ' <x:p> <x:o> >>', 8000)} ?p ?o"), (REFUSED, MALFORMED, TIMEOUT)),
    Case("depth", "MINUS in MINUS", ask(nested("?s ?p ?o MINUS { ", "", "}")), (REFUSED,)),
    Case("depth", "GRAPH in GRAPH", ask(nested("GRAPH ?g { ", "?s ?p ?o", "}")), (REFUSED,)),
    Case("depth", "every bracket in turn", ask("([{<<" * 30_000), (REFUSED, MALFORMED)),
    Case("depth", "sums", ask(f"FILTER({'1+' * DEEP}1 > 0)"), (REFUSED,)),
    Case("depth", "sums within the limit", ask(f"FILTER({'1+' * 2900}1 > 0)"), (ANSWERED,), says(True)),
    Case("depth", "disjunctions", ask(f"FILTER({'false||' * 9000}true)"), (REFUSED,)),
)  # fmt: skip


QUOTED: Final = '"a"'


def many(text: str, number: int, joint: str = " ") -> str:
    return joint.join(text.replace("#", str(each)) for each in range(number))


WIDTH: Final = (
    Case("width", "5,000 UNIONs", ask(many("{ ex:n# ?p ?o }", 5000, " UNION ")), (REFUSED,)),
    Case(
        "width",
        "2,000 UNIONs",
        f"{PREFIX}SELECT ?l {{ {many('{ ex:n# ex:label ?l }', 2000, ' UNION ')} }}",
        (ANSWERED, TIMEOUT),
        rows(2000),
    ),
    Case(
        "width",
        "4,000 triple patterns on one variable",
        ask(many("?s ex:next ?o# .", 4000)),
        (ANSWERED, TIMEOUT, OVER_BUDGET, CRASHED, REFUSED),
        says(True),
    ),
    Case(
        "width",
        "400 patterns without a common variable",
        ask(many("?s# ex:next ?o# .", 400)),
        (ANSWERED, TIMEOUT, OVER_BUDGET),
        says(True),
    ),
    Case(
        "width",
        "IN with 20,000 terms",
        f"{PREFIX}SELECT ?s {{ ?s ex:value ?v FILTER(?v IN ({many('#', 20_000, ',')})) }}",
        (ANSWERED, TIMEOUT),
        rows(2500),
    ),
    Case(
        "width",
        "NOT IN with 20,000 terms",
        f"{PREFIX}SELECT ?s {{ ?s ex:value ?v FILTER(?v NOT IN ({many('#', 20_000, ',')})) }}",
        (ANSWERED, TIMEOUT),
        rows(0),
    ),
    Case(
        "width",
        "VALUES with 30,000 rows",
        f"{PREFIX}SELECT (COUNT(*) AS ?n) {{ VALUES ?v {{ {many('#', 30_000)} }} ?s ex:value ?v }}",
        (ANSWERED, TIMEOUT),
        value("2500"),
    ),
    Case(
        "width",
        "VALUES with 300 variables",
        f"SELECT (COUNT(*) AS ?n) {{ VALUES ({many('?v#', 300)}) {{ {many('(' + 'UNDEF ' * 300 + ')', 100)} }} }}",
        (ANSWERED, TIMEOUT),
        value("100"),
    ),
    Case(
        "width",
        "VALUES that multiply",
        "SELECT (COUNT(*) AS ?n) { " + many("VALUES ?v# { 1 2 3 4 5 6 7 8 9 10 }", 30) + " }",
        (TIMEOUT, OVER_BUDGET),
    ),
    Case(
        "width",
        "VALUES all UNDEF joined with themselves",
        "SELECT (COUNT(*) AS ?n) { "
        + many("{ VALUES (?a ?b) { " + "(UNDEF UNDEF) " * 200 + "} }", 5) + " }",
        (TIMEOUT, OVER_BUDGET),
    ),
    Case(
        "width",
        "8,000 prefixes",
        many(f"PREFIX p#: <x:{'y' * 5}>", 8000, "\n") + " ASK {}",
        (ANSWERED,),
        says(True),
    ),
    Case("width", "one prefix 9,000 times", "PREFIX p: <x:y>\n" * 9000 + "ASK {}", (ANSWERED,), says(True)),
    Case("width", "9,000 BASEs, each of the last", "BASE <a/>\n" * 9000 + "ASK { <b> ?p ?o }", (ANSWERED, TIMEOUT, MALFORMED), says(False)),
    Case("width", "2,900 BINDs", ask(many("BIND(# AS ?v#)", 2900)), (REFUSED, ANSWERED, TIMEOUT), says(True)),
    Case("width", "1,400 BINDs", ask(many("BIND(# AS ?v#)", 1400)), (ANSWERED, TIMEOUT, CRASHED), says(True)),
    Case("width", "1,500 OPTIONALs", ask("ex:n0 ex:next ?s " + many("OPTIONAL { ?s ex:label ?o# }", 1500)), (ANSWERED, TIMEOUT, CRASHED), says(True)),
    Case("width", "900 FILTERs", ask("?s ex:value ?v " + many("FILTER(?v != -#)", 900)), (ANSWERED, TIMEOUT, CRASHED), says(True)),
    Case("width", "2,900 columns", "SELECT " + many("(1 AS ?v#)", 2900) + " {}", (ANSWERED, TIMEOUT), rows(1)),
    Case("width", "ORDER BY 5,000 keys", f"{PREFIX}SELECT ?s {{ ?s ex:label ?l }} ORDER BY {many('DESC(?l)', 5000)} LIMIT 1", (ANSWERED, TIMEOUT, OVER_BUDGET), rows(1)),
    Case("width", "GROUP BY 5,000 keys", f"{PREFIX}SELECT (COUNT(*) AS ?n) {{ ?s ex:label ?l }} GROUP BY {many('?v#', 5000)}", (ANSWERED, TIMEOUT, OVER_BUDGET), value("2500")),
    Case("width", "2,900 aggregates", f"{PREFIX}SELECT {many('(COUNT(?l) AS ?v#)', 2900)} {{ ?s ex:label ?l }}", (ANSWERED, TIMEOUT, OVER_BUDGET), rows(1)),
    Case("width", "FROM 5,000 graphs", f"{PREFIX}ASK {many('FROM ex:g#', 5000)} {{ ?s ex:in ?o }}", (ANSWERED, TIMEOUT, OVER_BUDGET), says(True)),
    Case("width", "FROM NAMED 5,000 graphs", f"{PREFIX}ASK {many('FROM NAMED ex:g#', 5000)} {{ GRAPH ?g {{ ?s ex:in ?o }} }}", (ANSWERED, TIMEOUT), says(True)),
    Case("width", "a template of 5,000 triples", f"{PREFIX}CONSTRUCT {{ {many('?s ex:q ex:o# .', 5000)} }} WHERE {{ ?s ex:value 1 }}", (ANSWERED, TIMEOUT), lambda it: it.body.count(b"\n") == 5000, GRAPH),
    Case("width", "DESCRIBE 5,000 things", f"{PREFIX}DESCRIBE {many('ex:n#', 5000)}", (ANSWERED, TIMEOUT), lambda it: it.body.count(b" .\n") > 15000, GRAPH),
    Case("width", "CONCAT of 20,000", f"SELECT (STRLEN(CONCAT({many(QUOTED, 20_000, ',')})) AS ?n) {{}}", (ANSWERED, TIMEOUT), value("20000")),
    Case("width", "one name of 200,000 letters", "ASK { ?" + "v" * 200_000 + " ?p ?o }", (ANSWERED, TIMEOUT), says(True)),
    Case("width", "a query beyond the longest", "ASK { } #" + "x" * 300_000, (TOO_LONG,)),
)  # fmt: skip


@parametrised(*DEPTH)
def test_no_depth_overflows_the_service(target: Target, case: Case) -> None:
    attack(target, case)


@parametrised(*WIDTH)
def test_no_width_exhausts_the_service(target: Target, case: Case) -> None:
    attack(target, case)
