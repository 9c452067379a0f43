"""Requests to other machines: to allowed origins, at public addresses, within limits of time and size.

A name is resolved once, its addresses are judged, and the connection goes to an address that was judged: what
the name server says later cannot matter. Nothing of the environment is used (no proxy, no .netrc), nothing is
kept between requests (no cookie, no connection), no redirect is followed and nothing is decompressed.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from typing import Final, Self

import httpx

from clustergraph.errors import ClustergraphError

#: The addresses a host name has now, for connections to a port; raises OSError where it has none.
Resolver = Callable[[str, int], Awaitable[Sequence[str]]]

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
#: Addresses tried of one name, where connecting to the first fails.
_ADDRESSES: Final = 4

# IANA IPv6 Address Space: what is delegated as global unicast; and the prefixes that carry an IPv4 address
# whose owner, not that of the prefix, gets the packets (RFC 4291 section 2.5.5.2, RFC 6052, RFC 3056).
_UNICAST: Final = IPv6Network("2000::/3")
_CARRIERS: Final[tuple[tuple[IPv6Network, int], ...]] = (
    (IPv6Network("::ffff:0:0/96"), 0),
    (IPv6Network("64:ff9b::/96"), 0),
    (IPv6Network("2002::/16"), 80),
)


class EgressRefused(ClustergraphError):
    """A request that may not be made; nothing of it was sent."""


class EgressFailed(ClustergraphError):
    """A request that got no usable reply."""


class EgressRedirect(EgressFailed):
    """A reply that redirects; `location` is where to, None where that is no address. Nobody followed it."""

    def __init__(self, origin: str, elsewhere: str, location: str | None) -> None:
        super().__init__(
            f"{origin} redirects to {elsewhere}, and redirects are not followed.",
            where=origin,
            fix="Use the address that it redirects to, if its origin may be asked.",
        )
        self.location = location


class EgressTimeout(EgressFailed):
    """A request whose reply was not complete within `seconds`."""

    def __init__(self, origin: str, seconds: float) -> None:
        super().__init__(f"{origin} did not answer in full within {seconds:g} seconds.", where=origin)
        self.seconds = seconds


class EgressOverBudget(EgressFailed):
    """A request whose reply is longer than allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EgressPolicy:
    """What may be reached, and how much of it.

    `origins` are scheme, host and port as in `https://sparql.example.org`; None allows every http and https
    origin. Addresses that are not public are refused unless `private_addresses`. No reply may take more than
    `seconds` in all, from the name's resolution to the last byte, nor be longer than `max_bytes`.
    """

    origins: frozenset[str] | None
    private_addresses: bool = False
    seconds: float = 10.0
    max_bytes: int = 8 * 1024 * 1024


