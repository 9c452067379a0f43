"""The walls around a worker, set before its first query: what it may use, open and outlive."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from clustergraph.engine import filters

_PR_SET_PDEATHSIG: Final = 1

# Bound before any fork: a worker that may open no file cannot look a symbol up.
_prctl = ctypes.CDLL(None, use_errno=True).prctl if sys.platform == "linux" else None


def die_with_parent(parent: int, *, enabled: bool = True) -> None:
    """Ask the kernel to kill this process when the thread that started it ends (prctl(2), PR_SET_PDEATHSIG).

    Where the parent has gone before the request, this process ends at once.
    """
    if _prctl is None:
        return
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL if enabled else 0, 0, 0, 0)
    if enabled and os.getppid() != parent:
        os._exit(1)


def ignore_polite_signals() -> None:
    """Leave interrupts of the terminal and of a service manager to the front, which ends its processes."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def silence() -> None:
    """Point the standard streams at nothing: a panic in the engine concerns the caller, not the terminal."""
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    if null > 2:
        os.close(null)


def die_before_others() -> None:
    """Have the kernel end this process first where memory runs out (proc(5), oom_score_adj)."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def limit_memory(extra_bytes: int) -> None:
    """Bound the address space to what is mapped now and `extra_bytes` more."""
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + extra_bytes
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def confine(*, files: bool) -> None:
    """Let no socket, program, process or written file come from here, nor any file be opened at all.

    With `files`, those of a store on disk, files may still be opened to be read, as RocksDB does while it is
    asked; where the kernel has no system call filter (`filters`), they may not even then.
    """
    filtered = filters.install()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if not (files and filtered):
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


class ProcessorAllowance:
    """The processor time a worker has, granted to one query after another (RLIMIT_CPU, SIGXCPU).

    The kernel counts it for the whole process and in whole seconds, so the limit moves only where it would
    give the next query too little or much too much.
    """

    #: Seconds that a query may have beyond what it is granted.
    _SLACK: Final = 2

    def __init__(self) -> None:
        self._limit = 0
        _, self._hard = resource.getrlimit(resource.RLIMIT_CPU)

    def grant(self, used: float, seconds: int) -> None:
        """Let this process, which has used `used` seconds, use `seconds` more, or up to two beyond."""
        if seconds <= self._limit - used <= seconds + self._SLACK:
            return
        self._limit = int(used) + seconds + self._SLACK
        if self._hard != resource.RLIM_INFINITY:
            self._limit = min(self._limit, self._hard)
        resource.setrlimit(resource.RLIMIT_CPU, (self._limit, self._hard))


def resident_memory() -> int:
    """The memory this process has resident now, in bytes; the most it ever had where that is not told."""
    with suppress(OSError):
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
