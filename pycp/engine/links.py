"""Hard links and symbolic links: made for -l and -s, kept for -d, copied as themselves."""

import os
import stat

from pycp import system
from pycp.engine.attributes import TOLERATED, preserve_times
from pycp.engine.pinned import Pinned
from pycp.engine.write import remove_beside, tell_removed
from pycp.errors import CopyError, cannot, failed, reason, skipping
from pycp.quoting import quote_name, quote_name_if_needed
from pycp.system.folder import identity
from pycp.values import TEMPORARY, split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.entries import Decision, Entry, Outcome
    from pycp.system.folder import Directory

ATTEMPTS = 100
"""Random names tried before giving up; one is enough unless somebody works against us."""


def keep_hard_link(job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome") -> None:
    """Make the destination a hard link to the copy made earlier of the same file."""
    earlier = decision.link_to
    assert earlier is not None
    name, directory = earlier.destination_name, earlier.folder.destination_directory
    into = entry.folder.destination_directory
    was_closed = not directory.is_open
    try:
        directory.reopen()
        replaced = _make_or_replace(
            job, entry, lambda new_name: into.link(new_name, directory, name, False), True
        )
    except OSError as error:
        raise _link_error(entry, earlier.destination, error) from None
    finally:
        if was_closed:
            directory.close()
    if replaced:
        tell_removed(job, entry)


def make_hard_link(job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome") -> None:
    """Make the destination a hard link to the source (-l)."""
    name, directory = entry.source_name, entry.folder.source_directory
    into, follows = entry.folder.destination_directory, decision.follows
    replaces = job.options.force or job.options.overwrite == "ask"
    try:
        _make_or_replace(
            job, entry, lambda new_name: into.link(new_name, directory, name, follows), replaces
        )
    except OSError as error:
        raise _link_error(entry, entry.source, error) from None


def _make_or_replace(
    job: "Job", entry: "Entry", make: "Callable[[str], None]", replaces: bool
) -> bool:
    """Make the destination; if it exists, make it beside it and rename it over it.

    Return whether it was there.
    """
    name, directory = entry.destination_name, entry.folder.destination_directory
    try:
        make(name)
        return False
    except FileExistsError:
        if not replaces:
            raise
    with system.Undisturbed():
        beside = _make_beside(name, make)
        try:
            directory.rename(beside, name)
        finally:
            remove_beside(job, entry, beside, directory)
    return True


def _make_beside(name: str, make: "Callable[[str], None]") -> str:
    """Make what is to replace a name under a temporary one; return that."""
    for left in reversed(range(ATTEMPTS)):
        beside = f"{split_last(name)[0]}{TEMPORARY}{os.urandom(3).hex()}"
        try:
            make(beside)
            break
        except FileExistsError:
            if not left:
                raise
    return beside


def _link_error(entry: "Entry", target: str, error: OSError, kind: str = "hard") -> CopyError:
    """Word why a hard link cannot be made, or one of another kind."""
    if isinstance(error, CopyError):
        return error
    names = f"{quote_name(entry.destination)} to {quote_name(target)}"
    text = f"cannot create {kind} link {names}: {reason(error)}"
    return CopyError(text, error.errno, entry.destination, target)


def make_symbolic_link(
    job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome"
) -> None:
    """Make the destination a symbolic link that holds the source's name (-s)."""
    if not entry.source.startswith("/") and not _is_in_working_directory(entry):
        raise CopyError(
            f"{quote_name_if_needed(entry.destination)}:"
            " can make relative symbolic links only in current directory",
            filename=entry.destination,
        )
    try:
        _make_symlink(job, entry, decision, entry.source)
    except OSError as error:
        raise _link_error(entry, entry.source, error, "symbolic") from None
    preserve_link_attributes(job, entry, decision, owner=False)


def _is_in_working_directory(entry: "Entry") -> bool:
    head, slash, _last = entry.destination_name.rstrip("/").rpartition("/")
    if not slash and entry.folder.destination_fd is None:
        return True
    try:
        parent = entry.folder.destination_directory.stat(head or slash or ".")
        return identity(parent) == identity(system.stat("."))
    except OSError:
        return True  # GNU lets the symlink call itself find out


def copy_symlink(job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome") -> None:
    """Copy a symbolic link as itself."""
    try:
        text = entry.folder.source_directory.readlink(entry.source_name)
    except OSError as error:
        raise failed("cannot read symbolic link", entry.source, error) from None
    try:
        _make_symlink(job, entry, decision, text)
    except OSError as error:
        if not (job.options.update == "older" and has_text(entry, text)):
            raise cannot("create symbolic link", entry.destination, error) from None
    preserve_link_attributes(job, entry, decision, owner=True)


def _make_symlink(job: "Job", entry: "Entry", decision: "Decision", text: str) -> None:
    def make(name: str) -> None:
        if job.options.dry_run:
            from pycp.engine.dry import pretend_symlink

            pretend_symlink(job, entry, decision.source_stat, text, name)
        else:
            system.symlink(text, name, dir_fd=entry.folder.destination_fd)

    _make_or_replace(job, entry, make, job.options.force)


def has_text(entry: "Entry", text: str) -> bool:
    """Return whether the destination already is a symbolic link with this text."""
    try:
        return entry.folder.destination_directory.readlink(entry.destination_name) == text
    except OSError:
        return False


def look_below(directory: "Directory", name: str) -> os.stat_result | None:
    """Return the status of something below a directory that may be closed, None if none is seen."""
    was_closed = not directory.is_open
    try:
        directory.reopen()
        return directory.stat(name, False)
    except OSError:
        return None
    finally:
        if was_closed:
            directory.close()


def preserve_link_attributes(job: "Job", entry: "Entry", decision: "Decision", owner: bool) -> None:
    """Give a symbolic link its times and extended attributes, and its owner if that is wanted."""
    options = job.options
    owner = owner and options.preserve_ownership
    if options.dry_run or not (owner or options.preserve_timestamps or options.preserve_xattr):
        return
    with Pinned(entry.destination_name, entry.folder.destination_fd, entry.destination) as made:
        # A second name would mean that somebody put a link of theirs in its place.
        if not stat.S_ISLNK(made.status.st_mode) or made.status.st_nlink != 1:
            raise made.replaced()
        if owner:
            _preserve_link_owner(job, entry, decision.source_stat, made.where)
        if options.preserve_timestamps:
            preserve_times(job, entry, decision.source_stat, made.where)
        if options.preserve_xattr:
            _preserve_link_xattrs(job, entry, decision, made.where)


def _preserve_link_owner(
    job: "Job", entry: "Entry", source: os.stat_result, where: "system.Where"
) -> None:
    try:
        system.set_owner(where, source.st_uid, source.st_gid)
    except OSError as error:
        if job.is_privileged or error.errno not in TOLERATED:
            what = "failed to preserve ownership for"
            raise failed(what, entry.destination, error, str) from None  # GNU does not quote it


def _preserve_link_xattrs(
    job: "Job", entry: "Entry", decision: "Decision", where: "system.Where"
) -> None:
    """Give a link the attributes of what has the source's name: of a link itself, as with GNU."""
    from pycp.engine.xattrs import copy_xattrs, tell

    try:
        source = Pinned(entry.source_name, entry.folder.source_fd, entry.source)
    except CopyError as error:
        failure = tell(job, error, error)
    else:
        with source:
            is_followed = decision.follows and stat.S_ISLNK(source.status.st_mode)
            if is_followed or identity(source.status) == identity(decision.source_stat):
                failure = copy_xattrs(job, entry, source.where, where)[1]
            else:
                problem = skipping("file", entry.source)
                failure = tell(job, problem, problem)
    if failure:
        raise failure
