"""SERVICE asks only whom the operator allows, only what the query says, and joins what comes back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clustergraph.engine.base import Answer, QueryRequest
from clustergraph.engine.embedded_answer import EmbeddedAnswer
from clustergraph.engine.federated_calls import RemoteFailed
from clustergraph.engine.federated_clauses import _edited
from clustergraph.engine.guard import QueryShape
from clustergraph.engine.sharing import SharedAnswers
from clustergraph.errors import (
    QueryMalformed,
    QueryRefused,
)
from clustergraph.negotiation import JSON, TURTLE

from .asking import COUNT
from .federating import FINE, LOCAL, ROWS, asked, bindings, federation, iri, results, solutions
from .remote_services import (
    Remote,
    reply,
    saying,
    served,
    silent_for,
)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("local") / "local.nt"
    path.write_text(LOCAL, encoding="utf-8")
    return path


def test_solutions_of_another_service_are_joined(local: Path) -> None:
    with served(FINE) as remote:
        found = asked(local, ROWS.format("SERVICE", remote.url), remote)
        assert sorted((row["n"], row["c"]) for row in bindings(found)) == [
            ("Anna", "Graz"),
            ("Anna", "Wien"),
            ("Bert", "Brno"),
        ]
        (call,) = remote.calls
    assert call.query == "SELECT * WHERE { ?s <http://e/city> ?c }"
    assert call.headers == {
        "host": f"127.0.0.1:{remote.port}",
        "user-agent": "clustergraph",
        "accept": "application/sparql-results+json",
        "accept-encoding": "identity",
        "content-type": "application/x-www-form-urlencoded",
        "content-length": str(len(call.body)),
        "connection": "close",
    }


def test_a_query_without_service_goes_to_the_engine_as_it_is(local: Path) -> None:
    async def scene(remote: Remote) -> list[Answer]:
        async with federation(local, remote.origin) as engine:
            queries = (COUNT, f"SELECT * {{ ?s ?p 'SERVICE <{remote.url}> {{}}' }} # service \\u0041")
            return [await engine.answer(QueryRequest(query=query, result_format=JSON)) for query in queries]

    with served(FINE) as remote:
        assert all(isinstance(answer, EmbeddedAnswer) for answer in asyncio.run(scene(remote)))
        assert remote.calls == []


def test_prefixes_and_the_base_of_the_query_go_along(local: Path) -> None:
    query = (
        "BASE <x/> PREFIX e: <../../> # a comment\nPREFIX unused: <http://u/>\n"
        "SELECT * { SERVICE <%s> { <../../a> e:city ?c FILTER(?c != 'a # \"b') } }"
    )
    with served(FINE) as remote:
        found = asked(local, query % remote.url, remote, request={"base_iri": "http://e/y/"})
        assert {row["c"] for row in bindings(found)} == {"Wien", "Graz"}


def test_graphs_of_the_request_and_of_from_are_this_datasets_only(local: Path) -> None:
    query = f"{ROWS} # FROM".replace("* {{", "* FROM <http://e/nowhere> {{", 1)
    with served(FINE) as remote:
        assert bindings(asked(local, query.format("SERVICE", remote.url), remote)) == []
        alone = f"SELECT * {{ SERVICE <{remote.url}> {{ ?s ?p ?o }} }}"
        found = asked(local, alone, remote, request={"default_graphs": ("http://e/nowhere",)})
        assert len(bindings(found)) == 3
        assert all("FROM" not in call.query and b"graph-uri" not in call.body for call in remote.calls)


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE <http://elsewhere.example/> { ?s ?p ?o } }",
        "SELECT * { SERVICE <URL> { ?s ?p ?o } SERVICE <http://elsewhere.example/> { ?s ?p ?o } }",
        "SELECT * { SERVICE <URL> { ?s ?p ?o SERVICE SILENT <URL> { ?s ?p ?o } } }",
        "SELECT * { SERVICE <URL> { { SELECT * { SERVICE <URL> { } } } } }",
        "SELECT * { SERVICE ?s { ?s ?p ?o } }",
        "SELECT * { SERVICE <URL> { ?s ?p ?o } }" + " #" * 10 + "\n VALUES ?s { <URL> } ; INSERT DATA { }",
    ],
)
def test_who_may_not_be_asked_is_not_and_neither_are_the_others(local: Path, query: str) -> None:
    with served(FINE) as remote:
        with pytest.raises((QueryRefused, QueryMalformed)):
            asked(local, query.replace("URL", remote.url), remote)
        assert remote.calls == []


def test_an_allowed_origin_at_a_private_address_is_not_reached_unless_that_is_allowed_too(
    local: Path,
) -> None:
    with served(FINE) as remote:
        with pytest.raises(RemoteFailed, match="is not at a public address"):
            asked(local, ROWS.format("SERVICE", remote.url), remote, private=False)
        assert remote.calls == []


def test_a_ninth_service_is_refused_at_its_place(local: Path) -> None:
    with served(FINE) as remote:
        clauses = "\n".join([f"SERVICE <{remote.url}> {{ ?s ?p ?o }}"] * 9)
        with pytest.raises(QueryRefused, match="8 SERVICE clauses") as caught:
            asked(local, f"SELECT * {{\n{clauses} }}", remote)
        assert (caught.value.line, caught.value.column) == (10, 1)
        assert remote.calls == []


WRONG = {
    "SELECT * { SERVICE <URL> { ?s ?p ?o } ?s ?p }": 1,
    "SELECT * {\n  SERVICE <URL> {\n    ?s ?p ?o .. }\n}": 3,
    "SELECT ?s\n{ SERVICE SILENT <URL> { ?s ?p } }": 2,
    "SELECT * { { SERVICE <URL> { ?s ?p ?o } UNION { ?s ?p ?o } } }": 1,
    "SELECT * { ?s ?p ?o\n BIND(1 AS ?s) SERVICE <URL> { } }": 2,
    "\\u0053ELECT * {\n \\u0053ERVICE <URL> { ?s ?p ?o }\n\\u003fx }": 3,
    "SELECT ?x (COUNT(?s) AS ?n) {\n SERVICE <URL> { ?s ?p ?x } }": 2,
}


@pytest.mark.parametrize("query", WRONG)
def test_a_mistake_is_told_where_it_is_before_anyone_is_asked(local: Path, query: str) -> None:
    with served(FINE) as remote:
        for checked_only in (False, True):
            with pytest.raises(QueryMalformed) as caught:
                asked(local, query.replace("URL", remote.url), remote, request={"checked_only": checked_only})
            assert caught.value.line == WRONG[query]
            assert caught.value.column is not None
        assert remote.calls == []


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("SELECT * {\n  SERVICE <URL> {\n ?s ?p ?o\n }\n FILTER(<http://e/function>(?s)) }", 5),
        ("SELECT * { FILTER(<http://e/function>(?s)) SERVICE <URL> { ?s ?p ?o } }", 1),
        ("SELECT * {\nSERVICE <URL> { ?s ?p ?o } \\u0046ILTER(<http://e/function>(?s)) }", 2),
    ],
)
def test_a_function_that_nobody_knows_is_told_where_it_was_written(
    local: Path, query: str, line: int
) -> None:
    with served(FINE) as remote:
        written = query.replace("URL", remote.url)
        with pytest.raises(QueryMalformed, match="no function") as caught:
            asked(local, written, remote)
        assert remote.calls == []
    place = written.split("\n")[line - 1].index("<http://e/function>") + 1
    assert (caught.value.line, caught.value.column) == (line, place)


def test_a_function_of_the_other_service_is_its_own(local: Path) -> None:
    with served(saying(solutions(["s"], [{"s": iri("http://e/a")}]))) as remote:
        query = (
            f"SELECT * {{ ?s ?p ?o SERVICE <{remote.url}> {{ ?s ?q ?r FILTER(<http://e/function>(?r)) }} }}"
        )
        assert len(bindings(asked(local, query, remote))) == 1
        assert "<http://e/function>" in remote.calls[0].query
        asked_only = asked_bytes(local, query, remote)
        assert asked_only == b""


@pytest.mark.parametrize("edits", [[], [(3, 7, "new part")], [(0, 2, ""), (5, 9, "x"), (12, 12, "longer")]])
def test_every_place_of_an_edited_text_leads_back(edits: list[tuple[int, int, str]]) -> None:
    old = "abcdefghijklmnop"
    edited = _edited(old, edits)
    for offset in range(len(edited.text)):
        before = edited.old_offset(offset)
        assert old[before] == edited.text[offset] or any(
            start <= before <= end and before == start for start, end, _ in edits
        )
    assert edited.old_offset(len(edited.text)) == len(old)


def test_an_error_of_the_engine_after_the_services_were_asked_is_told_where_it_was_written(
    local: Path,
) -> None:
    """No such error is known but those found before; should there be one, its place is right."""

    async def scene(remote: Remote, query: str) -> QueryMalformed:
        async with federation(local, remote.origin) as engine:

            async def ask(request: QueryRequest, shape: QueryShape) -> Answer:
                before, _, _ = shape.text.partition("?here")
                line = before.count("\n") + 1
                raise QueryMalformed(
                    "Wrong.", line=line, column=len(before) - before.rfind("\n"), fix="Mend it."
                )

            engine._ask = ask
            with pytest.raises(QueryMalformed) as caught:
                await results(engine, query)
            return caught.value

    queries = (
        "SELECT * {{ SERVICE <{0}> {{ ?s ?p ?o }} ?here ?p ?o }}",
        "SELECT * {{ ?here ?p ?o\n SERVICE <{0}> {{\n ?s ?p ?o }} }}",
        "ASK {{ SERVICE <{0}> {{\n?s ?p ?o }} SERVICE <{0}> {{ ?a ?b\n ?c }}\n\\u003fs ?p ?o . ?here ?p 1 }}",
    )
    with served(FINE) as remote:
        for query in queries:
            written = query.format(remote.url)
            before, _, _ = written.partition("?here")
            error = asyncio.run(scene(remote, written))
            assert (error.line, error.column) == (
                before.count("\n") + 1,
                len(before) - before.rfind("\n"),
            )
            assert error.fix == "Mend it."


def test_a_format_that_cannot_carry_the_answer_is_refused_before_anyone_is_asked(local: Path) -> None:
    async def scene(remote: Remote) -> None:
        async with federation(local, remote.origin) as engine:
            query = ROWS.format("SERVICE", remote.url)
            await engine.answer(QueryRequest(query=query, result_format=TURTLE))

    with served(FINE) as remote:
        with pytest.raises(QueryRefused, match="cannot be written as turtle"):
            asyncio.run(scene(remote))
        assert remote.calls == []


def asked_bytes(local: Path, query: str, remote: Remote) -> bytes | None:
    """What an engine answers that is only to check a query."""

    async def scene() -> bytes | None:
        async with federation(local, remote.origin) as engine:
            answer = await engine.answer(QueryRequest(query=query, result_format=JSON, checked_only=True))
            return answer.complete

    return asyncio.run(scene())


def test_a_query_that_is_only_checked_reaches_nobody(local: Path) -> None:
    with served(FINE) as remote:
        assert asked_bytes(local, ROWS.format("SERVICE", remote.url), remote) == b""
        assert remote.calls == []


def test_blank_nodes_meet_within_one_answer_and_nowhere_else(local: Path) -> None:
    def blank(label: str) -> dict[str, str]:
        return {"type": "bnode", "value": label}

    rows = [{"x": blank("b0"), "y": blank("b1")}, {"x": blank("b1"), "y": blank("b0")}]
    with served(saying(solutions(["x", "y"], rows))) as remote:
        one = f"SERVICE <{remote.url}> {{ ?x ?p ?y }}"
        found = asked(local, f"SELECT ?x ?y (isIRI(?x) AS ?i) {{ {one} }}", remote)
        terms = {term for row in bindings(found) for term in (row["x"], row["y"])}
        assert len(terms) == 2
        assert all(term.startswith("urn:x-clustergraph:blank:") for term in terms)
        assert {row["i"] for row in bindings(found)} == {"true"}
        cycle = f"SELECT * {{ {one} FILTER(?x != ?y) }}"
        assert len(bindings(asked(local, cycle, remote))) == 2
        twice = f"SELECT * {{ {one} SERVICE <{remote.url}> {{ ?x ?q ?z }} }}"
        assert bindings(asked(local, twice, remote)) == []


def test_a_service_binds_no_variable_that_it_was_not_asked_for(local: Path) -> None:
    more = solutions(
        ["s", "n", "c"], [{"s": iri("http://e/a"), "n": iri("http://evil/"), "c": iri("http://e/c")}]
    )
    with served(saying(more)) as remote:
        assert bindings(asked(local, ROWS.format("SERVICE", remote.url), remote)) == [
            {"s": "http://e/a", "n": "Anna", "c": "http://e/c"}
        ]


def test_a_table_without_solutions_has_its_columns(local: Path) -> None:
    with served(saying(b'{"results":{"bindings":[]},"head":{"vars":[]}}')) as remote:
        group = "{ ?s ?p ?o OPTIONAL { ?s ?q [] } MINUS { ?m ?n ?s } }"
        query = f"SELECT * {{ SERVICE <{remote.url}> {group} }}"
        found = asked(local, query, remote)
    assert set(found["head"]["vars"]) == {"s", "p", "o", "q"}
    assert bindings(found) == []


def terms() -> st.SearchStrategy[dict[str, str]]:
    """RDF terms as JSON results have them, with whatever text may stand in a string."""
    text = st.one_of(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
        st.text("\\\"'u0041{}()<>?$#\n\r\t \x00@^", max_size=30),
        st.sampled_from(["\\u0022", "' } INSERT", '"""', "\\", "\\\\u0041", "SERVICE <http://x/> {}"]),
    )
    language = st.from_regex(r"[a-z]{2}(-[A-Z]{2})?", fullmatch=True)
    local = st.text("abcxyz0189/?=&;,!$'()*+~@:%2F-._é漢", max_size=20)
    iris = st.builds("http://e/{}".format, local).map(lambda text: text.replace("%", "%41"))
    return st.one_of(
        st.builds(lambda value: {"type": "literal", "value": value}, text),
        st.builds(lambda value, tag: {"type": "literal", "value": value, "xml:lang": tag}, text, language),
        st.builds(lambda value, kind: {"type": "literal", "value": value, "datatype": kind}, text, iris),
        st.builds(iri, iris),
    )


