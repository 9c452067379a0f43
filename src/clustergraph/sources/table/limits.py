"""How large a table and its parts may be."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MIB: Final = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TableLimits:
    """Bounds that keep a broken or hostile file from taking the machine.

    `cell_chars` is the longest cell, in characters; `line_bytes` the longest line of a text file;
    `file_bytes` the longest text file, and the most that one packed file may unfold to; `workbook_bytes` the
    most that all parts of a workbook may unfold to, since its texts are held in memory; `unfolding` how many
    times its packed size a file of more than 16 MiB may have.
    """

    cell_chars: int = MIB
    line_bytes: int = 64 * MIB
    file_bytes: int = 16 * 1024 * MIB
    workbook_bytes: int = 512 * MIB
    unfolding: int = 200
