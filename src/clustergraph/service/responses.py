"""Responses that need no engine: pages, and problems in the form the client reads."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from typing import Final

from starlette.responses import Response

from clustergraph.codings import SHORTEST, CodingNotAcceptable, choose_coding, compressed
from clustergraph.negotiation import HTML, ResultFormat, best
from clustergraph.pages.view import ProblemView
from clustergraph.service.problems import Problem

LOG: Final = logging.getLogger("clustergraph.service")

PROBLEM_JSON: Final = ResultFormat("problem", "application/problem+json", frozenset(), ("application/json",))
PLAIN_TEXT: Final = ResultFormat("text", "text/plain", frozenset())


class BrokenOff(Exception):
    """An answer that failed after its status was sent: the connection must end without an end of body."""


def html_response(
    page: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    accept_encoding: str | None = None,
) -> Response:
    """A page; it varies by Accept, for the same address may answer data."""
    body = page.encode()
    more = {"Vary": "Accept, Accept-Encoding", **(headers or {})}
    coding = _page_coding(accept_encoding) if len(body) >= SHORTEST else None
    if coding is not None:
        body = compressed(coding, body)
        more["Content-Encoding"] = coding
    return Response(body, status, more, "text/html")


def _page_coding(accept_encoding: str | None) -> str | None:
    try:
        return choose_coding(accept_encoding)
    except CodingNotAcceptable:
        # A page as it is serves a person better than none (RFC 9110 section 12.5.3 allows it).
        return None


def problem_response(
    problem: Problem, type_uri: str, accept: str | None, page: Callable[[Problem], str]
) -> Response:
    """A problem as application/problem+json, text/plain or HTML; JSON where none of them is accepted."""
    status = problem.kind.status
    headers = {"Vary": "Accept, Accept-Encoding", "Cache-Control": "no-store", **problem.headers}
    chosen = best(accept, (PROBLEM_JSON, PLAIN_TEXT, HTML))
    if chosen is HTML:
        return html_response(page(problem), status, headers)
    if chosen is PLAIN_TEXT:
        return Response(problem.as_text(), status, headers, "text/plain")
    body = json.dumps(problem.as_json(type_uri), ensure_ascii=False, indent=2) + "\n"
    return Response(body, status, headers, PROBLEM_JSON.media_type)


def problem_view(problem: Problem) -> ProblemView:
    """A problem as pages show it."""
    line, column = problem.more.get("line"), problem.more.get("column")
    return ProblemView(
        status=problem.kind.status,
        title=problem.kind.title,
        detail=problem.detail,
        fix=problem.fix,
        line=line if isinstance(line, int) else None,
        column=column if isinstance(column, int) else None,
    )
