"""A built release of synthetic data: what `serve` finds when it starts."""

from __future__ import annotations

import hashlib
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks import generator
from benchmarks.servers import ROOT
from clustergraph import __version__, snapshot
from clustergraph.settings import Settings
from clustergraph.snapshot import Manifest, Release, Validation
from clustergraph.sources.content import find_content


def built(home: Path, triples: int) -> Release:
    """The current release of a home, made of synthetic data where there is none of that size.

    The data are no curated data, so they do not pass through the build; the manifest names the inputs of the
    checkout, which is how `serve` knows that the release is not stale.
    """
    inputs = find_content(Settings(home=home), ROOT).checksums()
    current = snapshot.current_release(home)
    if current is not None and current.manifest.quads == triples and current.manifest.inputs == inputs:
        return current
    lines = b"".join(sorted("".join(generator.lines(triples)).encode().splitlines(keepends=True)))
    with snapshot.publishing(home) as pending:
        pending.write(snapshot.DATASET, lines)
        return pending.publish(
            Manifest(
                release=pending.number,
                content_hash=hashlib.sha256(lines).hexdigest(),
                built_at=datetime.now(UTC).replace(microsecond=0),
                version=__version__,
                tools={"python": platform.python_version(), "pyoxigraph": version("pyoxigraph")},
                inputs=inputs,
                files=dict(pending.files),
                triples=triples,
                quads=triples,
                inferred=0,
                kinds=(),
                sources=(),
                licence="https://creativecommons.org/publicdomain/zero/1.0/",
                validation=Validation(violations=0, warnings=0, infos=0),
                seconds={},
            )
        )
