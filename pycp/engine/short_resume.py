"""--resume in short: a regular file found complete by two looks and what attributes its source has.

What the destination has beyond those stays as it is, so nobody asks for it.
"""

from stat import S_ISREG

from pycp import system
from pycp.engine.short_regular import SOURCE_FLAGS
from pycp.values import FILES, PASSED, SKIPPED, has_time_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.system.folder import Folder


def resumed_copier(
    job: "Job", copy_new: "Callable[[Folder, str], bool]"
) -> "Callable[[Folder, str], bool]":
    """Return the function that copies a regular file, or finds it complete by two looks.

    The function returns False, and has done nothing, where that takes more than looks.
    """
    options = job.options
    counts = job.tally.own
    look, xattr = system.stat, system.xattr()
    list_names, names_of_open = xattr.list_names, xattr.names_of_open
    open_file, status_of, close = system.open, system.fstat, system.close
    keeps_owner, euid = options.preserve_ownership, job.euid
    decides = (
        options.preserve_timestamps
        and options.preserve_mode
        and not job.has_steps
        and not job.report.debug
        and options.update == "all"
        and options.dereference != "always"
    )

    def copy(folder: "Folder", name: str) -> bool:
        if folder.is_new:
            return copy_new(folder, name)
        if not decides:
            return False
        try:
            found = look(name, dir_fd=folder.destination_directory.fd, follow_symlinks=False)
        except FileNotFoundError:
            return copy_new(folder, name)
        except OSError:
            return False
        try:
            try:
                source_fd = open_file(name, SOURCE_FLAGS, dir_fd=folder.source_directory.fd)
            except PermissionError:  # it need not be read
                place = folder.source_directory.fd
                source = look(name, dir_fd=place, follow_symlinks=False)
                names = list_names((name, place))
            else:
                try:
                    source, names = status_of(source_fd), names_of_open(source_fd)
                finally:
                    close(source_fd)
            mode, owner = source.st_mode, source.st_uid
            if (
                names
                or mode != found.st_mode
                or not S_ISREG(mode)
                or not source.st_nlink == found.st_nlink == 1
                or (source.st_ino == found.st_ino and source.st_dev == found.st_dev)
                or not has_time_of(source, found)
                # If the owner is kept, whoever has it has ours as well.
                or (found.st_uid != owner and (keeps_owner or found.st_uid != euid))
                or (keeps_owner and found.st_gid != source.st_gid)
            ):
                return False
        except OSError:
            return False
        counts[FILES] += 1
        counts[SKIPPED] += 1
        counts[PASSED] += source.st_size
        return True

    return copy
