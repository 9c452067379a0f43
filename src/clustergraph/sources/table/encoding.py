"""UTF-8 as it streams in: where it ends being UTF-8, and what it may be instead."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable
from typing import BinaryIO, Final

from clustergraph.errors import Fault
from clustergraph.sources.table.faults import UnreadableTable
from clustergraph.sources.table.limits import TableLimits

#: Told how many more bytes have been read.
Advance = Callable[[int], None]

_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class CheckedBytes(io.RawIOBase):
    """A binary stream whose bytes are UTF-8, in lines and in all no longer than allowed.

    Reading raises UnreadableTable, with the byte and the line, where they are not.
    """

    def __init__(self, stream: BinaryIO, name: str, limits: TableLimits, advance: Advance) -> None:
        self._stream = stream
        self._name = name
        self._limits = limits
        self._advance = advance
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._position = 0
        self._lines = 0
        self._line_begun = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object, /) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        block = self._stream.read(len(view))
        self._check(block)
        view[: len(block)] = block
        return len(block)

    def _check(self, block: bytes) -> None:
        pending = len(self._decoder.getstate()[0])
        if self._position == 0:
            self._check_beginning(block)
        try:
            self._decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            # The decoder counts from what it still held of the block before.
            raise UnreadableTable(self._not_utf8(error, error.start - pending, block)) from None
        self._position += len(block)
        self._lines += block.count(b"\n")
        newline = block.rfind(b"\n")
        if newline >= 0:
            self._line_begun = self._position - len(block) + newline + 1
        if self._position - self._line_begun > self._limits.line_bytes:
            raise UnreadableTable(
                self._fault(
                    "longest line",
                    f"The line is longer than {self._limits.line_bytes:,} bytes.",
                    "Is this a table? Its rows end with a line break.",
                    self._lines + 1,
                )
            )
        if self._position > self._limits.file_bytes:
            raise UnreadableTable(
                self._fault(
                    "longest file",
                    f"The table is longer than {self._limits.file_bytes:,} bytes.",
                    "Split the table.",
                )
            )
        self._advance(len(block))

    def _check_beginning(self, block: bytes) -> None:
        if block.startswith(_UTF16):
            raise UnreadableTable(
                self._fault(
                    "UTF-8",
                    "The table is UTF-16, not UTF-8: its first two bytes say so.",
                    "Save the table as 'CSV UTF-8'.",
                    1,
                )
            )
        if block.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"%PDF")) or b"\x00" in block[:1024]:
            raise UnreadableTable(
                self._fault(
                    "text file",
                    "The file is not text, whatever its name says.",
                    "Name a workbook .xlsx and an archive .zip; save any other format as CSV.",
                )
            )

    def _not_utf8(self, error: UnicodeDecodeError, start: int, block: bytes) -> Fault:
        byte = error.object[error.start]
        guess = _guess(byte)
        return self._fault(
            "UTF-8",
            f"Byte {self._position + start + 1:,} (0x{byte:02x}) is not UTF-8{guess[0]}.",
            f"Save the table as UTF-8 (in a spreadsheet: 'CSV UTF-8'){guess[1]}.",
            self._lines + block.count(b"\n", 0, max(start, 0)) + 1,
        )

    def _fault(self, rule: str, message: str, fix: str, line: int | None = None) -> Fault:
        return Fault(rule=rule, message=message, fix=fix, file=self._name, line=line)


def _guess(byte: int) -> tuple[str, str]:
    """What a byte may mean, for the message and for the remedy."""
    try:
        character = bytes((byte,)).decode("cp1252")
    except UnicodeDecodeError:
        return "", ""
    return (
        f"; in Windows-1252 it is {character!r}, so that is what the table may be in",
        ", for example with `iconv -f WINDOWS-1252 -t UTF-8`",
    )


def checked_text(
    stream: BinaryIO, name: str, limits: TableLimits, advance: Advance = lambda _count: None
) -> io.TextIOWrapper:
    """A binary stream as text without its byte order mark, line ends as they are."""
    checked = CheckedBytes(stream, name, limits, advance)
    return io.TextIOWrapper(io.BufferedReader(checked, 1024 * 1024), encoding="utf-8-sig", newline="")
