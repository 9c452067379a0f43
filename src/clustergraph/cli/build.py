"""`clustergraph build`: a new release, or every reason why not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from clustergraph import snapshot
from clustergraph.build.pipeline import BuildOutcome
from clustergraph.build.pipeline import build as build_release
from clustergraph.cli.releases import show_release
from clustergraph.cli.terminal import progress
from clustergraph.errors import BuildRefused, Fault, UnusableInput
from clustergraph.imports.store import StoredImport
from clustergraph.library.query import load_queries
from clustergraph.settings import Settings
from clustergraph.sources.content import Content, find_content


def run_build(settings: Settings, console: Console) -> BuildOutcome:
    """Build from the content at hand, showing progress, and say what came of it."""
    content = find_content(settings, Path.cwd())
    outcome = build_showing_progress(content, settings, console)
    release = outcome.release
    show_release(console, release.manifest)
    console.print()
    if outcome.published:
        console.print(
            Text(f"Release {release.manifest.release} is current: {release.directory}", "bold green")
        )
    else:
        console.print(
            Text(
                f"The content is that of release {release.manifest.release}, which stays current.",
                "bold green",
            )
        )
    return outcome


def build_showing_progress(
    content: Content,
    settings: Settings,
    console: Console,
    *,
    imports: Sequence[StoredImport] | None = None,
    passed: Callable[[], object] = lambda: None,
) -> BuildOutcome:
    """Build with the stages shown as they pass; a refusal says that the served release is untouched.

    `imports` are those of the home where not given; `passed` is called before anything is published.
    """
    console.print(Text(f"Building from {content.root}"))
    try:
        with progress(console) as show:
            return build_release(
                content,
                settings,
                show,
                other_faults=_query_faults(content),
                imports=imports,
                passed=passed,
            )
    except BuildRefused as error:
        if snapshot.releases(settings.home):
            error.fix = "The release that was current stays as it was."
        raise


def _query_faults(content: Content) -> Sequence[Fault]:
    try:
        load_queries(content.queries)
    except UnusableInput as error:
        return error.faults
    return ()
