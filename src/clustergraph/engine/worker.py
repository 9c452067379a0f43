"""A worker: one forked process that evaluates one query at a time and can be killed at any moment."""

from __future__ import annotations

import os
import re
import signal
import socket
import threading
from dataclasses import dataclass, field
from typing import Any, Final

import pyoxigraph as ox

from clustergraph.engine import walls, wire
from clustergraph.engine.syntax import explain
from clustergraph.errors import QueryCrashed, QueryError, QueryMalformed, QueryOverBudget, QueryRefused

_SOLUTIONS: Final[dict[str, ox.QueryResultsFormat]] = {
    "json": ox.QueryResultsFormat.JSON,
    "xml": ox.QueryResultsFormat.XML,
    "csv": ox.QueryResultsFormat.CSV,
    "tsv": ox.QueryResultsFormat.TSV,
}
_GRAPHS: Final[dict[str, ox.RdfFormat]] = {
    "turtle": ox.RdfFormat.TURTLE,
    "ntriples": ox.RdfFormat.N_TRIPLES,
    "rdfxml": ox.RdfFormat.RDF_XML,
    "jsonld": ox.RdfFormat.JSON_LD,
    "trig": ox.RdfFormat.TRIG,
    "nquads": ox.RdfFormat.N_QUADS,
}
_PREFIXED: Final = frozenset({"turtle", "trig"})
_XML: Final = frozenset({"xml", "rdfxml"})

# XML 1.0 section 2.2: no document may hold these, not even as character references.
_NOT_IN_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_FUNCTION: Final = re.compile(r"The custom (?:aggregate )?function <(.*)> is not supported")

#: Stack of the thread that evaluates. Oxigraph recurses on a query's depth; 8 MiB overflow from about 1,000.
_STACK_BYTES: Final = 64 * 1024 * 1024
#: A worker whose resident memory once grew by more than this leaves after its answer and takes it along.
_RETIRE_GROWTH: Final = 64 * 1024 * 1024
_MERGE: Final = ox.NamedNode("urn:x-clustergraph:merged-default-graph")


class _CallerGone(Exception):
    """The front has closed the socket: there is nobody to answer."""


@dataclass(slots=True)
class _FrameWriter:
    """The file that a result is serialised into: frames on the socket, within the budget of bytes."""

    link: socket.socket
    budget: int
    xml: bool
    pending: bytearray = field(default_factory=bytearray)
    total: int = 0
    block: int = wire.FIRST_BLOCK

    def write(self, data: bytes) -> int:
        self.total += len(data)
        if self.total > self.budget:
            raise QueryOverBudget(
                f"The result exceeds {self.budget / 1024**2:g} MiB, the most one query may return here.",
                fix="Ask for fewer columns or rows, or page with ORDER BY and LIMIT.",
            )
        if self.xml and (found := _NOT_IN_XML.search(data)):
            raise QueryRefused(
                f"The result holds the control character U+{found.group()[0]:04X}, which XML cannot carry.",
                fix="Ask for another format, such as JSON or Turtle.",
            )
        self.pending += data
        if len(self.pending) > self.block:
            self._send(wire.DATA)
            self.block = wire.NEXT_BLOCK
        return len(data)

    def flush(self) -> None:
        """Serialisers flush at their end; a frame is sent when it is full or last."""

    def finish(self, *, leaving: bool) -> None:
        self._send(wire.LAST_END if leaving else wire.END)

    def _send(self, kind: bytes) -> None:
        _send(self.link, wire.frame(kind, self.pending))
        self.pending.clear()


def _send(link: socket.socket, data: bytes) -> None:
    try:
        link.sendall(data)
    except OSError as error:
        raise _CallerGone from error


def run(link: socket.socket, store: ox.Store, limits: wire.Limits, zygote: int) -> None:
    """Be a worker until the front closes `link` or a query's answer says that this worker leaves.

    To be called in a fresh fork; ends the process. Queries are evaluated in a thread of their own: its random
    generator is seeded anew, where the forking thread's would give every worker the same UUID(), RAND() and
    BNODE(), and its stack is large.
    """
    walls.die_with_parent(zygote)
    walls.silence()
    walls.die_before_others()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    threading.stack_size(_STACK_BYTES)
    evaluation = threading.Thread(target=_serve, args=(link, store, limits), name="evaluation")
    evaluation.start()
    evaluation.join()
    os._exit(0)


def _serve(link: socket.socket, store: ox.Store, limits: wire.Limits) -> None:
    # The first query maps what every query needs, so that it is not charged to a caller.
    store.query("ASK {}")
    walls.limit_memory(limits.memory_bytes)
    walls.limit_descriptors()
    baseline = walls.peak_memory()
    while True:
        body = _receive(link)
        if body is None:
            return
        try:
            if _answer(link, store, wire.Task.unpack(body), limits, baseline):
                return
        except _CallerGone:
            return


def _receive(link: socket.socket) -> bytes | None:
    header = _receive_exactly(link, wire.LENGTH.size)
    return None if header is None else _receive_exactly(link, wire.LENGTH.unpack(header)[0])


