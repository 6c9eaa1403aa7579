"""One directory: made and entered, and given its attributes when everything in it is copied.

While it is being filled, a new directory gives nothing to others that it will not give at the end,
and always lets its owner work in it.
"""

import stat
from errno import EACCES

from pycp import system
from pycp.engine.attributes import Made, apply_attributes, lacks_attributes
from pycp.engine.tell import tell_directory
from pycp.engine.write import announce, make_room
from pycp.engine.xattrs import has_default_list
from pycp.entries import Entry
from pycp.errors import SilentError, cannot, failed, replaced, skipping
from pycp.system.folder import CLOSED, Directory, Folder, identity, is_still, may_be_just_made
from pycp.values import ALL_BITS, OWNER_ALL

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.engine.job import Job
    from pycp.entries import Decision


class Filled:
    """A directory being filled, with what is needed to finish it."""

    __slots__ = (
        "above",
        "depth",
        "entry",
        "folder",
        "inside",
        "is_ours",
        "is_redone",
        "is_told",
        "made",
        "pending",
        "source",
    )

    def __init__(
        self, entry: "Entry", folder: Folder, source: "os.stat_result", made: Made
    ) -> None:
        self.entry = entry
        self.folder = folder
        self.source = source
        self.made = made
        self.above: Filled | None = None
        """The directory it is in, unless an operand."""
        self.depth = 0
        """Levels above it, up to the operand."""
        self.inside = ""
        """Where it is below the operand, with a slash after it; known if anything is excluded."""
        self.is_ours = True
        """It is for this process to give it its attributes."""
        self.is_redone = False
        """Some of it may be done already, by a process that did not live to tell."""
        self.is_told = False
        """It was told that the source cannot be listed."""
        self.pending = 0
        """What it waits for: its own entries, names handed out, directories in it."""


def enter_directory(job: "Job", entry: "Entry", decision: "Decision") -> Filled:
    """Make the destination directory, or enter it if it exists; open both sides.

    The folder's source descriptor is -1 if the source cannot be opened: GNU makes the directory
    all the same.
    """
    if job.labels is None:
        return _enter_directory(job, entry, decision)
    with job.labels.making(entry, decision):
        return _enter_directory(job, entry, decision)


def _enter_directory(job: "Job", entry: "Entry", decision: "Decision") -> Filled:
    source = decision.source_stat
    is_new = decision.destination_stat is None
    is_of_run = is_new or (job.options.redo and entry.folder.is_of_run)
    withheld = 0
    mode = stat.S_IMODE(source.st_mode)
    if is_new:
        make_room(job, entry, decision)
        withheld = job.options.withheld_bits(True) & mode
        try:
            system.mkdir(
                entry.destination_name,
                (mode & ~withheld) | OWNER_ALL,
                dir_fd=entry.folder.destination_fd,
            )
        except OSError as error:
            raise cannot("create directory", entry.destination, error) from None
    destination, status = _open_destination(job, entry, decision)
    is_begun = False
    if job.options.may_be_begun() and not is_new:
        from pycp.engine.resume import was_begun

        is_begun = was_begun(job, source, status)
        withheld = job.options.withheld_bits(True) & mode
    made = Made(status, is_new or is_begun, withheld)
    try:
        if job.labels is not None and not is_new:
            job.labels.relabel(destination.where, entry.destination, status.st_mode)
        tell_directory(job.report, entry, is_of_run, job.labels)
    except BaseException:
        destination.close()
        raise
    if is_new or is_begun:
        let_owner_in(entry, destination, made, mode)
    if is_of_run and job.report.verbose:
        announce(job, entry, decision)
    folder = Folder(entry.folder, source_directory(entry, source), destination, is_new)
    folder.is_of_run = is_of_run
    folder.goes_by_umask = is_new and not has_default_list(destination.where)
    return Filled(entry, folder, source, made)


def source_directory(entry: "Entry", status: "os.stat_result") -> Directory:
    """Return the source of an entry that is a directory, closed."""
    shown = entry.source if entry.is_operand else ""
    directory = Directory(entry.folder.source_directory, entry.source_name, CLOSED, shown)
    directory.id = identity(status)
    return directory


def _open_destination(
    job: "Job", entry: "Entry", decision: "Decision"
) -> "tuple[Directory, os.stat_result]":
    """Open the destination directory, the one decided on; return it and its status."""
    found = decision.destination_stat
    options = job.options
    follows = found is not None and options.keep_directory_symlink and options.copy_contents
    directory, status = open_destination(entry, follows)
    assert directory.fd is not None
    if found is not None:
        is_ours = is_still(directory.fd, directory.id, identity(found))
    else:
        is_ours = may_be_just_made(directory.fd, status)
    if not is_ours:
        directory.close()
        raise replaced(entry.destination)
    return directory, status


