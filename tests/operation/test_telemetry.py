"""Metrics: counted right, readable by Prometheus, and cheap."""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass
from pathlib import Path

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as plain

from clustergraph.engine.base import EngineState
from clustergraph.service.problems import KINDS, Kind
from clustergraph.service.telemetry import OUTCOMES, Telemetry, merged, outcome_of_problem
from engine.asking import number, triples

from .operated import operated, running


@dataclass
class Still:
    """An engine at rest."""

    deaths: dict[str, int]

    def state(self) -> EngineState:
        return EngineState(
            workers=4, idle=3, waiting=2, deaths=self.deaths, reloads=1, quads=10, dataset='odd "\n identity'
        )


@dataclass(frozen=True)
class Kept:
    hits: int = 5
    misses: int = 4
    shared: int = 3
    entries: int = 2
    bytes: int = 1


def telemetry(**deaths: int) -> Telemetry:
    return Telemetry(Still(deaths), Kept(), release="7")


def samples(text: str) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in plain(text)
        for sample in family.samples
    }


def value(text: str, name: str, **labels: str) -> float:
    return samples(text)[name, tuple(sorted(labels.items()))]


def test_requests_fall_into_the_buckets_of_their_seconds_by_outcome() -> None:
    counted = telemetry()
    chosen = random.Random(4)
    seconds = [chosen.choice((0.0, 0.0005, 0.00051, 0.3, 30.0, 59.9, 60.0, 61.0, 4000.0)) for _ in range(500)]
    for each in seconds:
        counted.observe("answered", each, 3)
    text = counted.text()
    bounds = [
        (float(dict(labels)["le"]), count)
        for (name, labels), count in samples(text).items()
        if name == "clustergraph_request_seconds_bucket" and dict(labels)["outcome"] == "answered"
    ]
    assert bounds[0][0] == 0.0005
    assert bounds[-2][0] == 60.0
    for bound, count in bounds:
        assert count == sum(each <= bound for each in seconds), bound
    assert value(text, "clustergraph_request_seconds_count", outcome="answered") == 500
    assert value(text, "clustergraph_request_seconds_sum", outcome="answered") == pytest.approx(sum(seconds))
    assert value(text, "clustergraph_request_seconds_count", outcome="cached") == 0
    assert value(text, "clustergraph_response_bytes_total") == 1500


def test_every_outcome_and_every_known_cause_is_told_from_the_start() -> None:
    text = telemetry(deadline=2, unheard_of=1).text()
    for outcome in OUTCOMES:
        assert value(text, "clustergraph_request_seconds_count", outcome=outcome) == 0
    deaths = {
        dict(labels)["cause"]: count
        for (name, labels), count in samples(text).items()
        if name == "clustergraph_worker_deaths_total"
    }
    assert deaths.pop("deadline") == 2
    assert deaths.pop("unheard_of") == 1
    assert {"memory", "processor", "stack", "crash", "client-gone", "retired"} <= deaths.keys()
    assert set(deaths.values()) == {0}


def test_an_outcome_that_is_not_known_fails_no_request_and_is_no_new_series() -> None:
    counted = telemetry()
    counted.observe("<script>", 1.0, 0)
    assert value(counted.text(), "clustergraph_request_seconds_count", outcome="failed") == 1
    assert "<script>" not in counted.text()


def test_every_kind_of_problem_has_an_outcome_of_its_own_choosing() -> None:
    for kind in KINDS.values():
        assert outcome_of_problem(kind) in OUTCOMES
        # The slug decides: the same status with another slug would fall to the status.
        assert kind.slug in _slugs_decided(), f"{kind.slug} has no outcome"
    assert outcome_of_problem(Kind("unforeseen", 418, "", "")) == "refused"
    assert outcome_of_problem(Kind("unforeseen", 429, "", "")) == "limited"
    assert outcome_of_problem(Kind("unforeseen", 507, "", "")) == "failed"


