"""A file the user has us write beside the copies: opened so that nothing of theirs is lost."""

import stat

from pycp import system
from pycp.errors import CopyError, failed
from pycp.quoting import quote_name
from pycp.system.folder import identity


def open_output(
    place: str, mode: int, operands: list[str], lists: list[str], what: str
) -> tuple[int, tuple[int, int] | None]:
    """Open a file to write to, empty it, and create it with `mode` if need be.

    Return a descriptor, and device and inode number of a regular file. Raise CopyError if it cannot
    be opened, or is an operand or a list that is read, which must not be written over; `what` says
    what it would be.
    """
    fd = -1
    try:
        fd = system.open(place, system.O_WRONLY | system.O_CREAT | system.O_CLOEXEC, mode)
        status = system.fstat(fd)
        if not stat.S_ISREG(status.st_mode):
            return fd, None
        for name in operands:
            if _identity_of(name) == identity(status):
                text = f"{quote_name(name)} cannot be copied and be {what} as well"
                raise CopyError(text, filename=name)
        for name in lists:
            if _identity_of("/dev/stdin" if name == "-" else name) == identity(status):
                text = f"{quote_name(name)} cannot be read as a list and be {what} as well"
                raise CopyError(text, filename=name)
        system.ftruncate(fd, 0)
        return fd, identity(status)
    except OSError as error:
        if fd >= 0:
            system.close(fd)
        raise failed("cannot open", place, error) from None


def _identity_of(name: str) -> tuple[int, int] | None:
    try:
        return identity(system.stat(name))
    except OSError:
        return None
