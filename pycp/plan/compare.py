"""Whether a destination already is what would be installed (-C, spec 4)."""

import stat

from pycp import system
from pycp.system.folder import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.values import Entry, Final

SPECIAL_BITS = 0o7000
CHUNK = 128 * 1024
"""Bytes of each file compared at a time."""


def installed(entry: "Entry", final: "Final") -> "tuple[os.stat_result, os.stat_result] | None":
    """Return the status of source and destination if nothing would change, else None.

    What cannot be looked at counts as different: installing will tell why. Times, extended
    attributes and access control lists are not compared.
    """
    folder = entry.folder
    try:
        source = system.stat(entry.source_name, dir_fd=folder.source_fd)
        destination = system.stat(
            entry.destination_name, dir_fd=folder.destination_fd, follow_symlinks=False
        )
        if not (
            _is_plain(source)
            and _is_plain(destination)
            and not final.mode & SPECIAL_BITS
            and stat.S_IMODE(destination.st_mode) == final.mode
            and source.st_size == destination.st_size
            and destination.st_uid == (system.getuid() if final.uid < 0 else final.uid)
            and destination.st_gid == (system.getgid() if final.gid < 0 else final.gid)
        ):
            return None
        found = source, destination
        return found if _have_same_contents(entry, found) else None
    except OSError:
        return None


def _is_plain(status: "os.stat_result") -> bool:
    return stat.S_ISREG(status.st_mode) and not status.st_mode & SPECIAL_BITS


def _have_same_contents(entry: "Entry", found: "tuple[os.stat_result, os.stat_result]") -> bool:
    # Nothing that blocks could have taken their places.
    flags = system.SOURCE_FLAGS | system.O_NONBLOCK
    one = system.open(entry.source_name, flags, dir_fd=entry.folder.source_fd)
    try:
        other = system.open(
            entry.destination_name, flags | system.O_NOFOLLOW, dir_fd=entry.folder.destination_fd
        )
        try:
            opened = system.fstat(one), system.fstat(other)
            if list(map(identity, opened)) != list(map(identity, found)):
                return False  # somebody replaced one of them
            while True:
                data = system.read(one, CHUNK)
                # At the end of one, a byte more of the other is one too many.
                if data != system.read(other, len(data) or 1):
                    return False
                if not data:
                    return True
        finally:
            system.close(other)
    finally:
        system.close(one)
