"""A limit on the requests of one client, where the settings ask for one.

Rules are written and read as the library `limits` does. Its counters in memory are not used: they start
threads, which a process that forks must not have, sweep all keys every 10 ms, and never forget a key of a
moving window. The counters here are those of its fixed window: a client's window begins with its first
request, so that Retry-After is exact and a refused client that waits is served.
"""

from __future__ import annotations

import ipaddress
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Final, NoReturn

from starlette.types import Scope

from clustergraph.errors import ClustergraphError
from clustergraph.service.problems import RequestRefused

SETTING: Final = "CLUSTERGRAPH_RATE_LIMIT"
#: Windows kept at once for each rule, some 200 bytes each; beyond them the oldest are forgotten.
MOST_CLIENTS: Final = 32_768
#: Forgotten at once, so that a flood of clients costs each of them little.
_FORGOTTEN: Final = MOST_CLIENTS // 8
#: The largest integer of a structured field (RFC 9651 section 3.3.1).
_LARGEST: Final = 999_999_999_999_999
_IPV6_CLIENT_BITS: Final = 64
_LONGEST_ADDRESS: Final = 64


class RateLimitUnusable(ClustergraphError):
    """A rate limit that cannot be read."""


class RateLimit:
    """Counts the requests of each client and refuses those beyond a rule such as `600/minute`.

    Several rules are parted by semicolons: `20/second; 600/minute`. Clients without an address count as one.
    Each process counts for itself. Raises RateLimitUnusable where the rule cannot be read.
    """

    def __init__(self, rule: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._windows = tuple(_Windows(quota) for quota in _quotas(rule))
        self._clock = clock
        self._policy = ", ".join(
            f'"{quota.name}";q={quota.requests};w={quota.seconds}'
            for quota in (each.quota for each in self._windows)
        )

    def check(self, client: str) -> None:
        """Count one request of a client; raises RequestRefused (`rate-limited`, 429) beyond a rule.

        Refused requests do not count, so they never lengthen the wait.
        """
        now = self._clock()
        full = [windows for windows in self._windows if windows.left(client, now) == 0]
        if full:
            self._refuse(client, now, full)
        for windows in self._windows:
            windows.count(client, now)

    def headers(self, client: str) -> dict[str, str]:
        """RateLimit-Policy with every rule and RateLimit with the one of which least is left.

        As revision 11 of draft-ietf-httpapi-ratelimit-headers writes them: `"minute";q=600;w=60` for
        the rule and `"minute";r=599;t=60` for what is left and the seconds to the end of the window.
        """
        now = self._clock()
        left, seconds, name = min(
            (windows.left(client, now), windows.seconds_left(client, now), windows.quota.name)
            for windows in self._windows
        )
        return self._fields(name, left, seconds)

    def _refuse(self, client: str, now: float, full: Sequence[_Windows]) -> NoReturn:
        """Tell the rule that the client must wait for longest, and how long that is."""
        longest = max(full, key=lambda windows: windows.seconds_left(client, now))
        seconds, quota = longest.seconds_left(client, now), longest.quota
        raise RequestRefused(
            "rate-limited",
            f"More than {quota.requests} requests came from your address within {quota.seconds} s.",
            fix=f"Try again in {seconds} s. Ask for more in one query, and keep answers you have.",
            headers={"Retry-After": str(seconds), **self._fields(quota.name, 0, seconds)},
        )

    def _fields(self, name: str, left: int, seconds: int) -> dict[str, str]:
        return {"RateLimit-Policy": self._policy, "RateLimit": f'"{name}";r={left};t={seconds}'}


@dataclass(frozen=True, slots=True)
class _Quota:
    """So many requests in so many seconds; the name tells the window, such as `minute` or `5-minute`."""

    name: str
    requests: int
    seconds: int


class _Windows:
    """The open windows of one quota by client: how many requests came, and when the window ends."""

    def __init__(self, quota: _Quota) -> None:
        self.quota = quota
        self._open: dict[str, tuple[int, float]] = {}

    def count(self, client: str, now: float) -> None:
        """Count one request; the first opens the client's window."""
        requests, end = self._open.get(client, (0, 0.0))
        if now < end:
            self._open[client] = (requests + 1, end)
            return
        # A new window goes to the end of the dict, which is thus in the order in which windows end.
        self._open.pop(client, None)
        if len(self._open) >= MOST_CLIENTS:
            self._forget()
        self._open[client] = (1, now + self.quota.seconds)

    def left(self, client: str, now: float) -> int:
        """How many requests more are answered in the client's window."""
        requests, end = self._open.get(client, (0, 0.0))
        return max(0, self.quota.requests - requests) if now < end else self.quota.requests

    def seconds_left(self, client: str, now: float) -> int:
        """Whole seconds, at least 1, after which the client's window has ended."""
        _, end = self._open.get(client, (0, 0.0))
        remaining = end - now if now < end else self.quota.seconds
        return max(1, math.ceil(remaining))

    def _forget(self) -> None:
        """Drop the windows that end first: those that have ended, as long as there are any."""
        for client in list(islice(self._open, _FORGOTTEN)):
            del self._open[client]


def _quotas(rule: str) -> tuple[_Quota, ...]:
    """The quotas of a rule by the length of their windows; of two for one window the smaller."""
    from limits import parse_many  # noqa: PLC0415  # takes 0.13 s, for which most services have no use

    try:
        items = parse_many(rule)
    except ValueError:
        raise _unusable(rule) from None
    found: dict[int, _Quota] = {}
    for item in items:
        seconds, unit = item.get_expiry(), item.GRANULARITY.name
        name = unit if item.multiples == 1 else f"{item.multiples}-{unit}"
        if not (1 <= item.amount <= _LARGEST and seconds <= _LARGEST):
            raise _unusable(rule)
        if seconds not in found or item.amount < found[seconds].requests:
            found[seconds] = _Quota(name, item.amount, seconds)
    return tuple(found[seconds] for seconds in sorted(found))


def _unusable(rule: str) -> RateLimitUnusable:
    return RateLimitUnusable(
        f"The rate limit {rule[:80]!r} cannot be read.",
        where=SETTING,
        fix="Write a number of requests, at least 1, and the time they may come in: 600/minute, "
        "100 per 5 minutes, or several such as 20/second; 600/minute.",
    )


def client_of(scope: Scope) -> str:
    """The address that a request counts for, empty where the server knows none (a Unix socket).

    It is the peer's, or what a trusted proxy says it is; the server sees to that. An IPv6 address stands
    for its /64, for one subscriber has all of that; one that carries an IPv4 address is that address.
    """
    client = scope.get("client")
    return _subscriber(str(client[0])[:_LONGEST_ADDRESS]) if client else ""


@lru_cache(maxsize=4096)
def _subscriber(host: str) -> str:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    prefix = int(address) >> (128 - _IPV6_CLIENT_BITS) << (128 - _IPV6_CLIENT_BITS)
    return f"{ipaddress.IPv6Address(prefix)}/{_IPV6_CLIENT_BITS}"
