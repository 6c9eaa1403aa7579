"""--atomic for a new file: made without a name, which it gets when it is complete."""

from errno import EINVAL, EISDIR, ENOTSUP

from pycp import system
from pycp.engine.write import creation_error
from pycp.system.folder import release

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.entries import Entry

NEEDS_A_NAME = frozenset((EINVAL, EISDIR, ENOTSUP))
"""Errors of O_TMPFILE where a file cannot be made without a name."""


def open_unnamed(mode: int, dir_fd: int | None) -> int:
    """Make an empty file without a name; return a descriptor, -1 where that cannot be."""
    if not system.UNNAMED:
        return -1
    try:
        fd = system.open(
            ".", system.UNNAMED | system.O_RDWR | system.O_CLOEXEC, mode, dir_fd=dir_fd
        )
    except OSError as error:
        if error.errno not in NEEDS_A_NAME:
            raise
        return -1
    try:
        system.descriptor_path(fd)
    except OSError:
        release(fd)  # there is no way to name it without /proc
        return -1
    return fd


def unnamed_opener() -> "tuple[Callable[..., int], Callable[[Entry, int], None]]":
    """Return what makes a new file without a name, and what gives it one when it is complete.

    The first takes the arguments of `open`, and raises OSError where there are no such files.
    """

    def open_new(_name: str, _flags: int, mode: int, *, dir_fd: int | None) -> int:
        fd = open_unnamed(mode, dir_fd)
        if fd < 0:
            raise OSError(ENOTSUP, "")
        return fd

    def publish(entry: "Entry", fd: int) -> None:
        try:
            path, dir_fd = system.descriptor_path(fd), entry.folder.destination_fd
            system.link_following(path, entry.destination_name, fd, dir_fd)
        except OSError as error:
            raise creation_error(entry, error) from None

    return open_new, publish
