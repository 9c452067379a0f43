"""SERVICE means what it means to Oxigraph itself when it asks the same services, and to the W3C."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clustergraph.egress import Egress, EgressPolicy
from clustergraph.engine.base import QueryRequest
from clustergraph.engine.federated import FederatedEngine
from clustergraph.engine.guard import inspect
from clustergraph.errors import QueryRefused
from clustergraph.negotiation import JSON, NTRIPLES, ResultKind

from .asking import engine_over
from .remote_services import Call, Remote, over, served

SUITE = Path(__file__).resolve().parents[2].parent / "shared" / "w3c" / "sparql" / "sparql11" / "service"

LOCAL = """
@prefix : <http://e/> .
:a :knows :b , :c ; :name "Anna"@en .
:b :knows :c ; :name "Bert" .
:c :name "Cleo"@de-AT ; :age 41 .
:d :age 7.5 , "old"^^:Age ; :name "line\\nbreak \\"quoted\\" back\\\\slash {} # ?x" .
:g1 { :a :knows :d . :g1 :holds :a , :b }
"""
FIRST = """
@prefix : <http://e/> .
:a :city "Wien" , "Graz" ; :size 3 .
:b :city "Brno" ; :size 41 .
:c :size 41 ; :label "Cleo"@de-at .
:z :city "line\\nbreak \\"quoted\\" back\\\\slash {} # ?x" ;
   :when "2018-01-01"^^<http://www.w3.org/2001/XMLSchema#date> .
