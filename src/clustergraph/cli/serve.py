"""`clustergraph serve`: the release, or files exactly as they are, over HTTP."""

from __future__ import annotations

import errno
import socket
from collections.abc import Mapping
from pathlib import Path

import uvicorn
from rich.console import Console
from rich.text import Text

from clustergraph import snapshot
from clustergraph.build.pipeline import is_stale
from clustergraph.cli.build import build_showing_progress
from clustergraph.cli.info import show_release
from clustergraph.cli.terminal import show_faults
from clustergraph.engine.dataset import DatasetSpec, dataset_of_files, dataset_of_release
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.errors import BuildRefused, EngineUnavailable
from clustergraph.library.query import NamedQuery, load_queries
from clustergraph.service.addresses import base_url
from clustergraph.service.app import create_app
from clustergraph.settings import Settings
from clustergraph.snapshot import Release
from clustergraph.sources.content import find_content


def run_serve(settings: Settings, console: Console, files: tuple[Path, ...]) -> None:
    """Listen, so that a port in use is known before anything is built; then build if needed, and serve."""
    listener = _listen(settings.host, settings.port)
    with listener:
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        if files:
            console.print(Text(f"Serving {', '.join(map(str, files))} exactly as they are."))
            _serve(settings, console, listener, dataset=dataset_of_files(files))
        else:
            release = _release_to_serve(settings, console)
            queries = load_queries(release.directory / "queries")
            _serve(
                settings,
                console,
                listener,
                dataset=dataset_of_release(release),
                release=release,
                queries=queries,
            )


def _release_to_serve(settings: Settings, console: Console) -> Release:
    """The current release, after building one where there is none or the curated files have changed."""
    content = find_content(settings, Path.cwd())
    release = snapshot.current_release(settings.home)
    if release is None or is_stale(release.manifest, content):
        console.print(
            "No release has been built yet."
            if release is None
            else f"The curated files have changed since release {release.manifest.release} was built."
        )
        try:
            release = build_showing_progress(content, settings, console).release
        except BuildRefused as refusal:
            if release is None:
                raise
            show_faults(console, refusal.faults)
            console.print(
                Text(
                    f"{refusal.what} Serving release {release.manifest.release} as it was.", style="bold red"
                )
            )
    show_release(console, release.manifest)
    return release


def _serve(
    settings: Settings,
    console: Console,
    listener: socket.socket,
    *,
    dataset: DatasetSpec,
    release: Release | None = None,
    queries: Mapping[str, NamedQuery] | None = None,
) -> None:
    engine = EmbeddedEngine(dataset, settings)
    app = create_app(engine, release, queries or {}, settings)
    config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, lifespan="on")
    _AnnouncingServer(config, engine, settings, console).run(sockets=[listener])


class _AnnouncingServer(uvicorn.Server):
    """Says where the service is once it answers, and how to stop it."""

    def __init__(
        self, config: uvicorn.Config, engine: EmbeddedEngine, settings: Settings, console: Console
    ) -> None:
        super().__init__(config)
        self._engine = engine
        self._settings = settings
        self._console = console

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        # Started here rather than by the application's lifespan, which would log a failure and hide it.
        await self._engine.start()
        await super().startup(sockets)
        if self.started and not self.should_exit:
            address = base_url(self._settings)
            self._console.print()
            self._console.print(Text(f"Serving at {address}  (SPARQL: {address}/sparql)", style="bold green"))
            self._console.print("Press Ctrl+C to stop.")


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except (OSError, UnicodeError) as error:
        listener.close()
        raise EngineUnavailable(*_why_not(error, host, port)) from error
    listener.set_inheritable(False)
    return listener


def _why_not(error: OSError | UnicodeError, host: str, port: int) -> tuple[str]:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return (
            f"Port {port} of {host} is in use by another program. Stop that program, or choose another "
            "port with --port (0 picks a free one).",
        )
    if code == errno.EACCES:
        return (f"This user may not listen on port {port}. Choose a port above 1023 with --port.",)
    return (f"The address {host} is none that this machine can listen on. Choose another with --host.",)
