"""What a dry run reads: what files would hold that it pretends to have written, their sources."""

from errno import EACCES, ENOENT
from os import R_OK

from pycp import system
from pycp.system.folder import identity
from pycp.system.nodes import Node
from pycp.system.overlay import Pretended


def fill(directory: Pretended, name: str, source: Pretended, source_name: str) -> None:
    """Remember that a file below a directory, links followed, holds what a source does."""
    copied = source.stat(source_name)
    directory.overlay.fill(directory.stat(name), copied, source, source_name)


def open_filled(directory: Pretended, name: str) -> int | None:
    """Return a descriptor to read what a file would hold; None if that is what it really holds.

    Raise OSError if this user could not read it.
    """
    status, place = directory.find(name, False)
    held = directory.overlay.contents.get(identity(status))
    if held is None:
        if isinstance(place, Node):
            raise OSError(ENOENT, "")
        return None
    if not directory.may(R_OK, name):
        raise OSError(EACCES, "")
    source, source_name = held
    was_closed = not source.is_open
    try:
        source.reopen()
        return system.open(source_name, system.SOURCE_FLAGS | system.O_NONBLOCK, dir_fd=source.fd)
    finally:
        if was_closed:
            source.close()


def read_untraced(fd: int) -> None:
    """Leave the time of last access alone while a file is read, if it is ours."""
    import fcntl

    try:
        fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | system.O_NOATIME)
    except OSError:
        pass  # only its owner may ask for that
