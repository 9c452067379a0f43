"""Documents that never change while they are served: in memory or on disk, coded, cached and in ranges."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from hashlib import blake2b
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import Receive, Scope, Send

from clustergraph.codings import (
    SHORTEST,
    CodingNotAcceptable,
    choose_coding,
    compressed,
    requires_coding,
)
from clustergraph.service.conditional import coded_etag, etag, precondition_status
from clustergraph.service.delivery import Departure, Departures
from clustergraph.service.headers import preflight, raw_headers
from clustergraph.service.problems import RequestRefused
from clustergraph.service.responses import BrokenOff

METHODS: Final = ("GET", "HEAD", "OPTIONS")
ALLOW: Final = ", ".join(METHODS)
#: Bytes; a longer file is sent as it is, for coding it would hold it in memory.
LONGEST_CODED_FILE: Final = 8 * 1024 * 1024
_BLOCK_BYTES: Final = 256 * 1024
#: More digits than any position in a file has.
_MOST_DIGITS: Final = 18

_VARY: Final = (b"vary", b"Accept-Encoding")
_PREFLIGHT: Final = tuple(raw_headers(preflight(ALLOW)))
_BYTE_RANGE: Final = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*", re.IGNORECASE)
#: What may stand in a URI reference (RFC 3986 section 2), `%` included.
_URI_CHARACTERS: Final = "%:/?#[]@!$&'()*+,;=-._~"

_RawHeaders = tuple[tuple[bytes, bytes], ...]


def link_header(pairs: Iterable[tuple[str, str, str | None]]) -> str:
    """A Link header (RFC 8288 section 3) of relation, target and media type (or None), in order.

    Characters that no URI reference has are percent-encoded in targets, so nothing breaks out of one.
    """

    def link(relation: str, target: str, media_type: str | None) -> str:
        text = f"<{quote(target, safe=_URI_CHARACTERS)}>; rel={_quoted(relation)}"
        return text if media_type is None else f"{text}; type={_quoted(media_type)}"

    return ", ".join(link(*each) for each in pairs)


def _quoted(text: str) -> str:
    """A quoted string; raises ValueError where it would hold what no header may."""
    if not (text.isascii() and text.isprintable()):
        raise ValueError(f"{text!r} cannot stand in a header")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Unsatisfiable(Exception):
    """A range with no byte of the body."""


def byte_range(header: str, length: int) -> tuple[int, int] | None:
    """The part of a body that a Range header asks for: its first byte and the one after its last.

    None where the header is to be ignored: several ranges, another unit, or no range at all (RFC 9110
    section 14.2 allows it for each). Raises HTTPException 416 with Content-Range where the body ends before.
    """
    found = _BYTE_RANGE.fullmatch(header.strip(" \t"))
    if found is None or not (found[1] or found[2]):
        return None
    first, last = _position(found[1]), _position(found[2])
    if first is None:
        start, stop = max(0, length - (last or 0)), length
    else:
        start, stop = first, length if last is None else min(last + 1, length)
        if last is not None and last < first:
            return None
    if start >= length:
        raise HTTPException(
            416,
            f"The range begins after the last byte; there are {length}.",
            {"Content-Range": f"bytes */{length}"},
        )
    return start, stop


def _position(text: str) -> int | None:
    if not text:
        return None
    digits = text.lstrip("0")
    return int(digits or "0") if len(digits) <= _MOST_DIGITS else 10**_MOST_DIGITS


class _InMemory:
    """A content held whole."""

    may_be_coded = True

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.length = len(body)

    async def whole(self) -> bytes:
        return self.body


class _OnDisk:
    """A content in a file, held whole only to be coded."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.length = path.stat().st_size
        self.may_be_coded = self.length <= LONGEST_CODED_FILE

    async def whole(self) -> bytes:
        return b"".join([block async for block in self.blocks(0, self.length)])

    async def blocks(self, start: int, stop: int) -> AsyncGenerator[bytes, None]:
        """The bytes from `start` up to before `stop`; raises BrokenOff where they are not all there."""
        file = await asyncio.to_thread(self._path.open, "rb")
        try:
            file.seek(start)
            while start < stop:
                block = await asyncio.to_thread(file.read, min(_BLOCK_BYTES, stop - start))
                if not block:
                    raise BrokenOff(f"{self._path.name} is shorter than when it was opened first")
                start += len(block)
                yield block
        finally:
            file.close()


