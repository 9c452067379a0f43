"""What `clustergraph serve` does once it knows the dataset: speaks HTTP, says where, and has others do so."""

from __future__ import annotations

import socket
import sys

from rich.console import Console
from rich.text import Text

from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.engine.nursery import OwnZygotes
from clustergraph.engine.releases import release_dataset
from clustergraph.library.query import load_queries
from clustergraph.service.addresses import base_url
from clustergraph.service.app import create_app
from clustergraph.service.fleet import Fleet
from clustergraph.service.logs import configure_logging
from clustergraph.service.server import FrontServer
from clustergraph.settings import Settings
from clustergraph.snapshot import Release


def serve_dataset(
    settings: Settings,
    console: Console,
    listener: socket.socket,
    zygotes: OwnZygotes,
    *,
    dataset: DatasetSpec,
    release: Release | None,
) -> None:
    """Serve a dataset until interrupted; `release` is what it belongs to, None for plain files."""
    configure_logging(settings, sys.stderr)
    engine = EmbeddedEngine(dataset, settings, zygotes)
    app = create_app(
        engine,
        release,
        {} if release is None else load_queries(release.directory / "queries"),
        settings,
        dataset_of=None if release is None else release_dataset(settings),
        front=0,
    )
    fleet = Fleet(listener, settings, zygotes, app.editions, lambda: engine.spec)

    def announce() -> None:
        address = base_url(settings)
        console.print()
        console.print(Text(f"Serving at {address}  (SPARQL: {address}/sparql)", style="bold green"))
        console.print("Press Ctrl+C to stop.")

    FrontServer(app, engine, settings, fleet=fleet, announce=announce).run(sockets=[listener])
