"""`clustergraph serve`: the release, or files exactly as they are, over HTTP."""

from __future__ import annotations

import errno
import socket
from pathlib import Path

from rich.console import Console
from rich.text import Text

from clustergraph import snapshot
from clustergraph.build.staleness import is_stale
from clustergraph.cli.releases import show_release
from clustergraph.cli.terminal import show_faults
from clustergraph.engine.dataset import dataset_of_files, placed
from clustergraph.engine.nursery import OwnZygotes
from clustergraph.engine.releases import release_dataset
from clustergraph.engine.spawn import Spawned
from clustergraph.errors import BuildRefused, EngineUnavailable
from clustergraph.settings import Settings
from clustergraph.snapshot import Release
from clustergraph.sources.content import find_content


def run_serve(settings: Settings, console: Console, files: tuple[Path, ...], zygote: Spawned) -> None:
    """Listen, so that a port in use is known before anything is built; then build if needed, and serve.

    `zygote` was started for the dataset that will be served.
    """
    zygotes = OwnZygotes(zygote)
    listener = _listen(settings.host, settings.port)
    with listener:
        settings = settings.model_copy(update={"port": listener.getsockname()[1]})
        release = None
        if files:
            console.print(Text(f"Serving {', '.join(map(str, files))} exactly as they are."))
            dataset = placed(
                dataset_of_files(files),
                in_memory_mib=settings.in_memory_mib,
                home=settings.home,
                spawned=settings.workers_are_spawned,
            )
        else:
            release = _release_to_serve(settings, console)
            dataset = release_dataset(settings)(release)
        # The dataset is loaded while what speaks HTTP is imported and its pages are made.
        zygotes.expect(dataset)
        from clustergraph.cli.serving import serve_dataset

        serve_dataset(settings, console, listener, zygotes, dataset=dataset, release=release)


def _release_to_serve(settings: Settings, console: Console) -> Release:
    """The current release, after building one where there is none or the curated files have changed."""
    content = find_content(settings, Path.cwd())
    release = snapshot.current_release(settings.home)
    if release is None or is_stale(release.manifest, content, settings.home):
        console.print(
            "No release has been built yet."
            if release is None
            else f"Curated files or imports have changed since release {release.manifest.release} was built."
        )
        # What builds takes long to import, and is seldom needed.
        from clustergraph.cli.build import build_showing_progress

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