def _receive_exactly(link: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        try:
            block = link.recv(size - len(data))
        except OSError:
            return None
        if not block:
            return None
        data += block
    return bytes(data)


def _answer(
    link: socket.socket, store: ox.Store, task: wire.Task, limits: wire.Limits, baseline: int
) -> bool:
    """Answer one query; returns whether this worker leaves after it."""
    walls.limit_processor(task.cpu_seconds)
    writer = _FrameWriter(link, limits.result_bytes, task.format_name in _XML)
    leaving = False
    error: QueryError
    try:
        leaving = _evaluate(store, task, writer)
        leaving = leaving or walls.peak_memory() - baseline > _RETIRE_GROWTH
        writer.finish(leaving=leaving)
        return leaving
    except _CallerGone:
        raise
    except QueryError as failure:
        error = failure
    except SyntaxError as failure:
        error = explain(task.query, str(failure), base_iri=task.base_iri)
    except MemoryError:
        error, leaving = wire.over_memory(), True
    except OSError as failure:
        error = _outside(failure)
    except RuntimeError as failure:
        error = _unsupported(task.query, str(failure))
    except BaseException as failure:  # a panic in the engine arrives as one
        error, leaving = QueryCrashed(f"The engine failed on this query: {failure}"), True
    leaving = leaving or walls.peak_memory() - baseline > _RETIRE_GROWTH
    kind = wire.LAST_ERROR if leaving else wire.ERROR
    _send(link, wire.frame(kind, wire.pack(wire.error_to_json(error))[wire.LENGTH.size :]))
    return leaving


def _outside(failure: OSError) -> QueryError:
    # The store is in memory and the result goes to a socket that reports for itself: what is left is SERVICE.
    return QueryRefused(
        "The query tried to reach something outside this dataset, which no query can do here.",
        fix="Leave SERVICE out." if failure else None,
    )


def _unsupported(query: str, message: str) -> QueryError:
    match = _FUNCTION.search(message)
    if match is None:
        return QueryCrashed(f"The engine failed on this query: {message}")
    offset = query.find(f"<{match[1]}>")
    line = query.count("\n", 0, offset) + 1 if offset >= 0 else None
    column = offset - query.rfind("\n", 0, offset) if offset >= 0 else None
    return QueryMalformed(
        f"There is no function <{match[1]}> here.",
        line=line,
        column=column,
        fix="Use the functions of SPARQL 1.1 (section 17.4) and the casts to XSD types.",
    )


def _evaluate(store: ox.Store, task: wire.Task, writer: _FrameWriter) -> bool:
    """Evaluate a query into `writer`; returns whether the store of this worker is spoilt by it."""
    options, merged = _dataset(store, task)
    result = store.query(task.query, base_iri=task.base_iri, **options)
    if isinstance(result, ox.QuerySolutions | ox.QueryBoolean):
        result.serialize(writer, _SOLUTIONS[task.format_name])  # type: ignore[arg-type]
    elif task.format_name in _PREFIXED:
        _serialize_with_prefixes(result, writer, task)
    else:
        result.serialize(writer, _GRAPHS[task.format_name])  # type: ignore[arg-type]
    return merged


def _serialize_with_prefixes(triples: ox.QueryTriples, writer: _FrameWriter, task: wire.Task) -> None:
    prefixes = {name: iri for name, iri in (task.prefixes or {}).items() if _absolute(iri)}
    ox.serialize(triples, writer, _GRAPHS[task.format_name], prefixes=prefixes)  # type: ignore[arg-type]


def _absolute(iri: str) -> bool:
    try:
        ox.NamedNode(iri)
    except ValueError:
        return False
    return True


def _dataset(store: ox.Store, task: wire.Task) -> tuple[dict[str, Any], bool]:
    """The dataset a query is asked over, and whether it was merged into this worker's copy of the store.

    A dataset of the protocol replaces that of the query (SPARQL 1.1 Protocol section 2.1.4), and a dataset
    given by either has no other named graphs than it lists (SPARQL 1.1 Query section 13.2). Oxigraph repeats
    a triple that stands in two default graphs, so several are merged first: a merge holds it once.
    """
    if not (task.default_graphs or task.named_graphs or task.from_graphs):
        return {}, False
    if task.default_graphs or task.named_graphs:
        default = [_graph(iri) for iri in task.default_graphs or ()]
        named = [_graph(iri) for iri in task.named_graphs or ()]
    else:
        default = _resolve(store, task, task.from_graphs)
        named = _resolve(store, task, task.from_named)
    default = list(dict.fromkeys(default))
    if len(default) > 1:
        store.update(";".join(f"ADD SILENT GRAPH {graph} TO GRAPH {_MERGE}" for graph in default))
        return {"default_graph": [_MERGE], "named_graphs": named}, True
    return {"default_graph": default, "named_graphs": named}, False


def _graph(iri: str) -> ox.NamedNode:
    try:
        return ox.NamedNode(iri)
    except ValueError as error:
        raise QueryMalformed(
            f"“{iri}” does not name a graph: {error}.", fix="Give an absolute IRI."
        ) from None


def _resolve(store: ox.Store, task: wire.Task, terms: tuple[str, ...]) -> list[ox.NamedNode]:
    """The IRIs that terms of the query mean under its own BASE and PREFIX lines."""
    graphs: list[ox.NamedNode] = []
    for term in dict.fromkeys(terms):
        solutions = store.query(f"{task.prologue}\nSELECT ({term} AS ?graph) {{}}", base_iri=task.base_iri)
        if isinstance(solutions, ox.QuerySolutions):
            graphs.extend(row["graph"] for row in solutions if isinstance(row["graph"], ox.NamedNode))
    return graphs
