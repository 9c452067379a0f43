"""What the service counts, as Prometheus reads it: requests by outcome, and the engine as it is when asked.

Each process counts for itself, in memory of its own. Nothing here is global, and no label is made of what a
stranger sends.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Final, Protocol

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, choose_encoder, generate_latest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from clustergraph.engine.base import EngineState
from clustergraph.service.problems import Kind

#: The media type of what `merged` returns.
MERGED_CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4

#: How a request can end. Each is a value of the label `outcome`, here and in the log.
OUTCOMES: Final[Mapping[str, str]] = {
    "answered": "a worker evaluated the query, or a caller shared the evaluation of an equal one",
    "cached": "the answer was kept from before",
    "not-modified": "304: the client holds the answer already",
    "described": "the service description, or what OPTIONS tells",
    "page": "a page or document that needs no query",
    "malformed": "400 and 415: the request or its query cannot be read",
    "refused": "403 and 413: an update, SERVICE, or a query too long",
    "not-found": "404 and 405: nothing is there, or not for this method",
    "not-acceptable": "406: no format that the client accepts can carry the result",
    "limited": "429: more requests of one client than the rate limit allows",
    "timeout": "504: stopped at the deadline",
    "over-budget": "503: more memory, processor time or output than one query may have",
    "stopped": "503: stopped by the operator",
    "crashed": "500: the evaluation ended its worker",
    "failed-elsewhere": "502: a service that the query asks gave no usable answer",
    "busy": "503: the queue was full, or no worker became free in time",
    "unavailable": "503: the engine starts, stops or has no dataset",
    "client-gone": "the client left before its answer was complete",
    "cut": "an answer that had begun could not be completed, and the connection was broken",
    "failed": "500: a fault of the service, told in its log",
}

_OF_SLUG: Final[Mapping[str, str]] = {
    "missing-query": "malformed",
    "repeated-parameter": "malformed",
    "invalid-parameter": "malformed",
    "invalid-encoding": "malformed",
    "query-and-update": "malformed",
    "unknown-format": "malformed",
    "query-malformed": "malformed",
    "unsupported-media-type": "malformed",
    "read-only": "refused",
    "query-refused": "refused",
    "query-too-long": "refused",
    "not-found": "not-found",
    "method-not-allowed": "not-found",
    "not-acceptable": "not-acceptable",
    "precondition-failed": "refused",
    "range-not-satisfiable": "malformed",
    "rate-limited": "limited",
    "service-failed": "failed-elsewhere",
    "query-timeout": "timeout",
    "query-over-budget": "over-budget",
    "query-stopped": "stopped",
    "query-crashed": "crashed",
    "engine-busy": "busy",
    "engine-unavailable": "unavailable",
    "internal-error": "failed",
}
_OF_STATUS: Final[Mapping[int, str]] = {
    400: "malformed",
    404: "not-found",
    405: "not-found",
    406: "not-acceptable",
    415: "malformed",
    429: "limited",
    503: "unavailable",
    504: "timeout",
}

#: Causes of death that are told from the start, so that a first death is a rise and not a new series.
_CAUSES: Final = ("client-gone", "crash", "deadline", "memory", "processor", "retired", "stack", "stopped")
#: Upper bounds in seconds; a look-up takes a few milliseconds, a deadline is 30 s unless set otherwise.
_BOUNDS: Final = (
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
)  # fmt: skip


class Watched(Protocol):
    """An engine that tells its state."""

    def state(self) -> EngineState: ...


class Sharing(Protocol):
    """A cache of answers that tells what it did: answers found, not found and shared; those it holds now."""

    @property
    def hits(self) -> int: ...
    @property
    def misses(self) -> int: ...
    @property
    def shared(self) -> int: ...
    @property
    def entries(self) -> int: ...
    @property
    def bytes(self) -> int: ...


def outcome_of_problem(kind: Kind) -> str:
    """The outcome of a request that ended in a problem; by its status where its slug says nothing."""
    fallback = "failed" if kind.status >= 500 else "refused"
    return _OF_SLUG.get(kind.slug) or _OF_STATUS.get(kind.status, fallback)


class Telemetry:
    """Counts requests, and tells the state of the engine and of the cache when it is read.

    `in_flight` is the number of requests being answered; who takes a request adds one and subtracts it at
    the end. `release` names the release that is served, and is empty where files are served as they are.
    """

    def __init__(self, engine: Watched, cache: Sharing | None, *, release: str = "") -> None:
        self.in_flight = 0
        self.release = release
        self._engine = engine
        self._cache = cache
        self._tallies = {outcome: _Tally() for outcome in OUTCOMES}
        self._sent_bytes = 0
        self._registry = CollectorRegistry()
        self._registry.register(_Reading(self))
        ProcessCollector(registry=self._registry)

    def observe(self, outcome: str, seconds: float, sent_bytes: int) -> None:
        """Count a request that has ended; an outcome that is none of `OUTCOMES` counts as failed.

        Called in the event loop only, which is why a list and a bisection do: they cost a quarter of a
        microsecond, the locks of prometheus_client's own histogram and counter six times that.
        """
        tally = self._tallies.get(outcome) or self._tallies["failed"]
        tally.counts[bisect_left(_BOUNDS, seconds)] += 1
        tally.seconds += seconds
        self._sent_bytes += sent_bytes

    def exposition(self, accept: str | None) -> tuple[bytes, str]:
        """Everything counted, in the text format that a scraper accepts, and its content type."""
        try:
            encode, content_type = choose_encoder(accept or "")
        except (TypeError, ValueError):  # a version that is no number
            encode, content_type = generate_latest, CONTENT_TYPE_PLAIN_0_0_4
        return encode(self._registry), content_type

    def text(self) -> str:
        """The exposition that `merged` reads."""
        return self.exposition(None)[0].decode()

    def families(self) -> Iterator[Metric]:
        """The metrics of the service as they are now; those of the process are not among them."""
        yield self._request_seconds()
        yield CounterMetricFamily(
            "clustergraph_response_bytes", "Bytes of bodies sent, as compressed.", value=self._sent_bytes
        )
        yield _gauge("clustergraph_requests_in_flight", "Requests being answered.", self.in_flight)
        yield from self._engine_families(self._engine.state())
        if self._cache is not None:
            yield from _cache_families(self._cache)

    def _request_seconds(self) -> Metric:
        family = HistogramMetricFamily(
            "clustergraph_request_seconds",
            "Seconds from the request to the end of its answer, by outcome.",
            labels=("outcome",),
        )
        names = [*map(repr, _BOUNDS), "+Inf"]
        for outcome, tally in self._tallies.items():
            buckets = list(zip(names, map(float, accumulate(tally.counts)), strict=True))
            family.add_metric((outcome,), buckets, tally.seconds)
        return family

    def _engine_families(self, state: EngineState) -> Iterator[Metric]:
        yield _gauge("clustergraph_workers", "Workers that evaluate or can evaluate queries.", state.workers)
        yield _gauge("clustergraph_workers_idle", "Workers that no query has.", state.idle)
        yield _gauge("clustergraph_queries_waiting", "Queries that wait for a worker.", state.waiting)
        deaths = CounterMetricFamily(
            "clustergraph_worker_deaths", "Workers that ended, by cause.", labels=("cause",)
        )
        for cause in sorted({*_CAUSES, *state.deaths}):
            deaths.add_metric((cause,), state.deaths.get(cause, 0))
        yield deaths
        yield CounterMetricFamily(
            "clustergraph_reloads",
            "Times that the dataset had to be loaded again since the start.",
            value=state.reloads,
        )
        yield _gauge("clustergraph_quads", "Quads of the dataset that is served.", state.quads)
        yield InfoMetricFamily(
            "clustergraph_release",
            "The release that is served and the identity of its dataset.",
            value={"release": self.release, "dataset": state.dataset},
        )


class _Tally:
    """The requests of one outcome: how many up to each bound, and their seconds."""

    __slots__ = ("counts", "seconds")

    def __init__(self) -> None:
        self.counts = [0] * (len(_BOUNDS) + 1)
        self.seconds = 0.0


class _Reading(Collector):
    """What a registry asks; the telemetry itself is none of its business."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def collect(self) -> Iterable[Metric]:
        return self._telemetry.families()


