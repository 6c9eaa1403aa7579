"""How a node proves that it sees the directories that the coordinator sees, as the same user.

In each destination the coordinator makes a file for a moment, with contents that nobody can guess:
who reads them under the same name sees the same directory. Sources, and destinations that we may
not write to, are known by what a copy of them on another disk would not share: inode numbers and
the time of their last change. Inode numbers alone prove nothing, since roots of many file systems
have the same one.
"""

import os
import stat
import sys
import time
from errno import EACCES, EPERM, EROFS

from pycp import system
from pycp.errors import cannot
from pycp.plan.begun import PROBE
from pycp.plan.operands import probe
from pycp.quoting import quote_name
from pycp.system.folder import Directory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.cluster.devices import Devices
    from pycp.entries import Entry

    Facts = tuple[str, int, int, tuple[int, ...], int]
    Place = tuple[str, str, int, int, tuple[int, int], list[tuple[str, int]], str, str]
    """Name for people, whole name, device, inode; of a source mode and change time, and some of its
    entries; of a destination name and contents of the file that proves it."""

ENTRIES = 3
NOT_FOR_US = (EACCES, EPERM, EROFS)
"""Why nothing can be made in a directory though there may be something to do below it."""
AGAIN = 1.0
"""Seconds after which a node looks once more: it may have looked at old attributes in a cache."""


def facts() -> "Facts":
    """Return what must be the same everywhere, besides the directories."""
    version = sys.modules["pycp"].__version__
    program = f"pycp {version} in Python {sys.version_info[0]}.{sys.version_info[1]}"
    groups = tuple(sorted({*os.getgroups(), os.getegid()}))
    return program, system.geteuid(), os.getegid(), groups, system.umask()


def difference(here: "Facts", there: "Facts") -> str:
    """Return in words what a node has otherwise than the coordinator, nothing if all is equal."""
    for name, ours, theirs in zip(
        ("program", "user", "group", "groups", "umask"), here, there, strict=True
    ):
        if ours != theirs:
            as_words = [f"{value:04o}" if name == "umask" else value for value in (ours, theirs)]
            return f"{name} {as_words[0]}, but {as_words[1]} where the copy was started"
    return ""


def absolute(name: str) -> str:
    """Return a name that other processes understand; raise CopyError if there is none."""
    if name.startswith("/"):
        return name
    try:
        return os.path.join(os.getcwd(), name)
    except OSError as error:
        raise cannot("access", ".", error) from None


class Probes:
    """The files that prove destinations, until they are taken away again."""

    def __init__(self) -> None:
        self._made: list[tuple[Directory, str]] = []
        self._places: dict[tuple[int, int], Place] = {}

    def source(
        self, entry: "Entry", follows: bool, sides: "tuple[str, str] | None"
    ) -> "Place | None":
        """Return what proves the directory that an operand is or, if it is a large file, is in.

        `sides` are the names of the directories of a large file.
        """
        shown, name = (entry.source, entry.source_name) if sides is None else (sides[0], sides[0])
        directory = entry.folder.source_directory
        try:
            status = directory.stat(name, follows)
        except OSError:
            return None  # copying will tell
        return _known(directory, shown, name, status) if stat.S_ISDIR(status.st_mode) else None

    def destination(
        self, entry: "Entry", follows: bool, sides: "tuple[str, str] | None"
    ) -> "Place | None":
        """Return what proves the directory that an operand goes to, if this is one itself.

        Raise CopyError if that cannot be made.
        """
        shown = entry.destination if sides is None else sides[1]
        path = absolute(shown)
        if sides is None:
            try:
                source = entry.folder.source_directory.stat(entry.source_name, follows)
            except OSError:
                return None
            if not stat.S_ISDIR(source.st_mode):
                return None
        found = probe(path)
        if isinstance(found, OSError):
            path = path.rstrip("/").rpartition("/")[0] or "/"
            found = probe(path)
        if isinstance(found, OSError):
            return None
        known = self._places.get(found.id)
        if known is None:
            known = self._places[found.id] = self._make(found, shown, path)
        else:
            found.close()
        return known

    def _make(self, directory: Directory, shown: str, path: str) -> "Place":
        name, nonce = PROBE + os.urandom(8).hex(), os.urandom(16).hex()
        status = system.stat_of(directory.where)
        self._made.append((directory, name))
        try:
            fd = system.open(name, system.NEW_FILE_FLAGS, 0o600, dir_fd=directory.fd)
            try:
                system.write(fd, nonce.encode())
            finally:
                system.close(fd)
        except OSError as error:
            if error.errno in NOT_FOR_US:
                return _known(directory, shown, ".", status, path)
            raise cannot("create regular file", f"{path}/{name}", error) from None
        _set_times(directory, status)
        return shown, path, *directory.id, (0, 0), [], name, nonce

    def remove(self) -> None:
        """Take the files away, and leave the times of the directories as they are."""
        while self._made:
            directory, name = self._made.pop()
            try:
                status = system.stat_of(directory.where)
                directory.unlink(name)
                _set_times(directory, status)
            except OSError:
                pass  # somebody was quicker, or it never came to be
            directory.close()


def _set_times(directory: Directory, status: os.stat_result) -> None:
    try:
        system.set_times(directory.where, status.st_atime_ns, status.st_mtime_ns)
    except OSError:
        pass  # it is somebody else's


def _known(
    directory: Directory, shown: str, found: str, status: os.stat_result, path: str = ""
) -> "Place":
    """Return what proves a directory that we write nothing to; its name for all is `path`."""
    names: list[tuple[str, int]] = []
    try:
        for name in directory.names(found, system.O_NOATIME):
            path_here = os.path.join(found, name)
            names.append((name, directory.stat(path_here, False).st_ino))
            if len(names) == ENTRIES:
                break
    except OSError:
        pass  # what cannot be listed is known by itself
    return (
        shown,
        path or absolute(found),
        status.st_dev,
        status.st_ino,
        (status.st_mode, status.st_ctime_ns),
        names,
        "",
        "",
    )


def unproved(place: "Place", devices: "Devices") -> str:
    """Return in words why this is not the coordinator's directory, or nothing if it is.

    Of one that is, the device number is known afterwards.
    """
    if _is_same(place, devices):
        return ""
    time.sleep(AGAIN)
    if _is_same(place, devices):
        return ""
    return f"{quote_name(place[0])} is not the same directory as here"


def _is_same(place: "Place", devices: "Devices") -> bool:
    _shown, path, device, inode, origin, entries, name, nonce = place
    directory = probe(path)
    if isinstance(directory, OSError):
        return False
    try:
        status = system.stat_of(directory.where)
        if status.st_ino != inode or not devices.agrees(device, status.st_dev):
            return False
        if name:
            is_same = _contents(directory, name) == nonce.encode()
        else:
            is_same = (status.st_mode, status.st_ctime_ns) == origin and all(
                directory.stat(entry, False).st_ino == number for entry, number in entries
            )
    except OSError:
        return False
    finally:
        directory.close()
    return is_same and devices.bind(device, status.st_dev)


def _contents(directory: Directory, name: str) -> bytes:
    fd = system.open(name, system.SOURCE_FLAGS | system.O_NOFOLLOW, dir_fd=directory.fd)
    try:
        return system.read(fd, 100)
    finally:
        system.close(fd)
