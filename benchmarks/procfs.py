"""What Linux knows of a process: memory, processor time, children, age."""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Final

_TICKS: Final = os.sysconf("SC_CLK_TCK")
MIB: Final = 1024 * 1024


def resident(process: int) -> int:
    """Resident memory in bytes; 0 for a process that has gone."""
    return _status(process, "VmRSS")


def peak_resident(process: int) -> int:
    """The most resident memory since the process began or `forget_peak` was called, in bytes."""
    return _status(process, "VmHWM")


def forget_peak(process: int) -> None:
    """Begin to measure the peak anew (proc(5), clear_refs)."""
    Path(f"/proc/{process}/clear_refs").write_text("5")


def proportional(processes: Iterable[int]) -> int:
    """Memory of processes in bytes, a page that n processes share counted as an nth (PSS), added up."""
    total = 0
    for process in processes:
        with suppress(OSError):
            for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    total += int(line.split()[1]) * 1024
    return total


def processor_seconds(process: int) -> float:
    """Processor time that a process has used, in seconds; 0 for one that has gone."""
    fields = _stat(process)
    return (int(fields[11]) + int(fields[12])) / _TICKS if fields else 0.0


def switches(process: int) -> int:
    """How often a process has been woken or interrupted: not once while it sleeps throughout."""
    total = 0
    with suppress(OSError):
        for task in Path(f"/proc/{process}/task").iterdir():
            for line in (task / "status").read_text().splitlines():
                if line.startswith(("voluntary_ctxt", "nonvoluntary_ctxt")):
                    total += int(line.split()[1])
    return total


def command(process: int) -> str:
    """The command line; empty for a process that has gone."""
    with suppress(OSError):
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def children(process: int) -> list[int]:
    """The processes whose parent this is."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))) and int(fields[1]) == process:
            found.append(int(entry.name))
    return sorted(found)


def descendants(process: int) -> list[int]:
    """Children, their children, and so on."""
    found = []
    pending = children(process)
    while pending:
        found.extend(pending)
        pending = [grandchild for child in pending for grandchild in children(child)]
    return found


def _stat(process: int) -> list[str]:
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return []


def _status(process: int, name: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith(f"{name}:"):
                return int(line.split()[1]) * 1024
    return 0
