"""The workers that serve one dataset: hired, replaced when they die, dismissed when they must stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from mmap import PAGESIZE
from pathlib import Path
from typing import Final, Self

from clustergraph.engine import wire
from clustergraph.engine.channel import Zygotes
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.exchange import Exchange
from clustergraph.engine.link import WorkerLink
from clustergraph.engine.wire import over_memory
from clustergraph.errors import EngineUnavailable, QueryCrashed, QueryError, QueryOverBudget

#: A zygote that has not buried a killed worker after this many seconds is stuck, and is ended.
_BURIAL_SECONDS: Final = 5.0
#: How long to wait for the exit status of a worker before its query is told that it died somehow.
_STATUS_SECONDS: Final = 1.0
#: Workers that die before any query are replaced ever more slowly, up to this many seconds.
_SLOWEST_REPLACEMENT_SECONDS: Final = 5.0


#: A worker has nothing to do when it had nothing to do for one to two of these.
_REST_SECONDS: Final = 2.0
#: How long a worker that was handed out may wait for its query, once nobody is handed out any more.
_HANDOVER_SECONDS: Final = 0.1

#: Exit statuses of a worker that left after its answer, and what of the query made it leave.
_LEFT: Final = {0: "retired", wire.OUT_OF_MEMORY: "memory", wire.BROKEN: "crash"}
_SIGNALLED: Final = {
    -signal.SIGABRT: "memory",
    -signal.SIGXCPU: "processor",
    -signal.SIGSEGV: "stack",
}


class Crew:
    """Workers of one front over one dataset, and the channel to the zygote that starts them.

    `deaths` counts the workers that have gone, by cause: deadline, memory, processor, stack, crash,
    client-gone, retired (for the memory they had touched). `on_free` is called with each worker that can take
    a query; `on_end` once, where the zygote has gone although nobody closed the crew. All of it runs in the
    event loop that started the crew.
    """

    def __init__(
        self, zygotes: Zygotes, *, on_free: Callable[[WorkerLink], None], on_end: Callable[[Crew], None]
    ) -> None:
        self.deaths: Counter[str] = Counter()
        self._zygotes = zygotes
        self._on_free = on_free
        self._on_end = on_end
        self._links: dict[int, WorkerLink] = {}
        self._processes: dict[int, int] = {}
        self._statuses: dict[int, asyncio.Future[int]] = {}
        self._burials: dict[int, asyncio.TimerHandle] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._hired = 0
        self._early_deaths = 0
        self._starts = 0
        self._unforked = "the process that holds the dataset has gone"
        self._ended = False
        self._closing = False
        self._draining = False
        self._rested: dict[int, int] = {}
        self._started = asyncio.Event()
        self._rest: asyncio.TimerHandle | None = None
        self._idle_link: asyncio.Future[None] | None = None
        self.quads = 0

    @property
    def zygote(self) -> int:
        """The process identifier of the zygote."""
        return self._channel.pid

    @property
    def load(self) -> str:
        """The name of the load of the dataset that the workers share."""
        return self._channel.load

    @property
    def workers(self) -> tuple[int, ...]:
        """The process identifiers of the workers that have been started and not been buried."""
        return tuple(self._processes.values())

    @property
    def links(self) -> tuple[tuple[int, WorkerLink], ...]:
        """The workers that have been started and not been lost, each with its process identifier."""
        return tuple(
            (process, self._links[number])
            for number, process in self._processes.items()
            if number in self._links
        )

    async def start(self, dataset: DatasetSpec, limits: wire.Limits, size: int) -> Self:
        """Open the dataset and start `size` workers; raises what `Zygotes.open` raises."""
        self._loop = asyncio.get_running_loop()
        self._channel = await self._zygotes.open(dataset, limits)
        self.quads = self._channel.quads
        self._idle_faults = self._channel.idle_wear_bytes // PAGESIZE
        self._spawn(self._listen())
        self._size = size
        for _ in range(size):
            self._hire()
        await self._started.wait()
        if self._ended or not self._processes:
            await self.aclose()
            raise EngineUnavailable(
                f"No process could be started to evaluate queries: {self._unforked}.",
                fix="Raise the limit of processes or of memory, or set fewer workers.",
            )
        self._rest = self._loop.call_later(_REST_SECONDS, self._look_at_the_idle)
        return self

    async def aclose(self) -> None:
        """End every process and wait until they are gone."""
        self._closing = True
        workers = self.workers
        self._end()
        await self._channel.aclose(workers)
        # Queries that died with the crew are told so before their loop goes.
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def drain(self) -> None:
        """Let every query in flight come to its end, hire nobody any more, then end as `aclose` does.

        For a crew whose dataset was replaced: nobody may be given a query any more when this is called.
        Cancelled, it ends at once.
        """
        self._draining = True
        try:
            await asyncio.sleep(_HANDOVER_SECONDS)
            for link in list(self._links.values()):
                if link.exchange is None:
                    self._let_go(link)
            while self._links and not self._ended:
                self._idle_link = self._loop.create_future()
                await self._idle_link
        finally:
            await self.aclose()

    def dismiss(self, link: WorkerLink, cause: str = "client-gone") -> None:
        """Kill a worker, whatever it does, and hire another; `cause` is counted."""
        if link.number not in self._links:
            return
        self.deaths[cause] += 1
        self._burials[link.number] = self._loop.call_later(_BURIAL_SECONDS, self._channel.kill)
        link.exchange = None
        link.hang_up()
        self._order({"kill": link.number})
        self._lost(link)

    def _let_go(self, link: WorkerLink) -> None:
        """Part with a worker that has nothing to do; it ends when it sees the connection end."""
        del self._links[link.number]
        link.hang_up()

    def _look_at_the_idle(self) -> None:
        """Replace one worker that has nothing to do and has copied more of the dataset than it may keep.

        One at a time, so that the others are there.
        """
        self._rest = self._loop.call_later(_REST_SECONDS, self._look_at_the_idle)
        for number, link in self._links.items():
            if link.exchange is not None or not link.answered:
                continue
            seen = self._rested.get(number, 0)
            if seen == -link.answered:  # looked at since its last answer
                continue
            if seen != link.answered:
                self._rested[number] = link.answered
                continue
            self._rested[number] = -link.answered
            if _faults(self._processes.get(number)) > self._idle_faults:
                self._let_go(link)
                self._hire()
                return

    def _hire(self) -> None:
        if self._ended or self._draining:
            return
        self._hired += 1
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        link = WorkerLink(self._hired, self._free, self._lost, self.dismiss)
        self._links[link.number] = link
        self._statuses[link.number] = link.status = self._loop.create_future()
        self._order({"fork": link.number}, theirs.fileno())
        theirs.close()
        self._spawn(self._connect(link, ours))

    async def _connect(self, link: WorkerLink, ours: socket.socket) -> None:
        try:
            await self._loop.create_unix_connection(lambda: link, sock=ours)
        except OSError:
            ours.close()
            self._lost(link)
            return
        # A query sent before the fork is done waits in the socket; nobody needs to wait for the fork.
        if not self._channel.spawned:
            self._free(link)

    def _free(self, link: WorkerLink) -> None:
        if self._draining:
            if link.number in self._links:
                self._let_go(link)
            self._note_idle()
        elif link.usable and link.number in self._links:
            if self._channel.spawned and not link.answered:
                self._note_start()
            self._on_free(link)

    def _lost(self, link: WorkerLink) -> None:
        """A worker has gone: tell its query why, and replace it."""
        if self._links.pop(link.number, None) is None:
            return
        exchange, link.exchange = link.exchange, None
        if exchange is not None and not exchange.over:
            self._spawn(self._fail(link, exchange))
        self._note_idle()
        if exchange is not None or link.answered or link.number in self._burials:
            self._early_deaths = 0
            self._hire()
        else:
            self._early_deaths += 1
            delay = (
                0.0
                if self._early_deaths < 3
                else min(0.05 * 2**self._early_deaths, _SLOWEST_REPLACEMENT_SECONDS)
            )
            self._loop.call_later(delay, self._hire)

    async def _fail(self, link: WorkerLink, exchange: Exchange) -> None:
        status: int | None = None
        if link.status is not None:
            done, _ = await asyncio.wait([link.status], timeout=_STATUS_SECONDS)
            status = link.status.result() if done and not link.status.cancelled() else None
        exchange.fail(cause_of_death(status))

    async def _listen(self) -> None:
        with suppress(EOFError, OSError):
            while not self._ended:
                message = await self._channel.message()
                if "forked" in message:
                    self._processes[message["forked"]] = message["process"]
                    if not self._channel.spawned:
                        self._note_start()
                elif "exited" in message:
                    self._bury(message["exited"], message["status"])
                    self._note_start()
                elif "unforked" in message:
                    self._bury(message["unforked"], None)
                    self._unforked = message["why"]
                    self._note_start()
        if not self._closing:
            workers = self.workers
            self._end()
            self._on_end(self)
            self._channel.kill()
            await self._channel.aclose(workers)

    def _note_start(self) -> None:
        """A worker can take queries, or never will."""
        self._starts += 1
        if self._starts >= self._size:
            self._started.set()

    def _note_idle(self) -> None:
        if self._idle_link is not None and not self._idle_link.done():
            self._idle_link.set_result(None)

    def _bury(self, number: int, status: int | None) -> None:
        self._processes.pop(number, None)
        self._rested.pop(number, None)
        burial = self._burials.pop(number, None)
        if burial is not None:
            burial.cancel()
        elif status is not None and not self._draining:
            self.deaths[_LEFT.get(status) or _SIGNALLED.get(status, "crash")] += 1
        future = self._statuses.pop(number, None)
        if future is not None and not future.done():
            future.set_result(0 if status is None else status)

    def _order(self, order: dict[str, int], *descriptors: int) -> None:
        if not self._channel.order(order, *descriptors):
            # It has gone or is stuck; its end arrives at `_listen`.
            self._channel.kill()

    def _end(self) -> None:
        if self._ended:
            return
        self._ended = True
        self._started.set()
        if self._rest is not None:
            self._rest.cancel()
        self._note_idle()
        for burial in self._burials.values():
            burial.cancel()
        for future in self._statuses.values():
            future.cancel()
        for link in self._links.values():
            exchange, link.exchange = link.exchange, None
            if exchange is not None:
                exchange.fail(cause_of_death(None))
            link.hang_up()
        self._links.clear()
        self._burials.clear()
        self._statuses.clear()
        self._processes.clear()

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _faults(process: int | None) -> int:
    """The pages that a process has touched since it was forked (proc(5), minflt); 0 where not told."""
    if process is None:
        return 0
    with suppress(OSError, ValueError, IndexError):
        # The name of a program, in parentheses, may hold anything.
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return int(fields[7])
    return 0


def cause_of_death(status: int | None) -> QueryError:
    """Why a worker died while it evaluated, from its exit status (negative: the signal; None: not known)."""
    if status == -signal.SIGABRT:
        # What an allocation beyond RLIMIT_AS ends in: the engine cannot go on without memory.
        return over_memory()
    if status == -signal.SIGXCPU:
        return QueryOverBudget(
            "The query used more processor time than one query may have here.",
            fix="Join its patterns through shared variables, or add a more selective pattern.",
        )
    if status == -signal.SIGSEGV:
        return QueryCrashed("The query is nested too deeply for the engine.", fix="Write it flatter.")
    return QueryCrashed("The process that evaluated the query has ended.", fix="Ask again.")
