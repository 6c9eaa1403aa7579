"""Ways to look up names in an open directory for calls that know no `dir_fd`."""

import os
from errno import EBADF

from pycp.system import PLACE_FLAGS, posix


class Inside:
    """Makes a directory the working directory for a while."""

    def __init__(self, program: str) -> None:
        """Raise OSError if there is no way back to where the process is."""
        self._program = program
        self._home = -1
        self.enter(None)
        self.leave()

    def enter(self, fd: int | None) -> str:
        """Go into a directory; return how names in it begin, or raise OSError if it is not open."""
        self._home = os.open(".", PLACE_FLAGS)
        try:
            if fd is not None and fd < 0:
                raise OSError(EBADF, os.strerror(EBADF))  # Python has a ValueError for it
            os.fchdir(self._home if fd is None else fd)
        except OSError:
            os.close(self._home)
            raise
        return ""

    def leave(self) -> None:
        """Go back, or end the process: all relative names would lead somewhere else."""
        try:
            os.fchdir(self._home)
        except OSError as error:
            text = f"cannot go back to the working directory: {error.strerror}"
            raise SystemExit(f"{self._program}: {text}") from None
        finally:
            os.close(self._home)


class Through:
    """Has names begin with a path to a directory."""

    def enter(self, fd: int) -> str:
        """Return how names in a directory begin."""
        return f"/proc/self/fd/{fd}/"

    def leave(self) -> None:
        """Do nothing."""


def way_inside(program: str) -> Inside | Through:
    """Return the faster way, unless others in this process go by its working directory."""
    if posix.is_ours:
        try:
            return Inside(program)
        except OSError:
            pass
    return Through()
