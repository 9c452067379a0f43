"""clustergraph: an evidence-backed knowledge graph of European cluster policy."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("clustergraph")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"