def _gauge(name: str, documentation: str, value: float) -> Metric:
    return GaugeMetricFamily(name, documentation, value=value)


def _cache_families(cache: Sharing) -> Iterator[Metric]:
    yield CounterMetricFamily("clustergraph_cache_hits", "Answers found in the cache.", value=cache.hits)
    yield CounterMetricFamily(
        "clustergraph_cache_misses", "Answers sought in the cache and not found.", value=cache.misses
    )
    yield CounterMetricFamily(
        "clustergraph_cache_shared",
        "Queries that shared the evaluation of an equal one in flight.",
        value=cache.shared,
    )
    yield _gauge("clustergraph_cache_entries", "Answers that the cache holds.", cache.entries)
    yield _gauge("clustergraph_cache_bytes", "Bytes that the cache holds.", cache.bytes)


class _Merged(Collector):
    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def merged(texts: Mapping[str, str]) -> bytes:
    """One exposition of several processes' (`Telemetry.text`), each sample with the label `front`.

    `texts` are the expositions by the name of their front. The order of families is that of the first front
    that has them. The content type is `MERGED_CONTENT_TYPE`.
    """
    families: dict[str, Metric] = {}
    for front, text in texts.items():
        for family in text_string_to_metric_families(text):
            whole = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
            whole.samples += [
                sample._replace(labels={"front": front, **sample.labels}) for sample in family.samples
            ]
    return generate_latest(_Merged(families.values()))