"""
SECOND = """
@prefix : <http://e/> .
:a :likes :c . :b :likes :b . :c :likes :a , :d . :d :likes :e .
"""

QUERIES = {
    "join": "SELECT * { ?s :name ?n SERVICE <1> { ?s :city ?c } }",
    "before the rest": "SELECT * { SERVICE <1> { ?s :city ?c } ?s :name ?n }",
    "between patterns": "SELECT * { ?s :name ?n . SERVICE <1> { ?s :size ?z } . ?s :knows ?o }",
    "no shared variable": "SELECT * { ?s :age ?a SERVICE <1> { ?x :city ?c } }",
    "two services": "SELECT * { SERVICE <1> { ?s :city ?c } SERVICE <2> { ?s :likes ?o } }",
    "service alone": "SELECT ?o (COUNT(*) AS ?n) { SERVICE <2> { ?s :likes ?o } } GROUP BY ?o",
    "duplicates": "SELECT ?s { SERVICE <1> { SELECT ?s { ?s :city ?c } } ?s :name ?n }",
    "optional": "SELECT * { ?s :name ?n OPTIONAL { SERVICE <1> { ?s :city ?c } } }",
    "optional with a filter on both sides": (
        "SELECT * { ?s :age ?a OPTIONAL { SERVICE <1> { ?t :size ?z } FILTER(?z = ?a) } }"
    ),
    "optional inside": "SELECT * { ?s :name ?n SERVICE <1> { ?s :size ?z OPTIONAL { ?s :city ?c } } }",
    "partly unbound join": ("SELECT * { ?s :name ?n SERVICE <1> { ?s :size ?z OPTIONAL { ?s :city ?n } } }"),
    "union": "SELECT * { { ?s :knows ?o } UNION { SERVICE <2> { ?s :likes ?o } } }",
    "union inside": "SELECT * { ?s :name ?n SERVICE <1> { { ?s :city ?v } UNION { ?s :size ?v } } }",
    "minus": "SELECT * { ?s :name ?n MINUS { SERVICE <1> { ?s :city ?c } } }",
    "minus of nothing shared": "SELECT * { ?s :name ?n MINUS { SERVICE <1> { ?x :city ?c } } }",
    "minus from a service": "SELECT * { SERVICE <2> { ?s :likes ?o } MINUS { ?s :age ?a } }",
    "exists": "SELECT * { ?s :name ?n FILTER EXISTS { SERVICE <1> { ?s :city ?c } } }",
    "not exists": "SELECT * { ?s :name ?n FILTER NOT EXISTS { SERVICE <2> { ?s :likes ?o } ?o :age ?a } }",
    "exists inside": "SELECT * { ?s :name ?n SERVICE <1> { ?s :size ?z FILTER EXISTS { ?s :city ?c } } }",
    "beside a graph": "SELECT * { GRAPH ?g { ?s :holds ?o } SERVICE <1> { ?o :city ?c } }",
    "graph inside": "SELECT * { ?s :name ?n SERVICE <1> { ?s :city ?c OPTIONAL { GRAPH ?g { ?s ?p ?o } } } }",
    "subselect": (
        "SELECT * { ?s :name ?n { SELECT ?s (MAX(?c) AS ?m) { SERVICE <1> { ?s :city ?c } } GROUP BY ?s } }"
    ),
    "limit inside": (
        "SELECT * { SERVICE <1> { SELECT ?s ?c { ?s :city ?c } ORDER BY ?c LIMIT 2 } ?s :name ?n }"
    ),
    "values inside": "SELECT * { ?s :name ?n SERVICE <1> { VALUES ?s { :a :b } ?s :city ?c } }",
    "values outside": "SELECT * { SERVICE <1> { ?s :city ?c } } VALUES (?s ?c) { (:a UNDEF) (UNDEF 'Brno') }",
    "bind": "SELECT * { SERVICE <1> { ?s :size ?z BIND(?z * 2 AS ?y) } BIND(?y + 1 AS ?x) }",
    "filter inside": "SELECT * { ?s :age ?z SERVICE <1> { ?s :size ?z FILTER(?z > 3) } }",
    "filter inside on what is outside": "SELECT * { ?s :age ?a SERVICE <1> { ?t :size ?z FILTER(?z = ?a) } }",
    "path inside": "SELECT * { ?s :name ?n SERVICE <2> { ?s :likes+ ?o } }",
    "blank node in the pattern": "SELECT * { ?s :name ?n SERVICE <1> { ?s :city [] } }",
    "no variables": "SELECT * { ?s :knows ?o SERVICE <1> { :a :city 'Wien' } }",
    "no variables and no solution": "SELECT * { ?s :knows ?o SERVICE <1> { :a :city 'Rom' } }",
    "no solution": "SELECT * { ?s :name ?n OPTIONAL { SERVICE <1> { ?s :nothing ?x } } }",
    "empty group": "SELECT * { ?s :knows ?o SERVICE <1> { } }",
    "everything": "SELECT * { SERVICE <1> { ?s ?p ?o } OPTIONAL { ?s ?q ?o } }",
    "languages": "SELECT * { ?s :name ?l SERVICE <1> { ?t :label ?l } }",
    "strings that look like syntax": "SELECT * { ?s :name ?c SERVICE <1> { ?t :city ?c } }",
    "comment inside": "SELECT * { ?s :name ?n SERVICE <1> { ?s :city ?c # } } \n } }",
    "a string with braces inside": "SELECT * { ?s :name ?n SERVICE <1> { ?s :city ?c FILTER(?c != '} }') } }",
    "ask": "ASK { ?s :name ?n SERVICE <1> { ?s :city 'Brno' } }",
    "ask in vain": "ASK { ?s :age ?n SERVICE <1> { ?s :city 'Brno' } }",
    "construct": "CONSTRUCT { ?s :in ?c } WHERE { ?s :name ?n SERVICE <1> { ?s :city ?c } }",
    "describe": "DESCRIBE ?s WHERE { SERVICE <1> { ?s :city 'Brno' } }",
    "distinct and order": "SELECT DISTINCT ?c { ?s ?p ?o SERVICE <1> { ?s :city ?c } } ORDER BY ?c",
    "silent that works": "SELECT * { ?s :name ?n SERVICE SILENT <1> { ?s :city ?c } }",
    "silent that fails": "SELECT * { ?s :name ?n SERVICE SILENT <0> { ?s :city ?c } }",
    "silent that fails in optional": (
        "SELECT * { ?s :name ?n OPTIONAL { SERVICE SILENT <0> { ?s :city ?c } } }"
    ),
    "silent that fails in minus": "SELECT * { ?s :name ?n MINUS { SERVICE SILENT <0> { ?s :city ?c } } }",
    "silent that fails in exists": (
        "SELECT * { ?s :name ?n FILTER EXISTS { SERVICE SILENT <0> { ?s :city ?c } } }"
    ),
    "lower case": "select * { ?s :name ?n service <1> { ?s :city ?c } }",
    "an escaped keyword": "SELECT * { ?s :name ?n \\u0053ERVICE <1> { ?s :city ?c } }",
}


#: Those that have no answer, on purpose.
EMPTY = {"filter inside on what is outside", "no variables and no solution", "ask in vain"}

Respond = Callable[[BaseHTTPRequestHandler, Call], None]


@asynccontextmanager
async def federation(dataset: Path, remotes: Sequence[Remote]) -> AsyncIterator[FederatedEngine]:
    """An engine over a file that may ask some services on this machine."""
    origins = frozenset(remote.origin for remote in remotes)
    egress = Egress(EgressPolicy(origins=origins, private_addresses=True))
    async with engine_over(dataset) as inner:
        engine = FederatedEngine(inner, origins=origins, egress=egress, deadline_seconds=20.0)
        yield engine
        await engine.aclose()


async def answered(engine: FederatedEngine, query: str, kind: ResultKind, **request: str) -> object:
    """An answer as what compares: variables and a bag of rows, a boolean, or a bag of triples."""
    result_format = NTRIPLES if kind is ResultKind.GRAPH else JSON
    answer = await engine.answer(QueryRequest(query=query, result_format=result_format, **request))  # type: ignore[arg-type]
    try:
        body = b"".join([block async for block in answer.chunks()])
    finally:
        await answer.aclose()
    if kind is ResultKind.GRAPH:
        return Counter(str(quad.triple) for quad in ox.parse(body, format=ox.RdfFormat.N_TRIPLES))
    return bag(ox.parse_query_results(body, format=ox.QueryResultsFormat.JSON))


def bag(result: object) -> object:
    if isinstance(result, ox.QueryBoolean):
        return bool(result)
    if isinstance(result, ox.QuerySolutions):
        names = sorted(variable.value for variable in result.variables)
        return names, Counter(tuple(str(row[name]) for name in names) for row in result)
    assert isinstance(result, ox.QueryTriples)
    return Counter(map(str, result))


def empty(found: object) -> bool:
    return not (found[1] if isinstance(found, tuple) else found)


def breakable(good: Respond) -> Respond:
    """A service with a second endpoint that is broken."""

    def respond(handler: BaseHTTPRequestHandler, call: Call) -> None:
        if call.path == "/broken":
            handler.send_error(500)
        else:
            good(handler, call)

    return respond


def placed(query: str, remotes: Sequence[Remote]) -> str:
    """A query with the addresses of the services; <0> is an endpoint that is broken."""
    for number, remote in enumerate(remotes, 1):
        query = query.replace(f"<{number}>", f"<{remote.url}>")
    return "PREFIX : <http://e/> " + query.replace("<0>", f"<{remotes[0].origin}/broken>")


@pytest.fixture(scope="module")
def remotes() -> Iterator[list[Remote]]:
    with served(breakable(over(FIRST))) as first, served(over(SECOND)) as second:
        yield [first, second]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("local") / "local.trig"
    path.write_text(LOCAL, encoding="utf-8")
    return path


async def compared(
    engine: FederatedEngine, reference: ox.Store, query: str, origins: frozenset[str]
) -> tuple[object, object]:
    """What the engine answers, and what Oxigraph does that asks the services itself."""
    shape = inspect(query, service_origins=origins)
    ours = await answered(engine, query, shape.kind)
    # Its solutions belong to the thread that asked.
    return ours, await asyncio.to_thread(lambda: bag(reference.query(shape.text)))


def test_every_place_of_service_in_a_query_means_what_it_means_to_oxigraph(
    local: Path, remotes: list[Remote]
) -> None:
    reference = ox.Store()
    reference.load(path=local)
    origins = frozenset(remote.origin for remote in remotes)

    async def scene() -> dict[str, tuple[object, object]]:
        async with federation(local, remotes) as engine:
            return {
                name: await compared(engine, reference, placed(written, remotes), origins)
                for name, written in QUERIES.items()
            }

    answers = asyncio.run(scene())
    assert {name: both for name, both in answers.items() if both[0] != both[1]} == {}
    assert {name for name, (ours, _) in answers.items() if empty(ours)} == EMPTY


def test_a_graph_around_service_is_this_datasets_and_not_the_others(
    local: Path, remotes: list[Remote]
) -> None:
    """SERVICE is evaluated alike whatever the active graph is; Oxigraph sends the GRAPH along."""

    async def scene(graph: str) -> object:
        query = f"SELECT ?s ?c {{ GRAPH {graph} {{ ?s :holds ?o SERVICE <1> {{ ?o :city ?c }} }} }}"
        async with federation(local, remotes) as engine:
            return await answered(engine, placed(query, remotes), ResultKind.SOLUTIONS)

    cities = Counter((c, "<http://e/g1>") for c in ('"Wien"', '"Graz"', '"Brno"'))
    for graph in ("?g", ":g1"):
        assert asyncio.run(scene(graph)) == (["c", "s"], cities)
        assert "GRAPH" not in remotes[0].calls[-1].query


def patterns() -> st.SearchStrategy[str]:
    """Groups with SERVICE in any place, over few variables, so that many of them meet."""
    variable = st.sampled_from(["?x", "?y", "?z"])
    node = st.one_of(variable, st.sampled_from([":a", ":b", "41", "'Wien'"]))
    verb = st.sampled_from([":knows", ":name", ":age", ":city", ":size", ":likes", "?p"])
    triple = st.builds("{} {} {} .".format, variable, verb, node)
    remote = st.builds(
        "SERVICE {}<{}> {{ {} {} }}".format,
        st.sampled_from(["", "SILENT "]),
        st.sampled_from(["1", "2"]),
        triple,
        st.sampled_from(["", "OPTIONAL { ?y :likes ?z }", "FILTER(BOUND(?x))", "BIND(1 AS ?one)"]),
    )
    return st.recursive(
        st.one_of(triple, remote),
        lambda inner: st.one_of(
            st.builds("{} {}".format, inner, inner),
            st.builds("{} {}".format, triple, remote),
            st.builds("OPTIONAL {{ {} }}".format, inner),
            st.builds("{{ {} }} UNION {{ {} }}".format, inner, inner),
            st.builds("{} MINUS {{ {} }}".format, triple, inner),
            st.builds("{} FILTER EXISTS {{ {} }}".format, triple, inner),
            st.builds("{{ SELECT DISTINCT ?x ?y {{ {} }} }}".format, inner),
        ),
        max_leaves=4,
    )


def test_queries_made_up_at_random_are_answered_as_oxigraph_answers_them(
    local: Path, remotes: list[Remote]
) -> None:
    reference = ox.Store()
    reference.load(path=local)
    origins = frozenset(remote.origin for remote in remotes)
    with asyncio.Runner() as runner:
        opened = federation(local, remotes)
        engine = runner.run(opened.__aenter__())

        @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
        @given(patterns())
        def compare(pattern: str) -> None:
            query = placed(f"SELECT * {{ {pattern} }}", remotes)
            if len(inspect(query, service_origins=origins).services) <= 8:
                ours, theirs = runner.run(compared(engine, reference, query, origins))
                assert ours == theirs

        try:
            compare()
        finally:
            runner.run(opened.__aexit__(None, None, None))


W3C_CASES = """
PREFIX mf: <http://www.w3.org/2001/sw/DataAccess/tests/test-manifest#>
PREFIX qt: <http://www.w3.org/2001/sw/DataAccess/tests/test-query#>
SELECT ?query ?data ?result ?endpoint ?remote WHERE {
  ?test mf:action ?action ; mf:result ?result .
  ?action qt:query ?query .
  OPTIONAL { ?action qt:data ?data }
  OPTIONAL { ?action qt:serviceData [ qt:endpoint ?endpoint ; qt:data ?remote ] }
}
"""


@dataclass
class W3cTest:
    query: Path
    result: Path
    data: Path | None = None
    services: dict[str, Path] = field(default_factory=dict)


def w3c_tests() -> list[W3cTest]:
    if not SUITE.is_dir():
        return []
    store = ox.Store()
    manifest = SUITE / "manifest.ttl"
    store.load(path=manifest, base_iri=manifest.as_uri(), format=ox.RdfFormat.TURTLE)
    found: dict[Path, W3cTest] = {}
    for row in store.query(W3C_CASES):
        paths = {
            name: row[name] and Path(row[name].value[7:]) for name in ("query", "result", "data", "remote")
        }
        test = found.setdefault(paths["query"], W3cTest(paths["query"], paths["result"], paths["data"]))
        if row["endpoint"] is not None:
            test.services[row["endpoint"].value] = paths["remote"]
    return sorted(found.values(), key=lambda test: test.query)


@pytest.mark.skipif(not SUITE.is_dir(), reason="the W3C suite is not at hand (../shared/w3c/sparql)")
def test_the_w3c_tests_of_service_pass_but_for_those_that_ask_further_or_anyone(tmp_path: Path) -> None:
    outcomes = {test.query.name: asyncio.run(w3c_outcome(test, tmp_path)) for test in w3c_tests()}
    assert outcomes == {
        "service01.rq": "passed",
        "service02.rq": "passed",
        "service03.rq": "SERVICE within SERVICE is refused: the other service would have to ask a third one.",
        "service04a.rq": "passed",
        "service05.rq": "SERVICE with a variable could ask any server, so it is refused.",
        "service06.rq": "SERVICE within SERVICE is refused: the other service would have to ask a third one.",
        "service07.rq": "passed",
    }


async def w3c_outcome(test: W3cTest, directory: Path) -> str:
    query = test.query.read_text(encoding="utf-8")
    data = test.data
    if data is None:
        data = directory / "nothing.nt"
        data.write_text("", encoding="utf-8")
    with ExitStack() as running:
        remotes = []
        for endpoint, path in test.services.items():
            remotes.append(running.enter_context(served(over(path.read_text(encoding="utf-8")))))
            query = query.replace(f"<{endpoint}>", f"<{remotes[-1].url}>")
        nobody = running.enter_context(served(lambda handler, call: handler.send_error(404)))
        query = query.replace("<http://invalid.endpoint.org/sparql>", f"<{nobody.url}>")
        query = query.replace("<http://example2.org/sparql>", f"<{nobody.url}>")
        async with federation(data, [*remotes, nobody]) as engine:
            try:
                ours = await answered(engine, query, ResultKind.SOLUTIONS)
            except QueryRefused as error:
                return error.what
    expected = bag(ox.parse_query_results(path=test.result, format=ox.QueryResultsFormat.XML))
    return "passed" if ours == expected else f"{ours} is not {expected}"
