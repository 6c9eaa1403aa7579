"""What an interrupted copy left: found complete, gone on with, or made again (--resume).

A regular file is complete if it has the size and the time of its source, since it gets its time
after all its data, and is nobody else's; else if both hold the same bytes, which alone counts where
a process was lost. Otherwise it goes on at the first difference, and what it holds from there is
cut off. A file with several names is never written into: it stays, complete, as the one copy of a
set of hard links, or makes way for a new one. Whatever stays gets its attributes again, which may
be missing.
"""

import stat

from pycp import system
from pycp.engine.attributes import set_attributes
from pycp.engine.file_copy import FileCopy
from pycp.engine.links import has_text, look_below, preserve_link_attributes
from pycp.engine.phase import Phase
from pycp.engine.regular import open_source
from pycp.engine.special import finish_special
from pycp.engine.steps import steps_of
from pycp.engine.verify import first_difference
from pycp.engine.write import narrow, open_existing
from pycp.entries import Decision
from pycp.errors import CopyError
from pycp.quoting import quote_name
from pycp.system.folder import identity, release
from pycp.values import (
    BLOCK,
    CHECKING,
    COMPARED,
    KEPT,
    OWNER_ALL,
    PERMISSIONS,
    READ_AND_WRITE,
    USER_WRITE,
    has_time_of,
    is_ours,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.engine.job import Job
    from pycp.entries import Entry

    Rest = tuple[Decision | None, str]


def resume(job: "Job", entry: "Entry", decision: Decision) -> "Rest":
    """Return what is left to do of a decision, nothing if the entry is complete, and a remark.

    What is missing of its attributes then it gets here.
    """
    if decision.destination_stat is None and not decision.removes_destination:
        earlier = decision.link_to if decision.is_unannounced else None  # -u has it join a set
        if earlier is None or not _is_linked(entry, earlier):
            return decision, ""
    shown = quote_name(entry.destination)
    rest: Decision | None = decision
    remark = f"replaced {shown}" if decision.removes_destination else ""
    if decision.link_to is not None:
        is_complete = _is_linked(entry, decision.link_to)
        rest = _refined(decision, True)  # to replace it would take a temporary name
        remark = f"replaced {shown}"
    elif decision.kind == "regular":
        rest, told = _resume_regular(job, entry, decision)
        is_complete, remark = rest is None, told or remark
    elif decision.kind == "symbolic":
        is_complete = has_text(entry, entry.source)
        if is_complete:
            preserve_link_attributes(job, entry, decision, owner=False)
    else:
        is_complete = decision.kind != "link" and _resume_node(job, entry, decision)
    if is_complete:
        return None, f"complete {shown}" if job.report.debug else ""
    return rest, remark


def _refined(
    decision: Decision, removes_destination: bool, is_begun: bool = False, start: int = 0
) -> Decision:
    """Return a decision that knows what was found as well."""
    return Decision(
        *(decision.kind, decision.source_stat, decision.follows, decision.link_to),
        *(decision.destination_stat, decision.backup, removes_destination),
        is_unannounced=decision.is_unannounced,
        is_begun=is_begun,
        start=start,
    )


def was_begun(job: "Job", source: "os.stat_result", status: "os.stat_result") -> bool:
    """Return whether something gets its mode as if it were new.

    An interrupted copy leaves the mode it was created with, but for what was lent to its owner. If
    the mode is preserved, it is the same in the end, and the owner can be let in meanwhile.
    """
    is_directory = stat.S_ISDIR(source.st_mode)
    if job.options.preserve_mode and (
        not is_directory or (not job.is_privileged and status.st_uid == job.euid)
    ):
        return True
    mode = stat.S_IMODE(status.st_mode)
    if is_directory:
        lent, asked_for = OWNER_ALL, source.st_mode & (PERMISSIONS | stat.S_ISVTX) | OWNER_ALL
        mode &= ~stat.S_ISGID  # which comes from the directory above
    else:
        lent, asked_for = READ_AND_WRITE, source.st_mode & PERMISSIONS
    created = asked_for & ~job.options.withheld_bits(is_directory) & ~job.umask
    return mode & created == created and mode | lent == created | lent


def _is_linked(entry: "Entry", earlier: "Entry") -> bool:
    """Return whether the destination is a link to the copy made earlier of the same file."""
    made = look_below(earlier.folder.destination_directory, earlier.destination_name)
    found = entry.folder.destination_directory.look(entry.destination_name)
    if made is None or found is None:
        return False  # linking will tell
    return identity(found) == identity(made)


def _is_kept_set(job: "Job", source: "os.stat_result", found: "os.stat_result") -> bool:
    """Return whether something complete with several names is kept for those of its source.

    Two sources never share one. What has names beyond them must not change with them.
    """
    if (
        not job.options.preserve_links
        or found.st_nlink > source.st_nlink
        or identity(found) in job.kept_sets
    ):
        return False
    job.kept_sets.add(identity(found))
    return True


def _resume_node(job: "Job", entry: "Entry", decision: Decision) -> bool:
    """Deal with a symbolic link, FIFO, socket or device; return whether it is complete."""
    source = decision.source_stat
    folder = entry.folder
    try:
        found = folder.destination_directory.stat(entry.destination_name, False)
        kinds = [(stat.S_IFMT(side.st_mode), side.st_rdev) for side in (source, found)]
        is_alike = kinds[0] == kinds[1] and is_ours(source, found, job.euid)
        if not (is_alike and job.has_label(entry, decision)):
            return False
        is_symlink = stat.S_ISLNK(source.st_mode)
        if is_symlink and not has_text(entry, folder.source_directory.readlink(entry.source_name)):
            return False
    except OSError:
        return False  # making it will tell
    if found.st_nlink > 1:
        return _is_kept_set(job, source, found)
    if is_symlink:
        preserve_link_attributes(job, entry, decision, owner=True)
    else:
        finish_special(job, entry, decision, was_begun(job, source, found))
    return True


def _resume_regular(job: "Job", entry: "Entry", decision: Decision) -> "Rest":
    """Deal with a regular file; return what is left to do, and a remark about that."""
    try:
        found = decision.destination_stat or entry.folder.destination_directory.stat(
            entry.destination_name, False
        )
        if (
            job.options.attributes_only
            or not stat.S_ISREG(decision.source_stat.st_mode)
            or not stat.S_ISREG(found.st_mode)
        ):
            return decision, ""
        source_fd, source = open_source(job, entry, decision)
    except OSError:
        return decision, ""  # copying will tell
    try:
        try:
            fd, status = _open_found(job, entry, found, source)
        except CopyError:
            raise
        except OSError:
            return decision, ""  # we may write, but not read it; or copying will tell
        try:
            if job.options.dry_run:
                from pycp.system.contents import read_untraced

                read_untraced(source_fd)
                read_untraced(fd)
            file = FileCopy(entry, source_fd, source, fd)
            file.destination = status
            rest, remark = _settle(job, file, decision)
            if rest is None and job.has_steps:
                for step in steps_of(job).kept:
                    step(file)
            return rest, remark
        finally:
            release(fd)
    finally:
        release(source_fd)


def _open_found(
    job: "Job", entry: "Entry", found: "os.stat_result", source: "os.stat_result"
) -> "tuple[int, os.stat_result]":
    """Open the destination to read it, or in a dry run what it would hold."""
    if job.options.dry_run:
        from pycp.system.contents import open_filled
        from pycp.system.overlay import Pretended

        directory = entry.folder.destination_directory
        if isinstance(directory, Pretended):
            fd = open_filled(directory, entry.destination_name)
            if fd is not None:
                return fd, found
    return open_existing(job, entry, found, source, system.SOURCE_FLAGS)


def _settle(job: "Job", file: FileCopy, decision: Decision) -> "Rest":
    """Finish a complete file, or return a decision where it goes on, and a remark about that."""
    options, entry = job.options, file.entry
    source, status = file.source, file.destination
    difference = None if _has_its_time(job, source, status) else _first_difference(job, file)
    if decision.removes_destination:  # it has several names
        is_complete = (
            difference is None
            and is_finished(job, source, status)
            and job.has_label(entry, decision)
            and _is_kept_set(job, source, status)
        )
        return None if is_complete else decision, ""
    is_begun = was_begun(job, source, status)
    if difference is None:
        if not options.dry_run:
            if job.labels is not None:
                with job.labels.making(entry, decision):
                    job.labels.relabel(file.destination_fd, entry.destination, status.st_mode)
            if is_begun and options.preserve_mode:
                narrow(file)
            if is_begun or job.sets_attributes:
                set_attributes(job, file, False, 0, is_begun)
        return None, ""
    start = 0
    if options.writes_in_place():
        if is_begun and not (status.st_mode & USER_WRITE or options.dry_run):
            _lend_write(file)
        if options.reflink != "always":
            is_exact = difference == status.st_size and options.sparse != "always"
            # A hole may have been filled, or zeros have become holes: not within a block.
            start = difference if is_exact else difference - difference % BLOCK
    job.tally.own[KEPT] += start
    goes_on = start and difference == status.st_size
    words = ("continued", "at") if goes_on else ("redid", "from")
    remark = f"{words[0]} {quote_name(entry.destination)} {words[1]} byte {start}"
    return _refined(decision, False, is_begun, start), remark


def _first_difference(job: "Job", file: FileCopy) -> int | None:
    """Compare two files; what is compared counts as done meanwhile, then what is right of it."""
    entry, tally = file.entry, job.tally
    kept = tally.own[KEPT]

    def count(size: int) -> None:
        tally.own[KEPT] += size
        tally.add(COMPARED, size)

    try:
        with Phase(tally, CHECKING):
            shared = entry.compare and entry.compare(file.source, file.destination, False)
            if shared:
                return shared[0]
            sides = (file.source_fd, entry.source), (file.destination_fd, entry.destination)
            return first_difference(*sides, False, count)
    finally:
        tally.own[KEPT] = kept


def _has_its_time(job: "Job", source: "os.stat_result", status: "os.stat_result") -> bool:
    """Return whether a file has size and time of its source, and they prove it complete.

    A time that somebody else may have set proves nothing.
    """
    return (
        job.options.believes_times()
        and is_ours(source, status, job.euid)
        and has_time_of(source, status)
    )


def is_finished(job: "Job", source: "os.stat_result", status: "os.stat_result") -> bool:
    """Return whether a file has its attributes, as it must before it gets a second name."""
    user = job.euid
    return is_ours(source, status, user) and job.options.has_attributes(source, status, user)


def _lend_write(file: FileCopy) -> None:
    """Let the owner write to a file that will have another mode in the end."""
    try:
        mode = stat.S_IMODE(file.destination.st_mode)
        system.set_mode(file.destination_fd, mode | READ_AND_WRITE)
    except OSError:
        pass  # not ours; opening it will tell
