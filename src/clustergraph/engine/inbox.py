"""JSON messages as they arrive on a Unix stream socket, with the descriptors sent along."""

from __future__ import annotations

import json
import os
import socket
from collections import deque
from typing import Any, Final

from clustergraph.engine import wire

_BLOCK: Final = 65536
_DESCRIPTORS_AT_ONCE: Final = 64


class Inbox:
    """What has arrived on a socket and has not been read yet.

    `descriptors` are those that came along, in their order; whoever takes one closes it.
    """

    def __init__(self, source: socket.socket) -> None:
        self.source = source
        self.descriptors: deque[int] = deque()
        self._buffer = bytearray()

    def next(self) -> dict[str, Any] | None:
        """Wait for one message; None when the other side has gone."""
        while (message := self.pending()) is None:
            if not self.receive():
                return None
        return message

    def receive(self) -> bool:
        """Take what has arrived; False when the other side has gone. Raises BlockingIOError."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self.source, _BLOCK, _DESCRIPTORS_AT_ONCE)
        except BlockingIOError:
            raise
        except OSError:
            return False
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        self.descriptors.extend(descriptors)
        self._buffer += data
        return bool(data)

    def pending(self) -> dict[str, Any] | None:
        """The next message that has arrived whole."""
        size = wire.LENGTH.size
        if len(self._buffer) < size:
            return None
        length = wire.LENGTH.unpack_from(self._buffer)[0]
        if len(self._buffer) < size + length:
            return None
        body = bytes(self._buffer[size : size + length])
        del self._buffer[: size + length]
        message: dict[str, Any] = json.loads(body)
        return message

    def close(self) -> None:
        """Close the socket and every descriptor that nobody took."""
        self.source.close()
        for descriptor in self.descriptors:
            os.close(descriptor)
        self.descriptors.clear()
