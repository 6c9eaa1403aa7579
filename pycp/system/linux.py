"""What Linux does better: shared storage, copying inside the kernel, descriptors as paths.

A Python built against an older C library lacks some of it, and does what other systems do.

Sources: ioctl_ficlone(2), ioctl_ficlonerange(2), copy_file_range(2), open(2) on O_PATH, proc(5) on
/proc/self/fd, sched-stats in the kernel's documentation; asm-generic/ioctl.h and linux/falloc.h for
the numbers.
"""

import os
from errno import EAGAIN, ENOSYS, ENOTSUP
from fcntl import ioctl
from stat import S_ISREG

from pycp.system import posix

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.system.posix import Where

OTHER_NUMBERS = ("ppc", "mips", "sparc", "alpha", "parisc")
"""How the names of the machines begin on which the numbers of ioctls are not the usual ones."""


def to_write(letter: int, number: int, size_bytes: int, machine: str) -> int:
    """Return the number of an ioctl that takes so many bytes (the macro _IOW)."""
    direction = 1 << 31 if machine.startswith(OTHER_NUMBERS) else 1 << 30
    return direction | size_bytes << 16 | letter << 8 | number


MACHINE = os.uname().machine
FICLONE = to_write(0x94, 9, 4, MACHINE)

PATH_ONLY: int = getattr(os, "O_PATH", posix.PATH_ONLY)
UNNAMED: int = getattr(os, "O_TMPFILE", posix.UNNAMED)
_has_proc: bool | None = None
_has_labels: bool | None = None
flush = os.fsync
offload: "Callable[[int, int, int], int] | None" = getattr(os, "copy_file_range", posix.offload)


def _send(source_fd: int, destination_fd: int, length: int) -> int:
    return os.sendfile(destination_fd, source_fd, None, length)


send: "Callable[[int, int, int], int] | None" = _send if hasattr(os, "sendfile") else posix.send
"""Linux lets sendfile(2) write to a regular file; without an offset it moves that of the source."""


def reflink(destination_fd: int, source_fd: int, offset: int = 0) -> int:
    """Make the destination, from a byte on, share the source's storage.

    Return 0 or the error number.
    """
    try:
        if offset:
            from struct import pack

            place = pack("=qQQQ", source_fd, 0, 0, offset)  # struct file_clone_range
            ioctl(destination_fd, to_write(0x94, 13, len(place), MACHINE), place)
        else:
            ioctl(destination_fd, FICLONE, source_fd)
    except OSError as error:
        return error.errno or 0
    return 0


def punch_hole(fd: int, start: int, length: int) -> int:
    """Free what is allocated for a part of a file, its size kept; return 0 or the error number.

    Python has no fallocate(2); FS_IOC_UNRESVSP64 does the same, once XFS's own.
    """
    from struct import pack

    area = pack("hhqqiI16x", 0, 0, start, length, 0, 0)  # struct space_resv, from the beginning
    try:
        ioctl(fd, to_write(ord("X"), 43, len(area), MACHINE), area)
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
        fd = os.open("/proc/self/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return int(os.read(fd, 100).split()[1]) / 1e9  # after what it ran, in nanoseconds
        finally:
            os.close(fd)
    except (OSError, IndexError):
        return 0.0


def open_leased(name: str, flags: int, dir_fd: int | None) -> int:
    """Open a file that somebody holds a lease on, waiting until they give it up (fcntl(2)).

    Raise OSError as `open` does, or if the name no longer stands for a regular file.
    """
    if not PATH_ONLY:
        return posix.open_leased(name, flags, dir_fd)
    fd = os.open(name, PATH_ONLY | os.O_CLOEXEC | (flags & os.O_NOFOLLOW), dir_fd=dir_fd)
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


def has_labels() -> bool:
    """Return whether the kernel has SELinux, and it is for us as it is for libselinux."""
    global _has_labels
    if _has_labels is None:
        _has_labels = _look_for_labels()
    return _has_labels


def _look_for_labels() -> bool:
    try:
        found = os.statvfs("/sys/fs/selinux/enforce")
    except OSError:
        return False
    # A container sees the kernel's files read-only, and is not to mind them.
    return not found.f_flag & os.ST_RDONLY and os.access("/etc/selinux/config", os.F_OK)


def _path(fd: int) -> str | None:
    global _has_proc
    if _has_proc is None:
        _has_proc = os.access("/proc/self/fd", os.X_OK)
    return f"/proc/self/fd/{fd}" if _has_proc else None


def descriptor_path(fd: int) -> str:
    """Return a path that leads to what a descriptor holds; raise OSError if there is none."""
    path = _path(fd)
    if path is None:
        raise OSError(ENOTSUP, os.strerror(ENOTSUP))
    return path


def where(fd: int, name: str, dir_fd: int | None) -> "Where":
    """Return what names the file that `fd`, opened PATH_ONLY as `name`, refers to.

    Such a descriptor does not serve fchmod and its like, but the link in /proc leads to exactly
    the file it holds, even if that is a symbolic link.
    """
    return _path(fd) or (name, dir_fd)


def pin(name: str, dir_fd: int | None) -> "tuple[Where, int]":
    """Take hold of what has this name, links not followed: return Where and descriptor."""
    if not PATH_ONLY:
        return posix.pin(name, dir_fd)
    fd = os.open(name, PATH_ONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
    path = _path(fd)
    if path is None:
        os.close(fd)
        return posix.pin(name, dir_fd)
    return path, fd
