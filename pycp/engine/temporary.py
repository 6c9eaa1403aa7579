"""A name something is to get, and temporary ones beside it, all in one directory held open."""

import os
from errno import EINVAL, ELOOP, ENOENT

from pycp import system
from pycp.system.ending import BeforeTheEnd
from pycp.system.folder import release
from pycp.values import TEMPORARY, split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

MOST_LINKS = 40
"""Symbolic links followed before we take it for a circle, as the kernel does."""
token = ""
"""What follows in those of this process; whoever learns of its end can remove what it left."""


def _token() -> str:
    global token
    token = token or os.urandom(4).hex()
    return token


def remove_left(dir_fd: int | None, tokens: "Iterable[str]") -> None:
    """Remove the temporary names that processes left which were ended."""
    starts = tuple(f"{TEMPORARY}{left}" for left in tokens)
    fd = system.open(".", system.DIRECTORY_FLAGS, dir_fd=dir_fd)
    try:
        with system.scandir(fd) as listing:
            found = [entry.name for entry in listing if entry.name.startswith(starts)]
        for name in found:
            system.unlink(name, dir_fd=fd)
    finally:
        release(fd)


class TemporaryNames:
    """Where something is made: a name that starts from `dir_fd`, and the temporary ones.

    A signal that ends the process removes the temporary ones first.
    """

    def __init__(self, dir_fd: int | None, name: str) -> None:
        self.dir_fd = dir_fd
        self.name = name
        self.temporary: list[str] = []
        """Names to be gone in the end."""
        self.is_elsewhere = False
        """The name is that of what a symbolic link led to."""
        self._own_fd = -1
        self._ending: BeforeTheEnd | None = None

    def enter(self) -> str:
        """Open the directory of the name; return the last component, which is the name then."""
        above, last = split_last(self.name)
        if above or self.dir_fd is None:
            fd = system.open(above or ".", system.PLACE_FLAGS, dir_fd=self.dir_fd)
            self._let_go()
            self._own_fd = self.dir_fd = fd
        self.name = last
        return last

    def follow(self) -> None:
        """Go where symbolic links lead, each step below the directory the one before led to."""
        for step in range(MOST_LINKS):
            name = self.enter()  # a directory that is missing is no end of the way
            try:
                self.name = system.readlink(name, dir_fd=self.dir_fd)
            except OSError as error:
                if error.errno not in (EINVAL, ENOENT):
                    raise
                self.is_elsewhere = step > 0
                return
        raise OSError(ELOOP, "")

    def _let_go(self) -> None:
        if self._own_fd >= 0:
            release(self._own_fd)
            self._own_fd = -1

    def look(self) -> os.stat_result | None:
        """Return the status of what has the name now, links not followed."""
        return system.status_if_any(self.name, self.dir_fd)

    def beside(self, name: str) -> str:
        """Return a name in the same directory, which ends like another one."""
        return split_last(self.name)[0] + split_last(name)[1]

    def add_name(self) -> str:
        """Return another temporary name."""
        if self._ending is None:
            self._ending = BeforeTheEnd(self._remove_names)
        self.temporary.append(self.beside(f"{TEMPORARY}{_token()}{os.urandom(4).hex()}"))
        return self.temporary[-1]

    def _remove_names(self) -> None:
        for name in self.temporary:
            try:
                system.unlink(name, dir_fd=self.dir_fd)
            except OSError:
                pass  # we are ending, and nobody listens

    def link(self, name: str, new_name: str) -> None:
        """Give something in the directory a second name."""
        system.link_itself(name, new_name, self.dir_fd, self.dir_fd)

    def rename(self, name: str, new_name: str) -> None:
        """Give something in the directory another name, over whatever has that."""
        system.rename(name, new_name, src_dir_fd=self.dir_fd, dst_dir_fd=self.dir_fd)

    def leave(self) -> None:
        """Let go of the directory; the temporary names are gone."""
        if self._ending is not None:
            self._ending.is_over()
            self._ending = None
        self.temporary.clear()
        self._let_go()
