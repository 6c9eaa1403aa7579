"""What a new file takes over from the one it replaces: what writing into that would have kept.

This comes before the data, so that writing takes from the new file what it would have taken from
the old one: set-id bits, and capabilities.
"""

import stat
from errno import EACCES, EINVAL, EPERM, ETXTBSY

from pycp import system
from pycp.engine.attributes import TOLERATED, mode_error, set_exact_mode
from pycp.engine.pinned import Pinned
from pycp.engine.write import open_existing
from pycp.engine.xattrs import ACCESS_LIST, PERMISSION_LISTS
from pycp.errors import failed
from pycp.quoting import quote_name
from pycp.values import ALL_BITS, PERMISSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.engine.job import Job
    from pycp.entries import Entry

GROUP = stat.S_IRWXG
NOT_OURS = frozenset((EACCES, EINVAL, EPERM))
"""Errors of attributes that this user may not see or set."""


def open_old(
    job: "Job", entry: "Entry", found: "os.stat_result", source: "os.stat_result"
) -> Pinned:
    """Open the file to be replaced as if to write into it: who may not, may not replace it."""
    try:
        return Pinned.opened(*open_existing(job, entry, found, source), entry.destination)
    except OSError as error:
        if error.errno != ETXTBSY:
            raise
    # A program that is running may be replaced: it keeps its own file.
    held = Pinned(entry.destination_name, entry.folder.destination_fd, entry.destination, True)
    if not held.is_still(found):
        held.let_go()
        raise held.replaced()
    return held


def inherit(entry: "Entry", old: Pinned, fd: int) -> None:
    """Give a new, empty file owner, extended attributes, access list and mode of an old one.

    Raise CopyError if one cannot be set that this user may set.
    """
    status = old.status
    mode = stat.S_IMODE(status.st_mode)
    new = system.fstat(fd)
    if (new.st_uid, new.st_gid) != (status.st_uid, status.st_gid):
        mode &= _give(entry, status, fd)
    has_list = _copy_attributes(entry, old.where, fd)
    try:
        if has_list:
            system.set_mode(fd, mode)
        else:
            set_exact_mode(fd, mode)
    except OSError as error:
        raise mode_error("preserving permissions for", entry, error) from None


def _give(entry: "Entry", status: "os.stat_result", fd: int) -> int:
    """Give the file to the old one's owner and group, or just to the group.

    Return the bits of the mode that may stay, as far as this user may not do that.
    """
    attempts = ((status.st_uid, ALL_BITS), (-1, PERMISSIONS))
    for uid, bits in attempts:
        try:
            system.set_owner(fd, uid, status.st_gid)
            return bits
        except OSError as error:
            if error.errno not in TOLERATED:
                raise failed("failed to preserve ownership for", entry.destination, error) from None
    # It has a group of ours then, which gets no more than all others had.
    return PERMISSIONS & ~GROUP | (status.st_mode << 3 & GROUP)


def _copy_attributes(entry: "Entry", old: "system.Where", fd: int) -> bool:
    """Copy all attributes this user may copy; return whether there is an access list among them."""
    try:
        names = system.xattr().list_names(old)
    except OSError as error:
        if error.errno not in system.UNSUPPORTED:
            raise failed("listing attributes of", entry.destination, error) from None
        return False
    for name in names:
        try:
            system.xattr().set_value(fd, name, system.xattr().get_value(old, name))
        except OSError as error:
            if name in PERMISSION_LISTS or error.errno not in system.UNSUPPORTED | NOT_OURS:
                what = f"setting attribute {quote_name(name)} for"
                raise failed(what, entry.destination, error) from None
    return ACCESS_LIST in names
