"""What front and worker say to each other: queries in, framed and compressed bodies out."""

from __future__ import annotations

import asyncio
import json
import random
import socket
import struct
import threading
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import brotli
import pytest
import zstandard

from clustergraph.codings import CODINGS, SHORTEST
from clustergraph.engine import wire
from clustergraph.engine.body import Body, CallerGone
from clustergraph.engine.dataset import dataset_of_files
from clustergraph.engine.nursery import OwnZygotes
from clustergraph.errors import QueryMalformed, QueryOverBudget, QueryUnserialisable, UnusableInput

from .asking import COUNT, direct_workers, triples

EVERYTHING = "SELECT * { ?s ?p ?o }"


def decoded(coding: str, body: bytes) -> bytes:
    if coding == "zstd":
        return zstandard.ZstdDecompressor().decompressobj().decompress(body)
    if coding == "br":
        return brotli.decompress(body)
    return zlib.decompress(body, wbits=31)


class Received:
    """The frames that a body sends, read by a thread as the front would."""

    def __init__(self, **options: object) -> None:
        self.ours, theirs = socket.socketpair()
        self.kinds: list[bytes] = []
        self.sizes: list[int] = []
        self.content = b""
        self.body = Body(theirs, **{"budget": 2**30, **options})  # type: ignore[arg-type]
        self._theirs = theirs
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        stream = self.ours.makefile("rb")
        while len(head := stream.read(wire.FRAME.size)) == wire.FRAME.size:
            kind, size = wire.FRAME.unpack(head)
            self.kinds.append(kind)
            self.sizes.append(size)
            self.content += stream.read(size)
        stream.close()

    def close(self) -> None:
        self._theirs.close()
        self._thread.join()
        self.ours.close()


def test_a_task_arrives_as_it_was_sent() -> None:
    full = wire.Task(
        query='SELECT ("\u00e9\U0001f600" AS ?x) {}',
        format_name="turtle",
        cpu_seconds=31,
        base_iri="http://b/",
        default_graphs=("http://g/1", "http://g/2"),
        named_graphs=("http://g/3",),
        prologue="PREFIX e: <http://e/>",
        from_graphs=("e:g",),
        from_named=("e:h",),
        prefixes={"e": "http://e/"},
        coding="br",
        checked_only=True,
    )
    for task in (full, wire.Task(query="ASK {}", format_name="json", cpu_seconds=1)):
        packed = task.pack()
        (length,) = wire.LENGTH.unpack_from(packed)
        assert length == len(packed) - wire.LENGTH.size
        assert wire.Task.unpack(packed[wire.LENGTH.size :]) == task


