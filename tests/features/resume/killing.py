"""Copies that are killed before a call of theirs, in forked children, and the bytes they wrote."""

import mmap
import os
import shlex
import signal
import struct
import sys
import time
from collections.abc import Callable
from typing import Any

import tests.forked  # noqa: F401  imports all of pycp
from pycp import quoting, system
from pycp.__main__ import cp_main
from pycp.engine import data
from tests.programs import ORDINARY_ID
from tests.trust.interception import Interceptor

SECONDS = 60
STEP = 256 * 1024
"""Bytes copied by one call, so that a kill finds big files half-written."""
WRITES = ("write", "copy_file_range", "ftruncate", "chmod", "chown", "utime", "setxattr")
NAMES = ("link", "symlink", "mkdir", "mkfifo", "mknod", "unlink", "rename")
CHANGES = (*WRITES, *NAMES)
"""Calls that leave a trace."""
CRASHED = 70
CALLS, MADE, WRITTEN = range(3)
PROCESSES = 64
NUMBERS = 3 * PROCESSES
"""Each process counts for itself, so that no count is lost."""


class Killer:
    """Runs pycp in children that share their counts with us."""

    def __init__(self, cwd: str, as_user: bool) -> None:
        self.cwd = cwd
        self.as_user = as_user
        self._shared = mmap.mmap(-1, 8 * NUMBERS)
        self.output = b""
        """What the last run printed."""

    @property
    def calls(self) -> int:
        """Return how many calls the last run made, its workers' included."""
        return self._sum(CALLS)

    @property
    def changes(self) -> int:
        """Return how many of them leave a trace."""
        return self._sum(MADE)

    @property
    def written(self) -> int:
        """Return how many bytes of data the last run wrote."""
        return self._sum(WRITTEN)

    def _sum(self, which: int) -> int:
        return sum(struct.unpack_from(f"<{NUMBERS}Q", self._shared)[which::3])

    def _add(self, which: int, count: int) -> None:
        offset = 8 * (os.getpid() % PROCESSES * 3 + which)
        known = struct.unpack_from("<Q", self._shared, offset)[0]
        struct.pack_into("<Q", self._shared, offset, known + count)

    def run(self, command: str, *, call: int = 0, change: int = 0) -> int:
        """Run pycp and kill it before its n-th call, or its n-th that changes anything.

        Return its status; -9 if it was killed. Its workers are gone as well then.
        """
        self._shared[:] = bytes(len(self._shared))
        alive, held_by_all = os.pipe()
        output = os.memfd_create("output")
        pid = os.fork()
        if pid == 0:
            os.close(alive)
            os.dup2(output, 1)
            os.dup2(output, 2)
            self._child(command, call, change)
        os.close(held_by_all)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.read(alive, 1)  # the last of them is gone
        os.close(alive)
        self.output = os.pread(output, 1 << 20, 0)
        os.close(output)
        return status

    def _child(self, command: str, call: int, change: int) -> None:
        status = CRASHED
        try:
            signal.alarm(SECONDS)
            os.chdir(self.cwd)
            os.umask(0o022)
            os.environ.clear()
            os.environ.update({"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
            quoting._charset = ""
            if self.as_user:
                os.setgroups([])
                os.setgid(ORDINARY_ID)
                os.setuid(ORDINARY_ID)
            data.OFFLOAD_STEP = STEP
            sys.argv[:] = ["pycp", *shlex.split(command)]
            coordinator = os.getpid()
            interceptor = Interceptor()
            interceptor.install()
            for name in ("write", "offload"):
                setattr(system, name, self._counted(getattr(system, name)))

            def before(name: str) -> None:
                self._add(CALLS, 1)
                self._add(MADE, name in CHANGES)
                if 0 < call <= self.calls or (name in CHANGES and 0 < change <= self.changes):
                    os.kill(coordinator, signal.SIGKILL)
                    while os.getppid() == coordinator:
                        time.sleep(0.001)  # a worker follows its coordinator

            interceptor.before = before
            interceptor.arm()
            status = cp_main()
        finally:
            os._exit(status)

    def _counted(self, write: Callable[..., int]) -> Callable[..., int]:
        def counted(*arguments: Any) -> int:
            count = write(*arguments)
            self._add(WRITTEN, count)
            return count

        return counted
