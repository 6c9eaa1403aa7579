"""What this user may do with files, asked without doing it, and how it would fail.

A file is named by a descriptor and a path below it, as `system.overlay` names real places: "" is
the directory itself, and a slash may follow. Beyond permissions, files can be protected against
everybody: Linux calls that attributes (chattr(1), statx(2)), BSD flags (chflags(2)).
"""

import os
import stat
import sys
from errno import EACCES, EPERM, EROFS

from pycp import system

IMMUTABLE, GROWING = 1, 2
"""Bits of a protection: it cannot be changed at all; what it holds can only become more."""
BSD_IMMUTABLE = stat.UF_IMMUTABLE | stat.SF_IMMUTABLE
BSD_GROWING = stat.UF_APPEND | stat.SF_APPEND
STATX_IMMUTABLE, STATX_GROWING = 0x10, 0x20
STATX_BYTES = 256
ATTRIBUTES = slice(8, 16)
"""Where they are in a struct statx, after two numbers of 32 bits."""
WORKING_DIRECTORY, ITSELF, EMPTY_PATH = -100, 0x100, 0x1000
"""AT_FDCWD, AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH, the same for all processors."""
PROTECTED_HARD_LINKS = "/proc/sys/fs/protected_hardlinks"


def why_not(fd: int | None, path: str, mode: int) -> int:
    """Return the error number with which the system says that this user may not; 0 if he may."""
    path = _plain(path)
    if system.access(path, mode, dir_fd=fd, effective_ids=True):
        return 0
    try:
        flags = (system.PATH_ONLY or system.O_NONBLOCK) | system.O_CLOEXEC
        held = system.open(path, flags, dir_fd=fd)
    except OSError:
        return EACCES  # only without PATH_ONLY
    try:
        is_read_only = os.fstatvfs(held).f_flag & os.ST_RDONLY
    finally:
        system.close(held)
    if is_read_only:
        return EROFS
    return EPERM if protection(fd, path) & IMMUTABLE else EACCES


def may_link(status: os.stat_result, fd: int | None, path: str) -> bool:
    """Return whether Linux lets this user give another name to what may be somebody else's."""
    if stat.S_ISDIR(status.st_mode) or protection(fd, path, not stat.S_ISLNK(status.st_mode)):
        return False
    if system.geteuid() in (0, status.st_uid) or not _protects_hard_links():
        return True
    mode = status.st_mode
    is_safe = stat.S_ISREG(mode) and not (
        mode & stat.S_ISUID or mode & (stat.S_ISGID | stat.S_IXGRP) == stat.S_ISGID | stat.S_IXGRP
    )
    access = os.R_OK | system.W_OK
    return is_safe and system.access(_plain(path), access, dir_fd=fd, effective_ids=True)


def _protects_hard_links() -> bool:
    try:
        with open(PROTECTED_HARD_LINKS, "rb") as setting:
            return setting.read(1) == b"1"
    except OSError:
        return False


def protection(fd: int | None, path: str, follows: bool = True) -> int:
    """Return how a file is protected against everybody; 0 also where nothing tells."""
    attributes = _statx_attributes(fd, path.rstrip("/") or path[:1], follows)
    if attributes is not None:
        is_immutable, is_growing = attributes & STATX_IMMUTABLE, attributes & STATX_GROWING
    else:
        if fd is not None and not path:  # it may be a directory that cannot be searched
            status = system.fstat(fd)
        else:
            status = system.stat(_plain(path), dir_fd=fd, follow_symlinks=follows)
        flags = getattr(status, "st_flags", 0)
        is_immutable, is_growing = flags & BSD_IMMUTABLE, flags & BSD_GROWING
    return (IMMUTABLE if is_immutable else 0) | (GROWING if is_growing else 0)


def _statx_attributes(fd: int | None, path: str, follows: bool) -> int | None:
    """Return what statx(2) says of attributes, with no path of the descriptor itself; else None.

    Python has no such call, and its wrapper in the C library is not in every one.
    """
    try:
        import ctypes

        statx = ctypes.CDLL(None).statx
    except (ImportError, OSError, AttributeError):
        return None
    answer = ctypes.create_string_buffer(STATX_BYTES)
    place = WORKING_DIRECTORY if fd is None else fd
    flags = EMPTY_PATH if follows else EMPTY_PATH | ITSELF
    if statx(place, os.fsencode(path), flags, 0, answer):
        return None
    return int.from_bytes(answer.raw[ATTRIBUTES], sys.byteorder)


def _plain(path: str) -> str:
    """Return a path as calls take it."""
    return path.rstrip("/") or path[:1] or "."
