"""Content codings: which one a client accepts, and bodies written in it (RFC 9110 sections 8.4, 12.5.3).

The compressors are imported with the module, for a worker that answers queries can open no file later.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Protocol

import brotli  # type: ignore[import-untyped]
import zstandard

from clustergraph.errors import ClustergraphError

#: In our order of preference where a client likes them equally: the least work for about the same length.
CODINGS: Final[tuple[str, ...]] = ("zstd", "br", "gzip")
#: Bytes; a shorter body fits one packet as it is and gains nothing by a coding.
SHORTEST: Final = 1024

# Levels by measurement (CPython 3.11, one core of a busy machine, blocks of 64 KiB): MB of input a second and
# how many times shorter the body became, for SPARQL JSON of 100,000 rows (32 MB: two IRIs, a label and a
# decimal each) and of 46,687 rows of a real ontology (13 MB: subject, predicate, object).
#   zstd 1: 744, 14.6 and 1085, 31.2   3: 529, 14.4 and 925, 32.4   5: 202, 14.9 and 229, 38.1
#   br 1:   545, 12.8 and  973, 24.4   4: 219, 15.0 and 365, 40.4   5:  99, 15.8 and 175, 44.5
#   gzip 1: 274, 11.4 and  357, 23.7   3: 250, 11.7 and 387, 25.4   5: 129, 13.5 and 214, 31.1
# The worker's time is what is scarce, so each level is the last one before the speed falls by half.
_ZSTD_LEVEL: Final = 3
_BROTLI_QUALITY: Final = 4
_GZIP_LEVEL: Final = 3
#: Most bytes of input that a brotli compressor holds back.
_BROTLI_HELD: Final = 256 * 1024
#: zlib's way to ask for a gzip wrapper around the largest window.
_GZIP_WINDOW: Final = 31

_IDENTITY: Final = "identity"
#: RFC 9110 section 8.4.1.3: x-gzip is to be read as gzip.
_ALIASES: Final = {"x-gzip": "gzip"}
_MEMBER: Final = re.compile(
    r"[ \t]*([!#$%&'*+.^_`|~0-9a-z-]+)(?:[ \t]*;[ \t]*q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?))?[ \t]*",
    re.IGNORECASE,
)
#: Characters; longer headers are read anew each time, so that no client fills the memory with them.
_REMEMBERED: Final = 128


class CodingNotAcceptable(ClustergraphError):
    """A body for which the client accepts no coding there is; `available` lists those."""

    def __init__(self, available: Sequence[str]) -> None:
        listed = ", ".join(available)
        super().__init__(
            "The body is not available in any content coding you accept.",
            where="Accept-Encoding",
            fix=f"Accept one of: {listed}.",
        )
        self.available = tuple(available)


class Compressor(Protocol):
    """Writes one body in a coding, block by block: the coded body is what the calls return, joined."""

    def compress(self, data: bytes, /) -> bytes:
        """Take the next block; returns what of the coded body is ready, often nothing."""
        ...

    def finish(self) -> bytes:
        """End the body and return its rest; the compressor is then used up."""
        ...


def choose_coding(accept_encoding: str | None) -> str | None:
    """The coding to answer in by an Accept-Encoding header, None for none (identity).

    Of our codings the one of the highest quality, the earlier of `CODINGS` among equals; none where identity
    is listed with a higher quality still, where no header is sent, or where it names none of ours. `*` stands
    for every coding that is not listed. Members that break the grammar are ignored; a coding listed twice has
    its lowest quality. Raises CodingNotAcceptable where identity is excluded and none of ours is accepted.
    """
    if accept_encoding is None:
        return None
    return _choose(accept_encoding)[0]


def requires_coding(accept_encoding: str | None) -> bool:
    """Whether the header excludes identity, so that even a short body must be coded."""
    return accept_encoding is not None and _choose(accept_encoding)[1]


def compressor(coding: str) -> Compressor:
    """A fresh compressor of one of `CODINGS`; raises ValueError for another name."""
    try:
        return _COMPRESSORS[coding]()
    except KeyError:
        raise ValueError(f"{coding!r} is none of {', '.join(CODINGS)}") from None


def compressed(coding: str, body: bytes) -> bytes:
    """A whole body in one of `CODINGS`; raises ValueError for another name."""
    writer = compressor(coding)
    return writer.compress(body) + writer.finish()


def _choose(accept_encoding: str) -> tuple[str | None, bool]:
    if len(accept_encoding) > _REMEMBERED:
        return _read(accept_encoding)
    return _remembered(accept_encoding)


def _read(accept_encoding: str) -> tuple[str | None, bool]:
    """The coding chosen, and whether identity is excluded."""
    qualities: dict[str, float] = {}
    for text in accept_encoding.split(","):
        member = _MEMBER.fullmatch(text)
        if member is None:
            continue
        name = member[1].lower()
        name = _ALIASES.get(name, name)
        quality = 1.0 if member[2] is None else float(member[2])
        qualities[name] = min(quality, qualities.get(name, 1.0))
    others = qualities.get("*")
    excluded = qualities.get(_IDENTITY, others) == 0
    ours = [(qualities.get(name, others or 0.0), name) for name in CODINGS]
    quality, chosen = max(ours, key=lambda pair: pair[0])
    if quality > 0 and quality >= qualities.get(_IDENTITY, 0.0):
        return chosen, excluded
    if excluded:
        raise CodingNotAcceptable(CODINGS)
    return None, False


_remembered: Final = lru_cache(maxsize=256)(_read)


class _Zstd:
    def __init__(self) -> None:
        self._writer = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compressobj()

    def compress(self, data: bytes, /) -> bytes:
        return self._writer.compress(data)

    def finish(self) -> bytes:
        return self._writer.flush()


class _Brotli:
    def __init__(self) -> None:
        self._writer = brotli.Compressor(quality=_BROTLI_QUALITY)
        self._held = 0

    def compress(self, data: bytes, /) -> bytes:
        # On its own it gives out nothing for many megabytes, and a stream would stand still.
        ready: bytes = self._writer.process(data)
        self._held += len(data)
        if self._held >= _BROTLI_HELD:
            ready += self._writer.flush()
            self._held = 0
        return ready

    def finish(self) -> bytes:
        rest: bytes = self._writer.finish()
        return rest


class _Gzip:
    def __init__(self) -> None:
        self._writer = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_WINDOW)

    def compress(self, data: bytes, /) -> bytes:
        return self._writer.compress(data)

    def finish(self) -> bytes:
        return self._writer.flush()


_COMPRESSORS: Final[dict[str, type[_Zstd] | type[_Brotli] | type[_Gzip]]] = {
    "zstd": _Zstd,
    "br": _Brotli,
    "gzip": _Gzip,
}
