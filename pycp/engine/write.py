"""The ways to write over a destination, and how an old one is kept or taken away.

Truncate in place keeps the inode (cp). Unlink then create makes a new one (--remove-destination,
-f after a failed open, install). Either way the file that is written was opened first and is known
by its descriptor: a name swapped for another file meanwhile is noticed before anything is lost.
"""

import stat
from errno import EEXIST, EISDIR, ELOOP, ENOENT, ENOTDIR

from pycp import system
from pycp.errors import CopyError, cannot, failed, reason, replaced
from pycp.quoting import quote_name
from pycp.system.folder import identity, is_still, release
from pycp.values import PERMISSIONS, last_component, split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job
    from pycp.entries import Backup, Decision, Entry, Outcome
    from pycp.system.folder import Directory

MOST_NUMBERS = 10_000
"""Numbers of backups found to be taken before we give up: each may be somebody's, just made."""
PHANTOM = 100
"""How many of those one counts that was taken and is not there: its owner may have given it up."""
NOT_ITS_OWN = 0o7077
"""Bits of an old mode that go before new data comes, unless the new mode has them as well.

Its owner goes on writing: extended attributes are set through the permissions.
"""


def prepare(job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome") -> None:
    """Make room for the destination, and say what is copied where."""
    outcome.backup = make_room(job, entry, decision)
    announce(job, entry, decision, outcome.backup)


def make_room(job: "Job", entry: "Entry", decision: "Decision") -> "Backup | None":
    """Move an existing destination to its backup and return that, or take it away, as decided.

    What is made atomically does so when it is complete.
    """
    if job.stage is not None:
        if decision.removes_destination:
            tell_removed(job, entry)
        return decision.backup
    if decision.backup is not None:
        return keep_backup(entry, decision.backup)
    if decision.removes_destination:
        remove(job, entry)
    return None


def announce(
    job: "Job", entry: "Entry", decision: "Decision", backup: "Backup | None" = None
) -> None:
    """Say what is copied where, before it is done."""
    if job.report.verbose and not decision.is_unannounced:
        line = f"{quote_name(entry.source)} -> {quote_name(entry.destination)}"
        if backup is not None:
            line += f" (backup: {quote_name(backup.shown)})"
        job.report.line(line)


def remove(job: "Job", entry: "Entry") -> None:
    """Unlink the destination; that it is gone already is fine."""
    try:
        entry.folder.destination_directory.unlink(entry.destination_name)
    except OSError as error:
        if error.errno != ENOENT:
            raise cannot("remove", entry.destination, error) from None
    tell_removed(job, entry)


def tell_removed(job: "Job", entry: "Entry") -> None:
    """Say that the destination was taken away, or will be."""
    if job.report.verbose:
        job.report.line(f"removed {quote_name(entry.destination)}")
    if job.report.hears:
        job.report.event("removed", destination=entry.destination)


def remove_beside(job: "Job", entry: "Entry", beside: str, directory: "Directory") -> None:
    """Remove the temporary name of a destination if it is still there, and tell if that fails.

    Renaming one link of a file over another does nothing, and leaves both.
    """
    try:
        directory.unlink(beside)
    except FileNotFoundError:
        pass
    except OSError as error:
        shown = quote_name(split_last(entry.destination)[0] + last_component(beside))
        text = f"cannot remove {shown}, made for {quote_name(entry.destination)}: {reason(error)}"
        job.report.failed(CopyError(text, error.errno, entry.destination))


def keep_backup(
    entry: "Entry", backup: "Backup", keep: "Callable[[Backup], None] | None" = None
) -> "Backup | None":
    """Move the destination to its backup, or keep it there otherwise by `keep`.

    Return the backup, which may have another number by now, or None if there was nothing to keep.
    """
    directory = entry.folder.destination_directory
    name = entry.destination_name.rstrip("/")
    patience = MOST_NUMBERS
    try:
        while True:
            try:
                if keep is not None:
                    keep(backup)
                else:
                    directory.rename(name, backup.name, exclusively=bool(backup.number))
                return backup
            except FileExistsError:
                if not (backup.number and backup.name.endswith(f".~{backup.number}~")):
                    raise
                is_taken = directory.look(backup.name) is not None
                patience -= 1 if is_taken else PHANTOM
                if patience < 0:
                    raise
                if is_taken:
                    backup = backup.following()
    except OSError as error:
        if error.errno != ENOENT:
            raise cannot("backup", entry.destination, error) from None
        return None


def restore(job: "Job", entry: "Entry", backup: "Backup") -> None:
    """Put the backup back after a failed copy, over whatever part of the new file there is.

    What is made atomically has done so already.
    """
    try:
        if job.options.writes_in_place() or job.options.dry_run:
            entry.folder.destination_directory.rename(backup.name, entry.destination_name)
    except OSError as error:
        job.report.failed(cannot("un-backup", entry.destination, error))
        return
    if job.report.verbose:
        job.report.line(f"{quote_name(backup.shown)} -> {quote_name(entry.destination)} (unbackup)")


def open_existing(
    job: "Job",
    entry: "Entry",
    found: "os.stat_result",
    source: "os.stat_result",
    flags: int | None = None,
) -> "tuple[int, os.stat_result]":
    """Open the destination that was found, to write into it unless flags say otherwise.

    Return descriptor and status.

    Raise OSError if it cannot be opened, CopyError if it is not what was found, or became the
    source itself. It is not truncated yet.
    """
    name, dir_fd = entry.destination_name, entry.folder.destination_fd
    if flags is None:
        flags = job.old_file_flags
    if stat.S_ISREG(found.st_mode):
        flags |= system.O_NONBLOCK  # nothing that could block took its place
    held_fd = _hold(name, dir_fd, found)
    try:
        fd = open_file(name, flags, dir_fd)
        status = _fstat(fd, entry)
        try:
            expected = system.fstat(held_fd) if held_fd >= 0 else found
            _require_same(entry, (fd, status), expected, source)
        except OSError as error:
            release(fd)
            raise cannot("fstat", entry.destination, error) from None
    finally:
        if held_fd >= 0:
            release(held_fd)
    return fd, status


def open_file(name: str, flags: int, dir_fd: int | None) -> int:
    """Open a file, and wait for those who hold it by a lease, though nothing else is waited for."""
    try:
        return system.open(name, flags, dir_fd=dir_fd)
    except BlockingIOError:
        return system.open_leased(name, flags, dir_fd)


def _hold(name: str, dir_fd: int | None, found: "os.stat_result") -> int:
    """Hold a file that an overlay gives another number when it is opened to be written.

    That befalls regular files with several names. Return a descriptor that goes along with the
    change, or -1 if there is none to expect, or this is another file already.
    """
    if found.st_nlink == 1 or not stat.S_ISREG(found.st_mode) or not system.PATH_ONLY:
        return -1
    fd = system.open(name, system.PATH_ONLY | system.O_CLOEXEC, dir_fd=dir_fd)
    try:
        if identity(system.fstat(fd)) == identity(found):
            return fd
    except OSError:
        pass  # what is opened will then hardly be the same
    release(fd)
    return -1


def _require_same(
    entry: "Entry",
    opened: "tuple[int, os.stat_result]",
    expected: "os.stat_result",
    source: "os.stat_result",
) -> None:
    """Raise CopyError if what was opened is the source, or not what was expected."""
    fd, status = opened
    if identity(status) == identity(source) and stat.S_ISREG(status.st_mode):
        raise CopyError(
            f"{quote_name(entry.source)} and {quote_name(entry.destination)} are the same file",
            filename=entry.source,
            filename2=entry.destination,
        )
    is_alike = stat.S_IFMT(status.st_mode) == stat.S_IFMT(expected.st_mode)
    if not (is_alike and is_still(fd, identity(status), identity(expected))):
        raise replaced(entry.destination)


def narrow(file: "FileCopy") -> None:
    """Let nobody read new data who may not in the end: an old mode can be more generous."""
    mode = file.destination.st_mode
    too_much = mode & ~file.source.st_mode & NOT_ITS_OWN
    if stat.S_ISREG(mode) and too_much:
        try:
            system.set_mode(file.destination_fd, mode & PERMISSIONS & ~too_much)
        except OSError:
            pass  # not ours to close; setting the mode will tell


def truncate(file: "FileCopy", size: int) -> None:
    """Cut a regular file to a size; anything else has none."""
    if stat.S_ISREG(file.destination.st_mode):
        try:
            system.ftruncate(file.destination_fd, size)
        except OSError as error:
            raise creation_error(file.entry, error) from None


def create(entry: "Entry", mode: int, may_follow: bool, flags: int) -> "tuple[int, os.stat_result]":
    """Create the destination, which must not exist; return descriptor and status.

    `may_follow` lets POSIXLY_CORRECT create what a dangling symbolic link points to.
    """
    dir_fd = entry.folder.destination_fd
    try:
        fd = system.open(entry.destination_name, flags, mode, dir_fd=dir_fd)
    except OSError as error:
        if error.errno in (EEXIST, ELOOP) and is_symlink(entry):
            fd = _create_through_symlink(entry, mode, may_follow, flags)
        else:
            raise creation_error(entry, error, is_new=True) from None
    return fd, _fstat(fd, entry)


def _fstat(fd: int, entry: "Entry") -> "os.stat_result":
    """Return the status of the destination just opened; close it if that fails."""
    try:
        return system.fstat(fd)
    except OSError as error:
        release(fd)
        raise cannot("fstat", entry.destination, error) from None


def creation_error(entry: "Entry", error: OSError, is_new: bool = False) -> CopyError:
    """Word why the destination cannot be opened, or made if it `is_new`."""
    asks_for_directory = is_new and entry.destination_name.endswith("/")
    if error.errno == EISDIR and asks_for_directory and not isinstance(error, CopyError):
        error = OSError(ENOTDIR, "")  # and none is made
    return failed("cannot create regular file", entry.destination, error)


def is_symlink(entry: "Entry") -> bool:
    """Return whether the destination is a symbolic link."""
    itself = entry.folder.destination_directory.look(entry.destination_name)
    return itself is not None and stat.S_ISLNK(itself.st_mode)


def _create_through_symlink(entry: "Entry", mode: int, may_follow: bool, flags: int) -> int:
    """Create what a dangling destination symlink points to, which only POSIX asks for."""
    refusal = require_followed(entry, may_follow)
    flags &= ~(system.O_EXCL | system.O_NOFOLLOW)
    try:
        fd = system.open(entry.destination_name, flags, mode, dir_fd=entry.folder.destination_fd)
    except OSError as error:
        raise creation_error(entry, error) from None
    if _fstat(fd, entry).st_size:
        release(fd)  # the link was put there after we looked, and is not dangling at all
        raise refusal
    return fd


def require_followed(entry: "Entry", may_follow: bool) -> CopyError:
    """Raise CopyError unless what a dangling symbolic link points to may be made; return it."""
    from os import environ

    refusal = CopyError(
        f"not writing through dangling symlink {quote_name(entry.destination)}",
        filename=entry.destination,
    )
    if not may_follow or "POSIXLY_CORRECT" not in environ:
        raise refusal
    return refusal


def close(fd: int, entry: "Entry", is_source: bool) -> None:
    """Close one side of a file; raise CopyError if that fails."""
    try:
        system.close(fd)
    except OSError as error:
        name = entry.source if is_source else entry.destination
        raise failed("failed to close", name, error) from None


def require_taken(fd: int, entry: "Entry") -> None:
    """Raise CopyError if a server refuses what was written, as it may tell at each close."""
    try:
        another = system.dup(fd)
    except OSError:
        return  # there are no more descriptors, and the last close will tell
    close(another, entry, is_source=False)


def close_after(job: "Job", error: BaseException, fd: int, entry: "Entry", is_source: bool) -> None:
    """Close one side of a file after a failure.

    If that fails as well, as where a quota is exceeded over a network, both are told, as by GNU:
    raise CopyError for the second.
    """
    try:
        close(fd, entry, is_source)
    except CopyError as another:
        if isinstance(error, OSError) and str(error) != str(another):
            job.report.failed(cannot("copy", entry.source, error))
            raise
