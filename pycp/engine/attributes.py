"""Times, owner, extended attributes and mode of what was made, in GNU's order (spec 6).

Times come first because they may fail for a file of somebody else, and nothing else is then
touched. Owner comes before mode: the kernel clears set-id bits when the owner changes. The mode
comes last, so nothing is more open, or set-id, before it belongs to its owner.
"""

import stat
from errno import EACCES, EINVAL, EPERM

from pycp import system
from pycp.errors import CopyError, SilentError, failed
from pycp.quoting import quote_word
from pycp.system.folder import CLOSED
from pycp.values import ALL_BITS, NEW_MODE, PERMISSIONS, SPECIAL_BITS, USER_WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job
    from pycp.entries import Entry

TOLERATED = frozenset((EPERM, EINVAL, EACCES))
"""Errors of chown that an ordinary user need not hear of."""


class Made:
    """A destination that has its contents and now gets its attributes.

    `status` is the destination as it was found or created, `withheld` the permission bits it was
    not created with, because nobody else may look in before it is complete. Where a directory and
    its source are is only told in the end.
    """

    __slots__ = (
        "has_names",
        "is_directory",
        "is_new",
        "mode",
        "present_mode",
        "source",
        "status",
        "unknown",
        "where",
        "withheld",
    )

    def __init__(
        self,
        status: "os.stat_result",
        is_new: bool,
        withheld: int,
        where: "system.Where" = CLOSED,
        source: "system.Where | None" = None,
    ) -> None:
        self.source = source
        """The source, to read extended attributes from; None if there are none to be read."""
        self.unknown: CopyError | None = None
        """Why it could not be opened, so that nothing is known of its attributes."""
        self.has_names = True
        """The source may have extended attributes or an access list."""
        self.where = where
        self.status = status
        self.is_new = is_new
        self.withheld = withheld
        self.is_directory = stat.S_ISDIR(status.st_mode)
        self.mode = status.st_mode & ALL_BITS
        """The mode it was created with, as far as it may stay."""
        self.present_mode = self.mode
        """The mode it has now: a new directory always lets its owner in."""


def set_attributes(
    job: "Job", file: "FileCopy", is_new: bool, withheld: int, is_begun: bool = False
) -> None:
    """Give a file what is preserved; `withheld` are the bits of its mode it was made without.

    One that an interrupted copy has begun is as good as new.
    """
    if is_begun:
        # What it was created without, or lent since, cannot be told: the whole mode is set.
        is_new, withheld = True, USER_WRITE
    made = Made(file.destination, is_new, withheld, file.destination_fd, file.source_fd)
    lacks_write = not file.source.st_mode & USER_WRITE
    if job.options.preserve_xattr and is_new and lacks_write and not job.is_privileged:
        _let_user_write(file.destination_fd, file.destination)
        made.withheld |= USER_WRITE
        made.present_mode |= USER_WRITE
    apply_attributes(job, file.entry, file.source, made)


def _let_user_write(fd: int, status: "os.stat_result") -> None:
    """Make a new file writable: setting extended attributes asks for it, and the umask may not."""
    if not status.st_mode & USER_WRITE:
        try:
            system.set_mode(fd, (status.st_mode | USER_WRITE) & ALL_BITS)
        except OSError:
            return  # setting the attributes will tell


def apply_attributes(job: "Job", entry: "Entry", source: "os.stat_result", made: Made) -> None:
    """Give a regular file, directory or special file the attributes asked for.

    Raise CopyError if one that is required cannot be set; those after it are then not tried.
    """
    options = job.options
    if options.preserve_timestamps:
        preserve_times(job, entry, source, made.where)
    mode = source.st_mode & ALL_BITS
    if options.preserve_ownership:
        differs = (made.status.st_uid, made.status.st_gid) != (source.st_uid, source.st_gid)
        if (differs or (made.is_new and not stat.S_ISREG(made.status.st_mode))) and not (
            _preserve_owner(job, entry, source, made)
        ):
            mode &= ~SPECIAL_BITS
    names = None
    failure: CopyError | None = None
    if options.preserve_xattr and made.source is not None:
        from pycp.engine.xattrs import copy_xattrs

        names, failure = copy_xattrs(job, entry, made.source, made.where)
        if failure and made.is_directory:
            raise failure
    elif options.require_preserve_xattr:
        failure = made.unknown
    if options.preserve_mode:
        from pycp.engine.xattrs import set_permissions

        try:
            set_permissions(made.source, made.where, mode, names, made.unknown)
        except OSError as error:
            raise mode_error("preserving permissions for", entry, error) from None
    elif made.is_new:
        _set_new_mode(job, entry, source, made)
    if failure:
        raise failure


