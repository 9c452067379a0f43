"""A worker: one process that evaluates one query at a time and can be killed at any moment."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import pyoxigraph as ox

from clustergraph.engine import walls, wire
from clustergraph.engine.body import Body, CallerGone, send
from clustergraph.engine.evaluation import check, evaluate
from clustergraph.engine.syntax import explain
from clustergraph.errors import QueryCrashed, QueryError, QueryMalformed, QueryRefused

_XML: Final = frozenset({"xml", "rdfxml"})
_FUNCTION: Final = re.compile(r"The custom (?:aggregate )?function <(.*)> is not supported")
_SERVICE: Final = re.compile("service", re.IGNORECASE)

#: Stack of the thread that evaluates. Oxigraph recurses on a query's depth; 8 MiB overflow from about 1,000.
_STACK_BYTES: Final = 64 * 1024 * 1024
#: Most of a query that is taken from the socket at once; nearly every one fits.
_RECEIVE_BYTES: Final = 64 * 1024


class Place:
    """What a worker evaluates over, and how it may.

    `open_store` gives the store: the one the zygote holds, shared, or, `on_disk`, one that each worker opens
    for itself. A worker that has touched more than `wear_bytes` of memory leaves after its answer.
    """

    __slots__ = ("limits", "on_disk", "open_store", "wear_bytes")

    def __init__(
        self, open_store: Callable[[], ox.Store], limits: wire.Limits, *, on_disk: bool, wear_bytes: int
    ) -> None:
        self.open_store = open_store
        self.limits = limits
        self.on_disk = on_disk
        self.wear_bytes = wear_bytes


def run(link: socket.socket, place: Place, zygote: int) -> None:
    """Be a worker until the front closes `link` or a query's answer says that this worker leaves.

    To be called in a fresh process; ends it. Queries are evaluated in a thread of their own: its random
    generator is seeded anew, where the forking thread's would give every worker the same UUID(), RAND() and
    BNODE(), and its stack is large.
    """
    walls.die_with_parent(zygote)
    walls.silence()
    walls.die_before_others()
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    threading.stack_size(_STACK_BYTES)
    status = [wire.BROKEN]
    evaluation = threading.Thread(target=lambda: status.append(_Worker(link, place).run()), name="evaluation")
    evaluation.start()
    evaluation.join()
    os._exit(status[-1])


class _Worker:
    """One worker, within its walls."""

    def __init__(self, link: socket.socket, place: Place) -> None:
        self._link = link
        self._on_disk = place.on_disk
        self._result_bytes = place.limits.result_bytes
        self._wear_faults = place.wear_bytes // resource.getpagesize()
        self._store = place.open_store()
        self._empty = ox.Store()
        # The first query maps what every query needs, so that it is not charged to a caller.
        self._store.query("ASK {}")
        walls.limit_memory(place.limits.memory_bytes)
        walls.confine(files=place.on_disk)
        self._allowance = walls.ProcessorAllowance()
        self._used = resource.getrusage(resource.RUSAGE_SELF)
        self._status = 0
        self._rest = b""

    def run(self) -> int:
        """Answer queries; returns the exit status when this worker leaves."""
        with suppress(CallerGone):
            while (query := self._receive()) is not None:
                if self._answer(wire.Task.unpack(query)):
                    break
        return self._status

    def _receive(self) -> bytes | None:
        """The next query; None when the front has closed the connection."""
        data = self._rest
        head = wire.LENGTH.size
        try:
            while len(data) < head or len(data) < (end := head + wire.LENGTH.unpack_from(data)[0]):
                missing = max(_RECEIVE_BYTES, end - len(data) if len(data) >= head else 0)
                block = self._link.recv(missing)
                if not block:
                    return None
                data = data + block if data else block
        except OSError:
            return None
        self._rest = data[end:]
        return data[head:end]

    def _answer(self, task: wire.Task) -> bool:
        """Answer one query; returns whether this worker leaves after it."""
        used = self._used
        self._allowance.grant(used.ru_utime + used.ru_stime, task.cpu_seconds)
        body = Body(self._link, self._result_bytes, coding=task.coding, xml=task.format_name in _XML)
        leaving = False
        error: QueryError
        try:
            if task.checked_only:
                check(self._empty, task)
            else:
                leaving = evaluate(self._store, task, body, read_only=self._on_disk)
            leaving = self._is_worn() or leaving
            body.finish(leaving=leaving)
            return leaving
        except CallerGone:
            raise
        except QueryError as failure:
            error = failure
        except SyntaxError as failure:
            error = explain(task.query, str(failure), base_iri=task.base_iri)
        except MemoryError:
            error, leaving = wire.over_memory(), True
            self._status = wire.OUT_OF_MEMORY
        except OSError as failure:
            error = self._unreachable(task, failure)
        except RuntimeError as failure:
            error = _unsupported(task.query, str(failure))
        except BaseException as failure:  # a panic in the engine arrives as one
            error, leaving = QueryCrashed(f"The engine failed on this query: {failure}"), True
            self._status = wire.BROKEN
        leaving = self._is_worn() or leaving
        kind = wire.LAST_ERROR if leaving else wire.ERROR
        send(self._link, wire.frame(kind, wire.pack(wire.error_to_json(error))[wire.LENGTH.size :]))
        return leaving

    def _is_worn(self) -> bool:
        self._used = used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_minflt > self._wear_faults

    def _unreachable(self, task: wire.Task, failure: OSError) -> QueryError:
        # The result goes to a socket that reports for itself: what is left is SERVICE and a store on disk.
        if self._on_disk and _SERVICE.search(task.query) is None:
            return QueryCrashed(f"The store could not be read: {failure}", fix="Ask again.")
        return QueryRefused(
            "The query tried to reach something outside this dataset, which no query can do here.",
            fix="Leave SERVICE out.",
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
