"""What install does after a copy: strip, times, owner, mode (spec 8 and 3, steps 16 to 18).

The new file is closed to everybody else until the last step, and each step acts on the file itself,
not on its name: whoever puts something else in its place changes nothing but the name. Only the
strip program gets the name, where nobody else could change what it means, and may put a file of
its own there. The owner comes before the mode:
the kernel clears set-id bits when it changes.
"""

import stat

from pycp import system
from pycp.errors import CopyError, cannot, failed, reason
from pycp.quoting import quote_name
from pycp.system.folder import identity, is_still
from pycp.values import split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.engine.job import Job
    from pycp.options import InstallOptions
    from pycp.values import Decision, Entry, Final


OTHERS_WRITE = 0o022
PRIVATE = 0o600
"""Mode of a new file until everything else about it is final."""


class Irremovable(CopyError):
    """What a failed strip left cannot be removed; GNU then installs nothing more."""


def finish(
    job: "Job", entry: "Entry", decision: "Decision", options: "InstallOptions", final: "Final"
) -> None:
    """Turn the copy into what was asked for; raise CopyError with GNU's message.

    If owner or mode cannot be set, the file stays as private as it was made; if it is made
    atomically, it then does not come into being.
    """
    assert decision.made_fd is not None
    if system.has_access_list(decision.made_fd):
        _drop_access_list(entry, decision.made_fd)
    where: system.Where = decision.made_fd
    fd = -1
    is_held = options.atomic or options.durable  # until it is complete, or on disk
    if options.strip and (is_held or _others_may_swap(entry)):
        from pycp.engine.aside import strip_aside

        strip_aside(job, entry, decision.made_fd, options.strip_program)
    elif options.strip:
        owner = system.fstat(decision.made_fd).st_uid
        close_made(entry, decision)
        strip(job, entry, options.strip_program, entry.destination)
        where, fd = _find_again(entry, decision, options, final, owner)
    try:
        if options.strip and job.manifest is not None:
            from pycp.engine.stream import digest_stripped

            what = "read"
            digest_stripped(job, entry, system.stat_of(where))
        source = decision.source_stat
        if options.preserve_timestamps and (options.strip or not stat.S_ISREG(source.st_mode)):
            what = "set timestamps for"
            system.set_times(where, source.st_atime_ns, source.st_mtime_ns)
        if final.has_owner:
            what = "change ownership of"
            system.set_owner(where, final.uid, final.gid)
        what = "change permissions of"
        system.set_mode(where, final.mode)
        if options.durable:
            from pycp.engine.durable import flush_file

            flush_file(entry.destination, decision.made_fd, system.fstat(decision.made_fd))
    except CopyError:
        raise
    except OSError as error:
        raise cannot(what, entry.destination, error) from None
    finally:
        if fd >= 0:
            system.close(fd)
    if job.stage is not None:
        close_made(entry, decision)
        job.stage.publish()


def _drop_access_list(entry: "Entry", fd: int) -> None:
    """Take away what the directory's default list gave the new file; nobody else may read yet."""
    from pycp.engine.attributes import mode_error, set_exact_mode

    try:
        set_exact_mode(fd, PRIVATE)
    except OSError as error:
        raise mode_error("setting permissions for", entry, error) from None


def close_made(entry: "Entry", decision: "Decision") -> None:
    """Close what was written, if it is still open."""
    fd, decision.made_fd = decision.made_fd, None
    if fd is not None:
        try:
            system.close(fd)
        except OSError as error:
            raise failed("failed to close", entry.destination, error) from None


def keep_times(entry: "Entry", source: "os.stat_result", destination: "os.stat_result") -> None:
    """Give a file that need not be installed again (-C) the source's times all the same."""
    where, fd, status = _hold(entry, "set timestamps for")
    try:
        if not is_still(fd, identity(status), identity(destination)):
            raise replaced(entry)
        system.set_times(where, source.st_atime_ns, source.st_mtime_ns)
    except CopyError:
        raise
    except OSError as error:
        raise cannot("set timestamps for", entry.destination, error) from None
    finally:
        system.close(fd)


def _others_may_swap(entry: "Entry") -> bool:
    """Return whether somebody else may put another file in the place of the new one."""
    above_name, _last = split_last(entry.destination_name)
    try:
        above = system.stat(above_name or ".", dir_fd=entry.folder.destination_fd)
    except OSError:
        return True
    return bool(above.st_mode & OTHERS_WRITE) or above.st_uid not in (0, system.geteuid())


def strip(job: "Job", entry: "Entry", program: str, name: str) -> None:
    """Run the strip program on `name`; if it fails, remove the destination and raise CopyError."""
    from pycp.system.child import has_succeeded, spawn

    if name.startswith("-"):
        name = f"./{name}"
    what = f"cannot run {'' if program == 'strip' else 'strip program '}{quote_name(program)}"
    try:
        pid = spawn(program, name)
        what = "waiting for strip"
        if has_succeeded(pid):
            return
        problem = CopyError("strip process terminated abnormally", filename=entry.destination)
    except OSError as error:
        problem = CopyError(f"{what}: {reason(error)}", error.errno, program)
    if job.stage is not None:
        raise problem
    try:
        system.unlink(entry.destination_name, dir_fd=entry.folder.destination_fd)
    except OSError as error:
        job.report.failed(problem)
        unlinking = cannot("unlink", entry.destination, error)
        raise Irremovable(str(unlinking), unlinking.errno, unlinking.filename) from None
    raise problem


def _find_again(
    entry: "Entry",
    decision: "Decision",
    options: "InstallOptions",
    final: "Final",
    owner: int,
) -> "tuple[system.Where, int]":
    """Take hold of the stripped file, which may be another one than we made.

    It must be a regular file with no second name, of the owner that files we make have there: a
    link to somewhere else is not.
    """
    what = "change ownership of" if final.has_owner else "change permissions of"
    if options.preserve_timestamps:
        what = "set timestamps for"
    where, fd, status = _hold(entry, what)
    if stat.S_ISREG(status.st_mode) and (
        identity(status) == decision.made or (status.st_uid == owner and status.st_nlink == 1)
    ):
        return where, fd
    system.close(fd)
    raise replaced(entry)


def _hold(entry: "Entry", what: str) -> "tuple[system.Where, int, os.stat_result]":
    """Take hold of the destination, links not followed: return Where, descriptor and status.

    If that fails, `what` cannot be done.
    """
    name, dir_fd = entry.destination_name, entry.folder.destination_fd
    fd = -1
    try:
        where, fd = system.pin(name, dir_fd)
        if fd < 0:
            flags = system.SOURCE_FLAGS | system.O_NOFOLLOW | system.O_NONBLOCK
            where = fd = system.open(name, flags, dir_fd=dir_fd)
        return where, fd, system.stat_of(where)
    except OSError as error:
        if fd >= 0:
            system.close(fd)
        raise cannot(what, entry.destination, error) from None


def open_made(job: "Job", entry: "Entry") -> int:
    """Open the new file for reading, by its name if it has got that already."""
    if job.stage is not None:
        return job.stage.reader()
    flags = system.SOURCE_FLAGS | system.O_NOFOLLOW | system.O_NONBLOCK
    return system.open(entry.destination_name, flags, dir_fd=entry.folder.destination_fd)


def replaced(entry: "Entry") -> CopyError:
    """Word that something else has the destination's name now."""
    name = quote_name(entry.destination)
    text = f"leaving {name} as it is, as it was replaced while being installed"
    return CopyError(text, filename=entry.destination)
