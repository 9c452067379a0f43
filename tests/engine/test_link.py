"""The front's end of a worker, spoken to over a real socket."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

import pytest

from clustergraph.engine import wire
from clustergraph.engine.link import Exchange, WorkerLink
from clustergraph.errors import QueryMalformed

TASK = wire.Task(query="ASK {}", format_name="json", cpu_seconds=1)


def linked(work: Callable[[WorkerLink, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> None:
    async def within() -> None:
        ours, theirs = socket.socketpair()
        link = WorkerLink(1, lambda _: None, lambda _: None, lambda _: None)
        await asyncio.get_running_loop().create_unix_connection(lambda: link, sock=ours)
        reader, writer = await asyncio.open_unix_connection(sock=theirs)
        async with asyncio.timeout(20):
            await work(link, reader, writer)
        link.hang_up()
        writer.close()

    asyncio.run(within())


async def everything(exchange: Exchange) -> bytes:
    blocks = []
    while (block := await exchange.next()) is not None:
        blocks.append(block)
    return b"".join(blocks)


def test_an_answer_that_nobody_has_taken_does_not_hold_up_the_next_query() -> None:
    block = bytes(700_000)

    async def work(link: WorkerLink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        first, second = Exchange(loop), Exchange(loop)
        link.ask(TASK, first)
        writer.write(wire.frame(wire.DATA, block) + wire.frame(wire.END, b"end"))
        while not first.finished:
            await asyncio.sleep(0.01)
        link.ask(TASK, second)
        writer.write(wire.frame(wire.END, b"second"))
        assert await everything(second) == b"second"
        assert await everything(first) == block + b"end"

    linked(work)


def test_a_slow_reader_makes_the_worker_wait() -> None:
    async def work(link: WorkerLink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        exchange = Exchange(asyncio.get_running_loop())
        link.ask(TASK, exchange)
        sending = asyncio.create_task(_send(writer, wire.frame(wire.DATA, bytes(65_536)), 200))
        await asyncio.sleep(0.5)
        assert not sending.done()
        assert len(await everything(exchange)) == 200 * 65_536
        await sending

    linked(work)


async def _send(writer: asyncio.StreamWriter, frame: bytes, times: int) -> None:
    for _ in range(times):
        writer.write(frame)
        await writer.drain()
    writer.write(wire.frame(wire.END, b""))


def test_frames_are_read_wherever_the_socket_cuts_them() -> None:
    async def work(link: WorkerLink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        exchange = Exchange(asyncio.get_running_loop())
        link.ask(TASK, exchange)
        for byte in wire.frame(wire.DATA, b"one ") + wire.frame(wire.END, b"two"):
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        assert await everything(exchange) == b"one two"

    linked(work)


def test_an_error_after_some_blocks_takes_those_back() -> None:
    async def work(link: WorkerLink, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        exchange = Exchange(asyncio.get_running_loop())
        link.ask(TASK, exchange)
        error = wire.pack(wire.error_to_json(QueryMalformed("No.", line=2, column=3)))[wire.LENGTH.size :]
        writer.write(wire.frame(wire.DATA, b"one") + wire.frame(wire.ERROR, error))
        while not exchange.over:
            await asyncio.sleep(0.01)
        with pytest.raises(QueryMalformed) as failure:
            await everything(exchange)
        assert (failure.value.line, failure.value.column) == (2, 3)

    linked(work)
