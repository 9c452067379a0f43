"""A dataset larger than memory allows is served from a store on disk, with the same answers and walls."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pyoxigraph as ox
import pytest

from clustergraph.engine import disk, filters, wire
from clustergraph.engine.dataset import DataFile, DatasetSpec, dataset_of_files, placed, release_identity
from clustergraph.engine.nursery import OwnZygotes
from clustergraph.errors import QueryError, QueryOverBudget, QueryRefused, ReleaseUnavailable, UnusableInput
from clustergraph.settings import Settings

from .asking import (
    COUNT,
    SORTED_PRODUCT,
    THREE_WAY_PRODUCT,
    DirectWorkers,
    alive,
    children,
    direct_workers,
    kill,
    placed_files,
    triples,
    until,
)

TRIG = """PREFIX : <http://e/>
:s :p 1 .
:g { :s :p 2 . :s :p 3 . _:b :p 5 }
:h { :s :p 3 . :s :p 4 }
"""
LIMITS = wire.Limits(memory_bytes=2**29, result_bytes=2**26)


@asynccontextmanager
async def on_disk(path: Path, **limits: int) -> AsyncIterator[DirectWorkers]:
    async with direct_workers(path, in_memory_mib=0, **limits) as workers:
        yield workers


def release(home: Path, content: Path, number: int = 1) -> DatasetSpec:
    """A release as far as a store on disk is concerned: a manifest with a content hash, and a file."""
    directory = home / "releases" / str(number)
    directory.mkdir(parents=True, exist_ok=True)
    content_hash = f"{number:064x}"
    (directory / "manifest.json").write_text(json.dumps({"content_hash": content_hash}), encoding="utf-8")
    spec = DatasetSpec((DataFile(content),), release=str(number), identity=release_identity(content_hash))
    return placed(spec, in_memory_mib=0, home=home, spawned=Settings().workers_are_spawned)


async def opened(dataset: DatasetSpec) -> int:
    channel = await OwnZygotes().open(dataset, LIMITS)
    await channel.aclose()
    return channel.quads


def test_the_sizes_of_the_files_decide_where_the_store_is(tmp_path: Path) -> None:
    files = dataset_of_files([triples(tmp_path, 20_000), tmp_path / "missing.nt"])
    assert placed(files, in_memory_mib=2, home=tmp_path).on_disk is None
    small = placed(files, in_memory_mib=0, home=tmp_path)
    assert small.on_disk is not None
    assert not small.on_disk.is_relative_to(tmp_path / "stores")
    kept = release(tmp_path, triples(tmp_path))
    assert kept.on_disk is not None
    assert kept.on_disk.parent == tmp_path / "stores"
    assert kept.private is None
    assert DatasetSpec.from_json(json.loads(json.dumps(kept.as_json()))) == kept


def test_files_are_never_the_same_dataset_twice_and_a_release_always_is(tmp_path: Path) -> None:
    path = triples(tmp_path)
    assert dataset_of_files([path]).identity != dataset_of_files([path]).identity
    first, again, other = release(tmp_path, path), release(tmp_path, path), release(tmp_path, path, 2)
    assert first.identity == again.identity != other.identity
    assert ox.__version__ in first.identity


@pytest.mark.parametrize(
    ("query", "task", "expected"),
    [
        ("SELECT ?o { ?s ?p ?o }", {}, "1"),
        ("SELECT ?o { GRAPH ?g { ?s ?p ?o } }", {}, "2 3 3 4 5"),
        ("SELECT ?o { ?s ?p ?o }", {"default_graphs": ("http://e/g",)}, "2 3 5"),
        ("SELECT ?o { ?s ?p ?o }", {"default_graphs": ("http://e/g", "http://e/h")}, "2 3 4 5"),
        (
            "SELECT (COUNT(*) AS ?o) FROM <http://e/g> FROM <http://e/h> { ?s ?p ?o }",
            {"from_graphs": ("<http://e/g>", "<http://e/h>")},
            "4",
        ),
        (
            # A blank node is the same in the merge and in a named graph.
            "SELECT ?o { ?s ?p ?o GRAPH <http://e/g> { ?s ?p ?o FILTER(ISBLANK(?s)) } }",
            {"default_graphs": ("http://e/g", "http://e/h"), "named_graphs": ("http://e/g",)},
            "5",
        ),
        (
            "SELECT ?o { GRAPH ?g { ?s ?p ?o } }",
            {"default_graphs": ("http://e/g", "http://e/h"), "named_graphs": ("http://e/h",)},
            "3 4",
        ),
    ],
)
@pytest.mark.parametrize("in_memory_mib", [0, 1024], ids=["disk", "memory"])
def test_a_query_is_asked_over_the_dataset_it_names(
    tmp_path: Path, in_memory_mib: int, query: str, task: dict[str, tuple[str, ...]], expected: str
) -> None:
    path = tmp_path / "d.trig"
    path.write_text(TRIG, encoding="utf-8")

    async def work() -> str:
        async with direct_workers(path, in_memory_mib=in_memory_mib) as workers:
            found = [json.loads(await workers.ask(query, **task)) for _ in range(3)]
        rows = [[row["o"]["value"] for row in each["results"]["bindings"]] for each in found]
        assert len({tuple(sorted(each)) for each in rows}) == 1
        return " ".join(sorted(rows[0]))

    assert asyncio.run(work()) == expected


@pytest.mark.usefixtures("either_start")
def test_a_query_that_eats_memory_or_time_ends_and_the_slot_answers_again(tmp_path: Path) -> None:
    async def work() -> None:
        async with on_disk(triples(tmp_path), memory_mib=128) as workers:
            with pytest.raises(QueryOverBudget, match="memory"):
                await workers.ask(SORTED_PRODUCT)
            with pytest.raises(QueryOverBudget, match="processor time"):
                await workers.ask(THREE_WAY_PRODUCT, cpu_seconds=1)
            with pytest.raises(QueryError):
                await workers.ask("SELECT * " + "{" * 100_000 + "}" * 100_000)
            link = await workers.free_link()
            before = set(workers.crew.workers)
            link.ask(wire.Task(query=THREE_WAY_PRODUCT, format_name="json", cpu_seconds=9), _exchange())
            await asyncio.sleep(0.2)
            workers.crew.dismiss(link, "deadline")
            await until(lambda: len(before - set(workers.crew.workers)) == 1)
            assert all(b'"3000"' in each for each in [await workers.ask(COUNT) for _ in range(4)])
            await until(lambda: workers.crew.deaths.total() == 4)
            assert set(workers.crew.deaths) == {"memory", "processor", "stack", "deadline"}

    asyncio.run(work())


def _exchange() -> object:
    from clustergraph.engine.link import Exchange

    return Exchange(asyncio.get_running_loop())


@pytest.mark.usefixtures("either_start")
def test_a_worker_over_a_disk_opens_no_socket(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}/sparql"

        async def work() -> None:
            async with on_disk(triples(tmp_path)) as workers:
                for endpoint in (address, "http://localhost/", "file:///etc/passwd"):
                    with pytest.raises(QueryRefused, match="outside this dataset"):
                        await workers.ask(f"SELECT * {{ SERVICE <{endpoint}> {{ ?s ?p ?o }} }}")
                silent = await workers.ask(f"SELECT * {{ SERVICE SILENT <{address}> {{ ?s ?p ?o }} }}")
                assert json.loads(silent)["results"]["bindings"] == [{}]

        asyncio.run(work())
        with pytest.raises(TimeoutError):
            listener.accept()


CONFINED = """
    import ctypes, os, socket, subprocess, threading
    from clustergraph.engine import walls
    walls.confine(files=True)
    print(open("/proc/self/stat").read(1) != "")
    refused = [
        lambda: socket.socket(), lambda: socket.socketpair(), lambda: open({path!r}, "w"),
        lambda: os.open({path!r}, os.O_RDWR | os.O_CREAT), lambda: os.unlink({present!r}),
        lambda: os.rename({present!r}, {path!r}), lambda: os.mkdir({path!r}), lambda: os.fork(),
        lambda: os.execv("/bin/true", ["true"]), lambda: subprocess.Popen(["/bin/true"]),
        lambda: os.kill(os.getppid(), 0), lambda: os.truncate({present!r}, 0),
        lambda: os.memfd_create("x"), lambda: os.chmod({present!r}, 0),
    ]
    for attempt in refused:
        try:
            attempt()
            print("allowed")
        except PermissionError:
            print("refused")
    thread = threading.Thread(target=lambda: print("thread"))
    thread.start()
    thread.join()
    os.abort()
