"""Whether a release still fits its inputs; apart from the pipeline, which takes long to import."""

from __future__ import annotations

from pathlib import Path

from clustergraph import __version__
from clustergraph.imports.store import checksums, stored_imports
from clustergraph.snapshot import Manifest
from clustergraph.sources.content import Content


def is_stale(manifest: Manifest, content: Content, home: Path) -> bool:
    """Whether a release was built from other files or imports, or by another version, than are here now."""
    inputs = content.checksums() | checksums(stored_imports(home))
    return manifest.version != __version__ or manifest.inputs != inputs
