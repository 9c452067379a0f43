"""What was worked out for requests that come again byte by byte, bounded in number and length."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, Generic, TypeVar

T = TypeVar("T")
#: A request as its raw query string, Accept and Accept-Encoding.
Key = tuple[bytes, str | None, str | None]

_MOST: Final = 512
_LONGEST: Final = 8192


class Memo(Generic[T]):
    """Keeps a value for each of the latest requests."""

    def __init__(self) -> None:
        # A dict finds its first key by passing all that were deleted before it.
        self._values: OrderedDict[Key, T] = OrderedDict()

    def get(self, key: Key) -> T | None:
        return self._values.get(key)

    def keep(self, key: Key, value: T) -> None:
        """Keep a value; the one kept longest makes room."""
        if len(key[0]) + len(key[1] or "") + len(key[2] or "") > _LONGEST:
            return
        if len(self._values) >= _MOST:
            self._values.popitem(last=False)
        self._values[key] = value
