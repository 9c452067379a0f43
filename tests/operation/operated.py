"""A real engine with an operator's socket, and the command that asks it from a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clustergraph.engine.base import QueryRequest, RunningQuery
from clustergraph.engine.dataset import dataset_of_files
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.engine.embedded_answer import EmbeddedAnswer
from clustergraph.errors import QueryError
from clustergraph.negotiation import JSON
from clustergraph.service.operator import OperatorSocket
from clustergraph.service.telemetry import Telemetry
from clustergraph.settings import Settings

ENDLESS = "# a comment\nPREFIX e: <http://e/>\nSELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@asynccontextmanager
async def watched_over(data: Path, **settings: Any) -> AsyncIterator[Any]:
    engine = EmbeddedEngine(
        dataset_of_files([data]), Settings(**{"workers": 2, "query_deadline_seconds": 60.0, **settings})
    )
    await engine.start()
    try:
        yield engine
    finally:
        await engine.aclose()


@dataclass
class Operated:
    engine: Any
    telemetry: Telemetry
    socket: OperatorSocket


@asynccontextmanager
async def operated(home: Path, data: Path, *, front: str = "0", **settings: Any) -> AsyncIterator[Operated]:
    """An engine over a file, watched and stoppable through the operator's socket of a home."""
    async with watched_over(data, **settings) as engine:
        telemetry = Telemetry(engine, None, release="1")
        socket = OperatorSocket(
            home,
            queries=engine.running,
            metrics=telemetry.text,
            stop=engine.stop,
            front=front,
        )
        await socket.start()
        try:
            yield Operated(engine, telemetry, socket)
        finally:
            await socket.aclose()


@asynccontextmanager
async def running(engine: Any, query: str = ENDLESS, **request: Any) -> AsyncIterator[RunningQuery]:
    """A query that runs while the block does; it is abandoned at the end where it still runs then."""

    async def ask() -> None:
        answer: EmbeddedAnswer = await engine.answer(QueryRequest(query=query, result_format=JSON, **request))
        try:
            async for _ in answer.chunks():
                pass
        finally:
            await answer.aclose()

    task = asyncio.create_task(ask())
    try:
        async with asyncio.timeout(10):
            while not (found := [each for each in engine.running() if each.query == query]):
                await asyncio.sleep(0.01)
        yield found[0]
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, QueryError):
            await task


async def lines(path: Path, *requests: dict[str, object] | bytes) -> list[dict[str, Any]]:
    """Answers to requests sent over one connection to a socket."""
    reader, writer = await asyncio.open_unix_connection(str(path), limit=2**24)
    try:
        answers = []
        for request in requests:
            writer.write(request if isinstance(request, bytes) else json.dumps(request).encode() + b"\n")
            await writer.drain()
            answers.append(json.loads(await reader.readline()))
        return answers
    finally:
        writer.close()


def command(home: Path, *arguments: str) -> tuple[list[str], dict[str, str]]:
    """`clustergraph queries` as a process: its arguments and environment."""
    return (
        [sys.executable, "-m", "clustergraph", "queries", *arguments],
        {**os.environ, "CLUSTERGRAPH_HOME": str(home), "COLUMNS": "200", "TERM": "dumb"},
    )


async def queries_command(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`clustergraph queries …` in a second process, while this one serves."""
    argv, environment = command(home, *arguments)
    return await asyncio.to_thread(
        subprocess.run,
        argv,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
