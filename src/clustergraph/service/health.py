"""Whether the service lives and can answer, and what it counts."""

from __future__ import annotations

import asyncio
import os
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from clustergraph.engine.base import Engine
from clustergraph.service.editions import Editions
from clustergraph.service.operator import ask_all, expositions
from clustergraph.service.telemetry import MERGED_CONTENT_TYPE, Telemetry, merged
from clustergraph.settings import Settings

_NEVER_KEPT: Final = {"Cache-Control": "no-store"}


class Health:
    """The endpoints of machines that watch the service."""

    def __init__(self, engine: Engine, telemetry: Telemetry, editions: Editions, settings: Settings) -> None:
        self._engine = engine
        self._telemetry = telemetry
        self._editions = editions
        self._settings = settings

    async def alive(self, _: Request) -> Response:
        """200 while the process answers at all."""
        return JSONResponse({"status": "alive"}, headers=_NEVER_KEPT)

    async def ready(self, _: Request) -> Response:
        """200 while a worker answers, else 503."""
        is_ready = await self._engine.ready()
        status = "ready" if is_ready else "not ready"
        return JSONResponse({"status": status}, 200 if is_ready else 503, _NEVER_KEPT)

    async def metrics(self, request: Request) -> Response:
        """The figures of every process of the service, as Prometheus reads them."""
        release = self._editions.current.release
        self._telemetry.release = "" if release is None else str(release.manifest.release)
        if self._settings.processes == 1:
            body, content_type = self._telemetry.exposition(request.headers.get("accept"))
        else:
            body, content_type = await self._merged(), MERGED_CONTENT_TYPE
        return Response(body, headers={**_NEVER_KEPT, "Content-Type": content_type})

    async def _merged(self) -> bytes:
        answers = await asyncio.to_thread(ask_all, self._settings.home, {"ask": "metrics"})
        return merged(expositions(answers) or {str(os.getpid()): self._telemetry.text()})
