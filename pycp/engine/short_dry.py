"""--dry-run in short: a new regular file or directory in one that would be new as well."""

from os import R_OK
from stat import S_IFDIR, S_IMODE, S_ISREG

from pycp import system
from pycp.engine.attributes import Made
from pycp.engine.directory import Filled
from pycp.engine.dry import attributes_of_copy
from pycp.entries import Entry
from pycp.system.folder import CLOSED, Directory, Folder, release
from pycp.system.nodes import Node, new_status
from pycp.system.overlay import Pretended
from pycp.values import DIRECTORIES, FILES, MADE

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from typing import Any

    from pycp.engine.job import Job
    from pycp.plan.links import Memory
    from pycp.system.overlay import Names


def pretending_copier(job: "Job") -> "Callable[[Folder, str], bool]":
    """Return the function that pretends to copy a regular file, which only its name must be told.

    The function returns False, and has done nothing, where there is more to it.
    """
    tally = job.tally
    counts = tally.own
    announce = job.announcer()
    keeps_links = job.options.preserve_links
    look, may = system.stat, system.access

    def known(status: "os.stat_result") -> dict[str, int]:
        return attributes_of_copy(job, status)

    last: Folder | None = None
    names: Names = {}

    def copy(folder: "Folder", name: str) -> bool:
        nonlocal last, names
        source: Any = folder.source_directory  # both are Pretended
        below: Any = folder.destination_directory
        overlay, node = below.overlay, below.node
        if node is None or node.is_finished or source.node is not None or overlay.changed:
            return False
        try:
            status = look(name, dir_fd=source.fd, follow_symlinks=False)
            if (
                not S_ISREG(status.st_mode)
                or (keeps_links and status.st_nlink > 1)
                or not may(name, R_OK, dir_fd=source.fd, effective_ids=True)
            ):
                return False
        except OSError:
            return False
        if folder is not last:
            last, names = folder, overlay.made.setdefault(below.id, {})
        if name in names:
            return False
        overlay.numbers += 1
        names[name] = status, known, source, overlay.numbers
        tally.folder, tally.name = folder, name
        if announce is not None:
            announce(folder, name)
        counts[FILES] += 1
        return True

    return copy


def pretending_maker(job: "Job", memory: "Memory") -> "Callable[[Folder, str], Filled | None]":
    """Return the function that pretends to make a directory, and opens its source.

    The function returns None if that is for the general way; nothing has happened then.
    """
    counts = job.tally.own
    announce = job.announcer()
    open_file, status_of = system.open, system.fstat
    owner = {"st_uid": system.geteuid(), "st_gid": system.getegid()}

    def make(folder: Folder, name: str) -> Filled | None:
        above: Any = folder.source_directory  # both are Pretended
        into: Any = folder.destination_directory
        overlay, node = into.overlay, into.node
        if node is None or node.is_finished or above.node is not None or overlay.changed:
            return None
        names = overlay.made.setdefault(into.id, {})
        if name in names:
            return None
        try:
            source_fd = open_file(name, system.DIRECTORY_ITSELF_FLAGS, dir_fd=above.fd)
        except OSError:
            return None
        try:
            source = status_of(source_fd)
        except OSError:
            release(source_fd)
            return None
        key = source.st_dev, source.st_ino
        if memory.has_met(key):
            release(source_fd)
            return None
        device, number = into.id[0], overlay.numbers + 1
        known = {"st_mode": S_IFDIR | S_IMODE(source.st_mode), **owner}
        made = Node(lambda: new_status(source, device, number, known), "", into)
        overlay.numbers, names[name] = number, made
        origin = Pretended(Directory(above, name, source_fd), overlay)
        origin.id = key
        destination = Pretended(Directory(into, name, CLOSED), overlay, made)
        destination.id = device, -number
        inner = Folder(folder, origin, destination, True)
        counts[DIRECTORIES] += 1
        counts[MADE] += 1
        if announce is not None:
            try:
                announce(folder, name)
            except BaseException:
                inner.close()
                raise
        return Filled(Entry(folder, name), inner, source, Made(source, True, 0))

    return make