@dataclass(slots=True)
class Reply:
    """The reply to one request, its body not yet read; `headers` have names in lower case."""

    status: int
    headers: Mapping[str, str]
    _origin: str
    _max_bytes: int
    _blocks: AsyncIterator[bytes] = field(repr=False)

    @property
    def media_type(self) -> str:
        """The media type without its parameters, in lower case; empty where there is none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def blocks(self) -> AsyncIterator[bytes]:
        """The body as it arrives; raises EgressOverBudget before more than allowed is handed out."""
        length = 0
        async for block in self._blocks:
            length += len(block)
            if length > self._max_bytes:
                raise _too_long(self._origin, self._max_bytes)
            yield block

    async def body(self) -> bytes:
        """The whole body; raises what `blocks` raises."""
        return b"".join([block async for block in self.blocks()])


@dataclass(frozen=True, slots=True)
class _Target:
    url: httpx.URL
    origin: str
    host: str
    port: int


class Egress:
    """Makes requests within a policy; use as an asynchronous context manager, or close it.

    `resolver` is the name service of the machine where not given. `tls` verifies servers; where not given,
    against the certificate authorities that httpx brings along.
    """

    def __init__(
        self, policy: EgressPolicy, *, resolver: Resolver | None = None, tls: ssl.SSLContext | None = None
    ) -> None:
        self._policy = policy
        self._origins = None if policy.origins is None else {_target(each).origin for each in policy.origins}
        self._resolve = resolver or addresses_of
        # A kept connection could serve another name at the same address, for which nobody verified it.
        self._transport = httpx.AsyncHTTPTransport(
            verify=tls or httpx.create_ssl_context(trust_env=False),
            trust_env=False,
            retries=0,
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        seconds: float | None = None,
        max_bytes: int | None = None,
    ) -> AsyncIterator[Reply]:
        """Make a request and hold its reply, of any status but a redirect, until the block ends.

        `seconds` and `max_bytes` may lower the limits of the policy, never raise them. Raises EgressRefused
        for what the policy forbids, EgressFailed for a host without an address, a failed connection, a
        redirect, a compressed reply; EgressTimeout and EgressOverBudget, also while the body is read.
        """
        target = self._allowed(url)
        limit = min(self._policy.seconds, self._policy.seconds if seconds is None else seconds)
        longest = min(self._policy.max_bytes, self._policy.max_bytes if max_bytes is None else max_bytes)
        clock = asyncio.timeout(limit)
        try:
            async with clock:
                response = await self._send(target, method, headers or {}, content, limit)
                try:
                    _check(response, target, longest)
                    fields = {name.lower(): value for name, value in response.headers.items()}
                    blocks = response.aiter_raw()
                    yield Reply(response.status_code, fields, target.origin, longest, blocks)
                finally:
                    await response.aclose()
        except (TimeoutError, httpx.TimeoutException) as error:
            if isinstance(error, httpx.TimeoutException) or clock.expired():
                raise EgressTimeout(target.origin, limit) from None
            raise
        except httpx.HTTPError as error:
            raise EgressFailed(
                f"The connection to {target.origin} failed: {type(error).__name__}.", where=target.origin
            ) from error

    def _allowed(self, url: str) -> _Target:
        target = _target(url)
        if self._origins is not None and target.origin not in self._origins:
            raise EgressRefused(f"{target.origin} is not among the origins that may be asked.")
        return target

    async def _send(
        self, target: _Target, method: str, headers: Mapping[str, str], content: bytes, limit: float
    ) -> httpx.Response:
        timeouts = dict.fromkeys(("connect", "read", "write", "pool"), limit)
        failure: httpx.HTTPError | None = None
        for address in (await self._addresses(target))[:_ADDRESSES]:
            request = httpx.Request(
                method,
                target.url.copy_with(host=str(address), fragment=None),
                headers={
                    "Host": target.url.netloc.decode("ascii"),
                    "User-Agent": "clustergraph",
                    **headers,
                    "Accept-Encoding": "identity",
                    "Connection": "close",
                },
                content=content,
                extensions={"timeout": timeouts, "sni_hostname": target.host},
            )
            try:
                return await self._transport.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        if failure is None:
            raise EgressFailed(f"{target.origin} has no address.", where=target.origin)
        raise failure

    async def _addresses(self, target: _Target) -> list[IPv4Address | IPv6Address]:
        """The addresses of a target, all of which may be connected to."""
        try:
            texts = await self._resolve(target.host, target.port)
            addresses = [ip_address(text.partition("%")[0]) for text in texts]
        except (OSError, ValueError):  # a name that is none is a ValueError, UnicodeError
            raise EgressFailed(f"{target.origin} has no address.", where=target.origin) from None
        # One that is not public among others is how a name is made to point inwards, so none is used.
        if not self._policy.private_addresses and not all(map(is_public, addresses)):
            raise EgressRefused(f"{target.origin} is not at a public address.", where=target.origin)
        return addresses


async def addresses_of(host: str, port: int) -> Sequence[str]:
    """The addresses that the machine's name service gives a host, in its order of preference."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Whether an address is one of the public internet (IANA special-purpose address registries).

    An IPv6 address that carries an IPv4 address (mapped, 6to4, NAT64) is judged by that one too; no address
    outside 2000::/3 is public otherwise, so neither are unique-local, site-local and multicast ones.
    """
    if isinstance(address, IPv6Address):
        for network, shift in _CARRIERS:
            if address in network:
                return is_public(IPv4Address((int(address) >> shift) & 0xFFFFFFFF))
        if address not in _UNICAST:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _target(url: str) -> _Target:
    parsed = None
    with suppress(httpx.InvalidURL, ValueError):
        parsed = httpx.URL(url)
    port = None if parsed is None else parsed.port or _DEFAULT_PORTS.get(parsed.scheme)
    if parsed is None or port is None or not parsed.raw_host or not 0 < port < 65536 or parsed.port == 0:
        raise EgressRefused("Only addresses that begin with http:// or https:// and a host are asked.")
    if parsed.userinfo:
        raise EgressRefused("An address with a user name or password in it is not asked.")
    host = parsed.raw_host.decode("ascii").lower()
    shown = f"[{host}]" if ":" in host else host
    suffix = "" if port == _DEFAULT_PORTS[parsed.scheme] else f":{port}"
    return _Target(parsed, f"{parsed.scheme}://{shown}{suffix}", host, port)


def _check(response: httpx.Response, target: _Target, longest: int) -> None:
    if response.status_code in _REDIRECTS:
        raise EgressRedirect(target.origin, *_elsewhere(response, target))
    if response.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise EgressFailed(f"{target.origin} compressed its answer unasked.", where=target.origin)
    length = response.headers.get("content-length", "")
    if length.isdecimal() and (len(length) > 18 or int(length) > longest):
        raise _too_long(target.origin, longest)


def _elsewhere(response: httpx.Response, target: _Target) -> tuple[str, str | None]:
    """The origin a redirect points to, for messages: its path is the other side's text; and the address."""
    try:
        location = str(target.url.join(response.headers.get("location", "")))
        return _target(location).origin, location
    except (EgressRefused, httpx.InvalidURL, ValueError):
        return "what is no address", None


def _too_long(origin: str, longest: int) -> EgressOverBudget:
    return EgressOverBudget(f"{origin} sent more than {longest:,} bytes.", where=origin)