def open_destination(entry: "Entry", follows: bool = False) -> "tuple[Directory, os.stat_result]":
    """Open the destination directory, though perhaps as a place only; return it and its status."""
    name = entry.destination_name
    dir_fd = entry.folder.destination_fd
    no_follow = 0 if follows else system.O_NOFOLLOW
    shown = entry.destination if entry.is_operand else ""
    directory = Directory(entry.folder.destination_directory, name, CLOSED, shown)
    try:
        try:
            directory.fd = system.open(name, system.DIRECTORY_FLAGS | no_follow, dir_fd=dir_fd)
        except OSError as error:
            if error.errno != EACCES:
                raise
            directory.fd = system.open(name, system.PLACE_FLAGS | no_follow, dir_fd=dir_fd)
            directory.is_path_only = True
        status = system.fstat(directory.fd)
    except OSError as error:
        directory.close()
        raise cannot("access", entry.destination, error) from None
    directory.id = identity(status)
    return directory, status


def let_owner_in(entry: "Entry", directory: Directory, made: Made, mode: int) -> None:
    """Let the owner work in a new directory even if the umask forbids it.

    In the end he gets no more than `mode` gives him.
    """
    has_group_id = made.mode & stat.S_ISGID
    # If `mode` keeps the owner out, GNU lets him in by a call as well, and whoever is not in the
    # group of the directory loses its set-group-ID bit by that: the rest goes to his own group.
    if made.mode & OWNER_ALL != OWNER_ALL or (has_group_id and mode & OWNER_ALL != OWNER_ALL):
        try:
            system.set_mode(directory.where, made.mode | OWNER_ALL)
            made.present_mode |= OWNER_ALL
            if has_group_id:
                made.present_mode = system.stat_of(directory.where).st_mode & ALL_BITS
        except OSError as error:
            directory.close()
            raise failed("setting permissions for", entry.destination, error) from None
    made.mode &= ~(OWNER_ALL & ~mode)


def open_source(job: "Job", filled: Filled, decision: "Decision") -> None:
    """Open the source directory, the one decided on; raise CopyError if that cannot be."""
    entry = filled.entry
    directory = filled.folder.source_directory
    flags = system.DIRECTORY_FLAGS
    if not decision.follows:
        flags |= system.O_NOFOLLOW
    filled.is_told = True
    try:
        fd = system.open(entry.source_name, flags, dir_fd=entry.folder.source_fd)
        try:
            if identity(system.fstat(fd)) != directory.id:
                raise skipping("directory", entry.source)
        except OSError:
            # Whoever holds it would take its attributes for those of the source.
            system.close(fd)
            raise
        directory.fd = fd
    except OSError as error:
        raise cannot("access", entry.source, error) from None


def is_finished(job: "Job", filled: Filled) -> bool:
    """Return whether a directory has its attributes already."""
    if job.options.finishes_all_directories():
        return False
    return not lacks_attributes(job, filled.source, filled.made)


def finish_quickly(filled: Filled) -> bool:
    """Give a directory mode, owner and times of its source, if there is nothing else to keep.

    One that was there before must have owner and mode already. Return False if that is for the
    general way.
    """
    made, source, status = filled.made, filled.source, filled.made.status
    folder = filled.folder
    origin, copy = folder.source_directory, folder.destination_directory
    mode = source.st_mode & ALL_BITS
    if (
        not (made.is_new or made.present_mode == mode)
        or status.st_uid != source.st_uid
        or status.st_gid != source.st_gid
        or origin.is_path_only
        or copy.is_path_only
        or origin.fd is None
        or copy.fd is None
        or origin.fd < 0
        or copy.fd < 0
    ):
        return False
    try:
        if made.has_names and system.xattr().names_of_open(origin.fd):
            return False
        system.set_times(copy.fd, source.st_atime_ns, source.st_mtime_ns)
        if made.present_mode != mode:
            system.set_mode(copy.fd, mode)
    except OSError:
        return False  # the general way finds the words, if it fails as well
    return True


def finish_directory(job: "Job", filled: Filled) -> None:
    """Give a directory its attributes, now that its entries have come and gone."""
    made = filled.made
    folder = filled.folder
    made.where = folder.destination_directory.where
    source = folder.source_directory
    try:
        source.reopen()  # one that was not listed can still have attributes to read
        made.source = source.where
    except OSError as error:
        made.unknown = cannot("access", filled.entry.source, error)
        if filled.is_told:  # much the same
            made.unknown = SilentError(*made.unknown.words)
    apply_attributes(job, filled.entry, filled.source, made)
