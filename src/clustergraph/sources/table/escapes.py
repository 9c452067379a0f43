"""Cells that a spreadsheet would take for a formula: escaped on export, and read back as they were.

OWASP calls it CSV injection: a cell that begins with `=`, `+`, `-`, `@`, a tab or a carriage return. Such a
cell gets an apostrophe before it, which spreadsheets show as text; reading takes one apostrophe away. A plain
number such as -7.5 is none of them.
"""

from __future__ import annotations

import re
from typing import Final

_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_NUMBER: Final = re.compile(r"-\d+(\.\d+)?")


def escaped(cell: str) -> str:
    """The cell as it is written; `unescaped` gives it back."""
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def unescaped(cell: str) -> str:
    """The cell as it was before it was escaped; any other is as it was."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell
