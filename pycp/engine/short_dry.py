"""--dry-run in short: a new regular file in a directory that would be new as well."""

from os import R_OK
from stat import S_ISREG

from pycp import system
from pycp.engine.dry import attributes_of_copy
from pycp.system.nodes import Later
from pycp.values import FILES

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from typing import Any

    from pycp.engine.job import Job
    from pycp.system.folder import Folder
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
        names[name] = Later(status, known, source, overlay.numbers)
        tally.folder, tally.name = folder, name
        if announce is not None:
            announce(folder, name)
        counts[FILES] += 1
        return True

    return copy