class _Served:
    """An ASGI application for one content: GET, HEAD and OPTIONS; other methods raise HTTPException 405.

    To be routed as it is, `Route(path, document)`, without `methods`. Failures are raised for the
    application's handlers, which make them problem documents: HTTPException 405, 412 and 416, and
    RequestRefused `not-acceptable` where the client excludes the body as it is and every coding of it.
    """

    def __init__(
        self,
        content: _InMemory | _OnDisk,
        tag: str,
        media_type: str,
        max_age: int | None,
        links: Sequence[str],
    ) -> None:
        self.tag = tag
        self._content = content
        self._coded: dict[str, bytes] = {}
        self._cache = b"no-cache" if max_age is None else f"public, max-age={max_age}".encode()
        self._described: _RawHeaders = (
            (b"content-type", media_type.encode("latin-1")),
            *(((b"link", ", ".join(links).encode("latin-1")),) if links else ()),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method = scope["method"]
        if method == "OPTIONS":
            await _send_head(send, 204, _PREFLIGHT)
            await _send_end(send)
            return
        if method not in METHODS:
            raise HTTPException(405, headers={"Allow": ALLOW})
        headers = Headers(scope=scope)
        try:
            coded = await self._represent(method, headers)
        except CodingNotAcceptable as error:
            raise RequestRefused(
                "not-acceptable", error.what, fix=error.fix, headers={"Vary": "Accept, Accept-Encoding"}
            ) from None
        tag = coded_etag(self.tag, coded and coded[0])
        status = precondition_status(method, headers, tag)
        if status == 412:
            raise HTTPException(412, "The document is no longer the one that If-Match names.")
        if status == 304:
            await _send_head(send, 304, self._validators(tag))
            await _send_end(send)
            return
        head = (*self._described, *self._validators(tag))
        if coded is None:
            await self._send_content(head, self._part(method, headers), scope, receive, send)
            return
        coding, body = coded
        await _send_head(send, 200, (*head, (b"content-encoding", coding.encode()), _length(len(body))))
        await _send_end(send, body if method == "GET" else b"")

    async def _represent(self, method: str, headers: Headers) -> tuple[str, bytes] | None:
        """The coding to answer in and the coded body; None for the content as it is.

        A part is taken of the content as it is, never of a coded body: another version of a compressor
        would write other bytes under the same tag, and parts of both would be joined.
        """
        accepted = ", ".join(headers.getlist("accept-encoding")) if "accept-encoding" in headers else None
        required = requires_coding(accepted)
        if required and not self._content.may_be_coded:
            raise CodingNotAcceptable(("identity",))
        coding = choose_coding(accepted)
        if coding is None or not self._content.may_be_coded:
            return None
        if not required and (self._content.length < SHORTEST or self._asks_for_part(method, headers)):
            return None
        body = self._coded.get(coding)
        if body is None:
            body = await asyncio.to_thread(compressed, coding, await self._content.whole())
            self._coded[coding] = body
        return (coding, body) if required or len(body) < self._content.length else None

    def _asks_for_part(self, method: str, headers: Headers) -> bool:
        """Whether there is a Range that holds: without If-Range, or with one of the content as it is.

        Ranges are defined for GET alone (RFC 9110 section 14.2).
        """
        return method == "GET" and "range" in headers and headers.get("if-range", self.tag) == self.tag

    def _part(self, method: str, headers: Headers) -> tuple[int, int] | None:
        """The part to send, None for all."""
        if not self._asks_for_part(method, headers):
            return None
        return byte_range(headers["range"], self._content.length)

    def _validators(self, tag: str) -> _RawHeaders:
        return ((b"etag", tag.encode()), (b"cache-control", self._cache), _VARY)

    async def _send_content(
        self, head: _RawHeaders, part: tuple[int, int] | None, scope: Scope, receive: Receive, send: Send
    ) -> None:
        length = self._content.length
        start, stop = part or (0, length)
        head = (*head, (b"accept-ranges", b"bytes"), _length(stop - start))
        if part is not None:
            head = (*head, (b"content-range", f"bytes {start}-{stop - 1}/{length}".encode()))
        status = 200 if part is None else 206
        content = self._content
        if scope["method"] == "HEAD":
            await _send_head(send, status, head)
            await _send_end(send)
        elif isinstance(content, _InMemory):
            await _send_head(send, status, head)
            await _send_end(send, content.body[start:stop])
        else:
            blocks = content.blocks(start, stop)
            departure = Departures().expect(receive, asyncio.get_running_loop())
            try:
                await _send_blocks(send, status, head, blocks, departure)
            except asyncio.CancelledError:
                if not departure.happened():
                    raise
            finally:
                departure.ignore()


class Document(_Served):
    """A text or bytes known at start; see `_Served` for how it is routed and what it raises.

    `media_type` is sent as it is, with its charset. `max_age` is how long caches may keep it, in seconds;
    with None they ask each time whether it changed. `links` are values of the Link header (`link_header`).
    `tag` is the strong entity tag of its content as it is.
    """

    def __init__(
        self, body: str | bytes, media_type: str, *, max_age: int | None, links: Sequence[str] = ()
    ) -> None:
        content = body.encode() if isinstance(body, str) else body
        tag = etag(media_type, blake2b(content, digest_size=16).hexdigest())
        super().__init__(_InMemory(content), tag, media_type, max_age, links)


class FileDocument(_Served):
    """A file, sent in blocks; `checksum` identifies its content, as the manifest of a release has it.

    Files longer than `LONGEST_CODED_FILE` are sent in no coding. A file that is found shorter than it was
    at start breaks the connection (BrokenOff). Raises FileNotFoundError at once where there is no file.
    Parameters are those of `Document` else.
    """

    def __init__(
        self, path: Path, media_type: str, *, checksum: str, max_age: int | None, links: Sequence[str] = ()
    ) -> None:
        super().__init__(_OnDisk(path), etag(media_type, checksum), media_type, max_age, links)


def _length(length: int) -> tuple[bytes, bytes]:
    return (b"content-length", str(length).encode())


async def _send_head(send: Send, status: int, headers: Sequence[tuple[bytes, bytes]]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})


async def _send_end(send: Send, body: bytes = b"") -> None:
    await send({"type": "http.response.body", "body": body, "more_body": False})


async def _send_blocks(
    send: Send, status: int, head: _RawHeaders, blocks: AsyncGenerator[bytes, None], departure: Departure
) -> None:
    """Send a stream; a failure before its first block is raised before anything is sent."""
    async with aclosing(blocks):
        block = await anext(blocks, b"")
        await _send_head(send, status, head)
        while block:
            await send({"type": "http.response.body", "body": block, "more_body": True})
            block = await anext(blocks, b"")
    departure.ignore()
    await _send_end(send)
