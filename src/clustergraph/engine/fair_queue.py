"""A bounded waiting line in which clients take turns, so that one who asks much delays nobody else."""

from __future__ import annotations

from collections import OrderedDict
from typing import Generic, TypeVar

from clustergraph.errors import EngineBusy

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Items that wait in the names of clients; at most `limit` together.

    Clients are served in rotation and each client's own items in the order they came, so the first item of a
    client that joins waits for at most one item of each client that waits already. None, the unknown client,
    is one client like any other. An item is told by its identity and waits once. Every operation but
    `drain()` takes constant time.
    """

    __slots__ = ("_by_length", "_length", "_limit", "_lines", "_longest")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._length = 0
        #: Each waiting client's items; the client whose turn is next stands first.
        self._lines: OrderedDict[str | None, OrderedDict[int, T]] = OrderedDict()
        #: The clients by how many items each has waiting, and the greatest such number.
        self._by_length: dict[int, OrderedDict[str | None, None]] = {}
        self._longest = 0

    def __len__(self) -> int:
        return self._length

    @property
    def full(self) -> bool:
        """Whether `put()` would turn an item away."""
        return self._length >= self._limit

    def put(self, client: str | None, item: T) -> None:
        """Let an item wait behind its client's others; raises EngineBusy where the line is full."""
        if self._length >= self._limit:
            raise EngineBusy(f"{self._length} queries are waiting already, the most that may.")
        line = self._lines.get(client)
        if line is None:
            line = self._lines[client] = OrderedDict()
        if id(item) in line:
            raise ValueError("This item is waiting already.")
        line[id(item)] = item
        self._length += 1
        self._moved(client, len(line) - 1, len(line))

    def pop(self) -> T | None:
        """Take the first item of the client whose turn it is; None where nobody waits."""
        if not self._lines:
            return None
        client, line = next(iter(self._lines.items()))
        _, item = line.popitem(last=False)
        self._shortened(client, line)
        if line:
            self._lines.move_to_end(client)
        return item

    def remove(self, client: str | None, item: T) -> None:
        """Take an item out wherever it stands; one that is not there is no error."""
        line = self._lines.get(client)
        if line is not None and id(item) in line:
            del line[id(item)]
            self._shortened(client, line)

    def displace(self, client: str | None) -> T | None:
        """Make room for `client` in a full line at the cost of the client that has most waiting.

        Returns the newest item of that client, taken out, where it has at least two more waiting than
        `client`; None where the line is not full or nobody is so much greedier.
        """
        own = len(self._lines.get(client, ()))
        if not self.full or self._longest < own + 2:
            return None
        greediest = next(reversed(self._by_length[self._longest]))
        line = self._lines[greediest]
        _, item = line.popitem()
        self._shortened(greediest, line)
        return item

    def drain(self) -> list[T]:
        """Take everything out, in the order it would have been served."""
        items: list[T] = []
        while (item := self.pop()) is not None:
            items.append(item)
        return items

    def _shortened(self, client: str | None, line: OrderedDict[int, T]) -> None:
        self._length -= 1
        if not line:
            del self._lines[client]
        self._moved(client, len(line) + 1, len(line))

    def _moved(self, client: str | None, before: int, now: int) -> None:
        if before:
            del self._by_length[before][client]
            if not self._by_length[before]:
                del self._by_length[before]
        if now:
            self._by_length.setdefault(now, OrderedDict())[client] = None
        # Lengths change by one, so the longest line does too.
        if now > self._longest or (before == self._longest and before not in self._by_length):
            self._longest = now
