"""What a dry run pretends to be there: a status, and what a symbolic link holds."""

import os
from errno import EACCES
from os import geteuid
from stat import S_IFDIR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    from pycp.system.folder import Directory

    Look = Callable[[], os.stat_result]
    Known = Callable[[os.stat_result], dict[str, int]]
    Later: TypeAlias = tuple[os.stat_result, Known, Directory, int]
    """A regular file of whose copy nobody has asked for more than the name.

    It is the status of the source, what says in what the copy does not look like that, the
    directory of the source, where it has the same name, and the number of the copy.
    """


class Node:
    """Something that is pretended to be there."""

    __slots__ = ("_status", "above", "is_finished", "text")

    def __init__(
        self, status: "os.stat_result | Look", text: str, above: "Directory | None"
    ) -> None:
        self._status = status
        self.text = text
        """What a symbolic link holds."""
        self.above = above
        """The directory that a directory was made in."""
        self.is_finished = False
        """A directory has its mode in the end, which may keep its owner from writing in it."""

    @property
    def status(self) -> os.stat_result:
        """Return its status, which is put together when somebody asks for it."""
        if not isinstance(self._status, os.stat_result):
            self._status = self._status()
        return self._status

    @status.setter
    def status(self, status: os.stat_result) -> None:
        self._status = status

    def require(self, bits: int) -> None:
        """Raise OSError if a directory that has its mode keeps this user, its owner, out."""
        if self.is_finished and bits & ~self.status.st_mode and geteuid() != 0:
            raise OSError(EACCES, "")

    def finish(self, mode: int) -> None:
        """Give a directory the mode that it has in the end."""
        before = self._status
        self.is_finished = True
        self._status = lambda: changed(
            before if isinstance(before, os.stat_result) else before(), st_mode=S_IFDIR | mode
        )


def new_status(
    like: os.stat_result, device: int, number: int, known: dict[str, int]
) -> os.stat_result:
    """Return the status of something new; it looks `like` a source where nothing else is known."""
    return changed(like, **{"st_dev": device, "st_ino": -number, "st_nlink": 1, **known})


def changed(status: os.stat_result, **known: int) -> os.stat_result:
    """Return a status with some fields changed; of the times, give those in nanoseconds."""
    names = ("st_mode", "st_ino", "st_dev", "st_nlink", "st_uid", "st_gid", "st_size")
    names_ns = ("st_atime_ns", "st_mtime_ns", "st_ctime_ns")
    times_ns = {name: known.get(name, getattr(status, name)) for name in names_ns}
    values = [known.get(name, getattr(status, name)) for name in names]
    seconds = [time // 1_000_000_000 for time in times_ns.values()]
    return os.stat_result((*values, *seconds), {"st_rdev": status.st_rdev, **times_ns})
