"""What Linux does better: shared storage, copying inside the kernel, descriptors as paths.

Sources: ioctl_ficlone(2), copy_file_range(2), open(2) on O_PATH, proc(5) on /proc/self/fd,
sched-stats in the kernel's documentation.
"""

import os
from errno import EAGAIN, ENOSYS, ENOTSUP
from fcntl import ioctl
from stat import S_ISREG

from pycp.system import posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.system.posix import Where

FICLONE = 0x40049409

PATH_ONLY = os.O_PATH
UNNAMED = os.O_TMPFILE
flush = os.fsync
offload = os.copy_file_range


def reflink(destination_fd: int, source_fd: int) -> int:
    """Make the destination share the source's storage; return 0 or the error number."""
    try:
        ioctl(destination_fd, FICLONE, source_fd)
    except OSError as error:
        return error.errno or 0
    return 0


def umask() -> int:
    """Return the file mode creation mask without touching it, if /proc is there."""
    try:
        with open("/proc/self/status", "rb") as status:
            for line in status:
                if line.startswith(b"Umask:"):
                    return int(line[6:], 8)
    except OSError:
        pass
    return posix.umask()


def queued() -> float:
    """Return how many seconds this process was ready to run and found no processor free."""
    try:
        with open("/proc/self/schedstat", "rb") as times:
            return int(times.read().split()[1]) / 1e9  # after what it ran, in nanoseconds
    except (OSError, IndexError):
        return 0.0


def open_leased(name: str, flags: int, dir_fd: int | None) -> int:
    """Open a file that somebody holds a lease on, waiting until they give it up (fcntl(2)).

    Raise OSError as `open` does, or if the name no longer stands for a regular file.
    """
    fd = os.open(name, os.O_PATH | os.O_CLOEXEC | (flags & os.O_NOFOLLOW), dir_fd=dir_fd)
    try:
        # Only a regular file may make us wait: a FIFO in its place would do so for ever.
        if not S_ISREG(os.fstat(fd).st_mode):
            raise OSError(EAGAIN, os.strerror(EAGAIN))
        path = _path(fd)
        if path is None:
            return posix.open_leased(name, flags, dir_fd)
        return os.open(path, flags & ~(os.O_NONBLOCK | os.O_NOFOLLOW))
    finally:
        os.close(fd)


def has_access_list(fd: int) -> bool:
    """Return whether a file has an access control list (acl(5)), or may have one."""
    try:
        return "system.posix_acl_access" in os.listxattr(fd)
    except OSError as error:
        return error.errno not in (ENOTSUP, ENOSYS)


def _path(fd: int) -> str | None:
    path = f"/proc/self/fd/{fd}"
    return path if os.access("/proc/self/fd", os.X_OK) else None


def where(fd: int, name: str, dir_fd: int | None) -> "Where":
    """Return what names the file that `fd`, opened PATH_ONLY as `name`, refers to.

    Such a descriptor does not serve fchmod and its like, but the link in /proc leads to exactly
    the file it holds, even if that is a symbolic link.
    """
    return _path(fd) or (name, dir_fd)


def pin(name: str, dir_fd: int | None) -> "tuple[Where, int]":
    """Take hold of what has this name, links not followed: return Where and descriptor."""
    fd = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
    path = _path(fd)
    if path is None:
        os.close(fd)
        return posix.pin(name, dir_fd)
    return path, fd
