"""The operator's socket: its own user's only, bounded, and gone with its process."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from clustergraph.errors import StorageUnavailable
from clustergraph.service.logs import fingerprint
from clustergraph.service.operator import OperatorSocket, ask_all, expositions
from clustergraph.service.telemetry import merged
from engine.asking import alive, number, triples

from .operated import ENDLESS, lines, operated, running

pytestmark = pytest.mark.anyio


def plain_socket(home: Path, metrics: str = "") -> OperatorSocket:
    return OperatorSocket(home, queries=tuple, metrics=lambda: metrics, stop=lambda number: False)


def sockets(home: Path) -> list[str]:
    return sorted(each.name for each in (home / "run").iterdir())


async def test_only_its_own_user_can_reach_the_socket(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir(mode=0o777)
    (tmp_path / "run").chmod(0o777)
    served = plain_socket(tmp_path)
    before = os.umask(0)
    try:
        await served.start()
    finally:
        os.umask(before)
    try:
        assert stat.S_IMODE((tmp_path / "run").stat().st_mode) == 0o700
        assert stat.S_IMODE(served.path.stat().st_mode) == 0o600
        assert stat.S_ISSOCK(served.path.stat().st_mode)
        assert sockets(tmp_path) == [f"{os.getpid()}.sock"]
    finally:
        await served.aclose()
    assert sockets(tmp_path) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
async def test_a_directory_of_another_user_is_not_used(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    os.chown(tmp_path / "run", 65534, 65534)
    with pytest.raises(StorageUnavailable, match="another user"):
        await plain_socket(tmp_path).start()


async def test_a_link_to_elsewhere_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    (tmp_path / "elsewhere").chmod(0o755)
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StorageUnavailable):
        await plain_socket(tmp_path).start()
    assert stat.S_IMODE((tmp_path / "elsewhere").stat().st_mode) == 0o755


async def test_a_home_that_cannot_be_a_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(StorageUnavailable, match="clustergraph queries"):
        await plain_socket(tmp_path / "home").start()


async def test_the_socket_of_a_process_that_was_killed_is_removed_and_that_of_a_living_one_stays(
    tmp_path: Path,
) -> None:
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from clustergraph.service.operator import OperatorSocket\n"
        "async def main():\n"
        "    served = OperatorSocket(Path(sys.argv[1]), queries=tuple, metrics=str, stop=bool)\n"
        "    await served.start()\n"
        "    print('up', flush=True)\n"
        "    await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    try:
        for each in processes:
            assert each.stdout is not None
            assert each.stdout.readline() == b"up\n"
        killed, living = processes
        killed.send_signal(signal.SIGKILL)
        killed.wait(10)
        assert f"{killed.pid}.sock" in sockets(tmp_path)
        assert [pid for pid, _ in await asyncio.to_thread(ask_all, tmp_path, {"ask": "queries"})] == [
            living.pid
        ]
        served = plain_socket(tmp_path)
        await served.start()
        try:
            assert set(sockets(tmp_path)) == {f"{living.pid}.sock", f"{os.getpid()}.sock"}
            answers = await asyncio.to_thread(ask_all, tmp_path, {"ask": "queries"})
            assert {pid for pid, _ in answers} == {living.pid, os.getpid()}
        finally:
            await served.aclose()
    finally:
        for each in processes:
            each.kill()
            each.communicate()


async def test_an_own_number_that_comes_again_replaces_the_stale_socket(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(tmp_path / "run" / f"{os.getpid()}.sock"))
    served = plain_socket(tmp_path, "m")
    await served.start()
    try:
        assert await lines(served.path, {"ask": "metrics"}) == [{"front": "0", "metrics": "m"}]
    finally:
        await served.aclose()


async def test_a_socket_that_another_container_serves_under_the_same_number_is_left_alone(
    tmp_path: Path,
) -> None:
    first = plain_socket(tmp_path, "first")
    await first.start()
    try:
        with pytest.raises(StorageUnavailable, match="another container"):
            await plain_socket(tmp_path).start()
        assert await lines(first.path, {"ask": "metrics"}) == [{"front": "0", "metrics": "first"}]
    finally:
        await first.aclose()


async def test_a_path_longer_than_addresses_may_be_works(tmp_path: Path) -> None:
    home = tmp_path.joinpath(*["a-long-name-of-a-directory"] * 8)
    assert len(str(home)) > 200
    served = plain_socket(home, "m")
    await served.start()
    try:
        assert served.path.is_socket()
        answers = await asyncio.to_thread(ask_all, home, {"ask": "metrics"})
        assert answers == [(os.getpid(), {"front": "0", "metrics": "m"})]
        with pytest.raises(StorageUnavailable, match="another container"):
            await plain_socket(home).start()
    finally:
        await served.aclose()
    assert sockets(home) == []


async def test_no_service_is_no_answer_rather_than_a_failure(tmp_path: Path) -> None:
    assert ask_all(tmp_path / "nowhere", {"ask": "queries"}) == []


async def test_a_running_query_is_told_with_its_text_and_stopped_by_its_number(tmp_path: Path) -> None:
    data = triples(tmp_path)
    async with (
        operated(tmp_path, data) as service,
        running(service.engine, client="192.0.2.7", deadline_seconds=15.0) as query,
    ):
        (answer,) = await lines(service.socket.path, {"ask": "queries"})
        (told,) = answer["queries"]
        assert told == {
            "number": query.number,
            "query": ENDLESS,
            "fingerprint": fingerprint(ENDLESS),
            "seconds": told["seconds"],
            "deadline_seconds": 15.0,
            "client": "192.0.2.7",
            "format": "json",
            "worker": told["worker"],
            "streaming": False,
        }
        assert 0 <= told["seconds"] < 15
        assert alive(told["worker"])
        stopped = await lines(
            service.socket.path,
            {"ask": "stop", "number": query.number + 1000},
            {"ask": "stop", "number": query.number},
        )
        assert [each["stopped"] for each in stopped] == [False, True]
        async with asyncio.timeout(5):
            while service.engine.running():
                await asyncio.sleep(0.01)
        assert await number(service.engine) == 3000


async def test_what_cannot_be_understood_is_answered_and_the_next_request_too(tmp_path: Path) -> None:
    served = plain_socket(tmp_path, "m")
    await served.start()
    try:
        wrong: list[dict[str, object] | bytes] = [
            b"\n",
            b"not json\n",
            b"\xff\xfe\n",
            b"[" * 60_000 + b"\n",
            b"[1]\n",
            {"ask": "everything"},
            {"ask": "stop"},
            {"ask": "stop", "number": "1"},
        ]
        *errors, last = await lines(served.path, *wrong, {"ask": "metrics"})
        assert all("error" in each for each in errors)
        assert last["metrics"] == "m"
    finally:
        await served.aclose()


async def test_a_request_without_end_is_dropped(tmp_path: Path) -> None:
    served = plain_socket(tmp_path)
    await served.start()
    try:
        reader, writer = await asyncio.open_unix_connection(str(served.path))
        writer.write(b'"' + b"x" * 100_000)
        async with asyncio.timeout(4):
            with pytest.raises(ConnectionError):
                if await reader.read() == b"":
                    raise ConnectionResetError
        writer.close()
    finally:
        await served.aclose()


async def test_a_silent_connection_is_dropped_and_too_many_are_not_taken(tmp_path: Path) -> None:
    served = plain_socket(tmp_path)
    await served.start()
    try:
        silent = [await asyncio.open_unix_connection(str(served.path)) for _ in range(20)]
        turned_away = 0
        for reader, _ in silent:
            try:
                async with asyncio.timeout(0.3):
                    turned_away += await reader.read() == b""
            except TimeoutError:
                pass
        assert turned_away == 4
        async with asyncio.timeout(15):
            for reader, writer in silent:
                assert await reader.read() == b""
                writer.close()
        assert "error" in (await lines(served.path, {}))[0]
    finally:
        await served.aclose()


async def test_a_process_that_hangs_delays_the_others_by_its_two_seconds_at_most(tmp_path: Path) -> None:
    served = plain_socket(tmp_path, "m")
    await served.start()
    with socket.socket(socket.AF_UNIX) as hanging:
        hanging.bind(str(tmp_path / "run" / "1.sock"))
        hanging.listen()
        try:
            async with asyncio.timeout(8):
                answers = await asyncio.to_thread(ask_all, tmp_path, {"ask": "metrics"})
        finally:
            await served.aclose()
    assert answers == [(os.getpid(), {"front": "0", "metrics": "m"})]


async def test_the_expositions_of_all_fronts_become_one(tmp_path: Path) -> None:
    data = triples(tmp_path)
    async with operated(tmp_path, data, front="3") as service:
        service.telemetry.observe("answered", 0.002, 100)
        answers = await asyncio.to_thread(ask_all, tmp_path, {"ask": "metrics"})
        texts = expositions([*answers, (1, {"front": "3", "metrics": answers[0][1]["metrics"]}), (2, {})])
    assert set(texts) == {"3", "3-1"}
    whole = merged(texts).decode()
    assert 'clustergraph_quads{front="3"} 3000.0' in whole
    assert 'clustergraph_quads{front="3-1"} 3000.0' in whole


def test_the_socket_works_in_the_event_loop_that_the_service_runs_in(tmp_path: Path) -> None:
    uvloop = pytest.importorskip("uvloop")

    async def scenario() -> list[dict[str, object]]:
        served = plain_socket(tmp_path, "m")
        await served.start()
        try:
            return await lines(served.path, {"ask": "metrics"}, b"x\n")
        finally:
            await served.aclose()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        first, second = runner.run(scenario())
    assert first["metrics"] == "m"
    assert "error" in second
    assert sockets(tmp_path) == []
    assert json.dumps(first)
