"""Stands in for what the engine does not tell yet."""

from __future__ import annotations

import asyncio
import itertools
import time
from typing import Any

from clustergraph.engine.base import EngineState, QueryRequest, RunningQuery
from clustergraph.engine.embedded import EmbeddedAnswer, EmbeddedEngine
from clustergraph.errors import QueryStopped


class WatchedEngine(EmbeddedEngine):
    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._numbers = itertools.count(1)
        self._asked: dict[int, tuple[RunningQuery, asyncio.Task[EmbeddedAnswer]]] = {}
        self._stopped: set[int] = set()

    async def answer(self, request: QueryRequest) -> EmbeddedAnswer:
        number = next(self._numbers)
        task = asyncio.create_task(super().answer(request))
        self._asked[number] = (
            RunningQuery(
                number=number,
                query=request.query,
                client=request.client,
                format_name=request.result_format.name,
                started=time.monotonic(),
                deadline_seconds=request.deadline_seconds or self._settings.query_deadline_seconds,
                worker=self.processes().workers[0],
                streaming=False,
            ),
            task,
        )
        try:
            return await task
        except asyncio.CancelledError:
            if number in self._stopped:
                raise QueryStopped from None
            task.cancel()
            raise
        finally:
            del self._asked[number]

    def running(self) -> tuple[RunningQuery, ...]:
        return tuple(each for each, _ in self._asked.values())

    def state(self) -> EngineState:
        return EngineState(
            workers=len(self.processes().workers),
            idle=len(self._idle),
            waiting=len(self._waiting),
            deaths={},
            reloads=0,
            quads=self.quads,
            dataset="d",
        )

    def stop(self, number: int) -> bool:
        if number not in self._asked:
            return False
        self._stopped.add(number)
        self._asked[number][1].cancel()
        return True
