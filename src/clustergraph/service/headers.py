"""Headers that every response carries: no sniffing, no foreign content, readable from any origin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

#: Headers as ASGI takes them: names in lower case.
RawHeaders = list[tuple[bytes, bytes]]

#: No script at all, styles and images from here only, and no framing.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
#: The data are public and no request carries credentials, so any origin may read them.
_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "*",
}
_REQUEST_HEADERS: Final = "Accept, Accept-Encoding, Content-Type, If-Match, If-None-Match, If-Range, Range"


def raw_headers(headers: Mapping[str, str]) -> RawHeaders:
    """Headers as ASGI takes them."""
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]


COMMON_HEADERS: Final = raw_headers(_HEADERS)


def preflight(allow: str) -> dict[str, str]:
    """The headers that answer OPTIONS, a preflight of another origin included (Fetch section 3.3)."""
    return {
        "Allow": allow,
        "Access-Control-Allow-Methods": allow,
        "Access-Control-Allow-Headers": _REQUEST_HEADERS,
        "Access-Control-Max-Age": "86400",
    }


def with_common_headers(send: Send) -> Send:
    """`send`, adding the common headers to the response that passes."""

    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return send_with_headers


class CommonHeaders:
    """ASGI middleware that adds the common headers to every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; responses go out with the headers."""
        await self._app(scope, receive, with_common_headers(send) if scope["type"] == "http" else send)
