"""The real service over the real engine for tests: in-process for most, behind uvicorn for the wire."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
import uvicorn
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI

from clustergraph.engine.dataset import dataset_of_files, dataset_of_release
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.library.query import NamedQuery
from clustergraph.service.app import create_app
from clustergraph.settings import Settings
from clustergraph.snapshot import Release

BASE = "http://example.org/base"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


def settings(**overrides: Any) -> Settings:
    """Settings of a small service that shares no state with the machine's own."""
    return Settings(**({"base_url": BASE, "workers": 2, "query_deadline_seconds": 10.0} | overrides))


def application(
    files: Path | tuple[Path, ...],
    chosen: Settings,
    release: Release | None = None,
    queries: Mapping[str, NamedQuery] | None = None,
) -> FastAPI:
    """The application over files of data, as `clustergraph serve FILES` makes it."""
    dataset = dataset_of_files(files if isinstance(files, tuple) else (files,))
    return create_app(EmbeddedEngine(dataset, chosen), release, queries or {}, chosen)


def release_application(release: Release, chosen: Settings, queries: Mapping[str, NamedQuery]) -> FastAPI:
    """The application over a release, as `clustergraph serve` makes it."""
    engine = EmbeddedEngine(dataset_of_release(release), chosen)
    return create_app(engine, release, queries, chosen)


class Service(AbstractContextManager["Service"]):
    """An application that runs in a thread of its own and is asked without a socket."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._stack = ExitStack()
        self._portal: BlockingPortal
        self._client: httpx.AsyncClient

    def __enter__(self) -> Self:
        self._portal = self._stack.enter_context(start_blocking_portal())
        self._stack.enter_context(self._portal.wrap_async_context_manager(self._running()))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.close()

    @asynccontextmanager
    async def _running(self) -> Any:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        async with (
            self._app.router.lifespan_context(self._app),
            httpx.AsyncClient(transport=transport, base_url="http://wrong-host.example") as self._client,
        ):
            yield

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """One request; httpx's own Accept is not sent unless `headers` has one."""
        headers = {"Accept": None, **dict(options.pop("headers", None) or {})}

        async def send() -> httpx.Response:
            request = self._client.build_request(
                method, path, headers={k: v for k, v in headers.items() if v is not None}, **options
            )
            if headers["Accept"] is None:
                del request.headers["Accept"]
            return await self._client.send(request)

        return self._portal.call(send)

    def get(self, path: str, accept: str | None = None, **params: str) -> httpx.Response:
        """GET, with parameters."""
        return self.request("GET", path, headers={"Accept": accept}, params=params or None)

    def ask(self, query: str, accept: str | None = None, **params: str) -> httpx.Response:
        """Ask a query by GET."""
        return self.get("/sparql", accept, query=query, **params)


@contextmanager
def listening(app: FastAPI) -> Iterator[str]:
    """The application behind a real uvicorn on a free port; yields its address."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=5))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started and thread.is_alive():
                thread.join(0.02)
            assert server.started, "the service did not start"
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(20)
