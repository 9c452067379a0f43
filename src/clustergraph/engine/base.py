"""What an engine is to the rooms above it: one question in, one bounded answer out.

The faces (HTTP, command line) know only this module. An engine may evaluate in forked workers
(`embedded.py`) or ask a remote SPARQL 1.1 service; both keep the same promises:

* nothing is answered before the query is known to be well-formed, allowed and begun;
* an answer is complete or it fails: iteration of `Answer.chunks()` ends only after the last byte;
* a query never outlives its deadline, nor the caller that closed its answer.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Protocol, Self

from clustergraph.negotiation import ResultFormat


# Not frozen, for that triples the time it takes to make one; nobody changes one all the same.
@dataclass(slots=True, kw_only=True)
class QueryRequest:
    """One SPARQL 1.1 query, the dataset it is asked over and the format its answer is wanted in.

    `default_graphs` and `named_graphs` are the protocol's `default-graph-uri` and `named-graph-uri`
    (SPARQL 1.1 Protocol section 2.1.4); both empty means the dataset as served. They name graphs of the
    dataset and are never fetched. `base_iri` resolves the query's relative IRIs. `deadline_seconds` may
    lower the engine's own deadline, never raise it.

    `coding` is the content coding the answer may be sent in (`codings.CODINGS`), None for none. `client`
    tells the one who asks, so that those who wait take turns; it changes no answer. With `checked_only` the
    query is read but asked of nothing: the answer is empty, and a malformed query fails as ever.
    """

    query: str
    result_format: ResultFormat
    default_graphs: tuple[str, ...] = ()
    named_graphs: tuple[str, ...] = ()
    base_iri: str | None = None
    deadline_seconds: float | None = None
    coding: str | None = None
    client: str | None = None
    checked_only: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningQuery:
    """A query that is being evaluated or whose answer is being read.

    `number` is unique in one engine; `started` is a time of `time.monotonic`; `worker` is the process that
    evaluates it; `streaming` tells whether the first block of its answer has been handed over.
    """

    number: int
    query: str
    client: str | None
    format_name: str
    started: float
    deadline_seconds: float
    worker: int
    streaming: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineState:
    """An engine as it is now: its workers, those who wait for one, and what has happened since it started.

    `deaths` counts the workers that ended, by cause; `reloads` how often the dataset had to be loaded again;
    `quads` is the size of the dataset.
    """

    workers: int
    idle: int
    waiting: int
    deaths: Mapping[str, int]
    reloads: int
    quads: int
    dataset: str


class Answer(Protocol):
    """The serialised result of one query.

    `complete` is the whole body where it fitted the engine's buffer, else None; then `chunks()` yields
    the body from its first byte. `coding` is the content coding the body is in, None where it is in none:
    an answer too short to gain by one has none. `dataset` identifies the dataset that was asked.
    `aclose()` gives the worker back, killing it if it is still busy.
    """

    @property
    def coding(self) -> str | None: ...

    @property
    def dataset(self) -> str: ...

    @property
    def complete(self) -> bytes | None: ...

    def chunks(self) -> AsyncIterator[bytes]:
        """Yield the body in order; raises QueryError where it cannot be completed."""
        ...

    async def aclose(self) -> None: ...


class Engine(Protocol):
    """Answers SPARQL over one immutable dataset at a time.

    `dataset` identifies the one that is asked now: equal identities mean equal answers.
    """

    @property
    def dataset(self) -> str: ...

    async def start(self) -> Self:
        """Load the dataset and be ready; raises EngineUnavailable or ReleaseUnavailable."""
        ...

    async def answer(self, request: QueryRequest) -> Answer:
        """Begin to answer; returns with the first block or the whole body at hand.

        Raises QueryMalformed, QueryRefused, QueryUnserialisable, QueryTimeout, QueryOverBudget,
        QueryStopped, QueryCrashed, RemoteFailed, EngineBusy or EngineUnavailable.
        """
        ...

    async def ready(self) -> bool:
        """Whether a worker answers a trivial query now."""
        ...

    async def aclose(self) -> None:
        """Stop every process the engine started."""
        ...
