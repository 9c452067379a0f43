"""Queries whose evaluation explodes in time, memory or output: stopped by a limit, alone."""

# ruff: noqa: E501 - a case is a line of a table, however long its query.

from __future__ import annotations

from typing import Final

import pytest

from hostile.cases import (
    ANSWERED,
    BROKEN,
    GRAPH,
    STOPPED,
    TIMEOUT,
    Case,
    attack,
    parametrised,
    rows,
    says,
    unbound,
    value,
)
from hostile.dataset import NODES, PREFIX
from hostile.service import DEADLINE_SECONDS, Target

PRODUCT: Final = "?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l"
LABELS: Final = "?a ex:label ?x . ?b ex:label ?y . ?c ex:label ?z"


def select(what: str, pattern: str, rest: str = "") -> str:
    return f"{PREFIX}SELECT {what} {{ {pattern} }} {rest}"


def doubled(expression: str, times: int, start: str = '"x"') -> str:
    """A chain of BINDs, each twice as long as the one before."""
    steps = "".join(f"BIND({expression.replace('#', f'?v{step}')} AS ?v{step + 1}) " for step in range(times))
    return f"SELECT (STRLEN(?v{times}) AS ?n) {{ BIND({start} AS ?v0) {steps} }}"


EXPLOSION: Final = (
    Case("explosion", "a product that is counted", select("(COUNT(*) AS ?n)", PRODUCT), STOPPED),
    Case("explosion", "a product that is ordered", select("*", PRODUCT, "ORDER BY ?c ?f ?i LIMIT 1"), STOPPED),
    Case("explosion", "a product made distinct", select("DISTINCT *", LABELS), (*STOPPED, BROKEN)),
    Case("explosion", "a product that is grouped", select("?x ?y (COUNT(?z) AS ?n)", LABELS, "GROUP BY ?x ?y"), STOPPED),
    Case("explosion", "a product behind an OFFSET", select("*", LABELS, "OFFSET 9223372036854775807"), STOPPED),
    Case("explosion", "a product that streams", select("*", LABELS), (BROKEN,)),
    Case("explosion", "a product that streams as CSV", select("*", LABELS), (BROKEN,), accept="text/csv"),
    Case("explosion", "a product of graphs", select("(COUNT(*) AS ?n)", " ".join(f"GRAPH ?g{n} {{ ?s{n} ?p{n} ?o{n} }}" for n in range(5))), STOPPED),
    Case("explosion", "a product in NOT EXISTS", select("(COUNT(*) AS ?n)", f"{LABELS} FILTER NOT EXISTS {{ ?a ex:label ?q . ?r ex:label ?x . ?b ex:none ?r }}"), STOPPED),
    Case("explosion", "a product of MINUS", select("(COUNT(*) AS ?n)", f"{LABELS} MINUS {{ ?a ex:label ?u . ?d ex:label ?w . ?e ex:label ?v }}"), STOPPED),
    Case("explosion", "OPTIONALs that share nothing", select("(COUNT(*) AS ?n)", "?a ex:label ?x OPTIONAL { ?b ex:label ?y OPTIONAL { ?c ex:label ?z } }"), STOPPED),
    Case("explosion", "LEFT JOIN on a false condition", select("(COUNT(*) AS ?n)", "?a ex:value ?x OPTIONAL { ?b ex:value ?y . ?c ex:value ?z FILTER(?x + ?y + ?z < -1) }"), STOPPED),
    Case("explosion", "a sum over a product", select("(SUM(?x * ?y) AS ?n)", "?a ex:value ?x . ?b ex:value ?y . ?c ex:value ?z"), STOPPED),
    Case("explosion", "a path around a ring, every pair", select("(COUNT(*) AS ?n)", "?a ex:next* ?b"), STOPPED),
    Case("explosion", "a path over two rings", select("(COUNT(*) AS ?n)", "?a (ex:next|ex:jump|^ex:next)+ ?b . ?b (ex:jump/ex:next)* ?c"), STOPPED),
    Case("explosion", "a path that is everything", select("(COUNT(*) AS ?n)", "?a (ex:next|!ex:next)* ?b"), STOPPED),
    Case("explosion", "a path that is everything, there and back", select("(COUNT(*) AS ?n)", "?a ((ex:p|!ex:p)|^(ex:p|!ex:p))* ?b . ?b ((ex:p|!ex:p)|^(ex:p|!ex:p))* ?c"), STOPPED),
    Case("explosion", "a path of stars of stars", select("(COUNT(*) AS ?n)", "?a (((ex:next*)*/(ex:jump*)*)*)* ?b"), STOPPED),
    Case("explosion", "a path that ends where it began", select("(COUNT(*) AS ?n)", "?a ex:next+ ?a"), (ANSWERED, *STOPPED), value(str(NODES))),
    Case("explosion", "a path from one node, which ends", select("(COUNT(*) AS ?n)", "ex:n0 (ex:next|ex:jump)* ?b"), (ANSWERED,), value(str(NODES))),
    Case("explosion", "CONSTRUCT of a product", f"{PREFIX}CONSTRUCT {{ ?a ?y ?z . ?b ex:p ?c . ?c ex:q ?x }} WHERE {{ ?a ex:next ?x . ?b ex:jump ?y . ?c ex:hub ?z }}", (BROKEN, *STOPPED), accept=GRAPH),
    Case("explosion", "CONSTRUCT of blank nodes without end", f"{PREFIX}CONSTRUCT {{ [] ex:p [ ex:q [ ex:r ?x ] ] }} WHERE {{ {LABELS} }}", (BROKEN, *STOPPED), accept="text/turtle"),
    Case("explosion", "DESCRIBE of everything", f"{PREFIX}DESCRIBE * WHERE {{ ?s ?p ?o . ?a ?b ?c }}", (BROKEN, *STOPPED), accept=GRAPH),
    Case("explosion", "a LIMIT of 10^18", select("*", LABELS, f"LIMIT {10**18}"), (BROKEN,)),
    Case("explosion", "a subselect in each row", select("(COUNT(*) AS ?n)", " ".join(f"{{ SELECT (COUNT(*) AS ?n{n}) {{ ?a{n} ex:label ?x{n} . ?b{n} ex:label ?y{n} . ?c{n} ex:label ?z{n} }} }}" for n in range(5))), STOPPED),
    Case("explosion", "EXISTS for each of a product", select("(COUNT(*) AS ?n)", f"{LABELS} FILTER(EXISTS {{ ?a ex:next+ ?b }} && EXISTS {{ ?b ex:jump+ ?c }})"), STOPPED),
)  # fmt: skip

