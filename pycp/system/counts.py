"""Numbers and a name that one process writes and others read, in memory they share.

Each process writes in counts of its own, so nobody waits for anybody and no count is lost.
"""

import os
from fcntl import LOCK_EX, LOCK_UN, lockf
from mmap import mmap

from pycp.system.posix import above_standard
from pycp.values import ASKED, NUMBERS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NUMBER_BYTES = 8
HEAD_BYTES = (NUMBERS + 1) * NUMBER_BYTES
"""The numbers, as `values` lists them, and the length of the name."""
COUNTS_BYTES = 1024
NAME_BYTES = COUNTS_BYTES - HEAD_BYTES
MOST_WORKERS = 16
"""Workers there are counts for, if the user gave no number of processes."""


class Counts:
    """What one process tells the others."""

    __slots__ = ("_length", "_name", "counts")

    def __init__(self, memory: memoryview) -> None:
        head = memory[:HEAD_BYTES].cast("Q")
        self.counts = head[:NUMBERS]
        self._length = head[NUMBERS:]
        self._name = memory[HEAD_BYTES:COUNTS_BYTES]
        self.counts[ASKED] = 1

    @property
    def name(self) -> str:
        """The file that is being copied, or the end of a very long name; "" if there is none."""
        return os.fsdecode(bytes(self._name[: self._length[0]]))

    @name.setter
    def name(self, name: str) -> None:
        raw = os.fsencode(name)[-NAME_BYTES:]
        self._length[0] = 0
        self._name[: len(raw)] = raw
        self._length[0] = len(raw)
        self.counts[ASKED] = 0


def numbers(count: int) -> memoryview:
    """Return numbers that processes forked from now on share with us; all are 0."""
    return memoryview(mmap(-1, count * NUMBER_BYTES)).cast("Q")


def new_counts() -> Counts:
    """Return counts that processes forked from now on share with us."""
    return Counts(memoryview(mmap(-1, COUNTS_BYTES)))


class SharedNumber:
    """A whole number that processes forked from now on share with us, and change in turn."""

    def __init__(self) -> None:
        self._fd = -1
        self._number = numbers(1)
        make: Callable[[str], int] | None = getattr(os, "memfd_create", None)
        if make is not None:
            try:
                fd = make("pycp")
                try:
                    self._fd = above_standard(fd)
                finally:
                    os.close(fd)
            except OSError:
                pass  # the kernel, or who confines us, does not have it
        self.is_shared = self._fd >= 0
        """Processes take turns; without that it is for one process only."""

    def __del__(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)

    def change(self, change: "Callable[[int], int]") -> int:
        """Replace the number by what a function makes of it, alone; return that."""
        if self.is_shared:
            lockf(self._fd, LOCK_EX)  # which ends with the process, however that ends
        try:
            self._number[0] = changed = change(self._number[0])
        finally:
            if self.is_shared:
                lockf(self._fd, LOCK_UN)
        return changed