def test_every_term_arrives_as_it_was_sent(local: Path) -> None:
    said = {"body": b""}
    with served(lambda handler, call: reply(handler, said["body"])) as remote, asyncio.Runner() as runner:
        opened = federation(local, remote.origin)
        engine = runner.run(opened.__aenter__())

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(st.lists(st.tuples(terms(), terms()), max_size=8))
        def check(pairs: list[tuple[dict[str, str], dict[str, str]]]) -> None:
            said["body"] = solutions(["s", "o"], [{"s": s, "o": o} for s, o in pairs])
            query = f"SELECT ?s ?o {{ SERVICE <{remote.url}> {{ ?s ?p ?o }} }}"
            found = runner.run(results(engine, query))["results"]["bindings"]
            sent = ox.parse_query_results(said["body"], format=ox.QueryResultsFormat.JSON)
            assert sorted(map(str, sent)) == sorted(
                map(
                    str,
                    ox.parse_query_results(solutions(["s", "o"], found), format=ox.QueryResultsFormat.JSON),
                )
            )

        try:
            check()
        finally:
            runner.run(opened.__aexit__(None, None, None))


def test_an_answer_with_parts_of_others_is_never_kept(local: Path) -> None:
    async def scene(remote: Remote) -> None:
        async with federation(local, remote.origin) as engine:
            shared = SharedAnswers(engine, cache_bytes=1_000_000)
            query = ROWS.format("SERVICE", remote.url)
            for _ in range(2):
                assert len(bindings(await results(shared, query))) == 3
            assert shared.entries == 0
            assert shared.dataset == engine.inner.dataset

    with served(FINE) as remote:
        asyncio.run(scene(remote))
        assert len(remote.calls) == 2


def test_the_engine_is_ready_whatever_other_services_do(local: Path) -> None:
    async def scene(remote: Remote) -> bool:
        async with federation(local, remote.origin) as engine:
            assert await engine.start() is engine
            return await engine.ready()

    with served(silent_for(15)) as remote:
        assert asyncio.run(scene(remote))
        assert remote.calls == []
