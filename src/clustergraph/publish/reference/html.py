"""Writes the reference as HTML with Jinja2; every value is escaped, an undefined one is an error."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import jinja2

from clustergraph import iris
from clustergraph.publish.reference.diagram import draw
from clustergraph.publish.reference.model import Ref, Reference
from clustergraph.publish.reference.patterns import PATTERNS

TEMPLATES: Final = Path(__file__).parent / "templates"


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["address"] = address
    environment.filters["digits"] = lambda number: f"{number:,}".replace(",", "\u202f")
    environment.tests["text"] = lambda value: isinstance(value, str)
    return environment


def write_html(reference: Reference, *, stylesheet: str, home: str | None, things: str | None) -> str:
    """The page; see `reference_html`."""
    terms = terms_by_name(reference)
    drawings = [drawing for pattern in PATTERNS if (drawing := draw(pattern, terms)) is not None]
    return (
        _environment()
        .get_template("reference.html")
        .render(reference=reference, drawings=drawings, stylesheet=stylesheet, home=home, things=things)
    )


def terms_by_name(reference: Reference) -> dict[str, Ref]:
    """Mentions of every described term, by prefixed name."""
    entries = (*reference.classes, *reference.object_properties, *reference.datatype_properties)
    return {
        ref.name: ref for ref in (*(entry.ref for entry in entries), *(term.ref for term in reference.reused))
    }


def address(ref: Ref | str, things: str | None = None) -> str | None:
    """Where a mention links to: a place in the page, a thing of the graph, or a foreign web address.

    None where there is nothing to link to; never anything but http, https or a relative address.
    """
    if isinstance(ref, str):
        return ref if ref.startswith(("https://", "http://")) else None
    if ref.anchor is not None:
        return f"#{ref.anchor}"
    if ref.iri.startswith(iris.BASE):
        within = ref.iri.startswith(iris.CGI) and things is not None
        return f"{things}{ref.iri.removeprefix(iris.CGI)}" if within else None
    return address(ref.iri)
