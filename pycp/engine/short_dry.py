"""--dry-run in short: a new regular file in a directory that would be new as well."""

from os import R_OK
from stat import S_ISREG

from pycp import system
from pycp.engine.dry import attributes_of_copy
from pycp.system.nodes import Later
from pycp.system.overlay import Pretended
from pycp.values import FILES

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.system.folder import Folder


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

    def copy(folder: "Folder", name: str) -> bool:
        source, below = folder.source_directory, folder.destination_directory
        assert isinstance(source, Pretended)
        assert isinstance(below, Pretended)
        overlay = below.overlay
        node = below.node
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
        names = overlay.made.setdefault(below.id, {})
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
