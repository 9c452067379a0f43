"""Whether a release still fits the curated files; apart from the pipeline, which takes long to import."""

from __future__ import annotations

from clustergraph import __version__
from clustergraph.snapshot import Manifest
from clustergraph.sources.content import Content


def is_stale(manifest: Manifest, content: Content) -> bool:
    """Whether a release was built from other inputs, or by another version, than are here now."""
    return manifest.version != __version__ or manifest.inputs != content.checksums()
