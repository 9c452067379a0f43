"""Queries made of hostile text and numbers, and queries that reach for what no query may have."""

# ruff: noqa: E501 - a case is a line of a table, however long its query.

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

import pytest

from hostile.cases import (
    ANSWERED,
    GRAPH,
    MALFORMED,
    OVER_BUDGET,
    REFUSED,
    SOLUTIONS,
    TIMEOUT,
    TOO_LONG,
    UNACCEPTABLE,
    Case,
    attack,
    parametrised,
    rows,
    says,
    unbound,
    value,
)
from hostile.dataset import EX, PREFIX
from hostile.service import Outcome, Target

XSD: Final = "PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>\n"
HALF: Final = 250_000


def number(expression: str) -> str:
    return f"{XSD}SELECT ({expression} AS ?n) {{}}"


def one_value(outcome: Outcome) -> bool:
    """One row, with a value or, where the expression has an error, none."""
    return len(outcome.rows()) == 1 and len(outcome.rows()[0]) <= 1


NUMBERS: Final = (
    Case("numbers", "10^400 as a double", number(f"1{'0' * 400}e0 * 1e300"), (ANSWERED,), value("INF")),
    Case("numbers", "10^400 as an integer", number("1" + "0" * 400), (ANSWERED,), one_value),
    Case("numbers", "10^400 plus one", number(f"1{'0' * 400} + 1"), (ANSWERED,), unbound),
    Case("numbers", "an exponent of a million digits", number(f"1e{'9' * 100_000}"), (ANSWERED,), one_value),
    Case("numbers", "division by 0", number("1 / 0"), (ANSWERED,), unbound),
    Case("numbers", "division of a double by 0", number("1e0 / 0"), (ANSWERED,), value("INF")),
    Case("numbers", "0 by 0", number("0.0e0 / 0"), (ANSWERED,), value("NaN")),
    Case("numbers", "the least integer by -1", number("-9223372036854775808 / -1"), (ANSWERED,), one_value),
    Case("numbers", "the least integer, negated", number("-(-9223372036854775807 - 1)"), (ANSWERED,), unbound),
    Case("numbers", "ABS of the least integer", number("ABS(-9223372036854775807 - 1)"), (ANSWERED,), unbound),
    Case("numbers", "the greatest integer plus one", number("9223372036854775807 + 1"), (ANSWERED,), unbound),
    Case("numbers", "a product beyond 64 bits", number("9223372036854775807 * 9223372036854775807"), (ANSWERED,), unbound),
    Case("numbers", "a decimal of 100,000 digits", number("0." + "1" * 100_000), (ANSWERED,), one_value),
    Case("numbers", "a decimal of 100,000 digits, squared", number(f"0.{'1' * 100_000} * 0.{'1' * 100_000}"), (ANSWERED,), one_value),
    Case("numbers", "a decimal cast from 200,000 digits", number(f'xsd:decimal("{"7" * 200_000}")'), (ANSWERED,), unbound),
    Case("numbers", "the sum of what has no sum", f"{PREFIX}SELECT (SUM(?l) AS ?n) {{ ?s ex:label ?l }}", (ANSWERED,), unbound),
    Case("numbers", "a year out of range", number('xsd:dateTime("999999999999999999-01-01T00:00:00Z") + xsd:dayTimeDuration("P1D")'), (ANSWERED,), unbound),
    Case("numbers", "the 31st of February", number('YEAR("2024-02-31T00:00:00Z"^^xsd:dateTime)'), (ANSWERED,), unbound),
    Case("numbers", "a duration that overflows", number('xsd:dateTime("2024-01-01T00:00:00Z") + xsd:dayTimeDuration("P99999999999999999D")'), (ANSWERED,), unbound),
    Case("numbers", "a time zone of 99 hours", number('TIMEZONE("2024-01-01T00:00:00+99:00"^^xsd:dateTime)'), (ANSWERED,), unbound),
    Case("numbers", "SUBSTR from minus infinity", number('SUBSTR("abc", -1e400, 1e400)'), (ANSWERED,), one_value),
    Case("numbers", "SUBSTR of the greatest integer", number('SUBSTR("abc", 9223372036854775807, 9223372036854775807)'), (ANSWERED,), one_value),
    Case("numbers", "SUBSTR of the least integer", number('SUBSTR("abc", -9223372036854775807, 9223372036854775807)'), (ANSWERED,), one_value),
    Case("numbers", "ROUND, CEIL and FLOOR of infinity", number("ROUND(CEIL(FLOOR(1e400)))"), (ANSWERED,), value("INF")),
    Case("numbers", "a LIMIT beyond 64 bits", "SELECT * { ?s ?p ?o } LIMIT " + "9" * 400, (MALFORMED,)),
    Case("numbers", "a LIMIT below zero", "SELECT * { ?s ?p ?o } LIMIT -1", (MALFORMED,)),
    Case("numbers", "an OFFSET beyond everything", "SELECT * { ?s ?p ?o } OFFSET 18446744073709551615", (ANSWERED,), rows(0)),
)  # fmt: skip

