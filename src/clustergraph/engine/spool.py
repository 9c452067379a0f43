"""What a slow reader has not taken yet, kept on disk so that its worker need not wait for it."""

from __future__ import annotations

from collections import deque
from tempfile import TemporaryFile
from typing import IO


class SpoolSpace:
    """The disk space that the spools of one engine may use together; `free` bytes of it are left."""

    def __init__(self, capacity: int) -> None:
        self.free = capacity

    def take(self, size: int) -> bool:
        """Set `size` bytes aside; False where that much is not free."""
        if size > self.free:
            return False
        self.free -= size
        return True

    def give_back(self, size: int) -> None:
        self.free += size


class Spool:
    """Blocks of bytes, first in first out, in a file without a name.

    `append` raises OSError where the disk is full; the space of all blocks is given back by `close`.
    """

    def __init__(self, space: SpoolSpace) -> None:
        self._space = space
        self._file: IO[bytes] = TemporaryFile()  # noqa: SIM115 - closed by `close`
        self._sizes: deque[int] = deque()
        self._written = 0
        self._read = 0

    def __len__(self) -> int:
        return len(self._sizes)

    def append(self, block: bytes) -> bool:
        """Write a block at the end; False where the space is used up."""
        if not self._space.take(len(block)):
            return False
        self._file.seek(self._written)
        self._file.write(block)
        self._written += len(block)
        self._sizes.append(len(block))
        return True

    def pop(self) -> bytes:
        """The oldest block."""
        self._file.seek(self._read)
        block = self._file.read(self._sizes.popleft())
        self._read += len(block)
        return block

    def close(self) -> None:
        self._sizes.clear()
        self._file.close()
        self._space.give_back(self._written)
        self._written = 0
