"""The web application: pages for people, `/sparql` for programs, and the state of the service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Message, Receive, Scope, Send

from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.engine.sharing import SharedAnswers
from clustergraph.errors import ClustergraphError, StorageUnavailable
from clustergraph.library.query import NamedQuery
from clustergraph.pages.render import ASSETS, render
from clustergraph.service.addresses import SPARQL_PATH, problem_type, root_path
from clustergraph.service.answering import Answering
from clustergraph.service.editions import Editions, make_edition
from clustergraph.service.federation import federated
from clustergraph.service.headers import CommonHeaders
from clustergraph.service.health import Health
from clustergraph.service.journal import Conversation, Journal
from clustergraph.service.logs import RequestLog
from clustergraph.service.operator import OperatorSocket
from clustergraph.service.problems import Problem, problem_of, problem_of_status
from clustergraph.service.queries import NamedQueries
from clustergraph.service.releases import ReleaseWatch
from clustergraph.service.responses import LOG, BrokenOff, problem_response, problem_view
from clustergraph.service.sparql import SparqlEndpoint
from clustergraph.service.telemetry import Telemetry
from clustergraph.settings import Settings
from clustergraph.snapshot import Release

_MIB: Final = 1024 * 1024
_ENDPOINT_PATHS: Final = frozenset({SPARQL_PATH, f"{SPARQL_PATH}/"})


class Service(FastAPI):
    """The application, with the endpoint in front of its dispatch: a query takes the shortest way."""

    endpoint: SparqlEndpoint
    editions: Editions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or run the lifespan."""
        if scope["type"] == "http" and scope["path"] in _ENDPOINT_PATHS:
            await self.endpoint(scope, receive, send)
        else:
            await super().__call__(
                scope, receive, self._plainly(send) if scope["type"] == "lifespan" else send
            )

    def _plainly(self, send: Send) -> Send:
        """`send`, telling a start that failed for a foreseen reason in its sentence, not a traceback."""

        async def plain(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                why = getattr(self.state, "why_not_started", None)
                message = {**message, "message": why or message["message"]}
            await send(message)

        return plain


def create_app(
    engine: EmbeddedEngine,
    release: Release | None,
    queries: Mapping[str, NamedQuery],
    settings: Settings,
    *,
    dataset_of: Callable[[Release], DatasetSpec] | None = None,
    front: int | None = None,
) -> Service:
    """The service over an engine; it starts the engine and stops it.

    `release` is what the engine serves, or None where it serves plain files; `queries` are the named
    queries that fit it, by name. With `dataset_of`, the dataset of a release, a new release is switched to
    while the service runs. `front` is the number of this process among those of the service; with it, the
    operator can ask the process at its socket.
    """
    root = root_path(settings)
    asked = federated(engine, settings)
    shared = SharedAnswers(asked, cache_bytes=settings.cache_mib * _MIB)
    telemetry = Telemetry(engine, shared)
    journal = Journal(telemetry, RequestLog(settings))
    answering = Answering(shared, settings)
    editions = Editions(make_edition(release, queries, settings))
    operator = front is not None and OperatorSocket(
        settings.home,
        queries=engine.running,
        metrics=telemetry.text,
        stop=engine.stop,
        front=str(front),
    )
    watch = dataset_of and ReleaseWatch(editions, settings, dataset_of=dataset_of, switch=engine.switch)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            await engine.start()
        except ClustergraphError as error:
            app.state.why_not_started = str(error)
            raise
        if operator:
            try:
                await operator.start()
            except StorageUnavailable as error:
                LOG.warning("The operator cannot ask this process: %s", error)
        watching = asyncio.create_task(watch.run()) if watch else None
        try:
            yield
        finally:
            if watching:
                watching.cancel()
                with suppress(asyncio.CancelledError):
                    await watching
            if operator:
                await operator.aclose()
            await asked.aclose()

    health = Health(engine, telemetry, editions, settings)
    documents = _Documents(editions, journal)
    routes: list[BaseRoute] = [
        Route("/queries/{name}", NamedQueries(answering, editions, settings, journal)),
        Route("/livez", health.alive),
        Route("/readyz", health.ready),
        Route("/metrics", health.metrics),
        Route("/assets/reference.css", documents),
        Mount("/assets", StaticFiles(directory=ASSETS)),
        Route("/{path:path}", documents),
    ]
    app = Service(
        title="clustergraph",
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(CommonHeaders)],
        redirect_slashes=False,
        # Their pages load scripts from another origin; nothing here may.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.endpoint = SparqlEndpoint(answering, editions, settings, journal)
    app.editions = editions
    _add_problem_handlers(app, settings, root)
    return app


class _Documents:
    """ASGI application: the documents of the edition that is shown now, by their paths."""

    def __init__(self, editions: Editions, journal: Journal) -> None:
        self._editions = editions
        self._journal = journal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with a document; raises HTTPException 404 where the edition has none at the path."""
        await self._journal.hold(self._answer, scope, receive, send)

    async def _answer(self, talk: Conversation) -> None:
        document = self._editions.current.documents.get(talk.scope["path"])
        if document is None:
            talk.outcome = "not-found"
            raise HTTPException(404)
        talk.outcome = "page"
        await talk.respond(document)


def _add_problem_handlers(app: FastAPI, settings: Settings, root: str) -> None:
    def respond(request: Request, problem: Problem) -> Response:
        accept = ", ".join(request.headers.getlist("accept")) or None
        return problem_response(
            problem,
            problem_type(settings, problem.kind.slug),
            accept,
            lambda it: render("problem.html", root=root, problem=problem_view(it)),
        )

    @app.exception_handler(HTTPException)
    async def http_failure(request: Request, error: HTTPException) -> Response:
        detail = {
            404: f"There is nothing at {request.url.path}.",
            405: f"{request.method} is not possible at {request.url.path}.",
        }.get(error.status_code, error.detail)
        return respond(request, problem_of_status(error.status_code, detail, error.headers))

    @app.exception_handler(ClustergraphError)
    async def foreseen_failure(request: Request, error: ClustergraphError) -> Response:
        return respond(request, problem_of(error))

    @app.exception_handler(Exception)
    async def unforeseen_failure(request: Request, error: Exception) -> Response:
        if not isinstance(error, BrokenOff):
            LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return respond(request, problem_of(error))
