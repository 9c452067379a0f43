"""Starts zygote processes; apart from what talks to them, so that a server can start one before all else."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import clustergraph
from clustergraph.engine.dataset import DatasetSpec
from clustergraph.engine.wire import pack
from clustergraph.errors import EngineUnavailable

_PACKAGE_ROOT: Final = Path(clustergraph.__file__).resolve().parent.parent


class Spawned(NamedTuple):
    """A zygote and the trunk to it, which it does not outlive; it waits for its dataset."""

    trunk: socket.socket
    process: subprocess.Popen[bytes]

    def load(self, dataset: DatasetSpec) -> None:
        """Have it load its dataset; that it has gone is found out by the one who waits for it."""
        self.trunk.setblocking(True)
        with suppress(OSError):
            self.trunk.sendall(pack({"dataset": dataset.as_json()}))
        self.trunk.setblocking(False)


def spawn_zygote() -> Spawned:
    """Start a zygote; raises EngineUnavailable where no process can be started."""
    trunk, theirs = socket.socketpair()
    # -P: the directory a server is started in must not be able to shadow a module.
    command = [
        sys.executable,
        "-P",
        "-m",
        "clustergraph.engine.zygote",
        str(theirs.fileno()),
        str(os.getpid()),
    ]
    path = os.pathsep.join(filter(None, [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH")]))
    try:
        process = subprocess.Popen(  # noqa: S603 - the interpreter itself, with our own arguments
            command,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
    except OSError as error:
        trunk.close()
        raise EngineUnavailable(f"The process that loads the dataset cannot be started: {error}.") from error
    finally:
        theirs.close()
    return Spawned(trunk, process)
