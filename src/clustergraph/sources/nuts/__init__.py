"""NUTS and countries as reference data: which territory a code means, and what became of it."""

from clustergraph.sources.nuts.index import NutsIndex

__all__ = ["NutsIndex"]
