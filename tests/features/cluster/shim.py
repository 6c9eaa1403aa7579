"""Run pycp as a process that sees the world in another way, as SHIM_0, SHIM_1 … say by rank.

- shift: every device has another number here.
- PATH=OTHER: another directory stands under a name.
- mount=PLACE:DIRECTORY: what is mounted at a place stands over a directory as well.
- umask=MASK: what it says.
- die=N: the node is killed when so many requests have come.
- stop=N: the coordinator is killed when so many answers have come.
- large=N: files of N bytes are large, and copied in ranges of a sixteenth of that at least.
- unwritable=: no file that is there can be opened for writing.
- redone=FILE: each unit that is to be done again is a line in FILE.
- unreadable=: nothing can be compared.
- full=: no write succeeds.
- labels=LABEL: the kernel has SELinux, and every file this label.
- ranges=FILE: each range that the node copies, or compares, is a line in FILE.
"""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from errno import ENOSPC
from typing import Any

from pycp import __main__ as command
from pycp import system
from pycp.system import selinux

SHIFT = 1000
CLONE_NEWNS = 0x20000


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


def no_space(*_arguments: Any) -> int:
    raise OSError(ENOSPC, os.strerror(ENOSPC))


def mount_over(place: str, directory: str) -> None:
    libc = ctypes.CDLL(None, use_errno=True)  # os.unshare came with Python 3.12
    if libc.unshare(CLONE_NEWNS):
        raise OSError(ctypes.get_errno(), "unshare")
    subprocess.run(["mount", "--make-rprivate", "/"], check=True)
    subprocess.run(["mount", "--bind", place, directory], check=True)
    os.chdir(os.getcwd())  # into what is seen from now on


def change(what: str) -> None:
    name, _, value = what.partition("=")
    module: Any = system
    if name == "shift":
        for call in ("stat", "fstat", "stat_of"):
            setattr(module, call, shifted(getattr(module, call)))
    elif name == "mount":
        mount_over(*value.split(":"))
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
    elif name == "large":
        from pycp import values
        from pycp.run import ranges

        values.LARGE_FILE, ranges.LEAST = int(value), int(value) // 16
    elif name == "unwritable":
        open_file = system.open

        def open_new(path: Any, flags: int, *arguments: Any, **more: Any) -> int:
            if flags & system.O_WRONLY and not flags & os.O_CREAT:
                raise PermissionError
            return open_file(path, flags, *arguments, **more)

        module.open = open_new
    elif name == "redone":
        from pycp.run.coordinator import Coordinator

        coordinator: Any = Coordinator
        redo = coordinator._redo

        def tell_and_redo(*arguments: Any) -> None:
            with open(value, "a") as stream:
                print(arguments[2].how, file=stream)
            redo(*arguments)

        coordinator._redo = tell_and_redo
    elif name == "unreadable":
        from pycp.run import one_range

        compare: Any = one_range

        def refuse(*_arguments: Any) -> Any:
            raise PermissionError

        compare.compare_range = refuse
    elif name == "labels":
        from pycp.engine import labels

        module.has_labels = lambda: True
        for seen in (selinux, labels):
            other: Any = seen
            other.label_new = other.set_label = lambda *_arguments: None
            other.label_of = lambda _where: value
    elif name == "full":
        module.offload = module.write = no_space
    elif name == "ranges":
        from pycp.run import one_range

        module, carry_out_range = one_range, one_range.carry_out_range

        def work_and_tell(*arguments: Any) -> Any:
            with open(value, "a") as stream:
                print(*arguments[2][-3:], file=stream, flush=True)
            return carry_out_range(*arguments)

        module.carry_out_range = work_and_tell
    elif name:
        open_file = system.open

        def open_other(path: Any, *arguments: Any, **more: Any) -> int:
            return open_file(value if path == name else path, *arguments, **more)

        module.open = open_other


if __name__ == "__main__":
    for shim in os.environ.get(f"SHIM_{os.environ.get('PMI_RANK', '0')}", "").split(","):
        change(shim)
    sys.argv[0] = "pycp"
    command.leave(command.cp_main())
