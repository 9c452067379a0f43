"""A transport that sends the head of a response along with the first of its body."""

from __future__ import annotations

import asyncio
from typing import Any, Final

#: Bytes; what is longer is worth a system call of its own.
_LONG: Final = 16 * 1024


class Corked:
    """Writes that come in one turn of the event loop go out as one, for each costs a system call.

    Uvicorn writes the head of a response and its body apart. What is held goes out before the transport is
    closed, and at the latest when the loop turns.
    """

    __slots__ = ("_held", "_loop", "_transport")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._held: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Hold a short write until the loop turns; a long one goes out at once, with what is held."""
        held = self._held
        held.append(data)
        if len(data) >= _LONG:
            self._send()
        elif len(held) == 1:
            self._loop.call_soon(self._send)

    def close(self) -> None:
        """Send what is held, then close as the transport does."""
        self._send()
        self._transport.close()

    def abort(self) -> None:
        """Send what is held, as far as it goes at once, then end the connection."""
        self._send()
        self._transport.abort()

    def get_write_buffer_size(self) -> int:
        """Bytes that are written and not sent."""
        return self._transport.get_write_buffer_size() + sum(map(len, self._held))

    def _send(self) -> None:
        held = self._held
        if held and not self._transport.is_closing():
            self._transport.write(held[0] if len(held) == 1 else b"".join(held))
        self._held = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
