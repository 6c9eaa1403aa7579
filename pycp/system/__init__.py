"""The operating system: the only room that writes, and the only one that knows a platform.

Callers write `system.open(...)`, so each call has one seam where a test can count it or make it
fail. The plain calls are those of `os`; what only some systems have is picked once, here.
"""

import os
import sys
from os import (
    O_APPEND,
    O_CLOEXEC,
    O_CREAT,
    O_DIRECTORY,
    O_EXCL,
    O_NOFOLLOW,
    O_NONBLOCK,
    O_RDONLY,
    O_RDWR,
    O_TRUNC,
    O_WRONLY,
    W_OK,
    access,
    close,
    dup,
    fstat,
    ftruncate,
    getegid,
    geteuid,
    getgid,
    getuid,
    lseek,
    mkdir,
    mkfifo,
    mknod,
    open,
    pread,
    read,
    readlink,
    readv,
    rename,
    rmdir,
    scandir,
    stat,
    symlink,
    unlink,
    write,
)

from pycp.system.posix import (
    ENDING,
    NO_ATTRIBUTE,
    UNSUPPORTED,
    Undisturbed,
    above_standard,
    drop_cached,
    host_name,
    link_following,
    link_itself,
    rename_exclusively,
    set_mode,
    set_owner,
    set_times,
    stat_of,
)

if sys.platform == "linux":
    from pycp.system import linux as best
else:
    from pycp.system import posix as best

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    from pycp.system.posix import Where

PATH_ONLY = best.PATH_ONLY
UNNAMED = best.UNNAMED
descriptor_path = best.descriptor_path
flush = best.flush
has_access_list = best.has_access_list
has_labels = best.has_labels
offload = best.offload
open_leased = best.open_leased
pin = best.pin
punch_hole = best.punch_hole
queued = best.queued
reflink = best.reflink
send = best.send
umask = best.umask
where = best.where

_xattr: "ModuleType | None" = None

SEEK_DATA: int = getattr(os, "SEEK_DATA", -1)
SEEK_HOLE: int = getattr(os, "SEEK_HOLE", -1)
"""Whence values of lseek for the map of data and holes; -1 is refused with EINVAL."""

O_NOATIME: int = getattr(os, "O_NOATIME", 0)
"""Reading leaves the time of last access alone; for the owner of a file only."""
SOURCE_FLAGS = O_RDONLY | O_CLOEXEC
"""For reading a source."""
FILE_ITSELF_FLAGS = SOURCE_FLAGS | O_NOFOLLOW | O_NONBLOCK
"""For reading a regular file: no link may stand for it, and no FIFO in its place makes us wait."""
DIRECTORY_FLAGS = O_RDONLY | O_DIRECTORY | O_CLOEXEC
"""For listing a directory and for work below it."""
DIRECTORY_ITSELF_FLAGS = DIRECTORY_FLAGS | O_NOFOLLOW
"""The same, where no symbolic link may stand for it."""
PLACE_FLAGS = PATH_ONLY | O_DIRECTORY | O_CLOEXEC
"""For work below a directory that need not be readable."""
NEW_FILE_FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
"""For a file that must not exist yet, not even as a dangling symbolic link."""
OLD_FILE_FLAGS = O_WRONLY | O_CLOEXEC
"""For writing over a file; it is truncated only after it was recognised."""


class closing:
    """A context in which a descriptor is open; it is closed at the end, and OSError raised for it.

    What nobody hears of may go by `folder.release`.
    """

    __slots__ = ("_fd",)

    def __init__(self, fd: int) -> None:
        self._fd = fd

    def __enter__(self) -> int:
        return self._fd

    def __exit__(self, *_error: object) -> None:
        close(self._fd)


def status_if_any(name: str, dir_fd: int | None) -> os.stat_result | None:
    """Return the status of what has a name, links not followed; None if nothing has it."""
    try:
        return stat(name, dir_fd=dir_fd, follow_symlinks=False)
    except FileNotFoundError:
        return None


def leave_standard_descriptors_closed() -> None:
    """Keep whatever we open from becoming a standard stream that was closed at the start."""
    from pycp.system.standard import open_above, scandir_above

    vars(os)["open"] = globals()["open"] = open_above(os.open)  # other modules of ours use os.open
    globals()["scandir"] = scandir_above(os.scandir)


def xattr() -> "ModuleType":
    """Return the module for extended attributes: the calls of `os`, or the xattr package."""
    global _xattr
    if _xattr is None:
        if hasattr(os, "listxattr"):
            from pycp.system import xattr_os

            _xattr = xattr_os
        else:
            _xattr = _other_xattr()
    return _xattr


def _other_xattr() -> "ModuleType":
    try:
        from pycp.system import xattr_package
    except ImportError:  # a single file of ours cannot hold it
        from pycp.system import xattr_none

        return xattr_none
    return xattr_package


def has_xattrs() -> bool:
    """Return whether there is any way to extended attributes."""
    return not hasattr(xattr(), "IS_MISSING")
