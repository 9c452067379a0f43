"""The public addresses of the service, from its settings and never from a request's Host header."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote, urlsplit

from clustergraph.settings import Settings

SPARQL_PATH: Final = "/sparql"


def base_url(settings: Settings) -> str:
    """The public address without a slash at its end: `base_url` where set, else http://HOST:PORT."""
    if settings.base_url:
        return settings.base_url.rstrip("/")
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{settings.port}"


def root_path(settings: Settings) -> str:
    """The path under which a proxy publishes the service, such as `/graph`; empty at a host's root."""
    return quote(urlsplit(base_url(settings)).path, safe="/%")


def endpoint(settings: Settings) -> str:
    """The IRI of the SPARQL endpoint, which is also the base IRI of queries."""
    return base_url(settings) + SPARQL_PATH


def problem_type(settings: Settings, slug: str) -> str:
    """The `type` of a problem document (RFC 9457 section 3.1.1); it resolves to its explanation."""
    return slug if slug == "about:blank" else f"{base_url(settings)}/problems#{slug}"
