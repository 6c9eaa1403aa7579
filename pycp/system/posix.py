"""What every POSIX system offers, and the documented default of what only some do.

A function here is the meaning; `linux` replaces some of them with a better way. `Where` names a
file for the calls that set attributes: a descriptor, a path that leads to nothing but that file,
or, where a system has neither, a name below a directory descriptor that is not followed.
"""

import _signal  # type: ignore[import-not-found]  # signal imports enum
import errno
import os
from errno import EDQUOT, EEXIST, EINVAL, ENOSPC, ENOSYS, ENOTSUP, ENOTTY, EPERM
from stat import S_ISREG

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Where = int | str | tuple[str, int | None]

ENDING = (_signal.SIGHUP, _signal.SIGINT, _signal.SIGQUIT, _signal.SIGTERM)
"""Signals that users end a program with."""
ALSO_ENDING = (_signal.SIGPIPE, _signal.SIGXCPU, _signal.SIGXFSZ, _signal.SIGALRM)
"""Further signals that end a process which does not mind them, and may come while we copy."""
TIMING = (_signal.SIGALRM, _signal.SIGVTALRM, _signal.SIGPROF)
"""Signals by which a program may set itself a limit: their handlers raise then."""
ASKING = tuple(getattr(_signal, name) for name in ("SIGUSR1", "SIGINFO") if hasattr(_signal, name))
"""Signals that users ask a program with how far it is; the terminal of BSD has a key for one."""

NO_ATTRIBUTE: int = getattr(errno, "ENOATTR", 0) or errno.ENODATA
"""Error of a file that has no such extended attribute; BSD and macOS have one of their own."""

UNSUPPORTED = frozenset((ENOTSUP, ENOSYS))
"""Errors that say there are no attributes at all; any other one says that they are not known."""

PATH_ONLY = 0
"""Open flag for a descriptor that serves as a place only and needs no permission on the file."""

NEVER_REPLACES = frozenset((EEXIST, EPERM))
"""Errors of a rename to a name that is taken, where none is ever replaced (sshfs says EPERM)."""

is_ours = False
"""Whether all of this process is ours: nobody else in it goes by the working directory."""

UNNAMED = 0
"""Open flag for a new file without a name, in the directory opened; 0 where there is none."""

offload: "Callable[[int, int, int], int] | None" = None
"""Copy up to N bytes inside the kernel, from both offsets (copy_file_range)."""


send: "Callable[[int, int, int], int] | None" = None
"""Copy up to N bytes from offset to offset through the cache of files (sendfile between files)."""


def reflink(destination_fd: int, source_fd: int, offset: int = 0) -> int:
    """Make the destination, from a byte on, share the source's storage.

    Return 0 or the error number.
    """
    return ENOTSUP


def punch_hole(fd: int, start: int, length: int) -> int:
    """Free what is allocated for a part of a file, its size kept; return 0 or the error number."""
    return ENOTSUP


def above_standard(fd: int) -> int:
    """Return a duplicate of a descriptor that is none of the standard three."""
    import fcntl

    if hasattr(fcntl, "F_DUPFD_CLOEXEC"):
        return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 3)
    above = fcntl.fcntl(fd, fcntl.F_DUPFD, 3)
    os.set_inheritable(above, False)
    return above


def flush(fd: int) -> None:
    """Have data and attributes of a file or directory written to disk, past the cache of the disk.

    fsync does that on most systems; macOS has another call, which not all its file systems know.
    """
    import fcntl

    if hasattr(fcntl, "F_FULLFSYNC"):
        try:
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
            return
        except OSError as error:
            if error.errno not in (EINVAL, ENOTSUP, ENOTTY):
                raise
    os.fsync(fd)


def drop_cached(fd: int) -> None:
    """Have what is on disk of a file read from there the next time, where a call asks for that."""
    try:
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
            return
        import fcntl

        if hasattr(fcntl, "F_NOCACHE"):  # macOS
            fcntl.fcntl(fd, fcntl.F_NOCACHE, 1)
    except OSError:
        pass  # it is advice, and not every file system takes it


def umask() -> int:
    """Return the file mode creation mask.

    POSIX has no call that only reads it, so for a moment it is the strictest one.
    """
    mask = os.umask(0o777)
    os.umask(mask)
    return mask


def host_name() -> str:
    """Return what this machine calls itself."""
    return os.uname().nodename


def queued() -> float:
    """Return how many seconds this process was ready to run and found no processor free.

    Without an answer it is none.
    """
    return 0.0


def where(fd: int, name: str, dir_fd: int | None) -> "Where":
    """Return what names the file that `fd`, perhaps opened PATH_ONLY as `name`, refers to."""
    return fd


def descriptor_path(fd: int) -> str:
    """Return a path that leads to what a descriptor holds; raise OSError if there is none."""
    raise OSError(ENOTSUP, os.strerror(ENOTSUP))


def pin(name: str, dir_fd: int | None) -> "tuple[Where, int]":
    """Take hold of whatever has this name, links not followed: return its Where and a descriptor.

    The descriptor, -1 if there is none, must be closed afterwards. Without PATH_ONLY descriptors a
    link, a FIFO or a device cannot be held, and its name must do.
    """
    return (name, dir_fd), -1


