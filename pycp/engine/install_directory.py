"""A directory that install -d names: made or found, then given its owner and mode (spec 7).

It is made with less than its final mode where somebody else might use what the owner or the
set-id bits are still to change. One that exists keeps the bits the mode does not speak of, and is
left alone if nothing differs, so this works where nothing may be changed.
"""

import stat
from errno import EACCES, ENOENT, ENOTDIR

from pycp import system
from pycp.engine.directory_path import creation_error, make_directory, make_path
from pycp.errors import failed, replaced
from pycp.quoting import quote_word
from pycp.system.folder import CLOSED, Directory, may_be_just_made
from pycp.values import GROUP_AND_OTHERS, OTHERS_WRITE, SET_ID, split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.job import Job
    from pycp.entries import Final
    from pycp.system.overlay import Overlay

STICKY = 0o1000


def install_directory(
    job: "Job", name: str, final: "Final", overlay: "Overlay | None" = None
) -> None:
    """Make one directory and those above it, or pretend to; raise CopyError with GNU's message."""
    path, last = split_last(name)
    above = make_path(job, path, overlay, quote_word)
    try:
        if job.durable is None:
            _make_last(job, name, last, above, final)
        else:
            with job.durable.Flushed(job.report, [job.durable.place_of(above)]):
                _make_last(job, name, last, above, final)
                job.durable.flush_directories(job.report, [(above.fd, last, name)])
    finally:
        above.close()


def _make_last(job: "Job", name: str, last: str, above: Directory, final: "Final") -> None:
    not_made = make_directory(job, above, last, _first_mode(final), name)
    if not_made and not_made.errno in (ENOENT, ENOTDIR):
        raise creation_error(name, not_made, quote_word)
    is_new, is_dry = not_made is None, job.options.dry_run
    try:
        directory = above.enter(last, name, True) if is_dry else _open(above, last, is_new)
    except OSError as error:
        raise creation_error(name, not_made or error, quote_word) from None
    try:
        if is_dry:
            from pycp.engine.dry_install import require_settling

            # Who may not search it can do the rest.
            require_settling(directory, above.stat(last), final)
            return
        assert directory.fd is not None
        if is_new and not may_be_just_made(directory.fd, system.fstat(directory.fd)):
            raise replaced(name)
        _settle(directory.where, final)
        if job.labels is not None and not is_new:
            job.labels.relabel(directory.where, name, stat.S_IFDIR)
    except OSError as error:
        what = "owner and permissions" if final.has_owner else "permissions"
        raise failed(f"cannot change {what} of", name, error, quote_word) from None
    finally:
        directory.close()


def _first_mode(final: "Final") -> int:
    if final.has_owner:
        return final.mode & ~GROUP_AND_OTHERS
    if final.changed_bits & SET_ID or final.mode & STICKY:
        return final.mode & ~OTHERS_WRITE
    return final.mode


def _open(above: Directory, last: str, is_new: bool) -> Directory:
    """Open the directory; it need not be readable to be changed."""
    if is_new:  # with a slash after it, a symbolic link would be followed
        last = last.rstrip("/")
    extra = system.O_NOFOLLOW if is_new else 0
    directory = Directory(above, last, CLOSED)
    try:
        flags = system.DIRECTORY_FLAGS | system.O_NONBLOCK | extra
        directory.fd = system.open(last, flags, dir_fd=above.fd)
    except OSError as error:
        if error.errno != EACCES:
            raise
        directory.fd = system.open(last, system.PLACE_FLAGS | extra, dir_fd=above.fd)
        directory.is_path_only = True
    return directory


def _settle(where: "system.Where", final: "Final") -> None:
    """Give a directory owner and mode, as far as they differ."""
    status = system.stat_of(where)
    mode = stat.S_IMODE(status.st_mode)
    is_given_away = final.uid not in (-1, status.st_uid) or final.gid not in (-1, status.st_gid)
    if is_given_away:
        system.set_owner(where, final.uid, final.gid)
    if (mode ^ final.mode) & final.changed_bits or (is_given_away and mode & SET_ID):
        system.set_mode(where, mode & ~final.changed_bits | final.mode & final.changed_bits)
