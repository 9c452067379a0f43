"""The instruments: a real service is started, asked, watched and ended; a wrong answer is no rate."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from benchmarks.client import Client
from benchmarks.generator import Population
from benchmarks.servers import Server

from benchmarks import load, measure, procfs, releases, servers, workload
from clustergraph import snapshot

LOOK_UPS = workload.load(workload.LOOK_UP).many(Population.of(30_000), 50)


@pytest.fixture(scope="module")
def service(synthetic: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = tmp_path_factory.mktemp("service")
    with servers.ours(place, [synthetic], settings={"cache_mib": 0, "workers": 2}) as server:
        yield server


def test_zygote_workers_and_front_are_told_apart(service: Server) -> None:
    assert len(service.zygotes()) == 1
    assert len(service.workers()) == 2
    assert service.process in service.fronts()
    assert not {*service.fronts()} & {*service.workers(), *service.zygotes()}
    assert procfs.proportional([*service.zygotes(), *service.workers()]) > 8 * procfs.MIB


def test_answers_are_compared_with_the_raw_engine(service: Server, synthetic: Path, tmp_path: Path) -> None:
    measure.check_answers([service], synthetic, LOOK_UPS[:5])
    other = tmp_path / "other.nt"
    other.write_text("".join(line for line in synthetic.open() if "#inSector" not in line))
    with pytest.raises(measure.WrongAnswer):
        measure.check_answers([service], other, LOOK_UPS[:5])


@pytest.mark.parametrize("own", [True, False])
def test_a_load_is_made_and_counted(service: Server, monkeypatch: pytest.MonkeyPatch, own: bool) -> None:
    if own:
        monkeypatch.setattr(load.shutil, "which", lambda name: None)
    targets = [service.endpoint.target(query) for query in LOOK_UPS]
    found = load.run(service.endpoint, targets, clients=4, seconds=1, accept=workload.JSON)
    assert found.per_second > 1
    assert 0 < found.p50 <= found.p99 <= found.slowest


@pytest.mark.parametrize("own", [True, False])
def test_a_rate_of_refused_queries_is_no_rate(
    service: Server, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    if own:
        monkeypatch.setattr(load.shutil, "which", lambda name: None)
    with pytest.raises(load.LoadFailed):
        load.run(
            service.endpoint,
            [service.endpoint.target("SELECT WHERE")],
            clients=2,
            seconds=1,
            accept=workload.JSON,
        )


def test_the_service_and_the_raw_engine_give_results_of_the_same_length(
    service: Server, synthetic: Path, tmp_path: Path
) -> None:
    with servers.raw_engine(tmp_path, synthetic) as raw, Client(service.endpoint) as client:
        assert raw.quads == 30_000
        for kind in workload.load_all():
            milliseconds, length = raw.ask(kind.text, kind.media_type, times=2)
            response = client.ask(kind.text, kind.media_type)
            assert response.status == 200
            assert response.length == len(response.body) == length, kind.name
            assert len(milliseconds) == 2


def test_nothing_that_was_started_is_left(synthetic: Path, tmp_path: Path) -> None:
    with servers.ours(tmp_path, [synthetic], settings={"workers": 2}) as server:
        started = [server.process, *procfs.descendants(server.process)]
        assert len(started) >= 4
    end = time.monotonic() + 10
    while time.monotonic() < end and any(map(running, started)):
        time.sleep(0.05)
    assert not [process for process in started if running(process)]


def test_a_server_that_cannot_start_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "broken.nt"
    broken.write_text("this is no RDF\n")
    with pytest.raises(servers.NotStarted, match="broken"), servers.ours(tmp_path, [broken]):
        pytest.fail("it started")


def test_a_release_of_synthetic_data_is_served_without_a_build(tmp_path: Path) -> None:
    home = tmp_path / "home"
    release = releases.built(home, 12_000)
    assert releases.built(home, 12_000).manifest == release.manifest
    with (
        servers.ours(tmp_path, settings={"home": str(home), "workers": 2}) as server,
        Client(server.endpoint) as client,
    ):
        answer = client.ask("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }", workload.CSV)
    assert answer.body.split() == [b"n", b"12000"]
    assert snapshot.releases(home) == (1,)


def running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return ") Z " not in Path(f"/proc/{process}/stat").read_text()
