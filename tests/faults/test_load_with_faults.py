"""Mixed load while processes are killed and releases switched: not one wrong answer.

Eight clients ask queries whose exact answers for every release are computed beforehand, from the same data,
by Oxigraph in this process. Meanwhile workers and the zygote are killed with -9, and releases are published.
Every answer must be the exact one of a release that is served at that time, every refusal the right one, and
nothing may fail but shortly after a kill.

This takes half a minute. With CLUSTERGRAPH_LONG_TESTS=1 it takes ten minutes; with
CLUSTERGRAPH_WORKERS_START=spawn the workers are no forks. At the end it writes a table
(shown by pytest -s, or where the test fails): kinds of requests by outcome, kills, switches.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx
import pytest
from mixed_load import PREFIX, Oracle, Question, empty_content, publish, questions

from clustergraph.settings import Settings

LONG: Final = os.environ.get("CLUSTERGRAPH_LONG_TESTS") == "1"
SECONDS: Final = 600.0 if LONG else 25.0
CLIENTS: Final = 8
#: A process that is started ahead where workers are no forks.
SPARES: Final = int(Settings().workers_are_spawned)
SEED: Final = 20261121
#: A request that runs within so many seconds after a kill may fail.
WINDOW_SECONDS: Final = 2.0
#: The service looks for a release this often, and has this long to serve it.
CHECK_SECONDS: Final = 0.3
SWITCH_SECONDS: Final = 20.0

ENDLESS: Final = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
MALFORMED: Final = "SELECT ?s {\n  ?s ?p ?o .\n  FILTER(?o >)\n}"
WHICH: Final = f"{PREFIX}SELECT ?n {{ ex:release ex:number ?n }}"


@dataclass
class Server:
    """A running `clustergraph serve` over a home of releases."""

    process: subprocess.Popen[bytes]
    address: str
    home: Path
    content: Path
    log: Path

    def zygotes(self) -> list[int]:
        """The processes that hold a release."""
        return [
            child
            for child in _children(self.process.pid)
            if b"engine.zygote" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]

    def workers(self) -> list[int]:
        """The processes that evaluate."""
        return [worker for zygote in self.zygotes() for worker in _children(zygote)]


def _children(process: int) -> list[int]:
    found: list[int] = []
    for path in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(OSError):
            found.extend(map(int, path.read_text().split()))
    return [child for child in found if Path(f"/proc/{child}/cmdline").exists()]


@contextmanager
def serving(directory: Path) -> Iterator[Server]:
    """The service over a home with one release."""
    home, content = directory / "home", empty_content(directory / "content")
    home.mkdir()
    publish(home, content)
    log = directory / "service.log"
    chosen = {
        "CLUSTERGRAPH_HOME": str(home),
        "CLUSTERGRAPH_CONTENT": str(content),
        "CLUSTERGRAPH_RELEASE_CHECK_SECONDS": str(CHECK_SECONDS),
        "CLUSTERGRAPH_QUERY_DEADLINE_SECONDS": "20",
        "CLUSTERGRAPH_QUEUE_SECONDS": "30",
        "CLUSTERGRAPH_WORKERS": "4",
    }
    with (
        log.open("wb") as output,
        subprocess.Popen(
            [sys.executable, "-m", "clustergraph", "serve", "--port", "0"],
            env={**os.environ, **chosen},
            stdout=output,
            stderr=output,
            cwd=directory,
        ) as process,
    ):
        try:
            yield Server(process, _announced(process, log), home, content, log)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()


def _announced(process: subprocess.Popen[bytes], log: Path) -> str:
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        found = re.search(r"Serving at (http://[0-9.]+:\d+)", log.read_text(encoding="utf-8"))
        if found:
            return found[1]
        time.sleep(0.05)
    pytest.fail(log.read_text(encoding="utf-8"))


@dataclass
class Report:
    """What happened, for the verdict and for people."""

    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    kills: list[tuple[float, str]] = field(default_factory=list)
    switches: list[tuple[float, int]] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)
    #: The newest release that an answer has come from: what is asked later may not come from an older one.
    newest_seen: int = 1
    published: int = 1

    def excused(self, begun: float, ended: float) -> bool:
        """Whether a request ran shortly after a kill."""
        return any(begun <= kill + WINDOW_SECONDS and ended >= kill for kill, _ in self.kills)

    def __str__(self) -> str:
        kinds = sorted({kind for kind, _ in self.outcomes})
        names = sorted({name for _, name in self.outcomes})
        width = max(map(len, names), default=0) + 2
        lines = [f"{'':14}" + "".join(f"{name:>{width}}" for name in names)]
        lines += [
            f"{kind:14}" + "".join(f"{self.outcomes[kind, name]:>{width}}" for name in names)
            for kind in kinds
        ]
        killed = Counter(what for _, what in self.kills)
        lines.append(
            f"requests: {sum(self.outcomes.values())}; kills: {dict(killed)}; "
            f"switches: {len(self.switches)}; releases seen: {sorted(self.seen)}"
        )
        return "\n".join(lines + self.wrong[:20])


class Client:
    """One client that asks whatever comes next by its own dice, and judges each answer."""

    def __init__(
        self, http: httpx.AsyncClient, asked: tuple[Question, ...], oracle: Oracle, report: Report, seed: int
    ) -> None:
        self._http = http
        self._asked = asked
        self._oracle = oracle
        self._report = report
        self._dice = random.Random(seed)
        self._tags: dict[Question, tuple[str, frozenset[int]]] = {}

    async def run(self, end: float) -> None:
        acts: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (16, self._known),
            (2, self._malformed),
            (1, self._timeout),
            (2, self._cancelled),
        ]
        weights = [weight for weight, _ in acts]
        while time.monotonic() < end:
            (act,) = self._dice.choices([act for _, act in acts], weights)
            await act()

    async def _known(self) -> None:
        """A query whose answer is known; with the tag of its last answer, if there is one."""
        question = self._dice.choice(self._asked)
        headers = {"Accept": question.accept, "Accept-Encoding": self._dice.choice(["gzip", "identity"])}
        tag, of = self._tags.get(question, ("", frozenset[int]()))
        if tag and self._dice.random() < 0.5:
            headers["If-None-Match"] = tag
        floor = self._report.newest_seen

        def judge(answer: httpx.Response) -> str | None:
            if answer.status_code == 304 and "If-None-Match" in headers:
                found, outcome = of, "not modified"
            elif answer.status_code == 200:
                try:
                    found, outcome = self._oracle.releases_that_say(question, answer.content), "right"
                except ValueError as error:
                    self._wrong(question, f"no whole document: {error}", answer)
                    return "wrong"
                if new := answer.headers.get("ETag"):
                    self._tags[question] = (new, found)
            else:
                return None
            if not any(floor <= release <= self._report.published for release in found):
                self._wrong(
                    question, f"is that of {sorted(found)}, not of {floor}–{self._report.published}", answer
                )
                return "wrong"
            if len(found) == 1:
                (release,) = found
                self._report.seen.add(release)
                self._report.newest_seen = max(self._report.newest_seen, release)
            return outcome

        await self._ask(question.kind, question.form, headers, judge, by_get=bool(tag))

    async def _malformed(self) -> None:
        def judge(answer: httpx.Response) -> str | None:
            if answer.status_code != 400:
                return None
            problem = answer.json()
            assert (problem["line"], problem["column"]) == (3, 14), problem
            return "refused rightly"

        await self._ask("malformed", httpx.QueryParams({"query": MALFORMED}), {}, judge)

    async def _timeout(self) -> None:
        def judge(answer: httpx.Response) -> str | None:
            if answer.status_code != 504:
                return None
            assert answer.json()["seconds"] == 0.3
            return "stopped rightly"

        await self._ask("timeout", httpx.QueryParams({"query": ENDLESS, "timeout": "0.3"}), {}, judge)

    async def _cancelled(self) -> None:
        """A client that leaves before, or in the middle of, its answer."""
        question = next(it for it in self._asked if it.kind == "long")
        query = self._dice.choice([ENDLESS, question.query])
        with suppress(httpx.HTTPError, TimeoutError):
            async with asyncio.timeout(self._dice.uniform(0.01, 0.3)):
                async with self._http.stream("POST", "/sparql", data={"query": query}) as answer:
                    async for _ in answer.aiter_raw():
                        break
        self._report.outcomes["cancelled", "left"] += 1

    async def _ask(
        self,
        kind: str,
        form: bytes | httpx.QueryParams,
        headers: dict[str, str],
        judge: Callable[[httpx.Response], str | None],
        *,
        by_get: bool = False,
    ) -> None:
        begun = time.monotonic()
        failure = ""
        outcome = None
        content = form if isinstance(form, bytes) else str(form).encode()
        try:
            if by_get:
                answer = await self._http.get(f"/sparql?{content.decode()}", headers=headers)
            else:
                headers = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
                answer = await self._http.post("/sparql", content=content, headers=headers)
            outcome = judge(answer)
            if outcome is None:
                failure = f"{answer.status_code} {_slug(answer)}"
        except httpx.TransportError as error:
            failure = f"broken ({type(error).__name__})"
        if outcome is None:
            outcome = failure if self._allowed(failure) else "wrong"
            if outcome == "wrong" or not self._report.excused(begun, time.monotonic()):
                ago = [f"{begun - kill:+.2f} s" for kill, _ in self._report.kills[-3:]]
                self._report.wrong.append(f"{kind}: {failure}, begun {', '.join(ago) or 'before'} any kill")
        self._report.outcomes[kind, outcome] += 1

    @staticmethod
    def _allowed(failure: str) -> bool:
        return failure.startswith("broken") or failure in (
            "500 query-crashed",
            "503 engine-busy",
            "503 engine-unavailable",
        )

    def _wrong(self, question: Question, what: str, answer: httpx.Response) -> None:
        self._report.wrong.append(
            f"{question.kind}: the answer {what}; {question.query!r} {dict(answer.headers)} "
            f"{answer.content[:200]!r}"
        )


def _slug(answer: httpx.Response) -> str:
    with suppress(ValueError, AttributeError):
        return str(json.loads(answer.content)["type"]).rpartition("#")[2]
    return repr(answer.content[:80])


class Chaos:
    """Kills and switches in an order of its own, one after the other or, now and then, at once."""

    def __init__(self, server: Server, oracle: Oracle, report: Report, switching: bool) -> None:
        self._server = server
        self._oracle = oracle
        self._report = report
        self._dice = random.Random(SEED)
        self._switching = switching

    async def run(self, end: float) -> None:
        acts = [self._kill_worker, self._kill_zygote, self._kill_workers]
        if self._switching:
            acts += [self._switch, self._switch_and_kill]
        await asyncio.sleep(2)
        while time.monotonic() < end - 3:
            # Every kind in turn, in a new order each time.
            for act in self._dice.sample(acts, len(acts)):
                if time.monotonic() < end - 3:
                    await act()
                    # Longer than the window of a kill, so that there is time in which nothing may fail.
                    await asyncio.sleep(WINDOW_SECONDS + self._dice.uniform(0.2, 1.2))

    async def _kill_worker(self) -> None:
        if workers := self._server.workers():
            self._kill(self._dice.choice(workers), "worker")

    async def _kill_workers(self) -> None:
        for worker in self._server.workers():
            self._kill(worker, "worker")

    async def _kill_zygote(self) -> None:
        if zygotes := self._server.zygotes():
            self._kill(self._dice.choice(zygotes), "zygote")

    def _kill(self, process: int, what: str) -> None:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
            self._report.kills.append((time.monotonic(), what))

    async def _switch(self) -> None:
        await self._publish()
        await self._served()

    async def _switch_and_kill(self) -> None:
        await self._publish()
        await asyncio.sleep(self._dice.uniform(0, 3 * CHECK_SECONDS))
        await self._kill_zygote()
        await self._served()

    async def _publish(self) -> None:
        following = self._report.published + 1
        await asyncio.to_thread(self._oracle.learn, following)
        # The service may serve it before this thread is back.
        self._report.published = following
        assert await asyncio.to_thread(publish, self._server.home, self._server.content) == following

    async def _served(self) -> None:
        begun = time.monotonic()
        while self._report.newest_seen < self._report.published:
            if time.monotonic() - begun > SWITCH_SECONDS:
                self._report.wrong.append(f"release {self._report.published} was never served")
                return
            await asyncio.sleep(0.05)
        self._report.switches.append((time.monotonic() - begun, self._report.published))


async def _load(server: Server, switching: bool, seconds: float) -> Report:
    asked = questions(SEED, 8)
    oracle = Oracle(asked)
    report = Report(published=_number(server), newest_seen=_number(server))
    for release in range(1, report.published + 1):
        oracle.learn(release)
    limits = httpx.Limits(max_connections=CLIENTS * 2)
    async with httpx.AsyncClient(base_url=server.address, timeout=60, limits=limits) as http:
        end = time.monotonic() + seconds
        clients = [Client(http, asked, oracle, report, SEED + number) for number in range(CLIENTS)]
        chaos = Chaos(server, oracle, report, switching)
        await asyncio.gather(chaos.run(end), *(client.run(end) for client in clients))
    return report


def _number(server: Server) -> int:
    answer = httpx.post(
        f"{server.address}/sparql", data={"query": WHICH}, headers={"Accept": "text/csv"}, timeout=30
    )
    assert answer.status_code == 200, answer.text
    return int(answer.text.split()[1])


def _switches(server: Server) -> bool:
    """Whether the service serves a release that is published while it runs."""
    published = publish(server.home, server.content)
    end = time.monotonic() + SWITCH_SECONDS
    while time.monotonic() < end:
        if _number(server) == published:
            return True
        time.sleep(0.1)
    return False


@pytest.mark.timeout(900 if LONG else 240)
def test_no_answer_is_wrong_while_processes_are_killed_and_releases_switched(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        descriptors = len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))
        switching = _switches(server)
        report = asyncio.run(_load(server, switching, SECONDS))
        sys.stdout.write(f"\n{report}\n")
        assert report.wrong == [], str(report)
        log = server.log.read_text(encoding="utf-8")
        assert "Traceback" not in log, log[-5000:]
        assert _number(server) == report.published
        assert httpx.get(f"{server.address}/readyz", timeout=10).status_code == 200
        settled = time.monotonic() + 15
        children = 4 + SPARES
        while time.monotonic() < settled and len(server.workers()) != children:
            time.sleep(0.1)
        assert (len(server.zygotes()), len(server.workers())) == (1, children)
        assert len(list(Path(f"/proc/{server.process.pid}/fd").iterdir())) <= descriptors + 12
    answered = {kind for kind, outcome in report.outcomes if outcome == "right"}
    assert answered == {"look-up", "count", "join", "graphs", "construct", "long", "ask"}, str(report)
    assert report.outcomes["malformed", "refused rightly"], str(report)
    assert report.outcomes["timeout", "stopped rightly"], str(report)
    assert any(outcome == "not modified" for _, outcome in report.outcomes), str(report)
    killed = Counter(what for _, what in report.kills)
    assert killed["worker"] >= 2, str(report)
    assert killed["zygote"] >= 1, str(report)
    if switching:
        assert report.switches, str(report)


def test_a_release_that_is_published_is_served_without_a_restart(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert _number(server) == 1
        assert _switches(server)
