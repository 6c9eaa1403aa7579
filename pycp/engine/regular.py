"""One regular file, or anything else read as a stream: open, data, attributes, close.

The source is opened before the destination is touched, so an unreadable source costs nothing (GNU
unlinks first). A backup is the exception: it is moved away first, as GNU does, and moved back.
"""

import stat
from errno import ENOENT

from pycp import system
from pycp.engine.contents import copy_contents
from pycp.engine.data import FATAL_ANYWAY, Method
from pycp.engine.write import (
    announce,
    create,
    creation_error,
    narrow,
    open_existing,
    prepare,
    readable,
    remove,
    truncate,
)
from pycp.errors import CopyError, cannot, failed
from pycp.quoting import quote_name
from pycp.system.folder import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Sequence

    from pycp.engine.job import Job
    from pycp.engine.steps import Step
    from pycp.entries import Decision, Entry, Outcome

USER_WRITE = 0o200


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
            system.close(source_fd)
            raise
    method = Method()
    try:
        _copy_opened(job, entry, decision, outcome, source_fd, source, method)
    finally:
        try:
            _close(source_fd, entry, is_source=True)
        finally:
            outcome.method = method.word
            if job.report.debug and not job.options.attributes_only:
                job.report.line(str(method))


def open_source(job: "Job", entry: "Entry", decision: "Decision") -> "tuple[int, os.stat_result]":
    """Open the source; it must still be what was decided on."""
    flags = system.SOURCE_FLAGS
    if not decision.follows:
        flags |= system.O_NOFOLLOW
    if stat.S_ISREG(decision.source_stat.st_mode):
        flags |= system.O_NONBLOCK  # a FIFO that took its place must not make us wait
    try:
        try:
            fd = system.open(entry.source_name, flags, dir_fd=entry.folder.source_fd)
        except BlockingIOError:
            fd = system.open_leased(entry.source_name, flags, entry.folder.source_fd)
    except OSError as error:
        raise CopyError(
            f"cannot open {quote_name(entry.source)} for reading: {error.strerror}",
            error.errno,
            entry.source,
        ) from None
    try:
        status = system.fstat(fd)
        if identity(status) != identity(decision.source_stat):
            raise CopyError(
                f"skipping file {quote_name(entry.source)}, as it was replaced while being copied",
                filename=entry.source,
            )
    except OSError as error:
        system.close(fd)
        raise (
            error if isinstance(error, CopyError) else cannot("fstat", entry.source, error)
        ) from None
    return fd, status


def _copy_opened(
    job: "Job",
    entry: "Entry",
    decision: "Decision",
    outcome: "Outcome",
    source_fd: int,
    source: "os.stat_result",
    method: Method,
) -> None:
    options = job.options
    withheld = job.withheld_bits(False) & source.st_mode
    destination_fd, destination, is_new = _open_destination(
        job, entry, decision, source, (source.st_mode & 0o777) & ~withheld
    )
    start = 0 if is_new else decision.start
    outcome.made = identity(destination)
    written: Sequence[Step] = ()
    complete: Sequence[Step] = ()
    if job.has_steps:
        from pycp.engine.file_copy import FileCopy
        from pycp.engine.steps import steps_of

        file = FileCopy(entry, source_fd, source, destination_fd)
        written, complete = steps_of(job).written, steps_of(job).complete
    try:
        if not options.attributes_only:
            _copy_contents(
                job,
                entry,
                method,
                (source_fd, source),
                (destination_fd, destination),
                is_new,
                start,
            )
            for step in written:
                step(file)
        if decision.is_begun:
            set_begun_attributes(job, entry, (source_fd, source), (destination_fd, destination))
        elif job.sets_attributes:
            set_attributes(
                job, entry, (source_fd, source), (destination_fd, destination), is_new, withheld
            )
        if options.new_file_mode is None:
            for step in complete:
                step(file)
    except BaseException:
        system.close(destination_fd)
        raise
    if options.new_file_mode is not None:
        outcome.made_fd = destination_fd  # install goes on with it
        return
    _close(destination_fd, entry, is_source=False)


