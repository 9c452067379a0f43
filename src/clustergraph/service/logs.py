"""What the service writes to its log, for people or as JSON lines.

No query stands in the log, only its fingerprint; no address of a client, only its network (/24 of IPv4, /48
of IPv6). Tracebacks carry no values of variables, for those would be queries and addresses again. What a
stranger can put into a path or a message moves no cursor and begins no line of its own.
"""

from __future__ import annotations

import hashlib
import ipaddress
import logging
import traceback
from collections.abc import MutableMapping
from functools import lru_cache
from types import TracebackType
from typing import Any, Final, TextIO

import structlog

from clustergraph.engine.guard import MAX_DEPTH
from clustergraph.engine.tokens import LANGUAGE, NUMBER, STRING, WORD, Token, decode_codepoints, tokenise
from clustergraph.errors import QueryError
from clustergraph.settings import Settings

#: The logger of requests; each ends in at most one event of it.
REQUESTS: Final = logging.getLogger("clustergraph.requests")

#: Outcomes that the operator should hear of, whatever is logged besides.
_WARNINGS: Final = frozenset({"timeout", "over-budget", "crashed", "cut"})
_FINGERPRINT_BYTES: Final = 8
_REMEMBERED_LENGTH: Final = 16 * 1024
_IPV4_BITS: Final = 24
_IPV6_BITS: Final = 48
_BOOLEANS: Final = frozenset({"TRUE", "FALSE"})


def configure_logging(settings: Settings, stream: TextIO) -> None:
    """Send every record of this process to `stream`: console lines, or JSON objects one a line.

    Records of uvicorn and asyncio come out in the same form; of other libraries only warnings do. Times are
    UTC (ISO 8601). Replaces what was configured before; call it once, where the process starts.
    """
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _without_colours_of_uvicorn,
            *_renderers(settings, stream),
        ],
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.getLogger("clustergraph").setLevel(level)
    # uvicorn announces each step of its start; the service says itself where it is.
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)


class RequestLog:
    """Logs each request once, at the level that its end deserves.

    error: failed; warning: timeout, over-budget, crashed, cut; info: slower than `slow_query_seconds`;
    debug: every other.
    """

    def __init__(self, settings: Settings) -> None:
        self._slow_seconds = settings.slow_query_seconds

    def log_request(
        self,
        outcome: str,
        seconds: float,
        sent_bytes: int,
        *,
        status: int | None = None,
        query: str | None = None,
        form: str | None = None,
        format_name: str | None = None,
        client: str | None = None,
    ) -> None:
        """Log a request that has ended; costs next to nothing where its level is not logged.

        `outcome` is one of `telemetry.OUTCOMES`; `status` is None where no response began; `client` is what
        `limiting.client_of` tells.
        """
        level = self._level(outcome, seconds)
        if not REQUESTS.isEnabledFor(level):
            return
        fields = {
            "outcome": outcome,
            "status": status,
            "seconds": round(seconds, 6),
            "bytes": sent_bytes,
            "fingerprint": None if query is None else fingerprint(query),
            "form": form,
            "format": format_name,
            "client": None if client is None else shortened_address(client),
        }
        REQUESTS.log(level, "request", extra={name: it for name, it in fields.items() if it is not None})

    def _level(self, outcome: str, seconds: float) -> int:
        if outcome == "failed":
            return logging.ERROR
        if outcome in _WARNINGS:
            return logging.WARNING
        return logging.INFO if seconds > self._slow_seconds else logging.DEBUG


def fingerprint(query: str) -> str:
    """16 hexadecimal digits that queries of one shape share, whatever values they ask about.

    Equal for queries that differ only in white space, comments, the case of keywords and of language tags,
    codepoint escapes outside IRIs and strings, and the values of strings, numbers and booleans. IRIs, names,
    variables, language tags and operators count as they are written; so does a keyword that is written
    without a space before a name. A text that is not made of SPARQL's terminals, or is nested too deep, has
    the hash of the text itself after a question mark. Never raises.
    """
    return _remembered(query) if len(query) <= _REMEMBERED_LENGTH else _fingerprint(query)


def _fingerprint(query: str) -> str:
    try:
        tokens = tokenise(decode_codepoints(query)[0], max_depth=MAX_DEPTH)
    except QueryError:
        return f"?{_digest(query)}"
    return _digest("\0".join(map(_shape, tokens)))


_remembered = lru_cache(maxsize=256)(_fingerprint)


def _shape(token: Token) -> str:
    """What a token adds to the shape of a query; values become a mark that no terminal can be."""
    kind, text, _ = token
    if kind == WORD:
        keyword = text.upper()
        return "\1boolean" if keyword in _BOOLEANS else keyword
    if kind == LANGUAGE:
        return text.lower()
    return f"\1{kind}" if kind in (STRING, NUMBER) else text


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_FINGERPRINT_BYTES).hexdigest()


def shortened_address(address: str) -> str:
    """The network of an address or smaller network: /24 of IPv4, /48 of IPv6; `other` for what is neither."""
    try:
        found = ipaddress.ip_interface(address).ip
    except ValueError:
        return "other"
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    bits = _IPV4_BITS if found.version == 4 else _IPV6_BITS
    return str(ipaddress.ip_network((int(found), bits), strict=False))


def _renderers(settings: Settings, stream: TextIO) -> list[structlog.typing.Processor]:
    if settings.log_format == "json":
        return [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(sort_keys=False, ensure_ascii=True),
        ]
    return [
        _without_control_characters,
        structlog.dev.ConsoleRenderer(
            colors=stream.isatty(), exception_formatter=_plain_traceback, sort_keys=False
        ),
    ]


def _without_colours_of_uvicorn(
    _logger: Any, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    event.pop("color_message", None)
    return event


def _without_control_characters(
    _logger: Any, _name: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    for name, it in event.items():
        if isinstance(it, str):
            event[name] = printable(it)
    return event


def printable(text: str, kept: str = "") -> str:
    """The text with control and other unprintable characters as escapes, but for those `kept`."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() or each in kept else each.encode("unicode_escape").decode()
        for each in text
    )


def _plain_traceback(
    stream: TextIO, failure: tuple[type[BaseException], BaseException, TracebackType | None]
) -> None:
    stream.write("\n" + printable("".join(traceback.format_exception(*failure)).rstrip(), kept="\n"))