@pytest.mark.parametrize(
    "error",
    [
        QueryMalformed("No.", line=2, column=3, fix="So."),
        QueryUnserialisable("Not in XML.", fix="Ask for JSON."),
        UnusableInput("Bad.", where="a.ttl"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_arrives_as_it_was_raised(error: QueryMalformed | UnusableInput) -> None:
    arrived = wire.error_from_json(json.loads(json.dumps(wire.error_to_json(error))))
    assert type(arrived) is type(error)
    assert (arrived.what, arrived.where, arrived.fix) == (error.what, error.where, error.fix)


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("size", [SHORTEST, wire.FIRST_BLOCK, wire.FIRST_BLOCK + 1, 3_000_000])
def test_every_coding_gives_back_the_bytes_it_was_given(coding: str, size: int) -> None:
    content = random.Random(size).randbytes(size // 2) + b"the same again " * (size // 30) + b"x" * size
    content = content[:size]
    received = Received(coding=coding)
    for start in range(0, size, 8192):
        received.body.write(content[start : start + 8192])
    received.body.finish(leaving=False)
    received.close()
    assert received.kinds[0] == wire.CODED
    assert received.sizes[0] == 0
    assert received.kinds.count(wire.CODED) == 1
    assert received.kinds[-1] == wire.END
    assert decoded(coding, received.content) == content


@pytest.mark.parametrize("coding", CODINGS)
def test_a_body_too_short_to_gain_by_it_is_not_compressed(coding: str) -> None:
    received = Received(coding=coding)
    received.body.write(b"x" * (SHORTEST - 1))
    received.body.finish(leaving=True)
    received.close()
    assert received.kinds == [wire.LAST_END]
    assert received.content == b"x" * (SHORTEST - 1)


@pytest.mark.parametrize("coding", CODINGS)
def test_a_compressed_stream_flows(coding: str) -> None:
    """Blocks leave while the body is written, and no great part of it is hoarded for the end."""
    source = random.Random(1)
    received = Received(coding=coding)
    for _ in range(200):
        received.body.write(source.randbytes(16_384))
    received.body.finish(leaving=False)
    received.close()
    assert len(received.sizes) > 10
    assert max(received.sizes) < 600_000


@pytest.mark.parametrize("coding", ["", *CODINGS])
def test_the_budget_counts_what_was_written_before_it_was_compressed(coding: str) -> None:
    received = Received(coding=coding, budget=300_000)
    with pytest.raises(QueryOverBudget):
        for _ in range(40):
            received.body.write(bytes(8192))
    received.close()


def test_what_xml_cannot_carry_is_found_before_it_is_compressed() -> None:
    received = Received(coding="zstd", xml=True)
    received.body.write(b"<a/>" * 40_000)
    with pytest.raises(QueryUnserialisable, match=r"U\+0001"):
        received.body.write(b"<a>\x01</a>")
    received.close()


def test_a_body_whose_reader_has_gone_ends() -> None:
    ours, theirs = socket.socketpair()
    body = Body(theirs, 2**20)
    body.write(b"x")
    ours.close()
    with pytest.raises(CallerGone):
        body.finish(leaving=False)
    theirs.close()


class RawWorker:
    """A worker of a zygote, spoken to over its socket without a front's link."""

    def __init__(self, ours: socket.socket) -> None:
        self._stream = ours.makefile("rwb")

    def frames(self, task: wire.Task) -> list[tuple[bytes, bytes]]:
        self._stream.write(task.pack())
        self._stream.flush()
        found: list[tuple[bytes, bytes]] = []
        while not found or found[-1][0].lower() not in (wire.END, wire.ERROR):
            kind, size = wire.FRAME.unpack(self._stream.read(wire.FRAME.size))
            found.append((kind, self._stream.read(size)))
        return found

    def close(self) -> None:
        self._stream.close()


@asynccontextmanager
async def raw_worker(path: Path) -> AsyncIterator[RawWorker]:
    channel = await OwnZygotes().open(
        dataset_of_files([path]), wire.Limits(memory_bytes=2**30, result_bytes=2**30)
    )
    ours, theirs = socket.socketpair()
    assert channel.order({"fork": 1}, theirs.fileno())
    theirs.close()
    ours.settimeout(20)
    with ours:
        worker = RawWorker(ours)
        yield worker
        worker.close()
    await channel.aclose()


def test_a_worker_compresses_as_it_is_asked_and_says_so(tmp_path: Path) -> None:
    def task(query: str, coding: str = "") -> wire.Task:
        return wire.Task(query=query, format_name="json", cpu_seconds=30, coding=coding)

    async def work() -> None:
        async with raw_worker(triples(tmp_path, 20_000)) as worker:
            plain = await asyncio.to_thread(worker.frames, task(EVERYTHING))
            assert wire.CODED not in [kind for kind, _ in plain]
            content = b"".join(body for _, body in plain)
            assert len(json.loads(content)["results"]["bindings"]) == 20_000
            for coding in CODINGS:
                first, *rest = await asyncio.to_thread(worker.frames, task(EVERYTHING, coding))
                assert first == (wire.CODED, b"")
                assert decoded(coding, b"".join(body for _, body in rest)) == content
                ((kind, body),) = await asyncio.to_thread(worker.frames, task(COUNT, coding))
                assert kind == wire.END
                assert json.loads(body)["results"]["bindings"][0]["n"]["value"] == "20000"

    asyncio.run(work())


def test_a_checked_query_is_read_and_asked_of_nothing(tmp_path: Path) -> None:
    async def work() -> None:
        async with direct_workers(triples(tmp_path)) as workers:
            three_way_product = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c"
            for query in (COUNT, three_way_product, "ASK { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i FILTER(false) }"):
                assert await workers.ask(query, checked_only=True) == b""
            with pytest.raises(QueryMalformed) as failure:
                await workers.ask("SELECT *\n{ ?s ?p }", checked_only=True)
            assert (failure.value.line, failure.value.column) == (2, 9)
            with pytest.raises(QueryMalformed, match="does not name a graph"):
                await workers.ask(COUNT, checked_only=True, default_graphs=("relative",))
            # The store is the one it was.
            assert b'"3000"' in await workers.ask(COUNT)

    asyncio.run(work())


def test_a_frame_is_one_byte_of_kind_and_four_of_length() -> None:
    assert wire.frame(wire.DATA, b"abc") == b"d" + struct.pack(">I", 3) + b"abc"
