"""Atomic copies to one name at the same time: which files of others may be replaced as well.

A regular file in the place of another is one that a rival has completed, and replacing it is what
would happen if we had begun a moment later. A link or anything else may be a trap, and is refused.
"""

import stat

from pycp.engine.inherit import open_old
from pycp.errors import CopyError, replaced
from pycp.system.folder import identity, is_still

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.engine.job import Job
    from pycp.engine.pinned import Pinned
    from pycp.engine.temporary import TemporaryNames
    from pycp.entries import Entry

ATTEMPTS = 100
"""Times the file to be replaced may be another one when it is looked at again."""


def open_old_or_rival(
    job: "Job",
    entry: "Entry",
    place: "TemporaryNames",
    found: "os.stat_result",
    source: "os.stat_result",
) -> "Pinned":
    """Open the file to be replaced: the one that was found, or one that took its place.

    That must be a regular file itself. What a link leads to was chosen when it was found.
    """
    for _attempt in range(ATTEMPTS):
        try:
            return open_old(job, entry, found, source)
        except CopyError:
            now = place.look()
            if now is None or not _is_rival(now, found):
                raise
            found = now
    raise replaced(entry.destination)


def may_replace(now: "os.stat_result", found: "os.stat_result", place: "TemporaryNames") -> bool:
    """Return whether what is in a place now is what was found, or as good as that.

    A file a link leads to is not: somebody may have made the link lead there just now.
    """
    if identity(now) == identity(found) or (not place.is_elsewhere and _is_rival(now, found)):
        return True
    is_alike = stat.S_IFMT(now.st_mode) == stat.S_IFMT(found.st_mode)
    return is_alike and is_still(place.dir_fd, identity(now), identity(found))


def may_replace_unseen(job: "Job", entry: "Entry", now: "os.stat_result") -> bool:
    """Return whether a file that came where none was found may be replaced like an old one."""
    options = job.options
    return (
        stat.S_ISREG(now.st_mode)
        and not entry.is_surely_new
        and options.update == "all"
        and options.overwrite != "ask"
        and options.backup == "none"
    )


def _is_rival(now: "os.stat_result", found: "os.stat_result") -> bool:
    are_regular = stat.S_ISREG(now.st_mode) and stat.S_ISREG(found.st_mode)
    return are_regular and identity(now) != identity(found)
