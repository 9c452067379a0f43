"""Engines that may ask services on this machine, and the ways tests ask them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from clustergraph.egress import Egress, EgressPolicy
from clustergraph.engine.base import QueryRequest
from clustergraph.engine.federated import FederatedEngine, FederationLimits
from clustergraph.engine.sharing import SharedAnswers
from clustergraph.negotiation import JSON

from .asking import engine_over
from .remote_services import Remote, over

LOCAL = '<http://e/a> <http://e/name> "Anna" .\n<http://e/b> <http://e/name> "Bert" .\n'
FINE = over('@prefix : <http://e/> . :a :city "Wien" , "Graz" . :b :city "Brno" .')
ROWS = "SELECT * {{ ?s <http://e/name> ?n {} <{}> {{ ?s <http://e/city> ?c }} }}"


@asynccontextmanager
async def federation(
    dataset: Path, *origins: str, limits: FederationLimits | None = None, private: bool = True, **options: Any
) -> AsyncIterator[FederatedEngine]:
    """An engine over a file that may ask services at some origins."""
    egress = Egress(EgressPolicy(origins=frozenset(origins), private_addresses=private))
    async with engine_over(dataset) as inner:
        engine = FederatedEngine(
            inner,
            origins=frozenset(origins),
            egress=egress,
            limits=limits,
            **{"deadline_seconds": 20.0, **options},
        )
        yield engine
        await engine.aclose()


async def results(engine: FederatedEngine | SharedAnswers, query: str, **request: Any) -> dict[str, Any]:
    answer = await engine.answer(QueryRequest(query=query, result_format=JSON, **request))
    try:
        found: dict[str, Any] = json.loads(b"".join([block async for block in answer.chunks()]))
        return found
    finally:
        await answer.aclose()


def asked(
    local: Path, query: str, *remotes: Remote, request: dict[str, Any] | None = None, **options: Any
) -> dict[str, Any]:
    """The answer to one query where some services may be asked."""

    async def scene() -> dict[str, Any]:
        async with federation(local, *(remote.origin for remote in remotes), **options) as engine:
            return await results(engine, query, **request or {})

    return asyncio.run(scene())


def bindings(found: dict[str, Any]) -> list[dict[str, str]]:
    return [{name: term["value"] for name, term in row.items()} for row in found["results"]["bindings"]]


def solutions(names: Sequence[str], rows: Sequence[dict[str, Any]]) -> bytes:
    return json.dumps({"head": {"vars": list(names)}, "results": {"bindings": list(rows)}}).encode()


def iri(value: str) -> dict[str, str]:
    return {"type": "uri", "value": value}
