"""The ontology reference: every term and concept with its axioms, use and examples, for people.

`reference_html` is one page without scripts that asks no other host; `reference_markdown` says the same in
CommonMark. Both depend on the store alone: the same dataset gives the same bytes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pyoxigraph as ox

from clustergraph.publish.reference.html import write_html
from clustergraph.publish.reference.markdown import write_markdown
from clustergraph.publish.reference.reading import read_reference

__all__ = ["STYLESHEET", "reference_html", "reference_markdown"]

#: The style sheet of the HTML page, to be served where its link says.
STYLESHEET: Final = Path(__file__).parent.parent / "reference.css"


def reference_html(
    store: ox.Store,
    *,
    stylesheet: str = "assets/reference.css",
    home: str | None = None,
    things: str | None = None,
) -> bytes:
    """The reference as one HTML page in UTF-8.

    `stylesheet` is the address of `STYLESHEET`, `home` that of the site's first page, and `things` that below
    which the things of the graph are served, such as `id/`; without it examples are named, not linked.
    Relative addresses are resolved against that of the page.
    """
    return write_html(read_reference(store), stylesheet=stylesheet, home=home, things=things).encode()


def reference_markdown(store: ox.Store) -> bytes:
    """The reference as CommonMark in UTF-8, with Mermaid diagrams and an HTML anchor for each term."""
    return write_markdown(read_reference(store)).encode()
