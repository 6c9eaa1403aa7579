"""What one process reads for others: open files handed to it, and memory they all see."""

import _socket  # socket imports enum
import os
from mmap import mmap
from sys import byteorder as BYTE_ORDER

from pycp.system.posix import above_standard
from pycp.system.standard import Barred
from pycp.system.worker import unconnected

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

SLOTS = 4
"""Pieces of a file that are in memory at a time."""
SLOT_BYTES = 1024 * 1024
NUMBER_BYTES = 4
"""Bytes of a descriptor, as C holds it."""
NO_SIGNAL: int = getattr(_socket, "MSG_NOSIGNAL", 0)
CLOSED_ON_EXEC: int = getattr(_socket, "MSG_CMSG_CLOEXEC", 0)


def new_slots() -> list[memoryview]:
    """Return memory that processes forked from now on share with us."""
    memory = memoryview(mmap(-1, SLOTS * SLOT_BYTES))
    return [memory[start : start + SLOT_BYTES] for start in range(0, len(memory), SLOT_BYTES)]


class Handover:
    """A way for a process that is forked from this one to hand us its open files.

    Close `theirs` here once it is forked: then its end is the end of this as well.
    """

    def __init__(self) -> None:
        with Barred(unconnected):
            self._ours, self.theirs = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)

    def give(self, fd: int) -> None:
        """Hand over an open file; raise OSError if nobody is there to take it."""
        rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, fd.to_bytes(NUMBER_BYTES, BYTE_ORDER))
        self.theirs.sendmsg([b"\0"], [rights], NO_SIGNAL)

    def take(self) -> int:
        """Wait for an open file and return its descriptor; raise EOFError if none will come."""
        room: Any = _socket.CMSG_LEN(NUMBER_BYTES)
        ancillary = self._ours.recvmsg(1, room, CLOSED_ON_EXEC)[1]
        if not ancillary:
            raise EOFError
        fd = int.from_bytes(ancillary[0][2][:NUMBER_BYTES], BYTE_ORDER)
        try:
            return above_standard(fd)
        finally:
            os.close(fd)

    def close(self) -> None:
        """Take no more."""
        self._ours.close()
        self.theirs.close()