MEMORY: Final = (
    Case("memory", "CONCAT doubled 60 times", doubled("CONCAT(#, #)", 60), (*STOPPED, "500 query-crashed")),
    Case("memory", "CONCAT doubled 20 times", doubled("CONCAT(#, #)", 20), (ANSWERED,), value(str(2**20))),
    Case("memory", "REPLACE that grows", doubled('REPLACE(#, "x", "xxxx")', 40), (*STOPPED, "500 query-crashed")),
    Case("memory", "REPLACE with its own match", doubled('REPLACE(#, "(x+)", "$1$1$1")', 40), (*STOPPED, "500 query-crashed")),
    Case("memory", "ENCODE_FOR_URI that grows", doubled("ENCODE_FOR_URI(CONCAT(#, #))", 60, '"%"'), (*STOPPED, "500 query-crashed")),
    Case("memory", "GROUP_CONCAT of a product", select('(STRLEN(GROUP_CONCAT(?x; SEPARATOR="xxxxxxxxxxxxxxxx")) AS ?n)', LABELS), STOPPED),
    Case("memory", "GROUP_CONCAT of long literals, doubled", select('(STRLEN(CONCAT(?t, ?t, ?t, ?t)) AS ?n)', '{ SELECT (GROUP_CONCAT(?x) AS ?t) { ?a ex:text ?x . ?b ex:label ?y . ?c ex:label ?z } }'), STOPPED),
    Case("memory", "GROUP_CONCAT DISTINCT of ever new strings", select("(GROUP_CONCAT(DISTINCT CONCAT(?x, ?y, ?z)) AS ?n)", LABELS), STOPPED),
    Case("memory", "SAMPLE of a group for every pair", select("?x ?y (SAMPLE(?t) AS ?n)", "?a ex:text ?t . ?b ex:label ?x . ?c ex:label ?y", "GROUP BY ?x ?y"), STOPPED),
    Case("memory", "COUNT DISTINCT of ever new strings", select("(COUNT(DISTINCT CONCAT(?x, ?y, ?z)) AS ?n)", LABELS), STOPPED),
    Case("memory", "ever new long literals, ordered", select("?n", f"?s ex:huge ?h . {LABELS} BIND(CONCAT(?x, ?h, ?y) AS ?n)", "ORDER BY DESC(?n) LIMIT 1"), STOPPED),
    Case("memory", "ever new long literals, all sent", select("?n", f"?s ex:huge ?h . {LABELS} BIND(CONCAT(?x, ?h, ?y) AS ?n)"), (BROKEN,)),
    Case("memory", "a hash join of everything", select("(COUNT(*) AS ?n)", "{ SELECT ?k { ?a ex:label ?x . ?b ex:label ?y BIND(CONCAT(?x, ?y) AS ?k) } } { SELECT ?k { ?c ex:label ?z . ?d ex:label ?u BIND(CONCAT(?z, ?u) AS ?k) } }"), STOPPED),
    Case("memory", "ever new UUIDs made distinct", select("DISTINCT (UUID() AS ?u)", f"{LABELS}", "LIMIT 100000000"), (*STOPPED, BROKEN)),
    Case("memory", "a literal of 240,000 letters, ordered with itself", select("(COUNT(*) AS ?n)", f'BIND("{"y" * 240_000}" AS ?h) ?a ex:label ?x . ?b ex:label ?y BIND(CONCAT(?h, ?x, ?y) AS ?k)', "ORDER BY ?k"), (*STOPPED, ANSWERED), value(str(NODES**2))),
    Case("memory", "a product of VALUES of long strings", select("(GROUP_CONCAT(?k) AS ?n)", " ".join(f'VALUES ?w{n} {{ {" ".join(chr(34) + "z" * 300 + str(m) + chr(34) for m in range(100))} }}' for n in range(6)) + " BIND(CONCAT(?w0, ?w1, ?w2, ?w3, ?w4, ?w5) AS ?k)"), STOPPED),
)  # fmt: skip

