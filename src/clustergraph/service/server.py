"""One process that speaks HTTP: the application behind uvicorn, with its connections bounded."""

from __future__ import annotations

import gc
import socket
from collections.abc import Callable
from typing import Final

import uvicorn

from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.engine.guard import inspect
from clustergraph.service.app import Service
from clustergraph.service.connections import BreaksOff, ConnectionLimits, bounded_protocol
from clustergraph.service.fleet import Fleet
from clustergraph.settings import Settings

_ALLOCATIONS_BEFORE_COLLECTION: Final = 10_000


class FrontServer(uvicorn.Server):
    """Serves an application, with a fleet of other processes where there is one; `announce` is called once
    it answers.

    The engine is started here rather than by the application's lifespan, which would log a failure and hide
    its kind: `startup` raises what `EmbeddedEngine.start` raises.
    """

    def __init__(
        self,
        app: Service,
        engine: EmbeddedEngine,
        settings: Settings,
        *,
        fleet: Fleet | None = None,
        announce: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__(
            uvicorn.Config(
                BreaksOff(app),
                http=bounded_protocol(ConnectionLimits.of(settings)),
                ws="none",
                lifespan="on",
                access_log=False,
                server_header=False,
                log_config=None,
                proxy_headers=True,
                forwarded_allow_ips=settings.trusted_proxies,
                timeout_graceful_shutdown=5,
            )
        )
        self._engine = engine
        self._fleet = fleet
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start the engine, then listen, then have the others do so."""
        await self._engine.start()
        # The guard's expressions are compiled before anybody waits for them.
        inspect("ASK {}")
        # What is here now stays, so no collection need look at it again; requests leave few cycles behind.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_ALLOCATIONS_BEFORE_COLLECTION, 20, 20)
        await super().startup(sockets)
        if self.started and not self.should_exit:
            if self._fleet is not None:
                await self._fleet.start()
            self._announce()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the others, then this one."""
        if self._fleet is not None:
            await self._fleet.aclose()
        await super().shutdown(sockets)
