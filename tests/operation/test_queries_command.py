"""`clustergraph queries` in a process of its own, against a service that runs in this one."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest

from clustergraph.cli.queries import first_line, run_queries
from clustergraph.cli.terminal import people
from clustergraph.errors import UnusableInput
from clustergraph.service.logs import fingerprint
from clustergraph.settings import Settings
from engine.asking import THREE_WAY_PRODUCT, number, triples, until

from .operated import ENDLESS, command, operated, queries_command, running

pytestmark = pytest.mark.anyio

HOSTILE = f"# \x1b[2J\x1b]0;owned\x07 [bold]\n{THREE_WAY_PRODUCT} # \x1b[31m[/bold]"


async def test_a_running_query_is_listed_and_stopped_from_another_process(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with operated(home, triples(tmp_path), query_deadline_seconds=120.0) as service:
        idle = await queries_command(home)
        assert json.loads(idle.stdout) == []
        async with running(service.engine, client="192.0.2.7") as query:
            listed = await queries_command(home, "--json")
            assert listed.returncode == 0, listed.stderr
            (told,) = json.loads(listed.stdout)
            assert told["front"] == os.getpid()
            assert told["number"] == query.number
            assert told["query"] == ENDLESS
            assert told["fingerprint"] == fingerprint(ENDLESS)
            assert told["client"] == "192.0.2.7"
            assert told["deadline_seconds"] == 120.0

            other = await queries_command(home, "--stop", f"{os.getpid()}:{query.number + 999}")
            assert other.returncode == 1
            assert f"runs no query {query.number + 999}" in other.stderr
            assert service.engine.running()

            stopped = await queries_command(home, "--stop", f"{os.getpid()}:{query.number}")
            assert stopped.returncode == 0, stopped.stderr
            assert "is stopped" in stopped.stderr
            await until(lambda: not service.engine.running(), 5)
        assert await number(service.engine) == 3000


async def test_two_processes_of_one_home_are_both_asked(tmp_path: Path) -> None:
    home = tmp_path / "home"
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from operation.operated import operated, running\n"
        "async def main():\n"
        "    async with operated(Path(sys.argv[1]), Path(sys.argv[2]), front='1') as service:\n"
        "        async with running(service.engine):\n"
        "            print('up', flush=True)\n"
        "            await asyncio.sleep(60)\n"
        "asyncio.run(main())\n"
    )
    data = triples(tmp_path)
    _, environment = command(home)
    tests = str(Path(__file__).resolve().parents[1])
    path = os.pathsep.join(filter(None, [tests, os.environ.get("PYTHONPATH")]))
    other = await asyncio.create_subprocess_exec(
        command(home)[0][0],
        "-c",
        script,
        str(home),
        str(data),
        env={**environment, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
    )
    try:
        assert other.stdout is not None
        async with asyncio.timeout(20):
            assert await other.stdout.readline() == b"up\n"
        async with operated(home, data) as service, running(service.engine):
            listed = json.loads((await queries_command(home)).stdout)
        assert {each["front"] for each in listed} == {os.getpid(), other.pid}
    finally:
        other.kill()
        await other.wait()


async def test_a_home_without_a_service_is_a_sentence(tmp_path: Path) -> None:
    for arguments in (("--json",), ("--stop", "1:1")):
        ended = await queries_command(tmp_path, *arguments)
        assert ended.returncode == 2
        assert "No service that answers runs on this home" in ended.stderr
        assert "clustergraph serve" in ended.stderr
        assert "Traceback" not in ended.stderr
        assert ended.stdout == ""


@pytest.mark.parametrize("which", ["12", "x:1", "1:", "-1:2", "1:2:3", "1:²"])
def test_a_query_is_stopped_by_its_two_numbers_only(tmp_path: Path, which: str) -> None:
    with pytest.raises(UnusableInput, match="PID:NUMBER"):
        run_queries(Settings(home=tmp_path), people(), as_json=False, stop=which)


async def on_a_terminal(
    home: Path, *arguments: str, until_seen: bytes, at_first: tuple[bytes, asyncio.Event] | None = None
) -> bytes:
    """What the command shows on a terminal until some bytes have been seen; then it is ended.

    `at_first` is an event that is set when other bytes have been seen.
    """
    ours, theirs = pty.openpty()
    argv, environment = command(home, *arguments)
    process = await asyncio.create_subprocess_exec(
        *argv,
        env={**environment, "TERM": "xterm"},
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    try:
        async with asyncio.timeout(30):
            with suppress(OSError):  # the terminal ends with the process
                while until_seen not in shown:
                    shown += await asyncio.to_thread(os.read, ours, 65536)
                    if at_first is not None and at_first[0] in shown:
                        at_first[1].set()
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        os.close(ours)
    return shown


async def test_a_terminal_gets_a_table_in_which_a_query_moves_no_cursor(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with operated(home, triples(tmp_path)) as service, running(service.engine, HOSTILE) as query:
        shown = await on_a_terminal(home, until_seen=b"[/bold]")
    assert f"{os.getpid()}:{query.number}".encode() in shown
    assert fingerprint(HOSTILE).encode() in shown
    assert b"SELECT (COUNT(*) AS ?n)" in shown
    assert b"\\x1b[31m[/bold]" in shown
    assert b"\x1b[31m" not in shown
    assert b"\x1b]0;" not in shown
    assert b"\x07" not in shown


async def test_watching_shows_a_query_that_begins_later(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with operated(home, triples(tmp_path)) as service:
        idle = asyncio.Event()
        watching = asyncio.create_task(
            on_a_terminal(
                home, "--watch", until_seen=b"SELECT (COUNT", at_first=(b"No query is running", idle)
            )
        )
        async with asyncio.timeout(30):
            await idle.wait()
        async with running(service.engine):
            shown = await watching
    assert b"SELECT (COUNT" in shown


@pytest.mark.parametrize(
    ("query", "line"),
    [
        (ENDLESS, "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"),
        ("\n\n  prefix e: <http://e/>\n\n base <http://e/>\n# why\n\tASK {}\n", "ASK {}"),
        ("PREFIX e: <http://e/> ASK {}", "PREFIX e: <http://e/> ASK {}"),
        ("", ""),
    ],
)
def test_the_line_that_is_shown_is_the_first_that_asks(query: str, line: str) -> None:
    assert first_line(query) == line
