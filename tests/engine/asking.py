"""Engines over small datasets, and the ways tests ask them."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from clustergraph.engine import wire
from clustergraph.engine.base import QueryRequest
from clustergraph.engine.crew import Crew
from clustergraph.engine.dataset import DatasetSpec, dataset_of_files, placed
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.engine.link import Exchange, WorkerLink
from clustergraph.engine.nursery import OwnZygotes
from clustergraph.negotiation import JSON, ResultFormat
from clustergraph.settings import Settings

THREE_WAY_PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
SORTED_PRODUCT = "SELECT * { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i } ORDER BY ?c ?f ?i"
COUNT = "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"


def triples(directory: Path, count: int = 3000) -> Path:
    """A file of synthetic triples."""
    path = directory / f"{count}.nt"
    path.write_text(
        "".join(f'<http://e/s{i}> <http://e/p{i % 7}> "value {i}" .\n' for i in range(count)),
        encoding="utf-8",
    )
    return path


def placed_files(path: Path, in_memory_mib: int = 1024) -> DatasetSpec:
    """The dataset of a file, in memory or on disk by its size and by how workers are started here."""
    return placed(
        dataset_of_files([path]),
        in_memory_mib=in_memory_mib,
        home=path.parent,
        spawned=Settings().workers_are_spawned,
    )


@asynccontextmanager
async def engine_over(dataset: DatasetSpec | Path, **settings: Any) -> AsyncIterator[EmbeddedEngine]:
    """An engine that is started and, whatever happens, closed."""
    spec = placed_files(dataset) if isinstance(dataset, Path) else dataset
    engine = EmbeddedEngine(spec, Settings(**{"workers": 2, "query_deadline_seconds": 20.0, **settings}))
    await engine.start()
    try:
        yield engine
    finally:
        await engine.aclose()


async def body(
    engine: EmbeddedEngine, query: str, result_format: ResultFormat = JSON, **request: Any
) -> bytes:
    """The whole body of an answer."""
    answer = await engine.answer(QueryRequest(query=query, result_format=result_format, **request))
    try:
        return b"".join([block async for block in answer.chunks()])
    finally:
        await answer.aclose()


async def rows(engine: EmbeddedEngine, query: str, **request: Any) -> list[dict[str, str]]:
    """The solutions of a SELECT query as plain strings."""
    found = json.loads(await body(engine, query, **request))
    return [{name: term["value"] for name, term in row.items()} for row in found["results"]["bindings"]]


async def number(engine: EmbeddedEngine, query: str = COUNT, **request: Any) -> int:
    """The one number that a query asks for."""
    (row,) = await rows(engine, query, **request)
    (value,) = row.values()
    return int(value)


class DirectWorkers:
    """Workers asked without the guard, to see what they withstand on their own."""

    def __init__(self, memory_mib: int = 512, result_mib: int = 64, in_memory_mib: int = 1024) -> None:
        self.free: asyncio.Queue[WorkerLink] = asyncio.Queue()
        self.crew = Crew(OwnZygotes(), on_free=self.free.put_nowait, on_end=lambda crew: None)
        self._limits = wire.Limits(memory_bytes=memory_mib * 2**20, result_bytes=result_mib * 2**20)
        self._in_memory_mib = in_memory_mib

    async def start(self, path: Path) -> DirectWorkers:
        """Two workers over a file, or over a store on disk where `in_memory_mib` is 0 or they are spawned."""
        await self.crew.start(placed_files(path, self._in_memory_mib), self._limits, 2)
        return self

    async def free_link(self) -> WorkerLink:
        """A worker that can take a query; those that left while they were free are passed over."""
        while not (link := await self.free.get()).usable:
            pass
        return link

    async def ask(self, query: str, **task: Any) -> bytes:
        link = await self.free_link()
        exchange = Exchange(asyncio.get_running_loop())
        link.ask(wire.Task(**{"query": query, "format_name": "json", "cpu_seconds": 30, **task}), exchange)
        blocks = []
        while (block := await asyncio.wait_for(exchange.next(), 60)) is not None:
            blocks.append(block)
        return b"".join(blocks)


@asynccontextmanager
async def direct_workers(path: Path, **limits: int) -> AsyncIterator[DirectWorkers]:
    workers = await DirectWorkers(**limits).start(path)
    try:
        yield workers
    finally:
        await workers.crew.aclose()


def alive(process: int) -> bool:
    """Whether a process runs; one that is dead and not yet reaped by its parent does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def children(process: int) -> list[int]:
    """The children of a process, zombies included."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                fields = (entry / "stat").read_text(encoding="ascii").rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[1]) == process:
                found.append(int(entry.name))
    return found


async def until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for something that other processes do."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


def kill(process: int, number: int = 9) -> None:
    os.kill(process, number)
