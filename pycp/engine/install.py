"""What install does after a copy: strip, times, owner, mode (spec 8 and 3, steps 16 to 18).

The new file is closed to everybody else until the last step, and each step acts on the file itself,
not on its name: whoever puts something else in its place changes nothing but the name. The strip
program works on a copy, in `engine.strip`. The owner comes before the mode: the kernel clears
set-id bits when it changes.
"""

import stat

from pycp import system
from pycp.engine.installed import replaced
from pycp.engine.write import close, require_taken
from pycp.errors import cannot
from pycp.system.folder import identity, is_still
from pycp.values import PRIVATE

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job
    from pycp.entries import Decision, Entry, Final, Outcome
    from pycp.options import InstallOptions


def finish(
    job: "Job",
    entry: "Entry",
    decision: "Decision",
    outcome: "Outcome",
    options: "InstallOptions",
    final: "Final",
) -> None:
    """Turn the copy into what was asked for; raise CopyError with GNU's message.

    If owner or mode cannot be set, the file stays as private as it was made; if it is made
    atomically, it then does not come into being.
    """
    fd = outcome.made_fd
    assert fd is not None
    _drop_access_list(entry, fd)
    if options.strip:
        from pycp.engine.strip import strip_copy

        strip_copy(job, entry, outcome, options.strip_program, _next_step(options, final))
    what = "read"
    try:
        if options.strip and job.manifest is not None:
            from pycp.engine.digest import digest_stripped

            digest_stripped(job, entry, system.fstat(fd))
        source = decision.source_stat
        if options.preserve_timestamps and (options.strip or not stat.S_ISREG(source.st_mode)):
            what = "set timestamps for"
            system.set_times(fd, source.st_atime_ns, source.st_mtime_ns)
    except OSError as error:
        raise cannot(what, entry.destination, error) from None
    _settle(entry, fd, final)
    if job.durable is not None:
        size = 0 if options.reads_back() else min(source.st_size, source.st_blocks * 512)
        job.durable.flush_file(job.tally, entry.destination, fd, size)
    if job.stage is not None:
        close_made(entry, outcome)
        job.stage.publish()


def _next_step(options: "InstallOptions", final: "Final") -> str:
    """Return what is done to a stripped file first."""
    if options.preserve_timestamps:
        return "set timestamps for"
    return "change ownership of" if final.has_owner else "change permissions of"


def last_step(final: "Final") -> "Callable[[FileCopy], None]":
    """Return the step that gives a copy owner and mode, where nothing else is asked for.

    It is for many files, and two calls for each are worth a look at what holds them.
    """
    from pycp.system.mounts import may_refuse_late

    def settle(file: "FileCopy") -> None:
        if may_refuse_late(file.entry.folder.destination_directory.id[0]):
            require_taken(file.destination_fd, file.entry)
        _drop_access_list(file.entry, file.destination_fd)
        _settle(file.entry, file.destination_fd, final)

    return settle


def _settle(entry: "Entry", fd: int, final: "Final") -> None:
    what = "change ownership of"
    try:
        if final.has_owner:
            system.set_owner(fd, final.uid, final.gid)
        what = "change permissions of"
        system.set_mode(fd, final.mode)
    except OSError as error:
        raise cannot(what, entry.destination, error) from None


def _drop_access_list(entry: "Entry", fd: int) -> None:
    """Take away what the directory's default list gave the new file; nobody else may read yet."""
    if not system.has_access_list(fd):
        return
    from pycp.engine.attributes import mode_error, set_exact_mode

    try:
        set_exact_mode(fd, PRIVATE)
    except OSError as error:
        raise mode_error("setting permissions for", entry, error) from None


def close_made(entry: "Entry", outcome: "Outcome") -> None:
    """Close what was written, if it is still open."""
    fd, outcome.made_fd = outcome.made_fd, None
    if fd is not None:
        close(fd, entry, is_source=False)


def keep_times(entry: "Entry", source: "os.stat_result", destination: "os.stat_result") -> None:
    """Give a file that need not be installed again (-C) the source's times all the same."""
    name, dir_fd = entry.destination_name, entry.folder.destination_fd
    fd = -1
    try:
        where, fd = system.pin(name, dir_fd)
        if fd < 0:
            where = fd = system.open(name, system.FILE_ITSELF_FLAGS, dir_fd=dir_fd)
        if not is_still(fd, identity(system.stat_of(where)), identity(destination)):
            raise replaced(entry)
        system.set_times(where, source.st_atime_ns, source.st_mtime_ns)
    except OSError as error:
        raise cannot("set timestamps for", entry.destination, error) from None
    finally:
        if fd >= 0:
            system.close(fd)
