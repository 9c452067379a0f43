"""Every way a request can fail here, and the problem document each becomes (RFC 9457).

The slugs are part of the interface: the `type` of a problem is `BASE/problems#slug`, for good.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from clustergraph.codings import CodingNotAcceptable
from clustergraph.engine.federated_calls import RemoteFailed
from clustergraph.errors import (
    ClustergraphError,
    EngineBusy,
    EngineUnavailable,
    QueryCrashed,
    QueryMalformed,
    QueryMisplaced,
    QueryOverBudget,
    QueryRefused,
    QueryStopped,
    QueryTimeout,
    QueryUnserialisable,
    ReleaseUnavailable,
)
from clustergraph.negotiation import NotAcceptable, UnknownFormat


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its slug, HTTP status, title and what it means to the one who asked."""

    slug: str
    status: int
    title: str
    meaning: str


KINDS: Final[Mapping[str, Kind]] = {
    kind.slug: kind
    for kind in (
        Kind("missing-query", 400, "No query", "A SPARQL request needs the parameter query, once."),
        Kind(
            "repeated-parameter", 400, "Parameter repeated", "A parameter that may stand once stands twice."
        ),
        Kind("invalid-parameter", 400, "Invalid parameter", "A parameter has a value that it cannot have."),
        Kind(
            "invalid-encoding", 400, "Invalid encoding", "The request is not UTF-8, or not percent-encoded."
        ),
        Kind("query-and-update", 400, "Query and update together", "A request may carry one of the two."),
        Kind("unknown-format", 400, "Unknown format", "The parameter format names no format at all."),
        Kind(
            "query-malformed",
            400,
            "Malformed query",
            "The text is not a query of SPARQL 1.1. The line and column, counted from 1, are where reading "
            "stopped; the mistake is there or just before.",
        ),
        Kind("read-only", 403, "Read-only", "The endpoint answers queries; it performs no update."),
        Kind(
            "query-refused",
            403,
            "Query refused",
            "The query is sound but asks for something that this service does not do, such as SERVICE.",
        ),
        Kind("not-found", 404, "Not found", "Nothing is published at this address."),
        Kind("method-not-allowed", 405, "Method not allowed", "The header Allow lists the methods that are."),
        Kind(
            "not-acceptable",
            406,
            "No acceptable format",
            "None of the formats you accept can carry this result; the problem lists those that can.",
        ),
        Kind(
            "precondition-failed",
            412,
            "Precondition failed",
            "What is served is no longer what the header If-Match names, or it is what If-None-Match "
            "excludes.",
        ),
        Kind("query-too-long", 413, "Query too long", "The query is longer than this service reads."),
        Kind(
            "unsupported-media-type",
            415,
            "Unsupported media type",
            "A POST carries application/x-www-form-urlencoded or application/sparql-query, in UTF-8.",
        ),
        Kind(
            "range-not-satisfiable",
            416,
            "Range not satisfiable",
            "The range asked for begins after the last byte; the header Content-Range tells the length.",
        ),
        Kind(
            "rate-limited",
            429,
            "Too many requests",
            "More requests came from your address than one client may send; the header Retry-After says, in "
            "seconds, when to try again.",
        ),
        Kind("internal-error", 500, "Internal error", "A fault of the service, which its log describes."),
        Kind(
            "query-crashed",
            500,
            "The query ended its worker",
            "Evaluating the query ended the process that did it. Other queries are not affected.",
        ),
        Kind(
            "service-failed",
            502,
            "Another service failed",
            "A service that the query asks with SERVICE gave no usable answer. SERVICE SILENT goes on "
            "without it.",
        ),
        Kind(
            "query-over-budget",
            503,
            "Query over budget",
            "The query needed more memory, or gave a larger result, than one query may. Ask for less.",
        ),
        Kind(
            "query-stopped",
            503,
            "Query stopped by the operator",
            "The operator of the service has stopped the query. Nothing of it was answered.",
        ),
        Kind(
            "engine-busy",
            503,
            "Busy",
            "All workers are taken and the queue is full; the header Retry-After says when to try again.",
        ),
        Kind(
            "engine-unavailable", 503, "Unavailable", "The service is starting, stopping or has no release."
        ),
        Kind(
            "query-timeout",
            504,
            "Query stopped at its deadline",
            "The query took longer than one query may. Nothing of it was answered. A caller may lower the "
            "deadline with the parameter timeout, in seconds, but never raise it.",
        ),
    )
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One failed request: what happened in `detail`, what to do in `fix`, extension members in `more`."""

    kind: Kind
    detail: str
    fix: str | None = None
    more: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_json(self, type_uri: str) -> dict[str, object]:
        """The members of the problem document (RFC 9457 section 3); `fix` and `more` are extensions."""
        members: dict[str, object] = {
            "type": type_uri,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
        }
        return members | ({"fix": self.fix} if self.fix else {}) | dict(self.more)

    def as_text(self) -> str:
        """The problem in plain sentences."""
        return "\n".join(filter(None, (f"{self.kind.title}.", self.detail, self.fix))) + "\n"


class RequestRefused(ClustergraphError):
    """A request that is refused before any engine is asked, with the slug of its kind of problem."""

    def __init__(
        self, slug: str, what: str, *, fix: str | None = None, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(what, fix=fix)
        self.slug = slug
        self.headers = headers or {}


_SLUGS: Final[tuple[tuple[type[ClustergraphError], str], ...]] = (
    (UnknownFormat, "unknown-format"),
    (NotAcceptable, "not-acceptable"),
    (QueryMalformed, "query-malformed"),
    (CodingNotAcceptable, "not-acceptable"),
    (QueryUnserialisable, "not-acceptable"),
    (QueryRefused, "query-refused"),
    (QueryStopped, "query-stopped"),
    (RemoteFailed, "service-failed"),
    (QueryTimeout, "query-timeout"),
    (QueryOverBudget, "query-over-budget"),
    (QueryCrashed, "query-crashed"),
    (EngineBusy, "engine-busy"),
    (EngineUnavailable, "engine-unavailable"),
    (ReleaseUnavailable, "engine-unavailable"),
)


def problem_of(error: Exception) -> Problem:
    """The problem that an exception is to the client; one that nobody foresaw tells nothing of itself."""
    if isinstance(error, RequestRefused):
        return Problem(kind=KINDS[error.slug], detail=error.what, fix=error.fix, headers=error.headers)
    slug = next((slug for cause, slug in _SLUGS if isinstance(error, cause)), None)
    if slug is None or not isinstance(error, ClustergraphError):
        return Problem(
            kind=KINDS["internal-error"],
            detail="The service failed in a way it did not foresee. The fault is not in your request.",
        )
    more: dict[str, object] = {}
    headers: dict[str, str] = {}
    detail = error.what
    if isinstance(error, QueryMisplaced) and error.line is not None:
        more = {"line": error.line, "column": error.column}
        detail = f"Line {error.line}, column {error.column}: {error.what}"
    elif isinstance(error, QueryTimeout):
        more = {"seconds": error.seconds}
    elif isinstance(error, NotAcceptable):
        more = {"available": [offer.media_type for offer in error.available]}
    elif isinstance(error, RemoteFailed):
        more = {"endpoint": error.endpoint} | ({} if error.status is None else {"remoteStatus": error.status})
    elif isinstance(error, CodingNotAcceptable):
        more = {"available": list(error.available)}
    elif isinstance(error, EngineBusy):
        headers = {"Retry-After": str(error.retry_after)}
    elif slug == "engine-unavailable":
        # Paths and settings of the machine are for its operator, not for strangers.
        headers, detail = {"Retry-After": "5"}, "The service cannot answer now."
        return Problem(kind=KINDS[slug], detail=detail, fix="Try again in 5 s.", headers=headers)
    return Problem(kind=KINDS[slug], detail=detail, fix=error.fix, more=more, headers=headers)


def problem_of_status(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Problem:
    """The problem for a status that the router raised: 404, 405 or another."""
    kind = next((kind for kind in KINDS.values() if kind.status == status), None)
    if kind is None or status == HTTPStatus.BAD_REQUEST:
        kind = Kind("about:blank", status, HTTPStatus(status).phrase, detail)
    return Problem(kind=kind, detail=detail, headers=headers or {})
