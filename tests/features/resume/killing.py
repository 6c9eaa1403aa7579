"""Copies that are killed before a call of theirs, in children, and the bytes they wrote."""

import mmap
import os
import shlex
import signal
import struct
import tempfile
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from pycp import system
from pycp.__main__ import cp_main
from pycp.engine import data
from tests import apart
from tests.forked import MEMORY
from tests.programs import ORDINARY_ID
from tests.trust.interception import Interceptor

SECONDS = 60
STEP = 256 * 1024
"""Bytes copied by one call, so that a kill finds big files half-written."""
WRITES = ("write", "copy_file_range", "ftruncate", "chmod", "chown", "utime", "setxattr")
NAMES = ("link", "symlink", "mkdir", "mkfifo", "mknod", "unlink", "rename")
CHANGES = (*WRITES, *NAMES)
"""Calls that leave a trace."""
CALLS, MADE, WRITTEN = range(3)
PROCESSES = 64
NUMBERS = 3 * PROCESSES
"""Each process counts for itself, so that no count is lost."""


class Killer:
    """Runs pycp in children that share their counts with us."""

    def __init__(self, cwd: str, as_user: bool) -> None:
        self.cwd = cwd
        self.owner = (ORDINARY_ID, ORDINARY_ID) if as_user else None
        fd, path = tempfile.mkstemp(prefix="counts", dir=MEMORY)  # which goes with this process
        os.close(fd)
        os.chmod(path, 0o666)
        os.truncate(path, 8 * NUMBERS)
        self._path = path
        self._counts = Counts(path)
        self.output = ""
        """What the last run printed."""

    @property
    def calls(self) -> int:
        """Return how many calls the last run made, its workers' included."""
        return self._counts.sum(CALLS)

    @property
    def changes(self) -> int:
        """Return how many of them leave a trace."""
        return self._counts.sum(MADE)

    @property
    def written(self) -> int:
        """Return how many bytes of data the last run wrote."""
        return self._counts.sum(WRITTEN)

    def run(self, command: str, *, call: int = 0, change: int = 0) -> int:
        """Run pycp and kill it before its n-th call, or its n-th that changes anything.

        Return its status; -9 if it was killed. Its workers are gone as well then, as who reads
        what they print waits for them.
        """
        self._counts.clear()
        main = partial(copy_and_die, self._path, call, change)
        result = apart.run(main, shlex.split(command), self.cwd, owner=self.owner, seconds=SECONDS)
        self.output = result.stdout + result.stderr
        return result.status


class Counts:
    """Three numbers of each of some processes, in memory that they share."""

    def __init__(self, path: str) -> None:
        with open(path, "r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 8 * NUMBERS)

    def clear(self) -> None:
        """Begin anew."""
        self._shared[:] = bytes(len(self._shared))

    def sum(self, which: int) -> int:
        """Return what all of them counted together."""
        return sum(struct.unpack_from(f"<{NUMBERS}Q", self._shared)[which::3])

    def add(self, which: int, count: int) -> None:
        """Count for this process."""
        offset = 8 * (os.getpid() % PROCESSES * 3 + which)
        known = struct.unpack_from("<Q", self._shared, offset)[0]
        struct.pack_into("<Q", self._shared, offset, known + count)


def copy_and_die(path: str, call: int, change: int) -> int:
    """Run pycp in this process, which dies before the n-th call of all its processes."""
    counts = Counts(path)
    data.OFFLOAD_STEP = STEP
    coordinator = os.getpid()
    interceptor = Interceptor()
    interceptor.install()
    for name in ("write", "offload"):
        setattr(system, name, counted(counts, getattr(system, name)))

    def before(name: str) -> None:
        counts.add(CALLS, 1)
        counts.add(MADE, name in CHANGES)
        is_last = name in CHANGES and 0 < change <= counts.sum(MADE)
        if is_last or 0 < call <= counts.sum(CALLS):
            os.kill(coordinator, signal.SIGKILL)
            while os.getppid() == coordinator:
                time.sleep(0.001)  # a worker follows its coordinator

    interceptor.before = before
    interceptor.arm()
    return cp_main()


def counted(counts: Counts, write: Callable[..., int]) -> Callable[..., int]:
    """Return what writes and counts the bytes."""

    def wrapped(*arguments: Any) -> int:
        count = write(*arguments)
        counts.add(WRITTEN, count)
        return count

    return wrapped
