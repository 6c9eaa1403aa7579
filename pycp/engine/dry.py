"""--dry-run: what the real run would say is said, and what it would do is only remembered.

Everything is decided as usual, in directories where nothing is really done (`system.overlay`), so
later decisions see what came before. What a look can tell fails here as it would: permissions,
names in the way, files of somebody else. What only acting shows, such as a full disk, does not.
"""

import stat
import time
from errno import EPERM

from pycp import system
from pycp.system.overlay import Pretended
from pycp.values import NEW_MODE, PERMISSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.engine.job import Job
    from pycp.entries import Entry


def directories(entry: "Entry") -> tuple[Pretended, Pretended]:
    """Return where an entry comes from and where it goes."""
    source, destination = entry.folder.source_directory, entry.folder.destination_directory
    assert isinstance(source, Pretended)
    assert isinstance(destination, Pretended)
    return source, destination


def attributes_of_copy(job: "Job", source: "os.stat_result") -> dict[str, int]:
    """Return what a copy would look like, where it is not like its source."""
    options = job.options
    known: dict[str, int] = {"st_mode": source.st_mode}
    if not options.preserve_mode:
        kind, mode = stat.S_IFMT(source.st_mode), source.st_mode & PERMISSIONS
        known["st_mode"] = kind | ((NEW_MODE if options.explicit_no_mode else mode) & ~job.umask)
    if not options.preserve_timestamps:
        known["st_mtime_ns"] = time.time_ns()
    known["st_ctime_ns"] = time.time_ns()
    if not (options.preserve_ownership and job.is_privileged):
        known["st_uid"], known["st_gid"] = system.geteuid(), system.getegid()
    return known


def pretend_symlink(
    job: "Job", entry: "Entry", source: "os.stat_result", text: str, name: str
) -> None:
    """Pretend to make a symbolic link, perhaps under a temporary name."""
    known = attributes_of_copy(job, source)
    known["st_mode"] = stat.S_IFLNK | PERMISSIONS
    directories(entry)[1].make(name, source, known, text)


def pretend_special(job: "Job", entry: "Entry", source: "os.stat_result") -> None:
    """Pretend to make a FIFO, socket or device; raise OSError as that would."""
    is_device = stat.S_ISCHR(source.st_mode) or stat.S_ISBLK(source.st_mode)
    name, below = entry.destination_name, directories(entry)[1]
    below.make(name, source, attributes_of_copy(job, source))
    if is_device and not job.is_privileged:
        below.unlink(name)
        raise OSError(EPERM, "")
