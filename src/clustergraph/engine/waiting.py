"""The line of queries that wait for a worker: bounded in length and time, and fair between clients."""

from __future__ import annotations

import asyncio

from clustergraph.engine.fair_queue import FairQueue
from clustergraph.engine.link import WorkerLink
from clustergraph.errors import ClustergraphError, EngineBusy

Place = asyncio.Future[WorkerLink]


class WaitingLine:
    """Places in line, each a future of a worker; at most `length` at once, each for at most `seconds`."""

    def __init__(self, length: int, seconds: float) -> None:
        self._length = length
        self._seconds = seconds
        self._queue: FairQueue[Place] = FairQueue(length)
        self._timers: dict[Place, asyncio.TimerHandle] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        return len(self._queue)

    def join(self, client: str | None) -> Place:
        """A new place in line; raises EngineBusy where the line is full.

        A client that has far more places than another loses its last one to it.
        """
        if len(self._queue) >= self._length:
            displaced = self._queue.displace(client)
            if displaced is None:
                raise self._full()
            if not displaced.done():
                displaced.set_exception(self._full())
        loop = self._loop = self._loop or asyncio.get_running_loop()
        place: Place = loop.create_future()
        self._queue.put(client, place)
        self._timers[place] = loop.call_later(self._seconds, self._turn_away, place)
        return place

    def leave(self, client: str | None, place: Place) -> None:
        """Give a place up, whether or not its turn has come."""
        self._queue.remove(client, place)
        timer = self._timers.pop(place, None)
        if timer is not None:
            timer.cancel()

    def next(self) -> Place | None:
        """The place whose turn it is, or None."""
        while (place := self._queue.pop()) is not None:
            if not place.done():
                return place
        return None

    def refuse(self, error: ClustergraphError) -> None:
        """Turn everybody away."""
        for place in self._queue.drain():
            if not place.done():
                place.set_exception(error)

    def _full(self) -> EngineBusy:
        return EngineBusy(f"{self._length} queries are waiting already, the most that may.")

    def _turn_away(self, place: Place) -> None:
        if not place.done():
            place.set_exception(EngineBusy(f"No worker became free within {self._seconds:g} seconds."))
