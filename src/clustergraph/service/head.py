"""What the head of a request says that answers depend on, read once from its raw headers."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import Scope

from clustergraph.service.limiting import client_of


@dataclass(slots=True)
class RequestHead:
    """The method and the headers that matter here, each None where it was not sent.

    Fields sent several times are joined by commas (RFC 9110 section 5.3). `client` is who asks, for those
    who wait take turns.
    """

    method: str
    http_version: str
    client: str
    accept: str | None = None
    accept_encoding: str | None = None
    if_none_match: str | None = None
    content_type: str | None = None
    content_encoding: str | None = None
    content_length: str | None = None


_FIELDS = {
    b"accept": "accept",
    b"accept-encoding": "accept_encoding",
    b"if-none-match": "if_none_match",
    b"content-type": "content_type",
    b"content-encoding": "content_encoding",
    b"content-length": "content_length",
}


def request_head(scope: Scope) -> RequestHead:
    """The head of an HTTP request."""
    head = RequestHead(scope["method"], scope["http_version"], client_of(scope))
    for name, value in scope["headers"]:
        field = _FIELDS.get(name)
        if field is not None:
            text = value.decode("latin-1")
            before = getattr(head, field)
            setattr(head, field, text if before is None else f"{before}, {text}")
    return head