"""


@pytest.mark.skipif(not filters.available(), reason="this system has no system call filter")
def test_a_confined_process_reads_files_and_does_nothing_else(tmp_path: Path) -> None:
    present = tmp_path / "present"
    present.write_text("here", encoding="utf-8")
    program = textwrap.dedent(CONFINED).format(path=str(tmp_path / "new"), present=str(present))
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    # Nothing is flushed by abort(), so it ends the way a query without memory does and tells nothing.
    assert done.returncode == -signal.SIGABRT
    program = program.replace("os.abort()", "")
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", *["refused"] * 14, "thread"]
    assert present.read_text(encoding="utf-8") == "here"
    assert list(tmp_path.iterdir()) == [present]


def test_the_store_of_a_release_is_made_once_and_used_again(tmp_path: Path) -> None:
    dataset = release(tmp_path, triples(tmp_path, 20_000))
    place = dataset.on_disk
    assert place is not None
    assert asyncio.run(opened(dataset)) == 20_000
    made = (place / "quads").stat().st_mtime_ns
    # What the store was made of is not read again.
    dataset.files[0].path.unlink()
    assert asyncio.run(opened(dataset)) == 20_000
    assert (place / "quads").stat().st_mtime_ns == made
    assert sorted(path.name for path in place.parent.iterdir()) == [place.name, place.name + ".lock"]


def test_stores_of_releases_that_have_gone_are_swept_away_unless_served(tmp_path: Path) -> None:
    content = triples(tmp_path)
    one, two, three = (release(tmp_path, content, number) for number in (1, 2, 3))
    for dataset in (one, two):
        asyncio.run(opened(dataset))
    for number in (1, 2):
        (tmp_path / "releases" / str(number) / "manifest.json").unlink()
    assert one.on_disk is not None
    assert two.on_disk is not None
    claim = disk.Claim(two.on_disk)
    asyncio.run(opened(three))
    assert not one.on_disk.exists()
    assert disk.quads_of(two.on_disk) == 3000
    claim.release()
    asyncio.run(opened(three))
    assert not two.on_disk.exists()
    assert three.on_disk is not None
    assert disk.quads_of(three.on_disk) == 3000


def test_a_killed_load_leaves_nothing_half_made(tmp_path: Path) -> None:
    dataset = release(tmp_path, triples(tmp_path, 400_000))
    place = dataset.on_disk
    assert place is not None
    making = place.with_name(place.name + ".making")

    async def work() -> None:
        before = set(children(os.getpid()))
        opening = asyncio.create_task(opened(dataset))
        await until(making.exists)
        (zygote,) = set(children(os.getpid())) - before
        (maker,) = children(zygote)
        kill(zygote)
        with pytest.raises(Exception, match="SIGKILL"):
            await opening
        await until(lambda: not alive(maker))
        assert making.exists()
        assert not place.exists()
        assert await opened(dataset) == 400_000
        assert not making.exists()

    asyncio.run(work())


@pytest.mark.usefixtures("either_start")
def test_a_maker_that_dies_is_told_as_a_loader_that_dies(tmp_path: Path) -> None:
    dataset = release(tmp_path, triples(tmp_path, 400_000))

    async def work() -> None:
        before = set(children(os.getpid()))
        opening = asyncio.create_task(opened(dataset))
        assert dataset.on_disk is not None
        await until(dataset.on_disk.with_name(dataset.on_disk.name + ".making").exists)
        (zygote,) = set(children(os.getpid())) - before
        (maker,) = children(zygote)
        kill(maker)
        with pytest.raises(Exception, match="SIGKILL"):
            await opening

    asyncio.run(work())


def test_two_that_start_at_once_make_one_store(tmp_path: Path) -> None:
    dataset = release(tmp_path, triples(tmp_path, 50_000))

    async def work() -> list[int]:
        return await asyncio.gather(*[opened(dataset) for _ in range(3)])

    assert asyncio.run(work()) == [50_000] * 3


@pytest.mark.usefixtures("either_start")
def test_faults_in_files_are_all_told_and_nothing_is_kept(tmp_path: Path) -> None:
    bad = []
    for name, text in (("a.ttl", "<a> <b>"), ("b.rdf", '<!DOCTYPE r [<!ENTITY a "b">]><r/>')):
        bad.append(tmp_path / name)
        bad[-1].write_text(text, encoding="utf-8")
    spawned = Settings().workers_are_spawned
    files = placed(dataset_of_files(bad), in_memory_mib=0, home=tmp_path, spawned=spawned)
    with pytest.raises(UnusableInput) as failure:
        asyncio.run(opened(files))
    assert [fault.rule for fault in failure.value.faults] == ["turtle-syntax", "rdfxml-entities"]
    assert files.private is not None
    assert not files.private.exists()
    dataset = release(tmp_path, bad[0])
    with pytest.raises(ReleaseUnavailable, match="release 1 is damaged"):
        asyncio.run(opened(dataset))
    assert dataset.on_disk is not None
    assert [path.suffix for path in dataset.on_disk.parent.iterdir()] == [".lock"]


@pytest.mark.usefixtures("either_start")
def test_the_store_of_files_goes_with_the_engine_and_with_a_killed_zygote(tmp_path: Path) -> None:
    path = triples(tmp_path)

    async def work() -> None:
        dataset = placed_files(path, in_memory_mib=0)
        private = dataset.private
        assert private is not None
        own = OwnZygotes()
        channel = await own.open(dataset, LIMITS)
        assert private.stat().st_mode & 0o777 == 0o700
        kill(channel.pid)
        with pytest.raises(EOFError):
            await channel.message()
        await channel.aclose()
        assert not private.exists()
        channel = await own.open(dataset, LIMITS)
        assert channel.quads == 3000
        await channel.aclose()
        assert not private.exists()

    asyncio.run(work())


def test_a_place_that_was_swept_while_it_was_waited_for_is_claimed_anew(tmp_path: Path) -> None:
    place = tmp_path / "store"
    first = disk.Claim(place)
    with pytest.raises(BlockingIOError):
        disk.Claim(place, exclusive=True, wait=False)
    first.release()
    disk.remove(place)
    assert not list(tmp_path.iterdir())
    again = disk.Claim(place, exclusive=True)
    other = os.open(place.with_name("store.lock"), os.O_RDWR)
    with pytest.raises(BlockingIOError):
        fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)
    os.close(other)
    again.release()
