"""Writes the reference as CommonMark; every value is escaped, so that no label becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

import jinja2

from clustergraph.publish.reference.diagram import mermaid
from clustergraph.publish.reference.html import TEMPLATES, address, terms_by_name
from clustergraph.publish.reference.model import Formula, Ref, Reference
from clustergraph.publish.reference.patterns import PATTERNS

_PUNCTUATION: Final = re.compile(r"([\\`*_\[\]|~])")
#: What makes a list, a heading, a quotation or a rule of the line it begins.
_AT_LINE_START: Final = re.compile(r"^(\d*)([-+>#=.)])")
_UNSAFE_IN_TARGET: Final = re.compile(r"[()<>\s\\]")


class Written(str):
    """Text that is Markdown already."""

    __slots__ = ()


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=False,  # noqa: S701 - `finalize` escapes, for HTML and for Markdown
        finalize=_escaped,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["code"] = code
    environment.filters["mention"] = mention
    environment.filters["thing"] = thing
    environment.filters["listing"] = listing
    environment.filters["formula"] = formula
    environment.globals["written"] = Written
    environment.filters["anchor"] = anchor
    environment.tests["text"] = lambda value: isinstance(value, str)
    return environment


def write_markdown(reference: Reference) -> str:
    """The document; see `reference_markdown`."""
    terms = terms_by_name(reference)
    diagrams = [
        (pattern.title, pattern.description, Written(mermaid(pattern, terms))) for pattern in PATTERNS
    ]
    text = _environment().get_template("reference.md").render(reference=reference, diagrams=diagrams)
    return re.sub(r"\n{3,}", "\n\n", text)


def _escaped(value: object) -> str:
    """A value as the text of one line, every character that Markdown or HTML could read escaped."""
    if isinstance(value, Written):
        return value
    text = " ".join(str(value).split()).replace("&", "&amp;").replace("<", "&lt;")
    return Written(_AT_LINE_START.sub(r"\1\\\2", _PUNCTUATION.sub(r"\\\1", text)))


def code(text: str) -> Written:
    """A code span that no backtick or bar in the text can end (CommonMark section 6.1)."""
    words = " ".join(text.split()).replace("|", "\\|")
    fence = "`" * (max((len(run) for run in re.findall("`+", words)), default=0) + 1)
    padding = " " if words.startswith("`") or words.endswith("`") else ""
    return Written(f"{fence}{padding}{words}{padding}{fence}")


def anchor(ref: Ref) -> Written:
    """The place of a term in the document."""
    name = (ref.anchor or "").replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    return Written(f'<a id="{name}"></a>')


def mention(ref: Ref) -> Written:
    """A link to a term, or its label where there is nothing to link to."""
    target = address(ref)
    label = _escaped(ref.words)
    if target is None:
        return Written(label)
    safe = _UNSAFE_IN_TARGET.sub(lambda found: f"%{ord(found[0]):02X}", target)
    return Written(f"[{label}]({safe})")


def thing(ref: Ref) -> Written:
    """A mention with its prefixed name."""
    return mention(ref) if ref.words == ref.name else Written(f"{mention(ref)} {code(ref.name)}")


def listing(refs: Iterable[Ref]) -> Written:
    """Links, with commas between them."""
    return Written(", ".join(mention(ref) for ref in refs))


def formula(parts: Formula) -> Written:
    """A formula with its terms linked."""
    return Written("".join(mention(part) if isinstance(part, Ref) else _escaped_sign(part) for part in parts))


def _escaped_sign(sign: str) -> str:
    """A sign between terms keeps the spaces around it."""
    before = " " if sign.startswith(" ") else ""
    after = " " if sign.endswith(" ") else ""
    return f"{before}{_escaped(sign)}{after}"
