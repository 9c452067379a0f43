"""pyshacl-turbo, the default engine: pySHACL's interface over a native core.

It may be the default only while it gives the same results as pySHACL on the project's data, on seeded errors
and on the W3C suite; `tests/validation/test_engines_agree.py` holds it to that.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyoxigraph as ox
import pyshacl_turbo

from clustergraph.build import pyshacl_engine


def report_graph(data: Sequence[ox.Triple], shapes: Sequence[ox.Triple]) -> list[ox.Triple]:
    """Validate data against shapes, as `pyshacl_engine.report_graph` describes it."""
    return pyshacl_engine.report_graph(data, shapes, validator=pyshacl_turbo.validate)
