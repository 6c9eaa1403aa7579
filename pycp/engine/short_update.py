"""-u and --update=none in short: whether a destination stays as it is, by two looks."""

from stat import S_ISREG

from pycp import system
from pycp.engine.tell import tell_left
from pycp.entries import Entry
from pycp.system.folder import identity
from pycp.values import PASSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.options import CopyOptions
    from pycp.system.folder import Folder

    IsNewer = Callable[[os.stat_result, os.stat_result, CopyOptions], bool]


def stays_as_it_is(job: "Job", is_newer: "IsNewer") -> "Callable[[Folder, str], bool]":
    """Return the function that tells of a file whose destination is to stay as it is."""
    options = job.options
    counts = job.tally.own
    goes_by_time = options.update == "older"
    keeps_links = options.preserve_links or goes_by_time  # which joins sets in any case
    reason = "not newer" if goes_by_time else "exists"
    report = job.report
    stat = system.stat
    # A link that is moved or taken away counts itself, not what it leads to.
    follows = options.backup == "none" and not options.remove_destination

    def stays(folder: "Folder", name: str) -> bool:
        try:
            source = stat(name, dir_fd=folder.source_directory.fd, follow_symlinks=False)
            if not S_ISREG(source.st_mode) or (keeps_links and source.st_nlink > 1):
                return False
            found = stat(name, dir_fd=folder.destination_directory.fd, follow_symlinks=follows)
        except OSError:
            return False
        if not S_ISREG(found.st_mode) or identity(found) == identity(source):
            return False
        if goes_by_time and is_newer(source, found, options):
            return False
        counts[PASSED] += source.st_size
        if report.hears:
            tell_left(report, Entry(folder, name), reason)
        return True

    return stays
