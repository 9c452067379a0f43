"""Other services that fail, stall or flood harm the query that asked them, and nothing else."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clustergraph.engine.base import Answer, QueryRequest
from clustergraph.engine.federated import FederationLimits
from clustergraph.engine.federated_calls import RemoteFailed
from clustergraph.engine.federated_solutions import _too_deep
from clustergraph.engine.guard import QueryShape
from clustergraph.errors import (
    EngineBusy,
    QueryOverBudget,
    QueryTimeout,
)

from .asking import COUNT, until
from .federating import FINE, LOCAL, ROWS, asked, bindings, federation, iri, results, solutions
from .remote_services import (
    Remote,
    breaking_off,
    pouring,
    saying,
    served,
    silent_for,
    trickling,
)


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("local") / "local.nt"
    path.write_text(LOCAL, encoding="utf-8")
    return path


DEEP = (
    b'{"head":{"vars":["s"]},"results":{"bindings":[{"s":' + b'{"type":"triple","value":{"subject":' * 100_000
)
TRIPLE = {
    "type": "triple",
    "value": {"subject": iri("http://e/a"), "predicate": iri("http://e/p"), "object": iri("http://e/b")},
}
TEXT = {"type": "literal", "value": "x"}
AFTER = b',"head":{"vars":[]},"results":{"bindings":[]}}'
FAILURES: dict[str, tuple[Callable[..., None], str]] = {
    "status 500": (saying(b"<b>secret</b>", status=500, media_type="text/html"), "answered with status 500"),
    "status 400": (saying(b"secret", status=400), "answered with status 400"),
    "status 204": (saying(b"", status=204), "answered with status 204"),
    "html": (saying(b"<html>secret", media_type="text/html; charset=utf-8"), "answered in text/html, not in"),
    "hostile type": (saying(b"{}", media_type="text/<script>secret"), "answered in an unknown format"),
    "garbage": (saying(b"\xff\x00 secret"), "is not SPARQL Query Results JSON"),
    "nothing": (saying(b""), "is not SPARQL Query Results JSON"),
    "cut": (saying(solutions(["s"], [{"s": iri("http://e/a")}])[:-4]), "nests deeper|is not SPARQL"),
    "followed by more": (saying(solutions(["s"], []) + b"secret"), "is not SPARQL Query Results JSON"),
    "a list": (saying(b"[]"), "is not SPARQL Query Results JSON"),
    "a boolean": (saying(b'{"head":{},"boolean":true}'), "is a boolean"),
    "no head": (saying(b'{"results":{"bindings":[{"s":{"type":"uri","value":"e:e"}}]}}'), "is not SPARQL"),
    "a false iri": (saying(solutions(["s"], [{"s": iri("http://e/> } secret")}])), "is not SPARQL"),
    "a relative iri": (saying(solutions(["s"], [{"s": iri("secret")}])), "is not SPARQL"),
    "a surrogate": (saying(solutions(["s"], [{"s": {**TEXT, "value": "\ud800"}}])), "is not SPARQL"),
    "a false language": (saying(solutions(["s"], [{"s": {**TEXT, "xml:lang": "en> x"}}])), "is not SPARQL"),
    "a triple": (saying(solutions(["s"], [{"s": TRIPLE}])), "holds a triple as a term"),
    "deep": (saying(DEEP), "nests deeper than any table"),
    "deep beside": (saying(b'{"junk":' + b"[" * 500_000 + b"]" * 500_000 + AFTER), "nests deeper"),
    "redirect": (saying(b"", status=302, Location="http://127.0.0.1:1/secret"), "redirects to http://127.0.0.1:1"),
    "breaking off": (breaking_off, "could not be asked"),
    "compressed": (saying(b"secret", Content_Encoding="gzip"), "compressed its answer unasked"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAILURES)
def test_a_service_that_fails_is_named_with_the_reason_and_none_of_its_words(local: Path, name: str) -> None:
    respond, reason = FAILURES[name]
    with served(respond) as remote:
        with pytest.raises(RemoteFailed, match=reason) as caught:
            asked(local, ROWS.format("SERVICE", remote.url), remote)
        assert caught.value.endpoint == remote.url
        assert remote.url in str(caught.value)
        assert "secret" not in str(caught.value)
        assert len(remote.calls) == 1
        silent = asked(local, ROWS.format("SERVICE SILENT", remote.url), remote)
    assert set(silent["head"]["vars"]) == {"s", "n", "c"}
    assert sorted(row["n"] for row in bindings(silent)) == ["Anna", "Bert"]


def test_a_service_that_nobody_runs_fails(local: Path) -> None:
    with served(FINE) as remote:
        pass
    with pytest.raises(RemoteFailed, match="could not be asked") as caught:
        asked(local, ROWS.format("SERVICE", remote.url), remote)
    assert caught.value.status is None


def test_of_two_services_the_one_that_fails_ends_the_query_and_the_other_call(local: Path) -> None:
    with served(silent_for(15)) as slow, served(saying(b"", status=503)) as failing:
        query = f"SELECT * {{ SERVICE <{slow.url}> {{ ?s ?p ?o }} SERVICE <{failing.url}> {{ ?s ?p ?o }} }}"
        began = time.monotonic()
        with pytest.raises(RemoteFailed, match="status 503"):
            asked(local, query, slow, failing)
        assert time.monotonic() - began < 8


def test_services_are_asked_at_the_same_time(local: Path) -> None:
    both = threading.Barrier(2, timeout=8)

    def respond(handler: Any, call: Any) -> None:
        both.wait()
        FINE(handler, call)

    with served(respond) as remote:
        query = f"SELECT * {{ SERVICE <{remote.url}> {{ ?s ?p ?o }} SERVICE <{remote.url}> {{ ?s ?p ?x }} }}"
        assert len(bindings(asked(local, query, remote))) == 5


@pytest.mark.parametrize("respond", [silent_for(20), trickling(20)], ids=["silent", "trickling"])
def test_a_slow_service_has_the_time_of_a_call_and_the_query_its_deadline(
    local: Path, respond: Callable[..., None]
) -> None:
    with served(respond) as remote:
        query = ROWS.format("SERVICE", remote.url)
        with pytest.raises(RemoteFailed, match=r"did not answer in full within 0\.3 seconds"):
            asked(local, query, remote, limits=FederationLimits(call_seconds=0.3))
        with pytest.raises(QueryTimeout) as caught:
            asked(local, query, remote, request={"deadline_seconds": 0.5})
        assert caught.value.seconds == 0.5
        with pytest.raises(QueryTimeout) as caught:
            asked(local, query, remote, deadline_seconds=0.5, request={"deadline_seconds": 9})
        assert caught.value.seconds == 0.5
        silent = asked(local, ROWS.format("SERVICE SILENT", remote.url), remote, deadline_seconds=2.0)
        assert len(bindings(silent)) == 2


def test_what_is_left_of_the_deadline_is_what_the_engine_has(local: Path) -> None:
    endless = " . ".join(f"?a{i} ?b{i} ?c{i}" for i in range(40))
    with served(FINE) as remote:
        query = f"SELECT (COUNT(*) AS ?n) {{ SERVICE <{remote.url}> {{ ?s ?p ?o }} {endless} }}"
        with pytest.raises(QueryTimeout) as caught:
            asked(local, query, remote, request={"deadline_seconds": 1.5})
        assert caught.value.seconds == 1.5


def many(rows: int) -> bytes:
    return solutions(["s"], [{"s": iri(f"http://e/{number}")} for number in range(rows)])


def test_an_answer_beyond_what_a_query_may_fetch_is_refused_and_silent_does_not_hide_it(local: Path) -> None:
    for respond, limits in (
        (pouring, FederationLimits(max_bytes=100_000)),
        (saying(many(101)), FederationLimits(rows=100)),
        (saying(many(100)), FederationLimits(max_bytes=1000)),
    ):
        with served(respond) as remote:
            for keyword in ("SERVICE", "SERVICE SILENT"):
                with pytest.raises(QueryOverBudget, match=remote.url) as caught:
                    asked(local, ROWS.format(keyword, remote.url), remote, limits=limits)
                assert "LIMIT inside the braces" in (caught.value.fix or "")


def test_solutions_without_terms_count_as_well(local: Path) -> None:
    empty = b'{"head":{"vars":[]},"results":{"bindings":[' + b"{}," * 60_000 + b"{}]}}"
    wide = " ".join(f"?v{number}" for number in range(300))
    limits = FederationLimits(rows=100_000, max_bytes=1_000_000)
    with served(saying(empty)) as remote, pytest.raises(QueryOverBudget):
        query = f"SELECT * {{ SERVICE <{remote.url}> {{ VALUES ({wide}) {{ }} }} }}"
        asked(local, query, remote, limits=limits)


def test_the_largest_answer_is_joined_and_never_counts_as_operators(local: Path) -> None:
    seen: list[QueryShape] = []

    async def scene(remote: Remote) -> list[dict[str, str]]:
        async with federation(local, remote.origin) as engine:

            async def ask(request: QueryRequest, shape: QueryShape) -> Answer:
                assert request.query == query
                seen.append(shape)
                return await engine.inner.answer(replace(request, query=shape.text))

            engine._ask = ask
            query = f"SELECT (COUNT(*) AS ?n) (MAX(?s) AS ?m) {{ SERVICE <{remote.url}> {{ ?s ?p ?o }} }}"
            return bindings(await results(engine, query))

    with served(saying(many(20_000))) as remote:
        assert asyncio.run(scene(remote)) == [{"n": "20000", "m": "http://e/9999"}]
    (shape,) = seen
    assert "SERVICE" not in shape.text
    assert shape.services == ()
    assert not shape.repeatable


def test_queries_that_wait_for_other_services_leave_the_engine_to_the_rest(local: Path) -> None:
    limits = FederationLimits(at_once=2, waiting=1)

    async def scene(remote: Remote) -> None:
        async with federation(local, remote.origin, limits=limits) as engine:
            query = ROWS.format("SERVICE", remote.url)
            fetching = [asyncio.create_task(results(engine, query)) for _ in range(2)]
            await until(lambda: len(remote.calls) == 2)
            waiting = asyncio.create_task(results(engine, query))
            await until(lambda: engine._waiting == 1)
            with pytest.raises(EngineBusy):
                await results(engine, query)
            assert bindings(await results(engine, COUNT)) == [{"n": "2"}]
            assert len(remote.calls) == 2
            for task in fetching:
                task.cancel()
            await until(lambda: len(remote.calls) == 3)
            waiting.cancel()
            await asyncio.gather(*fetching, waiting, return_exceptions=True)
            assert not engine._slots.locked()

    with served(silent_for(15)) as remote:
        asyncio.run(scene(remote))


def test_a_query_that_waits_too_long_for_its_turn_is_told_to_come_again(local: Path) -> None:
    limits = FederationLimits(at_once=1, wait_seconds=0.2)

    async def scene(remote: Remote) -> None:
        async with federation(local, remote.origin, limits=limits) as engine:
            query = ROWS.format("SERVICE", remote.url)
            first = asyncio.create_task(results(engine, query))
            await until(lambda: len(remote.calls) == 1)
            with pytest.raises(EngineBusy, match="asking other services already"):
                await results(engine, query)
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)

    with served(silent_for(15)) as remote:
        asyncio.run(scene(remote))


def nested(depth: int) -> st.SearchStrategy[object]:
    text = st.text('[]{}\\"x', max_size=6)
    value: st.SearchStrategy[object] = st.one_of(text, st.integers(), st.none())
    for _ in range(depth):
        value = st.one_of(st.lists(value, max_size=4), st.dictionaries(text, value, max_size=4), text)
    return value


@given(nested(8))
def test_the_depth_of_an_answer_is_that_of_its_brackets_outside_strings(value: object) -> None:
    assert not _too_deep(json.dumps(value).encode())
    assert _too_deep(b"[" * 50 + json.dumps(value).encode() + b"]" * 50)
    assert _too_deep(b'["]",' * 50 + b"1" + b"]" * 50)


def test_the_depth_of_a_long_answer_is_read_across_its_pieces() -> None:
    strings = b'"]]}\\"",' * 10_000
    assert not _too_deep(b"[" + strings + b"[{}]" + strings + b"1]")
    assert _too_deep(b"[" + strings + b"[" * 60 + b"]" * 60 + strings + b"1]")
    assert _too_deep((b"[" + strings) * 30 + b"1" + b"]" * 30)
    assert _too_deep(b'["never closed' + b"[" * 30)
