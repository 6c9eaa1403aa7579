"""-u and --update=none in short: files whose destination stays as it is, found so by two looks."""

from itertools import islice
from stat import S_ISREG

from pycp import system
from pycp.engine.short_resume import AT_A_TIME, SOME
from pycp.engine.tell import tell_left
from pycp.entries import Entry
from pycp.values import FILES, MISSING, PASSED, REGULAR, SKIPPED

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from pycp.engine.job import Job
    from pycp.engine.short_resume import Item, PassOver
    from pycp.options import CopyOptions
    from pycp.system.folder import Folder

    IsNewer = Callable[[os.stat_result, os.stat_result, CopyOptions], bool]


def leaving(job: "Job", is_newer: "IsNewer") -> "PassOver":
    """Return the function that passes over what stays, as `short_resume.passing_over` does."""
    options = job.options
    counts = job.tally.own
    goes_by_time = options.update == "older"
    keeps_links = options.preserve_links or goes_by_time  # which joins sets in any case
    reason = "not newer" if goes_by_time else "exists"
    report, hears = job.report, job.report.hears
    stat, is_regular = system.stat, S_ISREG
    # A link that is moved or taken away counts itself, not what it leads to.
    follows = options.backup == "none" and not options.remove_destination

    def pass_over(folder: "Folder", entries: "Iterator[Item]") -> "Item | None":
        destination, source = folder.destination_directory.fd, folder.source_directory.fd
        files = passed = 0
        try:
            for entry in islice(entries, AT_A_TIME):
                name, kind = entry
                if kind != REGULAR:
                    return entry
                try:
                    try:
                        found = stat(name, dir_fd=destination, follow_symlinks=follows)
                    except FileNotFoundError:
                        return name, MISSING
                    known = stat(name, dir_fd=source, follow_symlinks=False)
                except OSError:
                    return entry  # the way of its kind will tell
                if not (
                    is_regular(known.st_mode)
                    and is_regular(found.st_mode)
                    and (known.st_nlink == 1 or not keeps_links)
                    and not (known.st_ino == found.st_ino and known.st_dev == found.st_dev)
                    and not (
                        goes_by_time
                        and known.st_mtime_ns > found.st_mtime_ns
                        and is_newer(known, found, options)
                    )
                ):
                    return entry
                files += 1
                passed += known.st_size
                if hears:
                    tell_left(report, Entry(folder, name), reason)
        finally:
            counts[FILES] += files
            counts[SKIPPED] += files
            counts[PASSED] += passed
        return SOME if files == AT_A_TIME else None

    return pass_over