TEXT: Final = (
    Case("text", "control characters in a string", 'SELECT ("\x01\x02\x1f\x7f" AS ?n) {}', (ANSWERED, MALFORMED), value("\x01\x02\x1f\x7f")),
    Case("text", "control characters in a string, as XML", 'SELECT ("\\u0001" AS ?n) {}', (UNACCEPTABLE,), accept="application/sparql-results+xml"),
    Case("text", "NUL in a string", 'SELECT ("a\\u0000b" AS ?n) {}', (ANSWERED, MALFORMED), value("a\x00b")),
    Case("text", "NUL between tokens", "SELECT * {\x00}", (MALFORMED,)),
    Case("text", "NUL in CSV", 'SELECT ("a\\u0000b" AS ?n) {}', (ANSWERED, MALFORMED), lambda it: it.body == b"n\r\na\x00b\r\n", "text/csv"),
    Case("text", "a lone surrogate by escape", 'SELECT ("\\uD800" AS ?n) {}', (MALFORMED,)),
    Case("text", "a pair of surrogates by escapes", 'SELECT ("\\uD83D\\uDE00" AS ?n) {}', (MALFORMED,)),
    Case("text", "a lone surrogate in the bytes", 'SELECT ("\ud800" AS ?n) {}', ("400 invalid-encoding",)),
    Case("text", "a code point beyond Unicode", 'SELECT ("\\U00110000" AS ?n) {}', (MALFORMED,)),
    Case("text", "an escape that is cut off", 'SELECT ("\\u00', (MALFORMED,)),
    Case("text", "escapes of escapes", 'SELECT ("\\u005Cu005Cu0022" AS ?n) {}', (ANSWERED, MALFORMED), one_value),
    Case("text", "a byte order mark", "\ufeffASK {}", (MALFORMED, ANSWERED), says(True)),
    Case("text", "byte order marks everywhere", "\ufeff".join("ASK { ?s ?p ?o }"), (MALFORMED,)),
    Case("text", "non-characters", 'SELECT ("\ufffe\uffff\U0010ffff" AS ?n) {}', (ANSWERED, MALFORMED), value("\ufffe\uffff\U0010ffff")),
    Case("text", "non-characters as XML", 'SELECT ("\ufffe\uffff" AS ?n) {}', (UNACCEPTABLE, MALFORMED), accept="application/sparql-results+xml"),
    Case("text", "letters written from right to left", 'SELECT ("\u202e\u2066abc" AS ?n) {}', (ANSWERED,), value("\u202e\u2066abc")),
    Case("text", "no-break spaces between tokens", "SELECT\u00a0*\u2003{\u3000}", (MALFORMED,)),
    Case("text", "keywords in full-width letters", "ＳＥＬＥＣＴ * {}", (MALFORMED,)),
    Case("text", "line ends of every kind", "ASK\r\n{\r?s\n?p\n\r?o\u2028}", (ANSWERED, MALFORMED), says(True)),
    Case("text", "nothing but line ends", "\r\n" * (HALF // 2), (MALFORMED,)),
    Case("text", "nothing", "", (MALFORMED, "400 missing-query")),
    Case("text", "nothing but a comment", "#" + "c" * HALF, (MALFORMED,)),
    Case("text", "a comment of 250 kB", "ASK {} #" + "c" * HALF, (ANSWERED,), says(True)),
    Case("text", "250,000 comments", "#\n" * (HALF // 2) + "ASK {}", (ANSWERED,), says(True)),
    Case("text", "a string of 250 kB", f'SELECT (STRLEN("{"s" * HALF}") AS ?n) {{}}', (ANSWERED,), value(str(HALF))),
    Case("text", "an IRI of 250 kB", f"ASK {{ <{EX}{'i' * HALF}> ?p ?o }}", (ANSWERED,), says(False)),
    Case("text", "a string that is not closed", 'ASK { ?s ?p "' + "s" * HALF, (MALFORMED,)),
    Case("text", "a long string that is not closed", 'ASK { ?s ?p """' + '""s' * (HALF // 3), (MALFORMED,)),
    Case("text", "an IRI that is not closed", f"ASK {{ ?s ?p <{EX}" + "i" * HALF, (MALFORMED,)),
    Case("text", "backslashes", 'ASK { ?s ?p "' + "\\" * HALF, (MALFORMED,)),
    Case("text", "quotation marks", "ASK { ?s ?p " + '"' * HALF, (MALFORMED, TIMEOUT)),
    Case("text", "smaller-than signs", "ASK { ?s ?p " + "<" * HALF, (MALFORMED, REFUSED)),
    Case("text", "escapes of one letter", 'SELECT (STRLEN("' + "\\u0061" * 40_000 + '") AS ?n) {}', (ANSWERED,), value("40000")),
    Case("text", "a language of 200,000 letters", f'SELECT (LANG("a"@{"x" * 200_000}) AS ?n) {{}}', (ANSWERED, MALFORMED), one_value),
    Case("text", "percent signs", "ASK { <%" + "%" * 1000 + "> ?p ?o }", (ANSWERED, MALFORMED), says(False)),
    Case("text", "one word of 250,000 letters", "S" * HALF, (MALFORMED,)),
    Case("text", "dots, colons and semicolons", "ASK { " + ".:;," * 60_000, (MALFORMED, REFUSED)),
    Case("text", "every byte from 1 to 127", "ASK { " + "".join(map(chr, range(1, 128))) + " }", (MALFORMED,)),
    Case("text", "markup", "<script>alert(1)</script>", (MALFORMED,)),
    Case("text", "a query longer than any", "x" * 600_000, (TOO_LONG,)),
)  # fmt: skip

#: Everything but the address, which each test fills in.
SERVICES: Final = (
    "ASK { SERVICE <#> { ?s ?p ?o } }",
    "ASK { SERVICE SILENT <#> { ?s ?p ?o } }",
    "ask { service silent <#> { ?s ?p ?o } }",
    "ASK { SeRvIcE<#>{ ?s ?p ?o } }",
    "ASK{SERVICE<#>{}}",
    "PREFIX s: <#> ASK { SERVICE s: { ?s ?p ?o } }",
    "PREFIX s: <#> ASK { SERVICEs:{ ?s ?p ?o } }",
    "PREFIX s: <#> ASK { SERVICESILENTs:{ ?s ?p ?o } }",
    "BASE <#> ASK { SERVICE <> { ?s ?p ?o } }",
    r"ASK { \u0053ERVICE <#> { ?s ?p ?o } }",
    r"ASK { SERV\U00000049CE SILENT <#> { ?s ?p ?o } }",
    "ASK { BIND(IRI('#') AS ?e) SERVICE ?e { ?s ?p ?o } }",
    "ASK { VALUES ?e { <#> } SERVICE SILENT ?e { ?s ?p ?o } }",
    "ASK { ?a ?b ?c OPTIONAL { SERVICE SILENT <#> { ?s ?p ?o } } }",
    "ASK { ?a ?b ?c FILTER EXISTS { SERVICE <#> { ?s ?p ?o } } }",
    "ASK { ?a ?b ?c FILTER(NOT EXISTS { SERVICE SILENT <#> { ?s ?p ?o } }) }",
    "ASK { ?a ?b ?c MINUS { SERVICE <#> { ?s ?p ?o } } }",
    "ASK { { ?a ?b ?c } UNION { SERVICE SILENT <#> { ?s ?p ?o } } }",
    "ASK { GRAPH ?g { SERVICE <#> { ?s ?p ?o } } }",
    "ASK { { SELECT * { SERVICE <#> { ?s ?p ?o } } } }",
    "CONSTRUCT { ?s ?p ?o } WHERE { SERVICE <#> { ?s ?p ?o } }",
    "DESCRIBE ?s WHERE { SERVICE SILENT <#> { ?s ?p ?o } }",
    "ASK { SERVICE#comment\nSILENT#>\n<#>#\n{ ?s ?p ?o } }",
    "ASK { ?s ?p '''SERVICE''' . SERVICE <#> { ?s ?p ?o } }",
    "ASK { ?s ?p 'it\\'s' } #\nSERVICE <#> {}",
    "ASK { OPTIONAL{}SERVICE<#>{} }",
    "ASK { FILTER(1<2)SERVICE SILENT<#>{ ?s ?p ?o } }",
    "ASK { LATERAL { SERVICE <#> { ?s ?p ?o } } }",
)

UPDATES: Final = (
    "LOAD <#>",
    "LOAD SILENT <#> INTO GRAPH <x:g>",
    "load<#>",
    r"\u004COAD <#>",
    "PREFIX x: <#> LOAD x:",
    "BASE <#> LOAD <>",
    "#comment\nLOAD <#>",
    "LOAD <file:///etc/passwd>",
    "INSERT DATA { <x:s> <x:p> <x:o> }",
    "INSERT { ?s ?p 1 } WHERE { ?s ?p ?o }",
    "PREFIX x: <x:> insert data { x:s x:p x:o }",
    "DELETE WHERE { ?s ?p ?o }",
    "DELETE DATA { <x:s> <x:p> <x:o> }",
    "WITH <x:g> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    "CLEAR ALL",
    "CLEAR SILENT DEFAULT",
    "DROP ALL",
    "DROP GRAPH <x:g>",
    "CREATE GRAPH <x:g>",
    "ADD DEFAULT TO <x:g>",
    "MOVE DEFAULT TO <x:g>",
    "COPY DEFAULT TO <x:g>",
    "ASK {} ; CLEAR ALL",
    "ASK {} CLEAR ALL",
    "SELECT * {} ; LOAD <#>",
    "ASK { INSERT DATA { <x:s> <x:p> <x:o> } }",
)

#: These are well-formed and name graphs that are not there: nothing is fetched, nothing is found.
GRAPHS: Final = (
    "ASK FROM <file:///etc/passwd> { ?s ?p ?o }",
    "ASK FROM NAMED <file:///etc/passwd> { GRAPH ?g { ?s ?p ?o } }",
    "ASK FROM <#> { ?s ?p ?o }",
    "ASK FROM <#> FROM <file:///etc/hosts> { ?s ?p ?o }",
    "ASK FROM NAMED <#> { GRAPH <#> { ?s ?p ?o } }",
    "BASE <file:///> ASK FROM <etc/passwd> { ?s ?p ?o }",
    "ASK { GRAPH <file:///etc/passwd> { ?s ?p ?o } }",
    "ASK { GRAPH <#> { ?s ?p ?o } }",
    "ASK FROM <http://169.254.169.254/latest/meta-data/> { ?s ?p ?o }",
)

FUNCTIONS: Final = (
    "<file:///etc/passwd>()",
    "<javascript:alert(1)>('x')",
    "<#>(1, 2, 3)",
    "<java:java.lang.Runtime.exec>('id')",
    "<bif:sys_eval>('ls')",
    "<http://www.w3.org/2001/XMLSchema#none>(1)",
)


@parametrised(*NUMBERS)
def test_no_number_confuses_the_service(target: Target, case: Case) -> None:
    attack(target, case)


@parametrised(*TEXT)
def test_no_text_confuses_the_service(target: Target, case: Case) -> None:
    attack(target, case)


@contextmanager
def trap() -> Iterator[tuple[str, list[str]]]:
    """A port that nobody has a reason to call, and who called it."""
    calls: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    caller, address = listener.accept()
                    calls.append(str(address))
                    caller.close()

        thread = threading.Thread(target=listen, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/", calls
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.mark.parametrize("query", SERVICES)
def test_no_spelling_of_service_reaches_anything(target: Target, query: str) -> None:
    with trap() as (address, calls):
        outcome = target.ask(query.replace("#>", f"{address}>").replace("'#'", f"'{address}'"))
        if "\nSERVICE <" in query and query.startswith("ASK { ?s ?p 'it"):
            assert outcome.slug in (MALFORMED, REFUSED), outcome
        else:
            assert outcome.slug == REFUSED, outcome
        target.assert_well()
    assert calls == []


@pytest.mark.parametrize("query", UPDATES)
def test_no_spelling_of_an_update_changes_or_loads_anything(target: Target, query: str) -> None:
    before = target.ask("SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }").body
    with trap() as (address, calls):
        asked = query.replace("<#>", f"<{address}>")
        assert target.ask(asked).slug in (REFUSED, MALFORMED)
        as_update = target.request(
            "POST",
            "/sparql",
            content=asked.encode(),
            headers={"Content-Type": "application/sparql-update", "Accept": SOLUTIONS},
        )
        assert as_update.slug == "403 read-only"
        assert target.request("POST", "/sparql", data={"update": asked}).slug == "403 read-only"
        target.assert_well()
    assert calls == []
    after = target.ask("SELECT (COUNT(*) AS ?n) { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }").body
    assert after == before


@pytest.mark.parametrize("query", GRAPHS)
def test_no_graph_name_is_fetched(target: Target, query: str) -> None:
    with trap() as (address, calls):
        outcome = target.ask(query.replace("<#>", f"<{address}>"))
        assert outcome.slug == ANSWERED, outcome
        assert outcome.boolean() is False
        target.assert_well()
    assert calls == []


@pytest.mark.parametrize(
    "name", ["file:///etc/passwd", "http://127.0.0.1:1/", "data:text/turtle,<a> <b> <c>."]
)
def test_no_graph_named_by_a_parameter_is_fetched(target: Target, name: str) -> None:
    for parameter in ("default-graph-uri", "named-graph-uri"):
        outcome = target.ask("ASK { { ?s ?p ?o } UNION { GRAPH ?g { ?s ?p ?o } } }", **{parameter: name})
        if outcome.slug != "400 invalid-parameter":
            assert outcome.slug == ANSWERED, outcome
            assert outcome.boolean() is False
    target.assert_well()


@pytest.mark.parametrize("call", FUNCTIONS)
def test_no_function_of_a_strangers_name_is_called(target: Target, call: str) -> None:
    with trap() as (address, calls):
        outcome = target.ask(f"SELECT ({call.replace('<#>', f'<{address}>')} AS ?n) {{}}")
        assert outcome.slug == MALFORMED, outcome
        assert "There is no function" in outcome.problem()["detail"]
        target.assert_well()
    assert calls == []


@pytest.mark.parametrize(
    "iri", ["file:///etc/passwd", "javascript:alert(1)", "data:,x", "\\u003Cscript\\u003E"]
)
def test_describing_a_strange_iri_describes_nothing(target: Target, iri: str) -> None:
    outcome = target.ask(f"DESCRIBE <{iri}>", GRAPH)
    assert outcome.slug in (ANSWERED, MALFORMED), outcome
    if outcome.slug == ANSWERED:
        assert outcome.body == b""
    assert outcome.slug != OVER_BUDGET
    target.assert_well()
