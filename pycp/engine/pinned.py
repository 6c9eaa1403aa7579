"""What has a name, held by descriptor while its attributes are read or set.

Whoever gives the name to something else meanwhile changes nothing.
"""

from pycp import system
from pycp.errors import CopyError, cannot, replaced
from pycp.system.folder import identity, is_still, release

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Self


class Pinned:
    """A hold on whatever has a name, without a permission on it; leaving the context lets go."""

    def __init__(self, name: str, dir_fd: int | None, shown: str, follows: bool = False) -> None:
        """Take hold; `shown` is the name for messages. Raise CopyError if that fails."""
        self.shown = shown
        self._fd = -1
        try:
            if follows:
                flags = system.SOURCE_FLAGS | system.PATH_ONLY | system.O_NONBLOCK
                self._fd = system.open(name, flags, dir_fd=dir_fd)
                self.where = system.where(self._fd, name, dir_fd)
            else:
                self.where, self._fd = system.pin(name, dir_fd)
            self.status = system.stat_of(self.where)
        except OSError as error:
            self.let_go()
            raise cannot("stat", shown, error) from None

    @classmethod
    def opened(cls, fd: int, status: "os.stat_result", shown: str) -> "Self":
        """Return a hold on a file that is open already."""
        held = cls.__new__(cls)
        held.shown, held.status = shown, status
        held.where = held._fd = fd
        return held

    def __enter__(self) -> "Self":
        return self

    def __exit__(self, *_error: object) -> None:
        self.let_go()

    def let_go(self) -> None:
        """Close it, if it is open at all."""
        if self._fd >= 0:
            release(self._fd)

    def is_still(self, expected: "os.stat_result") -> bool:
        """Return whether this is what was expected, as far as its file system can tell."""
        return is_still(self._fd, identity(self.status), identity(expected))

    def replaced(self) -> CopyError:
        """Word that something else has the name of what we made."""
        return replaced(self.shown)