def set_begun_attributes(
    job: "Job",
    entry: "Entry",
    source: "tuple[int, os.stat_result]",
    destination: "tuple[int, os.stat_result]",
) -> None:
    """Give a file that an interrupted copy made the attributes of a new one."""
    # What it was created without, or lent since, cannot be told: the whole mode is set.
    set_attributes(job, entry, source, destination, True, USER_WRITE)


def set_attributes(
    job: "Job",
    entry: "Entry",
    source: "tuple[int, os.stat_result]",
    destination: "tuple[int, os.stat_result]",
    is_new: bool,
    withheld: int,
) -> None:
    """Give a file what is preserved; `withheld` are the bits of its mode it was made without."""
    from pycp.engine.attributes import Made, apply_attributes

    made = Made(source[0], *destination, is_new, withheld)
    lacks_write = not source[1].st_mode & USER_WRITE
    if job.options.preserve_xattr and is_new and lacks_write and not job.is_privileged:
        _let_user_write(*destination)
        made.withheld |= USER_WRITE
        made.present_mode |= USER_WRITE
    apply_attributes(job, entry, source[1], made)


def _let_user_write(fd: int, status: "os.stat_result") -> None:
    """Make a new file writable: setting extended attributes asks for it, and the umask may not."""
    if not status.st_mode & USER_WRITE:
        try:
            system.set_mode(fd, (status.st_mode | USER_WRITE) & 0o7777)
        except OSError:
            return  # setting the attributes will tell


def _open_destination(
    job: "Job", entry: "Entry", decision: "Decision", source: "os.stat_result", mode: int
) -> "tuple[int, os.stat_result, bool]":
    """Open or create the destination; return descriptor, status, and whether it is new."""
    options = job.options
    found = decision.destination_stat
    if options.new_file_mode is not None:
        mode = options.new_file_mode
    if options.preserve_xattr and not job.is_privileged:
        mode |= USER_WRITE
    if job.stage is not None:
        return job.stage.open(source, mode)
    if decision.is_looping_link:
        remove(job, entry)
    elif found is not None:
        try:
            fd, status = open_existing(job, entry, found, source)
            return fd, status, False
        except CopyError:
            raise
        except OSError as error:
            if error.errno != ENOENT:
                if not options.force:
                    raise _opening_error(job, entry, error) from None
                remove(job, entry)
    flags = readable(system.NEW_FILE_FLAGS) if options.verify else system.NEW_FILE_FLAGS
    fd, status = create(entry, mode, options.new_file_mode is None, flags)
    return fd, status, True


def _opening_error(job: "Job", entry: "Entry", error: OSError) -> CopyError:
    if job.options.verify:
        from pycp.engine.verify import unreadable

        return unreadable(entry, error)
    return creation_error(entry, error)


def _copy_contents(
    job: "Job",
    entry: "Entry",
    method: Method,
    source: "tuple[int, os.stat_result]",
    destination: "tuple[int, os.stat_result]",
    is_new: bool,
    start: int,
) -> None:
    if not is_new and job.options.preserve_mode:
        narrow(destination, source[1])
    insists = job.options.reflink == "always"
    if not is_new and not insists:
        truncate(entry, destination, start)
    try:
        shared = copy_contents(job, entry, method, *source, *destination, start)
    except CopyError as error:
        if insists and is_new and job.stage is None:
            _remove_unshared(entry, destination[0], error)
        raise
    if shared and insists and not is_new:
        truncate(entry, destination, source[1].st_size)


def _remove_unshared(entry: "Entry", fd: int, error: CopyError) -> None:
    """Take away the new file that --reflink=always could not fill; GNU keeps what has data."""
    if error.errno in FATAL_ANYWAY and system.fstat(fd).st_size:
        return
    try:
        system.unlink(entry.destination_name, dir_fd=entry.folder.destination_fd)
    except OSError as failure:
        raise cannot("remove", entry.destination, failure) from error


def _close(fd: int, entry: "Entry", is_source: bool) -> None:
    try:
        system.close(fd)
    except OSError as error:
        name = entry.source if is_source else entry.destination
        raise failed("failed to close", name, error) from None