REGEX: Final = (
    Case("regex", "nested plus", 'ASK { FILTER REGEX("' + "a" * 50_000 + '!", "^(a+)+$") }', (ANSWERED,), says(False)),
    Case("regex", "nested star over long literals", select("(COUNT(*) AS ?n)", '?s ex:text ?t FILTER REGEX(?t, "^((a*)*)*b$")'), (ANSWERED, TIMEOUT), value("0")),
    Case("regex", "an overlapping alternation", 'ASK { FILTER REGEX("' + "a" * 50_000 + '", "^(a|aa|aaa)+$b") }', (ANSWERED, TIMEOUT), says(False)),
    Case("regex", "a huge repetition", 'SELECT (REGEX("aaa", "a{1000000000}") AS ?m) {}', (ANSWERED,), unbound),
    Case("regex", "repetitions of repetitions", 'SELECT (REGEX("aaa", "((((a{1000}){1000}){1000}){1000})") AS ?m) {}', (ANSWERED, *STOPPED), unbound),
    Case("regex", "repetitions that just compile", 'SELECT (REGEX("aaa", "(a{500}){90}$") AS ?m) {}', (ANSWERED, *STOPPED), lambda it: it.rows() in ([{}], [{"m": "false"}])),
    Case("regex", "an alternation of 20,000", 'ASK { FILTER REGEX("w19999", "^(' + "|".join(f"w{n}" for n in range(20_000)) + ')$") }', (ANSWERED, TIMEOUT), lambda it: it.boolean() in (True, False)),
    Case("regex", "groups 100,000 deep", 'SELECT (REGEX("a", "' + "(" * 100_000 + "a" + ")" * 100_000 + '") AS ?m) {}', (ANSWERED,), unbound),
    Case("regex", "a pattern made for each row", select("(COUNT(*) AS ?n)", "?a ex:label ?x . ?b ex:label ?y FILTER REGEX(?x, CONCAT(\"^(\", ?y, \"|.*)+$\"))"), STOPPED),
    Case("regex", "classes of all of Unicode", r'''SELECT (REGEX("a", "(\\w{100}){100}\\p{L}{1000}") AS ?m) {}''', (ANSWERED, TIMEOUT), lambda it: it.rows() in ([{}], [{"m": "false"}])),
    Case("regex", "look-behind and back references", r'''SELECT (REGEX("aa", "(?<=a)(a)\\1") AS ?m) {}''', (ANSWERED,), unbound),
    Case("regex", "a pattern that is no pattern", 'SELECT (REGEX("a", "[") AS ?m) {}', (ANSWERED,), unbound),
    Case("regex", "unknown flags", 'SELECT (REGEX("a", "a", "zzzz") AS ?m) {}', (ANSWERED,), unbound),
    Case("regex", "REPLACE of the empty match", 'SELECT (REPLACE("abc", "x*", "-") AS ?m) {}', (ANSWERED,), rows(1)),
    Case("regex", "REPLACE with a group that is not there", 'SELECT (STRLEN(REPLACE("' + "a" * 1000 + '", "a", "$99999999999")) AS ?m) {}', (ANSWERED,), rows(1)),
)  # fmt: skip


@parametrised(*EXPLOSION)
def test_no_explosion_outlives_its_limit(target: Target, case: Case) -> None:
    # Half the deadline of the service: it ends the same way, and leaves time for the others.
    attack(target, case, timeout="1")


@parametrised(*MEMORY)
def test_no_growth_outlives_its_limit(target: Target, case: Case) -> None:
    attack(target, case)


@parametrised(*REGEX)
def test_no_pattern_holds_the_service_up(target: Target, case: Case) -> None:
    attack(target, case)


@pytest.mark.parametrize("timeout", ["0.2", "1000"])
def test_a_query_without_end_ends_at_the_earlier_of_two_deadlines(target: Target, timeout: str) -> None:
    outcome = target.ask(select("(COUNT(*) AS ?n)", PRODUCT), timeout=timeout)
    assert outcome.slug == TIMEOUT
    assert outcome.problem()["seconds"] == min(float(timeout), DEADLINE_SECONDS)
    assert outcome.seconds < DEADLINE_SECONDS + 1
    target.assert_well()
