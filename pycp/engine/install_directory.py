"""A directory that install -d names: made or found, then given its owner and mode (spec 7).

It is made with less than its final mode where somebody else might use what the owner or the
set-id bits are still to change. One that exists keeps the bits the mode does not speak of, and is
left alone if nothing differs, so this works where nothing may be changed.
"""

import stat
from errno import EACCES, ENOENT, ENOTDIR

from pycp import system
from pycp.engine.directory_path import creation_error, make_directory, make_path, tell_made
from pycp.errors import CopyError, detached, failed, replaced
from pycp.quoting import quote_word
from pycp.system.folder import may_be_just_made
from pycp.values import GROUP_AND_OTHERS, OTHERS_WRITE, SET_ID, split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.job import Job
    from pycp.entries import Final

STICKY = 0o1000


def install_directory(job: "Job", name: str, final: "Final") -> None:
    """Make one directory and those above it; raise CopyError with GNU's message."""
    path, last = split_last(name)
    above = make_path(job, path, quote_word)
    try:
        if job.durable is None:
            _make_last(job, name, last, above.fd, final)
        else:
            with job.durable.Flushed(job.report, [job.durable.place_of(above)]):
                _make_last(job, name, last, above.fd, final)
                job.durable.flush_directories(job.report, [(above.fd, last, name)])
    finally:
        above.close()


def _make_last(job: "Job", name: str, last: str, above_fd: int | None, final: "Final") -> None:
    labels, not_made = job.labels, None
    try:
        make_directory(last, _first_mode(final), above_fd, name, labels)
    except OSError as error:
        if error.errno in (ENOENT, ENOTDIR):
            raise creation_error(name, error, quote_word) from None
        not_made = detached(error)
    else:
        tell_made(name, job.report, labels)
    try:
        where, fd = _hold(last, above_fd, is_new=not_made is None)
    except OSError as error:
        raise creation_error(name, not_made or error, quote_word) from None
    try:
        if not_made is None and not may_be_just_made(fd, system.fstat(fd)):
            raise replaced(name)
        _settle(where, final)
        if labels is not None and not_made is not None:
            labels.relabel(where, name, stat.S_IFDIR)
    except OSError as error:
        raise change_error(name, final, error) from None
    finally:
        system.close(fd)


def change_error(name: str, final: "Final", error: OSError) -> CopyError:
    """Word why a directory cannot be given its owner and mode."""
    what = "owner and permissions" if final.has_owner else "permissions"
    return failed(f"cannot change {what} of", name, error, quote_word)


def _first_mode(final: "Final") -> int:
    if final.has_owner:
        return final.mode & ~GROUP_AND_OTHERS
    if final.changed_bits & SET_ID or final.mode & STICKY:
        return final.mode & ~OTHERS_WRITE
    return final.mode


def _hold(last: str, above_fd: int | None, is_new: bool) -> "tuple[system.Where, int]":
    """Open the directory; return what names it for attributes, and the descriptor."""
    if is_new:  # with a slash after it, a symbolic link would be followed
        last = last.rstrip("/")
    extra = system.O_NOFOLLOW if is_new else 0
    try:
        fd = system.open(last, system.DIRECTORY_FLAGS | system.O_NONBLOCK | extra, dir_fd=above_fd)
        return fd, fd
    except OSError as error:
        if error.errno != EACCES:
            raise
    # It need not be readable to be changed.
    fd = system.open(last, system.PLACE_FLAGS | extra, dir_fd=above_fd)
    return system.where(fd, ".", fd), fd


def _settle(where: "system.Where", final: "Final") -> None:
    """Give a directory owner and mode, as far as they differ."""
    status = system.stat_of(where)
    mode = stat.S_IMODE(status.st_mode)
    is_given_away = final.uid not in (-1, status.st_uid) or final.gid not in (-1, status.st_gid)
    if is_given_away:
        system.set_owner(where, final.uid, final.gid)
    if (mode ^ final.mode) & final.changed_bits or (is_given_away and mode & SET_ID):
        system.set_mode(where, mode & ~final.changed_bits | final.mode & final.changed_bits)