def lacks_attributes(job: "Job", source: "os.stat_result", made: Made) -> bool:
    """Return whether there is anything for `apply_attributes` to set."""
    return job.sets_attributes or (
        made.is_new and _mode_of_new(job, source, made) != made.present_mode
    )


def preserve_times(
    job: "Job", entry: "Entry", source: "os.stat_result", where: "system.Where"
) -> None:
    """Set the times of last access and modification, in nanoseconds."""
    try:
        system.set_times(where, source.st_atime_ns, source.st_mtime_ns)
    except OSError as error:
        problem = failed("preserving times for", entry.destination, error)
        if job.options.require_preserve:
            raise problem from None
        job.report.warn(str(problem))


def times_step(job: "Job") -> "Callable[[FileCopy], None]":
    """Return the step that sets the times of a copy."""
    return lambda file: preserve_times(job, file.entry, file.source, file.destination_fd)


def _preserve_owner(job: "Job", entry: "Entry", source: "os.stat_result", made: Made) -> bool:
    """Give the file to the source's owner; return False if this user may not and need not."""
    if not made.is_new and job.options.preserve_mode:
        # Close an existing file before its new owner gets it: old bits may be too generous.
        narrow = made.status.st_mode & source.st_mode & stat.S_IRWXU
        try:
            set_exact_mode(made.where, narrow)
        except OSError as error:
            if job.is_privileged or error.errno not in TOLERATED:
                raise failed("clearing permissions for", entry.destination, error) from None
            raise SilentError("", error.errno, entry.destination) from None
    try:
        return give_to_owner(job, source, made.where)
    except OSError as error:
        raise failed("failed to preserve ownership for", entry.destination, error) from None


def give_to_owner(job: "Job", source: "os.stat_result", where: "system.Where") -> bool:
    """Give something to its source's owner; return False if this user may not and need not."""
    try:
        system.set_owner(where, source.st_uid, source.st_gid)
        return True
    except OSError as error:
        if job.is_privileged or error.errno not in TOLERATED:
            raise
    try:
        system.set_owner(where, -1, source.st_gid)
    except OSError:
        pass  # the group is a favour: GNU says nothing either
    return False


def _set_new_mode(job: "Job", entry: "Entry", source: "os.stat_result", made: Made) -> None:
    """Settle the mode of something new that does not take over the source's."""
    options = job.options
    if options.explicit_no_mode:
        has_all = made.is_directory or stat.S_ISSOCK(made.status.st_mode)
        mode = (PERMISSIONS if has_all else NEW_MODE) & ~job.umask
        if made.is_directory:
            mode |= made.present_mode & stat.S_ISGID
        try:
            set_exact_mode(made.where, mode)
        except OSError as error:
            raise mode_error("setting permissions for", entry, error) from None
        return
    mode = _mode_of_new(job, source, made)
    if mode == made.present_mode:
        return
    try:
        if not (made.is_directory or stat.S_ISREG(made.status.st_mode)):
            mode |= _special_bits_left(made)
        system.set_mode(made.where, mode)
    except OSError as error:
        problem = failed("preserving permissions for", entry.destination, error)
        if options.require_preserve:
            raise problem from None
        job.report.warn(str(problem))


def _mode_of_new(job: "Job", source: "os.stat_result", made: Made) -> int:
    """Return the mode that follows from the one it was created with and the umask.

    A default access list may have given less than that, and stays if nothing else is to be set.
    """
    missing = made.withheld & ~job.umask
    if made.is_directory:
        return made.mode | missing
    if not (missing or made.withheld & USER_WRITE):
        return made.mode
    if stat.S_ISREG(made.status.st_mode):
        return source.st_mode & PERMISSIONS & ~job.umask
    return made.mode & PERMISSIONS | missing


def _special_bits_left(made: Made) -> int:
    """Return the set-id and sticky bits of a FIFO or device: a new owner takes some away."""
    if not made.mode & SPECIAL_BITS:
        return 0
    return system.stat_of(made.where).st_mode & SPECIAL_BITS


def set_exact_mode(where: "system.Where", mode: int) -> None:
    """Set a mode and drop an access control list that a default one left behind.

    A list of just owner, group and others is the mode; Linux takes both in one step.
    """
    from pycp.engine.xattrs import set_minimal_acl

    if not set_minimal_acl(where, mode) or mode & SPECIAL_BITS:
        system.set_mode(where, mode)


def mode_error(what: str, entry: "Entry", error: OSError) -> CopyError:
    """Word why the mode of the destination cannot be set."""
    return failed(what, entry.destination, error, quote_word)
