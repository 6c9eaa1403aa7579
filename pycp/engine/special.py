"""FIFOs, devices and sockets made as what they are (-R without --copy-contents)."""

import stat

from pycp import system
from pycp.engine.attributes import Made, apply_attributes
from pycp.engine.pinned import Pinned
from pycp.errors import CopyError, cannot, skipping
from pycp.quoting import quote_name
from pycp.system.folder import identity
from pycp.system.inside import call_below

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.job import Job
    from pycp.entries import Decision, Entry, Outcome


def make_special(job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome") -> None:
    """Make a node of the source's kind, with its attributes; raise CopyError if that fails."""
    source = decision.source_stat
    withheld = job.options.withheld_bits(False) & source.st_mode
    kind = stat.S_IFMT(source.st_mode)
    if not (decision.kind == "fifo" or kind in (stat.S_IFCHR, stat.S_IFBLK, stat.S_IFSOCK)):
        raise CopyError(f"{quote_name(entry.source)} has unknown file type", filename=entry.source)
    mode = stat.S_IMODE(source.st_mode) & ~withheld
    dir_fd, program = entry.folder.destination_fd, job.report.program
    try:
        if job.options.dry_run:
            from pycp.engine.dry import pretend_special

            pretend_special(job, entry, source)
        elif decision.kind == "fifo":
            call_below(system.mkfifo, program, dir_fd, entry.destination_name, mode)
        else:
            values = kind | mode, source.st_rdev
            call_below(system.mknod, program, dir_fd, entry.destination_name, *values)
    except OSError as error:
        what = "create fifo" if decision.kind == "fifo" else "create special file"
        raise cannot(what, entry.destination, error) from None
    finish_special(job, entry, decision, is_new=True)


def finish_special(job: "Job", entry: "Entry", decision: "Decision", is_new: bool) -> None:
    """Give a node its attributes; raise CopyError if it is not of the source's kind."""
    if job.options.dry_run:
        return
    source = decision.source_stat
    withheld = job.options.withheld_bits(False) & source.st_mode
    kind = stat.S_IFMT(source.st_mode)
    with Pinned(entry.destination_name, entry.folder.destination_fd, entry.destination) as made:
        # A second name would mean that somebody put a link of theirs in its place.
        if (
            stat.S_IFMT(made.status.st_mode) != kind
            or made.status.st_rdev != source.st_rdev
            or made.status.st_nlink != 1
        ):
            raise made.replaced()
        follows = decision.follows and system.PATH_ONLY != 0  # to open a device may do something
        with Pinned(entry.source_name, entry.folder.source_fd, entry.source, follows) as held:
            is_source = identity(held.status) == identity(source)
            if not is_source and not (decision.follows and isinstance(held.where, tuple)):
                raise skipping("file", entry.source)
            # What a link leads to cannot be held everywhere; the link has nothing to give.
            where = held.where if is_source else None
            apply_attributes(
                job, entry, source, Made(made.status, is_new, withheld, made.where, where)
            )
