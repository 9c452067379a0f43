"""Entity tags and conditional requests, as pure functions (RFC 9110 sections 8.8.3 and 13).

There is no modification date here, so If-Modified-Since and If-Unmodified-Since are ignored, as sections
13.1.3 and 13.1.4 demand. If-Match is evaluated even on reads, for section 13.2.1 leaves no choice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import Final

from starlette.datastructures import Headers

_DIGEST_BYTES: Final = 16
#: An entity tag or any other member of a list; commas within quotes do not part members.
_MEMBER: Final = re.compile(r'(?:"[^"]*"|[^,"])+')
_ENTITY_TAG: Final = re.compile(r'(W/)?("[\x21\x23-\x7e\x80-\xff]*")')


def etag(*parts: str) -> str:
    """The strong entity tag of what the parts determine: equal parts in equal order, equal tag.

    A 128-bit BLAKE2b over the parts, each after its length in bytes, so that no two lists run together.
    """
    lengths = map(str, map(len, parts))
    whole = "\0".join((str(len(parts)), *lengths, *parts)).encode()
    return f'"{blake2b(whole, digest_size=_DIGEST_BYTES).hexdigest()}"'


def coded_etag(tag: str, coding: str | None) -> str:
    """The tag of the same content in a content coding: `"abc"` in gzip is `"abc-gzip"`.

    A coded body is another representation and needs a tag of its own (RFC 9110 section 8.8.3.3).
    """
    return tag if coding is None else f'{tag[:-1]}-{coding}"'


def matches(if_none_match: str, tag: str) -> bool:
    """Whether an If-None-Match names the tag, by weak comparison, or anything (`*`).

    Members of the list that are no entity tags are ignored.
    """
    if if_none_match == tag:
        return True
    opaque = tag.removeprefix("W/")
    return if_none_match.strip(" \t") == "*" or any(found == opaque for _, found in _tags(if_none_match))


def matches_strongly(if_match: str, tag: str) -> bool:
    """Whether an If-Match names the tag, by strong comparison, or anything (`*`); weak tags never match."""
    if if_match == tag:
        return not tag.startswith("W/")
    return if_match.strip(" \t") == "*" or any(found == tag and not weak for weak, found in _tags(if_match))


def precondition_status(method: str, headers: Headers, tag: str) -> int:
    """200 where a request is to be performed, 304 where the client has the body already, else 412.

    `tag` is that of the representation the request would get. The order is that of RFC 9110 section 13.2.2.
    Only to be asked where the answer would be a success (section 13.2.1).
    """
    if_match = _joined(headers, "if-match")
    if if_match is not None and not matches_strongly(if_match, tag):
        return 412
    if_none_match = _joined(headers, "if-none-match")
    if if_none_match is not None and matches(if_none_match, tag):
        return 304 if method in ("GET", "HEAD") else 412
    return 200


def _joined(headers: Headers, name: str) -> str | None:
    """A list header as one value; repeated lines count together (RFC 9110 section 5.3)."""
    lines = headers.getlist(name)
    return ", ".join(lines) if lines else None


def _tags(header: str) -> Iterator[tuple[bool, str]]:
    """The entity tags of a list: whether it is weak, and its opaque tag with the quotes."""
    for text in _MEMBER.findall(header):
        tag = _ENTITY_TAG.fullmatch(text.strip(" \t"))
        if tag is not None:
            yield tag[1] is not None, tag[2]
