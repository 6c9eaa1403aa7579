"""One regular file, or anything else read as a stream: open, data, attributes, close.

The source is opened before the destination is touched, so an unreadable source costs nothing (GNU
unlinks first). A backup is the exception: it is moved away first, as GNU does, and moved back.
"""

import stat
from errno import ENOENT

from pycp import system
from pycp.engine.contents import copy_contents
from pycp.engine.data import FATAL_ANYWAY
from pycp.engine.file_copy import FileCopy
from pycp.engine.write import (
    announce,
    close,
    close_after,
    create,
    creation_error,
    narrow,
    open_existing,
    open_file,
    prepare,
    remove,
    require_taken,
    truncate,
)
from pycp.errors import CopyError, cannot, cannot_read, skipping
from pycp.system.folder import identity, release
from pycp.values import PERMISSIONS, USER_WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from pycp.engine.job import Job
    from pycp.engine.steps import Step
    from pycp.entries import Decision, Entry, Outcome


def copy_regular(job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome") -> None:
    """Copy one file's data and attributes; raise CopyError with GNU's message."""
    if decision.backup is not None:
        prepare(job, entry, decision, outcome)
        source_fd, source = open_source(job, entry, decision)
    else:
        try:
            source_fd, source = open_source(job, entry, decision)
        except CopyError:
            announce(job, entry, decision)
            raise
        try:
            prepare(job, entry, decision, outcome)
        except BaseException:
            release(source_fd)
            raise
    file = FileCopy(entry, source_fd, source)
    try:
        try:
            _copy_opened(job, file, decision, outcome)
        except BaseException as error:
            close_after(job, error, source_fd, entry, is_source=True)
            if job.report.debug and isinstance(error, CopyError) and not error.is_told:
                job.report.failed(error)  # GNU tells it first
                error.is_told = True
            raise
        close(source_fd, entry, is_source=True)
    finally:
        outcome.method, outcome.bytes = file.method, file.size
        if job.report.debug and not job.options.attributes_only:
            job.report.line(file.words)


def open_source(job: "Job", entry: "Entry", decision: "Decision") -> "tuple[int, os.stat_result]":
    """Open the source; it must still be what was decided on."""
    flags = system.SOURCE_FLAGS
    if not decision.follows:
        flags |= system.O_NOFOLLOW
    if stat.S_ISREG(decision.source_stat.st_mode):
        flags |= system.O_NONBLOCK  # a FIFO that took its place must not make us wait
    try:
        fd = open_file(entry.source_name, flags, entry.folder.source_fd)
    except OSError as error:
        raise cannot_read(entry.source, error) from None
    try:
        status = system.fstat(fd)
        if identity(status) != identity(decision.source_stat):
            raise skipping("file", entry.source)
    except OSError as error:
        release(fd)
        raise cannot("fstat", entry.source, error) from None
    return fd, status


def _copy_opened(job: "Job", file: FileCopy, decision: "Decision", outcome: "Outcome") -> None:
    options = job.options
    source = file.source
    withheld = job.options.withheld_bits(False) & source.st_mode
    is_new = _open_destination(job, file, decision, source.st_mode & PERMISSIONS & ~withheld)
    if not is_new:
        file.start = file.kept = decision.start
    outcome.made = identity(file.destination)
    written: Sequence[Step] = ()
    complete: Sequence[Step] = ()
    if job.has_steps:
        from pycp.engine.steps import steps_of

        written, complete = steps_of(job).written, steps_of(job).complete
    try:
        if job.labels is not None and not is_new:
            job.labels.relabel(
                file.destination_fd, file.entry.destination, file.destination.st_mode
            )
        if not options.attributes_only:
            _copy_contents(job, file, is_new)
            for step in written:
                step(file)
        if decision.is_begun or job.sets_attributes:
            from pycp.engine.attributes import set_attributes

            set_attributes(job, file, is_new, withheld, decision.is_begun)
        if options.new_file_mode is not None:
            require_taken(file.destination_fd, file.entry)  # or it is never to look complete
        else:
            for step in complete:
                step(file)
    except BaseException as error:
        close_after(job, error, file.destination_fd, file.entry, is_source=False)
        raise
    if options.new_file_mode is not None:
        outcome.made_fd = file.destination_fd  # install goes on with it
        return
    close(file.destination_fd, file.entry, is_source=False)


def _open_destination(job: "Job", file: FileCopy, decision: "Decision", mode: int) -> bool:
    """Open or create the destination; return whether it is new."""
    options, entry = job.options, file.entry
    found = decision.destination_stat
    if options.new_file_mode is not None:
        mode = options.new_file_mode
    if options.preserve_xattr and not job.is_privileged:
        mode |= USER_WRITE
    if job.stage is not None:
        file.destination_fd, file.destination, is_new = job.stage.open(file.source, mode)
        return is_new
    if decision.is_looping_link:
        remove(job, entry)
    elif found is not None:
        try:
            file.destination_fd, file.destination = open_existing(job, entry, found, file.source)
            return False
        except CopyError:
            raise
        except OSError as error:
            if error.errno != ENOENT:
                if not options.force:
                    raise _opening_error(job, entry, error) from None
                remove(job, entry)
    may_follow = options.new_file_mode is None
    file.destination_fd, file.destination = create(entry, mode, may_follow, job.new_file_flags)
    return True


def _opening_error(job: "Job", entry: "Entry", error: OSError) -> CopyError:
    if job.old_file_flags & system.O_RDWR:
        from pycp.engine.verify import unreadable

        return unreadable(entry, error)
    return creation_error(entry, error, is_new=job.options.new_file_mode is not None)


def _copy_contents(job: "Job", file: FileCopy, is_new: bool) -> None:
    if not is_new and job.options.preserve_mode:
        narrow(file)
    insists = job.options.reflink == "always"
    if not is_new and not insists:
        truncate(file, file.start)
    try:
        shared = copy_contents(job, file)
    except CopyError as error:
        if insists and is_new and job.stage is None:
            _remove_unshared(file, error)
        raise
    if shared and insists and not is_new:
        truncate(file, file.source.st_size)


def _remove_unshared(file: FileCopy, error: CopyError) -> None:
    """Take away the new file that --reflink=always could not fill; GNU keeps what has data."""
    if error.errno in FATAL_ANYWAY and system.fstat(file.destination_fd).st_size:
        return
    entry = file.entry
    try:
        system.unlink(entry.destination_name, dir_fd=entry.folder.destination_fd)
    except OSError as failure:
        raise cannot("remove", entry.destination, failure) from error
