"""The web application: pages for people, `/sparql` for programs, and the state of the service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clustergraph import snapshot
from clustergraph.engine.base import Engine
from clustergraph.errors import ClustergraphError
from clustergraph.library.query import NamedQuery
from clustergraph.negotiation import TURTLE
from clustergraph.pages import links
from clustergraph.pages.render import ASSETS, render
from clustergraph.pages.view import Link, release_view
from clustergraph.publish.reference import STYLESHEET
from clustergraph.service.addresses import SPARQL_PATH, problem_type, root_path
from clustergraph.service.answering import Answering
from clustergraph.service.headers import CommonHeaders
from clustergraph.service.problems import KINDS, Problem, problem_of, problem_of_status
from clustergraph.service.queries import NamedQueries, question_views
from clustergraph.service.responses import LOG, content_type, html_response, problem_response, problem_view
from clustergraph.service.sparql import SparqlEndpoint
from clustergraph.settings import Settings
from clustergraph.snapshot import Release

#: Examples below the form that fit any dataset.
_GENERAL_EXAMPLES: Final = (
    (
        "How many things of each class?",
        "SELECT ?class (COUNT(?thing) AS ?things) WHERE {\n  ?thing a ?class .\n}\n"
        "GROUP BY ?class\nORDER BY DESC(?things) ?class",
    ),
    (
        "Which named graphs are there?",
        "SELECT ?graph (COUNT(*) AS ?triples) WHERE {\n  GRAPH ?graph { ?subject ?predicate ?object }\n}\n"
        "GROUP BY ?graph\nORDER BY ?graph",
    ),
)


def create_app(
    engine: Engine, release: Release | None, queries: Mapping[str, NamedQuery], settings: Settings
) -> FastAPI:
    """The service over an engine; it starts the engine and stops it.

    `release` is what the engine serves, or None where it serves plain files; `queries` are the named
    queries that fit it, by name.
    """
    root = root_path(settings)
    answering = Answering(engine, settings)
    first_page_queries = [query for query in queries.values() if query.first_page]
    examples = [
        *(Link(text, links.sparql(root, query)) for text, query in _GENERAL_EXAMPLES),
        *(Link(query.question, links.sparql(root, query.sparql)) for query in first_page_queries),
    ]
    sparql = SparqlEndpoint(answering, settings, examples)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        try:
            await engine.start()
        except ClustergraphError as error:
            app.state.why_not_started = str(error)
            raise
        try:
            yield
        finally:
            await engine.aclose()

    pages = _Pages(release, queries, root)
    routes: list[BaseRoute] = [
        Route(SPARQL_PATH, sparql),
        Route(f"{SPARQL_PATH}/", sparql),
        Route("/", pages.first),
        Route("/queries", pages.queries),
        Route("/queries/{name}", NamedQueries(answering, queries, settings), methods=["GET"]),
        Route("/problems", pages.problems),
        Route("/livez", _alive),
        Route("/readyz", _readiness(engine)),
        *_documents(release),
        Mount("/assets", StaticFiles(directory=ASSETS)),
    ]
    app = FastAPI(
        title="clustergraph",
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(PlainStartup), Middleware(CommonHeaders)],
        redirect_slashes=False,
        # Their pages load scripts from another origin; nothing here may.
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    _add_problem_handlers(app, settings, root)
    return app


class PlainStartup:
    """ASGI middleware: a start that failed for a foreseen reason is told in its sentence, not a traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything on but the message of a failed start."""

        async def plainly(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed":
                why = getattr(scope["app"].state, "why_not_started", None)
                message = {**message, "message": why or message["message"]}
            await send(message)

        await self._app(scope, receive, plainly if scope["type"] == "lifespan" else send)


class _Pages:
    """The documents that need no engine, rendered once: a release never changes."""

    def __init__(self, release: Release | None, queries: Mapping[str, NamedQuery], root: str) -> None:
        manifest = release.manifest if release else None
        view = manifest and release_view(
            manifest,
            [Link(kind.label, links.instances(root, kind.iri)) for kind in manifest.kinds],
            [Link(source.title, links.describe(root, source.iri)) for source in manifest.sources],
        )
        files = manifest.files if manifest else {}
        self._first = render(
            "first.html",
            root=root,
            release=view,
            questions=question_views((each for each in queries.values() if each.first_page), root),
            has_report=snapshot.VALIDATION_REPORT in files,
            has_description=snapshot.DESCRIPTION in files,
            has_reference=snapshot.REFERENCE_HTML in files,
        )
        self._queries = render("queries.html", root=root, questions=question_views(queries.values(), root))
        self._problems = render("problems.html", root=root, kinds=tuple(KINDS.values()))

    async def first(self, _: Request) -> Response:
        return html_response(self._first)

    async def queries(self, _: Request) -> Response:
        return html_response(self._queries)

    async def problems(self, _: Request) -> Response:
        return html_response(self._problems)


#: Documents that a release carries: the path, the file, its media type.
_DOCUMENTS: Final = (
    ("/ontology", snapshot.REFERENCE_HTML, "text/html; charset=utf-8"),
    ("/ontology.md", snapshot.REFERENCE_MARKDOWN, "text/markdown; charset=utf-8"),
    ("/mappings.sssom.tsv", snapshot.MAPPINGS, "text/tab-separated-values; charset=utf-8"),
    ("/quality.json", snapshot.QUALITY, "application/json"),
    ("/void.ttl", snapshot.DESCRIPTION, content_type(TURTLE)),
    ("/.well-known/void", snapshot.DESCRIPTION, content_type(TURTLE)),
    ("/validation.ttl", snapshot.VALIDATION_REPORT, content_type(TURTLE)),
)


def _documents(release: Release | None) -> list[BaseRoute]:
    """Routes of the documents that the release carries, and of the style of the one that has a page."""
    if release is None:
        return []

    def route(path: str, text: str, media_type: str) -> Route:
        async def document(_: Request) -> Response:
            return Response(text, headers={"Content-Type": media_type})

        return Route(path, document)

    style = route("/assets/reference.css", STYLESHEET.read_text(encoding="utf-8"), "text/css; charset=utf-8")
    return [
        style,
        *(
            route(path, release.read_text(name), media_type)
            for path, name, media_type in _DOCUMENTS
            if name in release.manifest.files
        ),
    ]


async def _alive(_: Request) -> Response:
    return JSONResponse({"status": "alive"}, headers={"Cache-Control": "no-store"})


def _readiness(engine: Engine) -> Callable[[Request], Awaitable[Response]]:
    async def ready(_: Request) -> Response:
        is_ready = await engine.ready()
        return JSONResponse(
            {"status": "ready" if is_ready else "not ready"},
            200 if is_ready else 503,
            {"Cache-Control": "no-store"},
        )

    return ready


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
        LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
        return respond(request, problem_of(error))
