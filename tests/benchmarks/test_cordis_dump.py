"""The made-up CORDIS dump of the benchmark is one that the importer takes whole."""

from __future__ import annotations

from pathlib import Path

from benchmarks.cordis import read_dump, read_raw, write_dump


def test_the_dump_is_read_row_by_row_without_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "dump.zip"
    write_dump(path, 30)
    rows, faults = read_dump(path)
    assert read_raw(path) == 30 + 152
    assert rows + faults == 30 + 152
    assert rows > 170
