"""A filter of system calls for processes that evaluate strangers' queries (seccomp(2), Linux).

It refuses sockets, programs, new processes, signals to others and every way to write a file; reading an open
file, memory and threads remain. Calls are refused with an error rather than death, so that a query that tries
is told so. Numbers are those of the kernel's tables for x86-64 and for the generic interface of AArch64.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import sys
from typing import Final

_PR_SET_NO_NEW_PRIVS: Final = 38
_SET_MODE_FILTER: Final = 1
_FOR_ALL_THREADS: Final = 1

# Classic BPF (linux/bpf_common.h, linux/filter.h): load a word of the call, compare, return a verdict.
_LOAD: Final = 0x20
_EQUAL: Final = 0x15
_AT_LEAST: Final = 0x35
_ANY_BIT: Final = 0x45
_RETURN: Final = 0x06
# Places in struct seccomp_data: number, architecture, arguments (low words, little-endian).
_NUMBER: Final = 0
_ARCHITECTURE: Final = 4
_ARGUMENT: Final = 16
# Verdicts (linux/seccomp.h).
_ALLOW: Final = 0x7FFF0000
_REFUSE: Final = 0x00050000 | errno.EACCES
_UNKNOWN: Final = 0x00050000 | errno.ENOSYS
_KILL: Final = 0x80000000

#: O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, O_APPEND and the bit of O_TMPFILE.
_WRITING: Final = 0o1 | 0o2 | 0o100 | 0o1000 | 0o2000 | 0o20000000
_CLONE_THREAD: Final = 0x10000
#: Calls of the x32 interface, which no process of ours uses, have this bit.
_X32: Final = 0x40000000

#: The calls of the tables below that are looked at more closely, or used; all others are refused outright.
_SPECIAL: Final = frozenset({"open", "openat", "clone", "clone3", "seccomp"})

# Numbers: arch/x86/entry/syscalls/syscall_64.tbl, and include/uapi/asm-generic/unistd.h, which AArch64 uses.
# fmt: off
_X86_64: Final = {
    "open": 2, "openat": 257, "clone": 56, "clone3": 435, "seccomp": 317, "socket": 41, "socketpair": 53,
    "bind": 49, "listen": 50, "accept": 43, "accept4": 288, "connect": 42, "fork": 57, "vfork": 58,
    "execve": 59, "execveat": 322, "kill": 62, "tkill": 200, "ptrace": 101, "process_vm_readv": 310,
    "process_vm_writev": 311, "pidfd_open": 434, "pidfd_getfd": 438, "pidfd_send_signal": 424,
    "unshare": 272, "setns": 308, "creat": 85, "truncate": 76, "ftruncate": 77, "rename": 82,
    "renameat": 264, "renameat2": 316, "mkdir": 83, "mkdirat": 258, "rmdir": 84, "mknod": 133,
    "mknodat": 259, "link": 86, "linkat": 265, "symlink": 88, "symlinkat": 266, "unlink": 87,
    "unlinkat": 263, "chmod": 90, "fchmod": 91, "fchmodat": 268, "chown": 92, "fchown": 93, "lchown": 94,
    "fchownat": 260, "mount": 165, "umount2": 166, "openat2": 437, "open_by_handle_at": 304,
    "open_tree": 428, "fsopen": 430, "fspick": 433, "memfd_create": 319, "io_uring_setup": 425, "bpf": 321,
    "perf_event_open": 298, "userfaultfd": 323,
}
_AARCH64: Final = {
    "openat": 56, "clone": 220, "clone3": 435, "seccomp": 277, "socket": 198, "socketpair": 199,
    "bind": 200, "listen": 201, "accept": 202, "accept4": 242, "connect": 203, "execve": 221,
    "execveat": 281, "kill": 129, "tkill": 130, "ptrace": 117, "process_vm_readv": 270,
    "process_vm_writev": 271, "pidfd_open": 434, "pidfd_getfd": 438, "pidfd_send_signal": 424,
    "unshare": 97, "setns": 268, "truncate": 45, "ftruncate": 46, "renameat": 38, "renameat2": 276,
    "mkdirat": 34, "mknodat": 33, "linkat": 37, "symlinkat": 36, "unlinkat": 35, "fchmod": 52,
    "fchmodat": 53, "fchown": 55, "fchownat": 54, "mount": 40, "umount2": 39, "openat2": 437,
    "open_tree": 428, "fsopen": 430, "fspick": 433, "memfd_create": 279, "io_uring_setup": 425, "bpf": 280,
    "perf_event_open": 241, "userfaultfd": 282, "open_by_handle_at": 265,
}
# fmt: on
#: Machine, as platform.machine() names it: its AUDIT_ARCH value (linux/audit.h) and its table.
_MACHINES: Final = {"x86_64": (0xC000003E, _X86_64), "aarch64": (0xC00000B7, _AARCH64)}


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("value", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def _filter(architecture: int, calls: dict[str, int]) -> list[tuple[int, int, int, int]]:
    """The filter as BPF: code, jump if true, jump if false, value."""

    def verdict(value: int) -> tuple[int, int, int, int]:
        return _RETURN, 0, 0, value

    def only_with(bits: int, argument: int, otherwise: int, found: int) -> list[tuple[int, int, int, int]]:
        return [
            (_LOAD, 0, 0, _ARGUMENT + 8 * argument),
            (_ANY_BIT, 0, 1, bits),
            verdict(found),
            verdict(otherwise),
        ]

    program = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        verdict(_KILL),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        verdict(_REFUSE),
    ]
    for name in ("open", "openat"):
        if name in calls:
            program.append((_EQUAL, 0, 4, calls[name]))
            program += only_with(_WRITING, 1 if name == "open" else 2, otherwise=_ALLOW, found=_REFUSE)
    program.append((_EQUAL, 0, 4, calls["clone"]))
    program += only_with(_CLONE_THREAD, 0, otherwise=_REFUSE, found=_ALLOW)
    # Its flags are behind a pointer, which no filter can follow; libc then uses clone.
    program += [(_EQUAL, 0, 1, calls["clone3"]), verdict(_UNKNOWN)]
    for name in sorted(calls.keys() - _SPECIAL):
        program += [(_EQUAL, 0, 1, calls[name]), verdict(_REFUSE)]
    program.append(verdict(_ALLOW))
    return program


def _program() -> tuple[_Program, int] | None:
    machine = _MACHINES.get(platform.machine()) if sys.platform == "linux" else None
    # A 32-bit interpreter on such a machine makes other calls.
    if machine is None or sys.maxsize < 2**32:
        return None
    architecture, calls = machine
    instructions = _filter(architecture, calls)
    array = (_Instruction * len(instructions))(*(_Instruction(*each) for each in instructions))
    return _Program(len(instructions), ctypes.cast(array, ctypes.POINTER(_Instruction))), calls["seccomp"]


# Made before any fork: a worker that may open no file cannot look a symbol up.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
_prctl = _libc.prctl if _libc is not None else None
_syscall = _libc.syscall if _libc is not None else None
_made = _program()


def install() -> bool:
    """Filter the calls of every thread of this process from now on; False where the system has no filters."""
    if _made is None or _prctl is None or _syscall is None:
        return False
    program, seccomp = _made
    if _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return False
    return bool(_syscall(seccomp, _SET_MODE_FILTER, _FOR_ALL_THREADS, ctypes.byref(program)) == 0)


def available() -> bool:
    """Whether this system is one whose calls can be filtered."""
    return _made is not None
