"""One call to another SPARQL service: a query goes out, and a table of solutions comes back or it fails."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlencode

from clustergraph.egress import Egress, EgressFailed, EgressOverBudget, EgressRefused, EgressTimeout
from clustergraph.errors import QueryError, QueryOverBudget

_JSON: Final = "application/sparql-results+json"
#: What services call the same format.
_READ: Final = frozenset({_JSON, "application/json"})
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}", re.ASCII)


class RemoteFailed(QueryError):
    """A query with a SERVICE clause whose endpoint gave no usable answer.

    `endpoint` is its IRI; `status` the HTTP status it answered with, None where it did not.
    """

    def __init__(self, endpoint: str, why: str, *, status: int | None = None) -> None:
        super().__init__(
            f"The service <{endpoint}> {why}.",
            fix="Ask it directly to see what is wrong, or write SERVICE SILENT to go on without it.",
        )
        self.endpoint = endpoint
        self.status = status


def too_much(endpoint: str, allowed: str) -> QueryOverBudget:
    """The error of an answer that is larger than one query may fetch."""
    return QueryOverBudget(
        f"The service <{endpoint}> has more to say than one query may fetch: {allowed}.",
        fix="Narrow its group: put VALUES, FILTER or a sub-SELECT with LIMIT inside the braces of SERVICE.",
    )


async def ask_service(egress: Egress, endpoint: str, query: str, *, seconds: float, max_bytes: int) -> bytes:
    """The answer of an endpoint to a query, in SPARQL Query Results JSON Format as far as its type tells.

    Asks by POST with form parameters (SPARQL 1.1 Protocol section 2.1.2), which every service understands.
    Nothing of the failed answer's text is told. Raises RemoteFailed and QueryOverBudget.
    """
    try:
        async with egress.stream(
            "POST",
            endpoint,
            headers={"Accept": _JSON, "Content-Type": "application/x-www-form-urlencoded"},
            content=urlencode({"query": query}).encode("ascii"),
            seconds=seconds,
            max_bytes=max_bytes,
        ) as reply:
            if reply.status != 200:
                raise RemoteFailed(endpoint, f"answered with status {reply.status}", status=reply.status)
            if reply.media_type not in _READ:
                named = reply.media_type if _MEDIA_TYPE.fullmatch(reply.media_type) else "an unknown format"
                raise RemoteFailed(endpoint, f"answered in {named}, not in {_JSON}", status=200)
            return await reply.body()
    except EgressOverBudget:
        raise too_much(endpoint, f"{max_bytes:,} bytes") from None
    except EgressTimeout as error:
        raise RemoteFailed(endpoint, f"did not answer in full within {error.seconds:.3g} seconds") from error
    except (EgressFailed, EgressRefused) as error:
        raise RemoteFailed(endpoint, f"could not be asked: {error.what.rstrip('.')}") from error
