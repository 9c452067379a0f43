"""Where the curated files are: a checkout, a directory of the user's, or inside the installed package."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from clustergraph.errors import UnusableInput
from clustergraph.settings import Settings

ROOMS: Final = ("ontology", "shapes", "data", "queries")


@dataclass(frozen=True, slots=True)
class Content:
    """A directory that holds `ontology/ shapes/ data/ queries/`."""

    root: Path

    @property
    def ontology(self) -> Path:
        return self.root / "ontology"

    @property
    def shapes(self) -> Path:
        return self.root / "shapes"

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def queries(self) -> Path:
        return self.root / "queries"

    def files(self) -> Iterator[Path]:
        """Every curated file, in a fixed order; hidden files and editors' backups are no input."""
        for room in ROOMS:
            for path in sorted((self.root / room).rglob("*")):
                if path.is_file() and not path.name.startswith(".") and not path.name.endswith("~"):
                    yield path

    def relative(self, path: Path) -> str:
        """A file's name as messages and manifests show it."""
        return path.relative_to(self.root).as_posix()

    def checksums(self) -> dict[str, str]:
        """The SHA-256 of every file, by its relative name; raises UnusableInput where one is unreadable."""
        sums = {}
        for path in self.files():
            try:
                sums[self.relative(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
            except OSError as error:
                raise UnusableInput(
                    f"The file cannot be read: {error.strerror}.",
                    where=str(path),
                    fix="Make it readable for this user.",
                ) from error
        return sums


def _is_content(directory: Path) -> bool:
    return all((directory / room).is_dir() for room in ROOMS)


def find_content(settings: Settings, working_directory: Path) -> Content:
    """The content to build from: the setting, else the working directory, else the checkout or the wheel.

    Raises UnusableInput when the setting names a directory that lacks one of the four rooms.
    """
    if settings.content is not None:
        missing = [room for room in ROOMS if not (settings.content / room).is_dir()]
        if missing:
            raise UnusableInput(
                f"The content directory lacks {', '.join(f'{room}/' for room in missing)}.",
                where=str(settings.content),
                fix="Point CLUSTERGRAPH_CONTENT at a directory with ontology/, shapes/, data/ and queries/.",
            )
        return Content(settings.content)
    package = Path(__file__).resolve().parent.parent
    checkout = package.parent.parent
    for candidate in (working_directory, checkout, package / "content"):
        if _is_content(candidate):
            return Content(candidate)
    raise UnusableInput(
        "This installation holds no ontology, shapes, data and queries.",
        where=str(package / "content"),
        fix="Install clustergraph again, or set CLUSTERGRAPH_CONTENT to a directory that has them.",
    )
