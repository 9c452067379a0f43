"""The current release, for the commands that need one: opened, or shown as figures.

Apart from `clustergraph info`, which needs every kind of table: a server does not wait for these.
"""

from __future__ import annotations

from rich.console import Console

from clustergraph import snapshot
from clustergraph.cli.terminal import figures
from clustergraph.errors import ReleaseUnavailable
from clustergraph.settings import Settings
from clustergraph.snapshot import Manifest, Release


def show_release(console: Console, manifest: Manifest) -> None:
    """What a release holds: triples, things by class, validation outcome, seconds."""
    gate = manifest.validation
    console.print()
    console.print(
        figures(
            f"Release {manifest.release}",
            [
                (
                    "built",
                    f"{manifest.built_at:%Y-%m-%d %H:%M} UTC in {sum(manifest.seconds.values()):.1f} s",
                ),
                ("triples", f"{manifest.triples:,} ({manifest.inferred:,} of them inferred)"),
                (
                    "validation",
                    f"{gate.violations} violations, {gate.warnings} warnings, {gate.infos} notes",
                ),
                ("content hash", f"sha256:{manifest.content_hash}"),
                ("licence", manifest.licence),
            ],
        )
    )
    console.print()
    console.print(figures("Things by class", [(kind.label, f"{kind.count:,}") for kind in manifest.kinds]))


def required_release(settings: Settings) -> Release:
    """The current release; raises ReleaseUnavailable, with what to do, when there is none."""
    release = snapshot.current_release(settings.home)
    if release is None:
        raise ReleaseUnavailable(
            "No release has been built yet.", where=str(settings.home), fix="Run `clustergraph build` first."
        )
    return release
