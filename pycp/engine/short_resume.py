"""--resume in short: regular files found complete by two looks and what attributes the source has.

What a destination has beyond those stays as it is, so nobody asks for it.
"""

from itertools import islice
from stat import S_ISREG

from pycp import system
from pycp.values import COMPLETE, FILES, MISSING, PASSED, REGULAR, SKIPPED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycp.engine.job import Job
    from pycp.system.folder import Folder

    Item = tuple[str, int]
    PassOver = Callable[[Folder, Iterator[Item]], Item | None]

AT_A_TIME = 32
"""Files passed over before it is asked whether to stop."""
SOME = "", COMPLETE
"""Stands for files that were passed over."""


def passing_over(job: "Job") -> "PassOver | None":
    """Return the function that passes over files that are complete, if looks can tell.

    It takes from the entries of a directory, and returns the first that is something else, SOME
    after a while, or None at the end.

    Each comparison in it counts, as it is all that is done for a file: so there are no calls.
    """
    options = job.options
    if not (
        options.preserve_timestamps
        and options.preserve_mode
        and not job.has_steps
        and options.update == "all"
        and options.dereference != "always"
    ):
        return None
    from pycp.system.inside import way_inside

    inside = way_inside(job.report.program)
    counts = job.tally.own
    keeps_owner, euid = options.preserve_ownership, job.euid
    stat, names_of, is_regular = system.stat, system.xattr().names_of_path, S_ISREG

    def pass_over(folder: "Folder", entries: "Iterator[Item]") -> "Item | None":
        destination, source = folder.destination_directory.fd, folder.source_directory.fd
        files = passed = 0
        assert source is not None
        try:
            start = inside.enter(source)
        except OSError:
            return next(entries, None)
        try:
            for entry in islice(entries, AT_A_TIME):
                name, kind = entry
                if kind != REGULAR:
                    return entry
                try:
                    try:
                        found = stat(name, dir_fd=destination, follow_symlinks=False)
                    except FileNotFoundError:
                        return name, MISSING
                    known = stat(name, dir_fd=source, follow_symlinks=False)
                    mode, inode, device, links, owner, group, length, _, _, _ = known
                    there, number, place, count, user, team, size, _, _, _ = found
                    if not (
                        mode == there
                        and length == size
                        # As values.has_time_of says.
                        and known.st_mtime_ns == found.st_mtime_ns != found.st_ctime_ns
                        and is_regular(mode)
                        and links == count == 1
                        # If the owner is kept, whoever has it has ours as well.
                        and (user == owner or (user == euid and not keeps_owner))
                        and (team == group or not keeps_owner)
                        and not (number == inode and place == device)
                        and not names_of(start + name)
                    ):
                        return entry
                except OSError:
                    return entry  # the way of its kind will tell
                files += 1
                passed += length
        finally:
            inside.leave()
            counts[FILES] += files
            counts[SKIPPED] += files
            counts[PASSED] += passed
        return SOME if files == AT_A_TIME else None

    return pass_over
