"""Zip archives: what they hold, no more of it than allowed, and what is wrong with them."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from clustergraph.errors import Fault
from clustergraph.sources.table.faults import UnreadableTable, unreadable_file
from clustergraph.sources.table.limits import MIB, TableLimits

_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)


@contextmanager
def opened_archive(path: Path, name: str) -> Iterator[zipfile.ZipFile]:
    """An archive, opened; raises UnreadableTable where it is broken, also while its members are read."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except OSError as error:
        raise UnreadableTable(unreadable_file(name, error)) from None
    except _BROKEN as error:
        raise UnreadableTable(_broken(name, error)) from None


def members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files of an archive that a person put there, in its order."""
    return [
        member
        for member in archive.infolist()
        if not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and not member.filename.rsplit("/", 1)[-1].startswith(".")
    ]


@contextmanager
def opened_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, limits: TableLimits
) -> Iterator[BinaryIO]:
    """One file of an archive as a stream; raises UnreadableTable where it says to be too large.

    What it unfolds to in truth is bounded too: no more is read than its entry says.
    """
    check_size([member], name, limits, most=limits.file_bytes)
    try:
        with archive.open(member) as stream:
            yield stream  # type: ignore[misc]
    except _BROKEN as error:
        raise UnreadableTable(_broken(f"{name}!{member.filename}", error)) from None


def check_size(entries: list[zipfile.ZipInfo], name: str, limits: TableLimits, *, most: int) -> None:
    """Raise UnreadableTable where entries unfold to more than `most` bytes, or to many times their size."""
    unfolded = sum(entry.file_size for entry in entries)
    packed = sum(entry.compress_size for entry in entries)
    if unfolded > most or (unfolded > 16 * MIB and unfolded > limits.unfolding * max(packed, 1)):
        raise UnreadableTable(
            Fault(
                rule="archive of a bounded size",
                message=f"The archive of {packed:,} bytes would unfold to {unfolded:,}; the most is "
                f"{most:,}, and {limits.unfolding} times what is packed.",
                fix="If you trust it, unpack it and name the CSV file itself.",
                file=name,
            )
        )


def _broken(name: str, error: Exception) -> Fault:
    return Fault(
        rule="sound archive",
        message=f"The archive is damaged or cut short: {str(error) or type(error).__name__}.",
        fix="Download or copy it again; its size should be that of the original.",
        file=name,
    )
