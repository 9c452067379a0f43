"""Downloads of what a user names by its address: checked at every step, bounded, resumed where they broke.

HOME/downloads/1a2b…/part        what has arrived so far
HOME/downloads/1a2b…/state.json  the address and the validator that a continuation must match (RFC 9110
                                 sections 13.1.5 and 14.2: If-Range and Range)
HOME/downloads/1a2b…/NAME        the whole file
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ValidationError

from clustergraph.egress import (
    Egress,
    EgressFailed,
    EgressPolicy,
    EgressRedirect,
    EgressRefused,
    Reply,
    Resolver,
)
from clustergraph.errors import UnusableInput
from clustergraph.settings import Settings
from clustergraph.snapshot import storage
from clustergraph.sources.table.limits import MIB

_MOST_REDIRECTS: Final = 5
#: Endings of files whose name has none, by media type.
_ENDINGS: Final = {
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/geo+json": ".geojson",
    "application/zip": ".zip",
    "application/x-zip-compressed": ".zip",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
}
_RANGE: Final = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


@dataclass(frozen=True, slots=True)
class Downloaded:
    """A file that was downloaded, and the address where it was found in the end."""

    path: Path
    address: str


class _State(BaseModel):
    """What is known of a broken download."""

    address: str
    validator: str


def is_address(file: str) -> bool:
    """Whether what the user named is an address on the web."""
    return file.lower().startswith(("http://", "https://"))


def download(
    address: str,
    settings: Settings,
    say: Callable[[str], None],
    *,
    resolver: Resolver | None = None,
    tls: ssl.SSLContext | None = None,
) -> Downloaded:
    """Download a file within the limits of the settings; raises UnusableInput where it cannot be had.

    Every address on the way, also one that a redirect names, must be public unless the settings allow others.
    """
    policy = EgressPolicy(
        origins=None,
        private_addresses=settings.download_private_addresses,
        seconds=settings.download_seconds,
        max_bytes=settings.download_mib * MIB,
    )
    directory = settings.home / "downloads" / hashlib.sha256(address.encode()).hexdigest()[:16]
    say(f"Downloading {address}")
    try:
        return asyncio.run(_download(address, directory, policy, resolver, tls))
    except EgressRefused as refusal:
        raise UnusableInput(
            refusal.what,
            where=address,
            fix="Name an address of the public web, or set CLUSTERGRAPH_DOWNLOAD_PRIVATE_ADDRESSES=true "
            "if you trust what is there.",
        ) from refusal
    except EgressFailed as failure:
        raise UnusableInput(
            failure.what,
            where=address,
            fix="Try again: what has arrived is kept, and the download goes on from there if the server lets "
            "it. CLUSTERGRAPH_DOWNLOAD_MIB and CLUSTERGRAPH_DOWNLOAD_SECONDS set the limits.",
        ) from failure


async def _download(
    address: str, directory: Path, policy: EgressPolicy, resolver: Resolver | None, tls: ssl.SSLContext | None
) -> Downloaded:
    with storage(directory):
        directory.mkdir(parents=True, exist_ok=True)
    current = address
    async with Egress(policy, resolver=resolver, tls=tls) as egress:
        for _ in range(_MOST_REDIRECTS + 1):
            try:
                return await _fetch(egress, current, directory, policy.max_bytes)
            except EgressRedirect as redirect:
                current = _followed(current, redirect)
    raise EgressFailed(f"The address redirects more than {_MOST_REDIRECTS} times.")


def _followed(current: str, redirect: EgressRedirect) -> str:
    if redirect.location is None:
        raise EgressFailed("The address redirects to what is no address.")
    if current.lower().startswith("https:") and not redirect.location.lower().startswith("https:"):
        raise EgressRefused("The address redirects from https to what is not encrypted.")
    return redirect.location


async def _fetch(egress: Egress, address: str, directory: Path, max_bytes: int) -> Downloaded:
    part, state = directory / "part", directory / "state.json"
    arrived, validator = _begun(part, state, address)
    headers = {"Range": f"bytes={arrived}-", "If-Range": validator} if arrived else {}
    async with egress.stream("GET", address, headers=headers, max_bytes=max(1, max_bytes - arrived)) as reply:
        goes_on = arrived > 0 and _goes_on(reply, arrived)
        if reply.status != 200 and not goes_on:
            if reply.status == 416:
                with storage(directory):
                    part.unlink(missing_ok=True)
            raise EgressFailed(f"The server answered {reply.status} instead of the file.")
        with storage(directory):
            state.write_text(_State(address=address, validator=_validator(reply)).model_dump_json(), "utf-8")
            with part.open("ab" if goes_on else "wb") as file:
                async for block in reply.blocks():
                    file.write(block)
        whole = directory / _name(address, reply)
        with storage(directory):
            part.replace(whole)
            state.unlink()
    return Downloaded(whole, address)


def _begun(part: Path, state: Path, address: str) -> tuple[int, str]:
    """How much of a broken download is there, and what the rest must match."""
    try:
        known = _State.model_validate_json(state.read_bytes())
        arrived = part.stat().st_size
    except (OSError, ValidationError):
        return 0, ""
    return (arrived, known.validator) if known.address == address and known.validator else (0, "")


def _goes_on(reply: Reply, arrived: int) -> bool:
    found = _RANGE.match(reply.headers.get("content-range", ""))
    return reply.status == 206 and found is not None and int(found[1]) == arrived


def _validator(reply: Reply) -> str:
    """A strong entity tag, else the date of the last change (RFC 9110 section 13.1.5)."""
    tag = reply.headers.get("etag", "")
    return tag if tag.startswith('"') else reply.headers.get("last-modified", "")


def _name(address: str, reply: Reply) -> str:
    """A file name out of the last part of the path; its ending may come from the media type."""
    last = unquote(urlsplit(address).path.rsplit("/", 1)[-1])
    name = re.sub(r"[^\w.-]+", "-", last).strip("-.")[-120:] or "download"
    if Path(name).suffix.lower() in (*_ENDINGS.values(), ".txt", ".json", ".ttl"):
        return name
    return name + _ENDINGS.get(reply.media_type, ".csv")
