"""How one query is to be answered: what the engine is asked, and the headers that need no evaluation.

A plan is made once for requests that are equal byte by byte, and then kept: nearly everything that can be
known of an answer before it is evaluated follows from the request and the dataset alone.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from clustergraph.engine.base import Answer, QueryRequest
from clustergraph.negotiation import ResultFormat, ResultKind
from clustergraph.service.conditional import coded_etag, etag
from clustergraph.service.headers import COMMON_HEADERS, RawHeaders, raw_headers

_VARY: Final = "Accept, Accept-Encoding"
#: Kept by caches, but asked for again each time: a release may have changed, and a 304 costs no query.
_REVALIDATE: Final = "no-cache"
_NOT_KEPT: Final = "no-store"


class Plan:
    """What a request asks of the engine, and the form of its answer.

    `request` is None where the result becomes a page. A query is `repeatable` where two evaluations over the
    same dataset give the same bytes; only then has its answer an entity tag.
    """

    __slots__ = (
        "_link",
        "_prepared",
        "_prepared_for",
        "_tag",
        "_tag_dataset",
        "kind",
        "repeatable",
        "request",
        "requires_coding",
        "result_format",
    )

    def __init__(
        self,
        result_format: ResultFormat,
        kind: ResultKind,
        request: QueryRequest | None,
        *,
        repeatable: bool = False,
        requires_coding: bool = False,
        link: str | None = None,
    ) -> None:
        self.result_format = result_format
        self.kind = kind
        self.request = request
        self.repeatable = repeatable
        self.requires_coding = requires_coding
        self._tag = ""
        self._tag_dataset: str | None = None
        self._prepared: RawHeaders = []
        self._prepared_for: tuple[str, str | None, int] | None = None
        self._link = link

    def tag(self, dataset: str) -> str:
        """The entity tag of the answer from a dataset; of the coding that was chosen, whatever it gains."""
        if dataset != self._tag_dataset:
            request = self.request
            if request is None:
                raise ValueError("a page has no entity tag")
            self._tag = coded_etag(
                etag(
                    dataset,
                    request.query,
                    request.base_iri or "",
                    self.result_format.name,
                    *(f"default {iri}" for iri in request.default_graphs),
                    *(f"named {iri}" for iri in request.named_graphs),
                ),
                request.coding,
            )
            self._tag_dataset = dataset
        return self._tag

    def headers(self, dataset: str, *, coding: str | None = None, length: int | None = None) -> RawHeaders:
        """The headers of a response from a dataset, `length` bytes long where that is known."""
        headers = [*_unchanging_headers(self.result_format, self.repeatable)]
        if self._link is not None:
            headers.append((b"link", self._link.encode("latin-1")))
        if self.repeatable:
            headers.append((b"etag", self.tag(dataset).encode("ascii")))
        if coding is not None:
            headers.append((b"content-encoding", coding.encode("ascii")))
        if length is not None:
            headers.append((b"content-length", b"%d" % length))
        return headers

    def cached_headers(self, answer: Answer, body: bytes) -> RawHeaders:
        """The headers of an answer that was kept; made once for each."""
        what = (answer.dataset, answer.coding, len(body))
        if self._prepared_for != what:
            self._prepared = self.headers(answer.dataset, coding=answer.coding, length=len(body))
            self._prepared_for = what
        return self._prepared


@cache
def _unchanging_headers(result_format: ResultFormat, repeatable: bool) -> tuple[tuple[bytes, bytes], ...]:
    cache_control = _REVALIDATE if repeatable else _NOT_KEPT
    headers = {"Content-Type": content_type(result_format), "Vary": _VARY, "Cache-Control": cache_control}
    return (*COMMON_HEADERS, *raw_headers(headers))


def content_type(result_format: ResultFormat) -> str:
    """The Content-Type of a result; text types say their charset."""
    media_type = result_format.media_type
    return f"{media_type}; charset=utf-8" if media_type.startswith("text/") else media_type
