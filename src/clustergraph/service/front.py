"""A further front process, run by the first: `python -m clustergraph.service.front`, its order on stdin."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

from clustergraph.engine import walls
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.embedded import EmbeddedEngine
from clustergraph.engine.lending import LentZygotes
from clustergraph.engine.releases import release_dataset
from clustergraph.errors import ClustergraphError
from clustergraph.library.query import load_queries
from clustergraph.service.app import create_app
from clustergraph.service.logs import configure_logging
from clustergraph.service.responses import LOG
from clustergraph.service.server import FrontServer
from clustergraph.settings import Settings
from clustergraph.snapshot import open_release


def main() -> None:
    """Serve what the order says on the listener it names, until the first front ends."""
    order = json.load(sys.stdin)
    walls.die_with_parent(order["owner"])
    settings = Settings(**order["settings"])
    configure_logging(settings, sys.stderr)
    try:
        release = None if order["release"] is None else open_release(Path(order["release"]))
        engine = EmbeddedEngine(
            DatasetSpec.from_json(order["dataset"]),
            settings,
            LentZygotes(socket.socket(fileno=order["zygotes"])),
        )
        app = create_app(
            engine,
            release,
            {} if release is None else load_queries(release.directory / "queries"),
            settings,
            dataset_of=None if release is None else release_dataset(settings),
            front=order["front"],
        )
        FrontServer(app, engine, settings).run(sockets=[socket.socket(fileno=order["listener"])])
    except ClustergraphError as error:
        LOG.error("Front %d cannot serve: %s", order["front"], error)
        sys.exit(2)


if __name__ == "__main__":
    main()
