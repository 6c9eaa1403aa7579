"""Run pycp as a process that sees the world in another way, as SHIM_0, SHIM_1 … say by rank.

- shift: every device has another number here.
- PATH=OTHER: another directory stands under a name.
- umask=MASK: what it says.
- die=N: the node is killed when so many requests have come.
- stop=N: the coordinator is killed when so many answers have come.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from pycp import __main__ as command
from pycp import system

SHIFT = 1000


def shifted(look: "Callable[..., os.stat_result]") -> "Callable[..., os.stat_result]":
    def look_and_shift(*arguments: Any, **more: Any) -> os.stat_result:
        status: Any = look(*arguments, **more)
        values, others = status.__reduce__()[1]
        return os.stat_result((*values[:2], values[2] + SHIFT, *values[3:]), others)

    return look_and_shift


def dying(work: "Callable[..., Any]", times: int) -> "Callable[..., Any]":
    left = [times]

    def die_or_work(*arguments: Any, **more: Any) -> Any:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
        return work(*arguments, **more)

    return die_or_work


def change(what: str) -> None:
    name, _, value = what.partition("=")
    module: Any = system
    if name == "shift":
        for call in ("stat", "fstat", "stat_of"):
            setattr(module, call, shifted(getattr(module, call)))
    elif name == "umask":
        os.umask(int(value, 8))
    elif name == "die":
        from pycp.cluster import mpi

        carrier: Any = mpi
        carrier.carry_out = dying(carrier.carry_out, int(value))
    elif name == "stop":
        from pycp.cluster.nodes import Nodes

        nodes: Any = Nodes
        nodes.take = dying(nodes.take, int(value))
    elif name:
        open_file = system.open

        def open_other(path: Any, *arguments: Any, **more: Any) -> int:
            return open_file(value if path == name else path, *arguments, **more)

        module.open = open_other


if __name__ == "__main__":
    change(os.environ.get(f"SHIM_{os.environ.get('PMI_RANK', '0')}", ""))
    sys.argv[0] = "pycp"
    command.leave(command.cp_main())
