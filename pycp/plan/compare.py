"""How much of its source a destination holds: all (-C, spec 4), or what was begun (--resume)."""

import stat

from pycp import system
from pycp.system.folder import identity
from pycp.values import (
    BLOCK,
    GROUP_AND_OTHERS,
    PERMISSIONS,
    READ_AND_WRITE,
    SPECIAL_BITS,
    has_time_of,
    is_ours,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.entries import Entry, Final
    from pycp.options import CopyOptions

CHUNK = 128 * 1024
"""Bytes of each file compared at a time."""
WHOLE, IN_PART, NOTHING_OF_IT = "whole", "in part", "nothing of it"


def installed(
    entry: "Entry", final: "Final", is_dry_run: bool = False
) -> "tuple[os.stat_result, os.stat_result] | None":
    """Return the status of source and destination if nothing would change, else None.

    What cannot be looked at counts as different: installing will tell why. Times, extended
    attributes and access control lists are not compared. A dry run leaves times of last access
    alone where this user may.
    """
    folder = entry.folder
    try:
        source = folder.source_directory.stat(entry.source_name)
        destination = folder.destination_directory.stat(entry.destination_name, False)
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
        return found if _compare(entry, found, is_dry_run=is_dry_run) == WHOLE else None
    except OSError:
        return None


def is_begun(
    entry: "Entry",
    source: "os.stat_result",
    destination: "os.stat_result",
    follows: bool,
    may_be_whole: bool = False,
    is_dry_run: bool = False,
) -> bool:
    """Return whether a destination is its source in part, as left by an interruption.

    It may end early, or hold zeros where a range of its source is still to come. `follows` says
    that the source was reached through symbolic links, if it is one. All of it counts as well if
    it `may_be_whole`.
    """
    if may_be_whole and not stat.S_ISREG(source.st_mode):
        return _is_alike(entry, source, destination)
    if not (
        stat.S_ISREG(source.st_mode)
        and stat.S_ISREG(destination.st_mode)
        and destination.st_size <= source.st_size
    ):
        return False
    if not may_be_whole and has_time_of(source, destination):
        return False  # which is set when all is there
    shared = entry.compare and entry.compare(source, destination, True)
    if shared:
        difference, holds_part = shared
        if difference is None:
            return may_be_whole
        return holds_part
    try:
        found = _compare(entry, (source, destination), follows, is_dry_run)
    except OSError:
        return False
    return found == IN_PART or (may_be_whole and found == WHOLE)


def waits_for_attributes(
    source: "os.stat_result", destination: "os.stat_result", options: "CopyOptions"
) -> bool:
    """Return whether something is ours, open to nobody more than its source, and may lack anything.

    What is ours in the end is made with the permissions of its source, all else without some.
    """
    user = system.geteuid()
    is_link, mode = stat.S_ISLNK(source.st_mode), stat.S_IMODE(destination.st_mode)
    created = source.st_mode & PERMISSIONS | READ_AND_WRITE
    if not is_ours(source, destination, user) or (mode & ~created and not is_link):
        return False
    if not options.has_attributes(source, destination, user):
        return True
    if options.preserve_links and source.st_nlink > 1 and options.update != "older":
        return destination.st_nlink <= source.st_nlink  # other names of the set may be missing
    lacks_all = source.st_mode & options.withheld_bits(False) and not mode & GROUP_AND_OTHERS
    return not options.preserve_mode and bool(lacks_all) and not is_link


def _is_alike(entry: "Entry", source: "os.stat_result", destination: "os.stat_result") -> bool:
    """Return whether two symbolic links have the same text, or two nodes are of the same kind."""
    if stat.S_IFMT(source.st_mode) != stat.S_IFMT(destination.st_mode):
        return False
    if not stat.S_ISLNK(source.st_mode):
        return source.st_rdev == destination.st_rdev
    folder = entry.folder
    try:
        text = folder.destination_directory.readlink(entry.destination_name)
        return folder.source_directory.readlink(entry.source_name) == text
    except OSError:
        return False


def _is_plain(status: "os.stat_result") -> bool:
    return stat.S_ISREG(status.st_mode) and not status.st_mode & SPECIAL_BITS


def _compare(
    entry: "Entry",
    found: "tuple[os.stat_result, os.stat_result]",
    follows: bool = True,
    is_dry_run: bool = False,
) -> str:
    """Return how much of its source a destination holds: WHOLE, IN_PART or NOTHING_OF_IT."""
    # Nothing that blocks could have taken their places.
    flags = system.SOURCE_FLAGS | system.O_NONBLOCK
    no_follow = 0 if follows else system.O_NOFOLLOW
    open_file = _open_untraced if is_dry_run else system.open
    one = open_file(entry.source_name, flags | no_follow, dir_fd=entry.folder.source_fd)
    try:
        other = open_file(
            entry.destination_name, flags | system.O_NOFOLLOW, dir_fd=entry.folder.destination_fd
        )
        try:
            opened = system.fstat(one), system.fstat(other)
            if list(map(identity, opened)) != list(map(identity, found)):
                return NOTHING_OF_IT  # somebody replaced one of them
            result = WHOLE
            while True:
                data = system.read(one, CHUNK)
                # At the end of one, a byte more of the other is one too many.
                copied = system.read(other, len(data) or 1)
                if data != copied:
                    if not is_filled_in_part(copied, data):
                        return NOTHING_OF_IT
                    result = IN_PART
                if not copied:
                    return result
        finally:
            system.close(other)
    finally:
        system.close(one)


def is_filled_in_part(copied: bytes, data: bytes) -> bool:
    """Return whether each block is as in the source, but for zeros where it begins or ends."""
    if len(copied) > len(data):
        return False
    for start in range(0, len(copied), BLOCK):
        filled = copied[start : start + BLOCK].rstrip(b"\0")
        rest = filled.lstrip(b"\0")
        if not data.startswith(rest, start + len(filled) - len(rest)):
            return False
    return True


def _open_untraced(name: str, flags: int, *, dir_fd: int | None) -> int:
    """Open a file so that reading does not show, which its owner may ask for."""
    try:
        return system.open(name, flags | system.O_NOATIME, dir_fd=dir_fd)
    except PermissionError:
        return system.open(name, flags, dir_fd=dir_fd)