def open_leased(name: str, flags: int, dir_fd: int | None) -> int:
    """Open a file that somebody holds a lease on, waiting until they give it up."""
    return os.open(name, flags & ~os.O_NONBLOCK, dir_fd=dir_fd)


def _attribute_call(call: "Callable[..., None]", target: "Where", *values: "object") -> None:
    if isinstance(target, tuple):
        name, dir_fd = target
        try:
            # "." is never a link, and not every system can set the mode of what might be one.
            call(name, *values, dir_fd=dir_fd, follow_symlinks=name == ".")
        except (NotImplementedError, ValueError):  # the latter says so of the two together
            raise OSError(ENOTSUP, os.strerror(ENOTSUP)) from None
    else:
        call(target, *values)


def set_mode(target: "Where", mode: int) -> None:
    """Set the permission and special bits (POSIX chmod)."""
    _attribute_call(os.chmod, target, mode)


def set_owner(target: "Where", uid: int, gid: int) -> None:
    """Set owner and group; -1 leaves one alone (POSIX chown)."""
    _attribute_call(os.chown, target, uid, gid)


def set_times(target: "Where", atime_ns: int, mtime_ns: int) -> None:
    """Set the times of last access and modification, in nanoseconds (POSIX utimensat)."""
    if isinstance(target, tuple):
        os.utime(target[0], ns=(atime_ns, mtime_ns), dir_fd=target[1], follow_symlinks=False)
    else:
        os.utime(target, ns=(atime_ns, mtime_ns))


def has_access_list(fd: int) -> bool:
    """Return whether a file has a POSIX access control list, which only Linux gives to files."""
    return False


def has_labels() -> bool:
    """Return whether files have labels of SELinux, which are to be minded."""
    return False


def stat_of(target: "Where") -> os.stat_result:
    """Return the status of the file itself."""
    if isinstance(target, tuple):
        return os.stat(target[0], dir_fd=target[1], follow_symlinks=False)
    return os.stat(target)


class Undisturbed:
    """While it lasts nobody ends the process, which would leave something temporary behind.

    No handler of these signals raises meanwhile either.
    """

    def __init__(self, numbers: "Iterable[int]" = (*ENDING, *TIMING)) -> None:
        self._numbers = numbers

    def __enter__(self) -> None:
        self._mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, ())
        try:
            _signal.pthread_sigmask(_signal.SIG_BLOCK, self._numbers)
        except BaseException:  # from a handler, for a signal that came just before
            _signal.pthread_sigmask(_signal.SIG_SETMASK, self._mask)
            raise

    def __exit__(self, *_error: object) -> None:
        _signal.pthread_sigmask(_signal.SIG_SETMASK, self._mask)


def link_following(
    source: str, destination: str, source_dir_fd: int | None, destination_dir_fd: int | None
) -> None:
    """Make a hard link to what `source` leads to, symbolic links followed (linkat)."""
    # CPython follows only when it is given a directory descriptor: without one it calls link(2),
    # which on Linux never follows.
    here = os.open(".", os.O_RDONLY | os.O_CLOEXEC | PATH_ONLY) if source_dir_fd is None else -1
    try:
        os.link(
            source,
            destination,
            src_dir_fd=here if source_dir_fd is None else source_dir_fd,
            dst_dir_fd=destination_dir_fd,
            follow_symlinks=True,
        )
    finally:
        if here >= 0:
            os.close(here)


def link_itself(
    source: str, destination: str, source_dir_fd: int | None, destination_dir_fd: int | None
) -> None:
    """Make a hard link to `source`, even if that is a symbolic link (linkat)."""
    os.link(
        source,
        destination,
        src_dir_fd=source_dir_fd,
        dst_dir_fd=destination_dir_fd,
        follow_symlinks=False,
    )


def rename_exclusively(name: str, new_name: str, dir_fd: int | None) -> None:
    """Rename below one directory, never replacing anything.

    Raise FileExistsError if `new_name` is taken. The `os` module has no RENAME_NOREPLACE: an empty
    file claims the name first, and gives way in the one step of the rename. Where no rename
    replaces anything, as over SFTP, the claim itself is in the way, and not needed either.
    """
    with Undisturbed():
        is_claimed = _claim(new_name, dir_fd)
        try:
            os.rename(name, new_name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
            return
        except OSError as error:
            if not is_claimed:
                raise
            _give_up(new_name, dir_fd)
            if error.errno not in NEVER_REPLACES:
                raise
        os.rename(name, new_name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)


def _claim(name: str, dir_fd: int | None) -> bool:
    """Make an empty file; return False if there is no room for one, but enough to rename."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    is_made = False
    try:
        fd = os.open(name, flags, 0o600, dir_fd=dir_fd)
        is_made = True
        os.close(fd)
    except OSError as error:
        if is_made:
            _give_up(name, dir_fd)
        if error.errno not in (ENOSPC, EDQUOT):
            raise
        return False
    return True


def _give_up(name: str, dir_fd: int | None) -> None:
    """Remove what claimed a name, unless somebody's file took its place: that is not empty."""
    try:
        status = os.stat(name, dir_fd=dir_fd, follow_symlinks=False)
        if S_ISREG(status.st_mode) and not status.st_size:
            os.unlink(name, dir_fd=dir_fd)
    except OSError:
        pass  # what went wrong before is told
