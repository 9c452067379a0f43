"""The body of one answer on its way out of a worker: framed, within its budget, compressed where asked."""

from __future__ import annotations

import re
import socket
from typing import Final

from clustergraph.codings import SHORTEST, Compressor, compressor
from clustergraph.engine import wire
from clustergraph.errors import QueryOverBudget, QueryUnserialisable

# XML 1.0 section 2.2: no document may hold these, not even as character references. U+FFFE and U+FFFF take
# three bytes, so the last two of a write are looked at again with the next.
_NOT_IN_XML: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")
_CARRIED: Final = 2


class CallerGone(Exception):
    """The front has closed the socket: there is nobody to answer."""


class Body:
    """The file that a result is serialised into: frames on the socket, within a budget of raw bytes.

    With `coding`, one of `codings.CODINGS`, a body of at least `codings.SHORTEST` bytes is compressed.
    `write` raises QueryOverBudget, QueryUnserialisable where `xml` cannot carry a character, and CallerGone.
    """

    __slots__ = (
        "_block",
        "_budget",
        "_coded",
        "_coder",
        "_coding",
        "_held",
        "_link",
        "_pending",
        "_tail",
        "_total",
        "_xml",
    )

    def __init__(self, link: socket.socket, budget: int, *, coding: str = "", xml: bool = False) -> None:
        self._link = link
        self._budget = budget
        self._coding = coding
        self._xml = xml
        self._pending: list[bytes] = []
        self._held = 0
        self._total = 0
        self._block = wire.FIRST_BLOCK
        self._coder: Compressor | None = None
        self._coded = b""
        self._tail = b""

    def write(self, data: bytes) -> int:
        size = len(data)
        self._total += size
        if self._total > self._budget:
            raise QueryOverBudget(
                f"The result exceeds {self._budget / 1024**2:g} MiB, the most one query may return here.",
                fix="Ask for fewer columns or rows, or page with ORDER BY and LIMIT.",
            )
        if self._xml:
            self._check_xml(data)
        self._pending.append(data)
        self._held += size
        if self._held > self._block:
            self._send_block()
        return size

    def _check_xml(self, data: bytes) -> None:
        found = _NOT_IN_XML.search(self._tail + data)
        if found is not None:
            raise QueryUnserialisable(
                f"The result holds U+{ord(found.group().decode()):04X}, which no XML document can carry.",
                fix="Ask for another format, such as JSON or Turtle.",
            )
        self._tail = data[-_CARRIED:]

    def flush(self) -> None:
        """Serialisers flush at their end; a frame is sent when it is full or last."""

    def finish(self, *, leaving: bool) -> None:
        """Send what is left, and that it is the last; `leaving` says that the worker ends after it."""
        kind = wire.LAST_END if leaving else wire.END
        if self._coding and self._total >= SHORTEST:
            mark, coder = self._begun()
            body = self._coded + coder.compress(b"".join(self._pending)) + coder.finish()
            send(self._link, mark + wire.frame(kind, body))
        else:
            send(self._link, b"".join((wire.FRAME.pack(kind, self._held), *self._pending)))
        self._pending.clear()

    def _send_block(self) -> None:
        if self._coding:
            mark, coder = self._begun()
            self._coded += coder.compress(b"".join(self._pending))
            if len(self._coded) >= wire.CODED_BLOCK or mark:
                send(self._link, mark + wire.frame(wire.DATA, self._coded))
                self._coded = b""
        else:
            send(self._link, b"".join((wire.FRAME.pack(wire.DATA, self._held), *self._pending)))
        self._pending.clear()
        self._held = 0
        self._block = wire.NEXT_BLOCK_TO_CODE if self._coding else wire.NEXT_BLOCK

    def _begun(self) -> tuple[bytes, Compressor]:
        """The compressor, and the frame that goes before its first block."""
        if self._coder is not None:
            return b"", self._coder
        self._coder = compressor(self._coding)
        return wire.frame(wire.CODED, b""), self._coder


def send(link: socket.socket, data: bytes) -> None:
    """Send all of it; raises CallerGone."""
    try:
        link.sendall(data)
    except OSError as error:
        raise CallerGone from error