def _slugs_decided() -> set[str]:
    # Statuses that decide nothing tell whether the slug alone was enough.
    return {
        slug
        for slug in KINDS
        if outcome_of_problem(Kind(slug, 299, "", "")) == outcome_of_problem(Kind(slug, 599, "", ""))
    }


def test_two_telemetries_share_nothing() -> None:
    first, second = telemetry(), telemetry()
    first.observe("answered", 0.1, 1)
    assert value(second.text(), "clustergraph_request_seconds_count", outcome="answered") == 0


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        (None, "text/plain; version=0.0.4; charset=utf-8"),
        ("*/*", "text/plain; version=0.0.4; charset=utf-8"),
        ("application/openmetrics-text; version=1.0.0", "application/openmetrics-text; version=1.0.0"),
        # As Prometheus 2 and 3 ask.
        (
            "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
            "text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
            "application/openmetrics-text; version=1.0.0",
        ),
        ("application/openmetrics-text; version=x", "text/plain; version=0.0.4; charset=utf-8"),
        ("text/plain;version=..;escaping=<b>", "text/plain; version=0.0.4; charset=utf-8"),
        (",;=,;;\x00", "text/plain; version=0.0.4; charset=utf-8"),
    ],
)
def test_a_scraper_gets_the_format_it_accepts_and_a_stranger_no_failure(
    accept: str | None, content_type: str
) -> None:
    body, given = telemetry().exposition(accept)
    assert given.startswith(content_type)
    families = (openmetrics if "openmetrics" in given else plain)(body.decode())
    names = {family.name for family in families}
    assert {"clustergraph_request_seconds", "clustergraph_workers", "process_start_time_seconds"} <= names


def test_the_release_the_cache_and_what_is_in_flight_are_told() -> None:
    counted = telemetry()
    counted.in_flight += 2
    text = counted.text()
    assert value(text, "clustergraph_release_info", release="7", dataset='odd "\n identity') == 1
    assert value(text, "clustergraph_requests_in_flight") == 2
    kept = {
        name.removeprefix("clustergraph_cache_"): count
        for (name, _), count in samples(text).items()
        if name.startswith("clustergraph_cache_")
    }
    assert kept == {"hits_total": 5, "misses_total": 4, "shared_total": 3, "entries": 2, "bytes": 1}
    assert "clustergraph_cache" not in Telemetry(Still({}), None).text()


def test_merging_loses_no_sample_and_adds_only_the_front() -> None:
    fronts = {"0": telemetry(deadline=1), "1": telemetry(memory=2)}
    fronts["1"].observe("timeout", 30.0, 10)
    texts = {front: each.text() for front, each in fronts.items()}
    whole = merged(texts).decode()
    expected = {
        (name, tuple(sorted({**dict(labels), "front": front}.items()))): count
        for front, text in texts.items()
        for (name, labels), count in samples(text).items()
    }
    assert samples(whole) == expected
    assert whole.count("# TYPE clustergraph_request_seconds histogram") == 1
    assert whole.count("# TYPE clustergraph_worker_deaths_total counter") == 1
    assert merged({}) == b""


def test_a_count_costs_a_few_microseconds_at_most() -> None:
    import timeit

    counted = telemetry()
    best = min(timeit.repeat(lambda: counted.observe("answered", 0.003, 700), number=20_000, repeat=5))
    # 0.25 µs where it was measured; the bound leaves room for a machine that is busy and slow.
    assert best / 20_000 < 4e-6


def test_a_real_engine_is_told_as_it_is(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with operated(tmp_path, triples(tmp_path)) as service:
            assert await number(service.engine) == 3000
            text = service.telemetry.text()
            assert value(text, "clustergraph_quads") == 3000
            assert value(text, "clustergraph_workers") == 2
            assert value(text, "clustergraph_workers_idle") == 2
            async with running(service.engine), asyncio.timeout(5):
                while value(service.telemetry.text(), "clustergraph_workers_idle") != 1:
                    await asyncio.sleep(0.01)

    asyncio.run(scenario())
