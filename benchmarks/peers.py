"""The peers: `oxigraph serve` in memory and on disk, and rdflib-endpoint. Each is always ended."""

from __future__ import annotations

import http.client
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks import servers
from benchmarks.client import Endpoint
from benchmarks.servers import Server


@dataclass(frozen=True, slots=True)
class Peers:
    """Where the peers are installed: the `oxigraph` binary, and a Python that has rdflib-endpoint."""

    oxigraph: Path | None
    rdflib_python: Path | None

    @staticmethod
    def found(oxigraph: Path | None, environment: Path) -> Peers:
        """The peers in a virtual environment, or on the PATH; None for one that is not there."""
        binary = oxigraph or environment / "bin" / "oxigraph"
        if not binary.exists():
            on_path = shutil.which("oxigraph")
            binary = Path(on_path) if on_path else None  # type: ignore[assignment]
        python = environment / "bin" / "python"
        has_it = python.exists() and _has(python, "rdflib_endpoint")
        return Peers(binary, python if has_it else None)


@contextmanager
def oxigraph(binary: Path, directory: Path, file: Path) -> Iterator[Server]:
    """`oxigraph serve` in memory, loaded over its graph store protocol."""
    port = servers.free_port()
    command = [str(binary), "serve", "--bind", f"127.0.0.1:{port}"]
    with servers.running("oxigraph", command, directory) as (process, log, begun):
        endpoint = Endpoint(port, "/query")
        servers.wait_until_it_answers(process, log, endpoint, begun)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=servers.START_SECONDS)
        with file.open("rb") as body:
            headers = {"Content-Type": "application/n-triples", "Content-Length": str(file.stat().st_size)}
            connection.request("POST", "/store?default", body=body, headers=headers)
            response = connection.getresponse()
            told = response.read()
        connection.close()
        if response.status not in (200, 201, 204):
            raise servers.NotStarted(f"oxigraph refused the data with {response.status}: {told[:200]!r}")
        yield Server("oxigraph", process.pid, endpoint, time.perf_counter() - begun, log)


@contextmanager
def oxigraph_on_disk(binary: Path, directory: Path, file: Path) -> Iterator[Server]:
    """`oxigraph serve-read-only` over a store on disk, which is loaded first where it is not there yet."""
    store = store_on_disk(binary, directory, file)
    port = servers.free_port()
    command = [str(binary), "serve-read-only", "--location", str(store), "--bind", f"127.0.0.1:{port}"]
    with servers.running("oxigraph-disk", command, directory) as (process, log, begun):
        endpoint = Endpoint(port, "/query")
        servers.wait_until_it_answers(process, log, endpoint, begun)
        yield Server("oxigraph on disk", process.pid, endpoint, time.perf_counter() - begun, log)


def store_on_disk(binary: Path, directory: Path, file: Path) -> Path:
    """A store on disk with the data of a file, made by `oxigraph load` where it is not there yet."""
    store = directory / f"{file.stem}.store"
    if not store.exists():
        partial = directory / f".{file.stem}.store.partial"
        shutil.rmtree(partial, ignore_errors=True)
        command = [str(binary), "load", "--location", str(partial), "--file", str(file)]
        subprocess.run(command, check=True, capture_output=True)
        partial.rename(store)
    return store


@contextmanager
def rdflib_endpoint(python: Path, directory: Path, file: Path) -> Iterator[Server]:
    """rdflib-endpoint over a graph in memory."""
    port = servers.free_port()
    command = [str(python), str(Path(__file__).with_name("rdflib_endpoint_app.py")), str(file), str(port)]
    with servers.running("rdflib-endpoint", command, directory) as (process, log, begun):
        endpoint = Endpoint(port, "/")
        servers.wait_until_it_answers(process, log, endpoint, begun)
        yield Server("rdflib-endpoint", process.pid, endpoint, time.perf_counter() - begun, log)


def _has(python: Path, module: str) -> bool:
    return (
        subprocess.run([str(python), "-c", f"import {module}"], capture_output=True, check=False).returncode
        == 0
    )
