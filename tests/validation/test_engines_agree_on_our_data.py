"""The default engine says exactly what the reference engine says of the data of the project.

In a file of its own: pySHACL takes a minute and a half, and another process can do it meanwhile.
"""

from __future__ import annotations

from clustergraph.build.collect import collect
from clustergraph.sources.content import Content

from .engines import ROOT, asserted, both, signatures


def test_both_engines_agree_on_the_data_of_the_project() -> None:
    collection = collect(Content(ROOT))
    reference, default = both(asserted(collection), collection)
    assert signatures(default) == signatures(reference)
