"""Ways to look up names in an open directory for calls that know no `dir_fd`."""

import os
from errno import EBADF, ENOTSUP

from pycp import system
from pycp.system import posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

MANY = 128
"""Descriptors that a process may have, if one of them is to be kept for speed alone."""


class Inside:
    """Makes a directory the working directory for a while."""

    def __init__(self, program: str) -> None:
        """Raise OSError if there is no way back to where the process is."""
        self._program = program
        self._home = -1
        self._home = system.open(".", system.PLACE_FLAGS)
        os.fchdir(self._home)

    def __del__(self) -> None:
        if self._home >= 0:
            os.close(self._home)

    def enter(self, fd: int | None) -> str:
        """Go into a directory; return how names in it begin, or raise OSError if it is not open."""
        if fd is not None and fd < 0:
            raise OSError(EBADF, os.strerror(EBADF))  # Python has a ValueError for it
        if fd is not None:
            os.fchdir(fd)
        return ""

    def leave(self) -> None:
        """Go back, or end the process: all relative names would lead somewhere else."""
        try:
            os.fchdir(self._home)
        except OSError as error:
            text = f"cannot go back to the working directory: {error.strerror}"
            raise SystemExit(f"{self._program}: {text}") from None


class Through:
    """Has names begin with a path to a directory."""

    def enter(self, fd: int | None) -> str:
        """Return how names in a directory begin."""
        return "" if fd is None else f"/proc/self/fd/{fd}/"

    def leave(self) -> None:
        """Do nothing."""


def way_inside(program: str) -> Inside | Through:
    """Return the faster way, unless others in this process go by its working directory.

    It keeps a descriptor, where there are some to spare.
    """
    if posix.is_ours and os.sysconf("SC_OPEN_MAX") >= MANY:
        try:
            return Inside(program)
        except OSError:
            pass
    return Through()


def call_below(
    call: "Callable[..., None]", program: str, dir_fd: int | None, name: str, *values: int
) -> None:
    """Make a call for a name in an open directory, also where this call knows no `dir_fd`.

    Of mkfifo and mknod macOS has such calls only since version 13. Raise OSError as the call does,
    or with ENOTSUP where others in this process go by its working directory.
    """
    try:
        call(name, *values, dir_fd=dir_fd)
        return
    except NotImplementedError:
        if not posix.is_ours:
            raise OSError(ENOTSUP, os.strerror(ENOTSUP)) from None
    inside = Inside(program)
    try:
        call(inside.enter(dir_fd) + name, *values)
    finally:
        inside.leave()
