"""One directory: made and entered, and given its attributes when everything in it is copied.

While it is being filled, a new directory gives nothing to others that it will not give at the end,
and always lets its owner work in it.
"""

import stat
from errno import EACCES
from itertools import islice

from pycp import system
from pycp.engine.attributes import Made, apply_attributes
from pycp.engine.entry import tell_directory
from pycp.engine.write import announce, make_room
from pycp.errors import CopyError, cannot, failed
from pycp.quoting import quote_name
from pycp.system.folder import CLOSED, Directory, Folder, identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from pycp.engine.job import Job
    from pycp.values import Decision, Entry

OWNER_ALL = 0o700
CHUNK = 10_000
"""Entries of one directory that are held and sorted at a time."""


class Filled:
    """A directory being filled, with what is needed to finish it."""

    __slots__ = ("above", "depth", "entry", "folder", "is_walked", "made", "pending", "source")

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
        self.is_walked = False
        """All its entries were met."""
        self.pending = 0
        """Pieces of work and directories below it that are not finished."""


def enter_directory(job: "Job", entry: "Entry", decision: "Decision") -> Filled:
    """Make the destination directory, or enter it if it exists; open both sides.

    The folder's source descriptor is -1 if the source cannot be opened: GNU makes the directory
    all the same.
    """
    source = decision.source_stat
    is_new = decision.destination_stat is None
    withheld = 0
    mode = stat.S_IMODE(source.st_mode)
    if is_new:
        make_room(job, entry, decision)
        withheld = job.withheld_bits(True) & mode
        try:
            system.mkdir(
                entry.destination_name,
                (mode & ~withheld) | OWNER_ALL,
                dir_fd=entry.folder.destination_fd,
            )
        except OSError as error:
            raise cannot("create directory", entry.destination, error) from None
    destination, status = _open_destination(job, entry, decision)
    made = Made(None, 0, status, is_new, withheld)
    tell_directory(job.report, entry.source, entry.destination, is_new)
    if is_new:
        _let_owner_in(entry, destination, made)
        made.mode &= ~(OWNER_ALL & ~mode)
        if job.report.verbose:
            decision.backup = None
            announce(job, entry, decision)
    source_directory = Directory(
        entry.folder.source_directory, entry.source_name, CLOSED, _operand_name(entry, entry.source)
    )
    source_directory.id = identity(source)
    return Filled(entry, Folder(entry.folder, source_directory, destination, is_new), source, made)


def _operand_name(entry: "Entry", name: str) -> str:
    return name if entry.is_operand else ""  # names below an operand follow from its own


def _open_destination(
    job: "Job", entry: "Entry", decision: "Decision"
) -> "tuple[Directory, os.stat_result]":
    """Open the destination directory, the one decided on; return it and its status."""
    name = entry.destination_name
    dir_fd = entry.folder.destination_fd
    found = decision.destination_stat
    options = job.options
    follows = found is not None and options.keep_directory_symlink and options.copy_contents
    no_follow = 0 if follows else system.O_NOFOLLOW
    directory = Directory(
        entry.folder.destination_directory, name, CLOSED, _operand_name(entry, entry.destination)
    )
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
    if found is not None and identity(found) != directory.id:
        directory.close()
        raise CopyError(
            f"not writing to {quote_name(entry.destination)},"
            " as it was replaced while being copied",
            filename=entry.destination,
        )
    return directory, status


def _let_owner_in(entry: "Entry", directory: Directory, made: Made) -> None:
    """Let the owner work in a new directory even if the umask forbids it."""
    if made.mode & OWNER_ALL == OWNER_ALL:
        return
    try:
        system.set_mode(directory.where, made.mode | OWNER_ALL)
    except OSError as error:
        directory.close()
        raise failed("setting permissions for", entry.destination, error) from None
    made.present_mode |= OWNER_ALL


def list_source(
    job: "Job", filled: Filled, decision: "Decision"
) -> "tuple[int, Iterator[tuple[str, bool]]]":
    """Open the source directory; return a number of entries, and the entries by inode number.

    Each is a name, and whether it is known to be a regular file. In a vast directory the number
    is that of the first ones, and the order holds among some thousands at a time.

    Raise CopyError if it cannot be read, or is not the directory decided on.
    """
    entry = filled.entry
    directory = filled.folder.source_directory
    flags = system.DIRECTORY_FLAGS
    if not decision.follows:
        flags |= system.O_NOFOLLOW
    try:
        fd = system.open(entry.source_name, flags, dir_fd=entry.folder.source_fd)
        directory.fd = fd
        status = system.fstat(fd)
        if identity(status) != directory.id:
            raise CopyError(
                f"skipping directory {quote_name(entry.source)},"
                " as it was replaced while being copied",
                filename=entry.source,
            )
        listing = system.scandir(fd)
        entries = _next_entries(listing, job.report.verbose)
    except CopyError:
        raise
    except OSError as error:
        raise cannot("access", entry.source, error) from None
    if len(entries) < CHUNK or job.report.verbose:
        listing.close()
        return len(entries), iter(entries)
    return len(entries), _chunks(job, filled, listing, entries)


def _next_entries(
    listing: "Iterator[os.DirEntry[str]]", takes_all: bool = False
) -> list[tuple[str, bool]]:
    """Return the next entries by inode number; all of them if their order is told."""
    found = sorted(listing if takes_all else islice(listing, CHUNK), key=_inode)
    return [(entry.name, _is_file(entry)) for entry in found]


def _chunks(
    job: "Job",
    filled: Filled,
    listing: "Iterator[os.DirEntry[str]]",
    entries: list[tuple[str, bool]],
) -> "Iterator[tuple[str, bool]]":
    """Yield the entries of a vast directory, never holding all of them.

    Its descriptor stays open: where the listing tells no kinds, they are looked up below it.
    """
    directory = filled.folder.source_directory
    directory.is_pinned = True
    try:
        while entries:
            yield from entries
            entries = _next_entries(listing)
    except OSError as error:
        job.report.failed(cannot("access", filled.entry.source, error))
    finally:
        directory.is_pinned = False
        listing.close()  # type: ignore[attr-defined]


def _is_file(entry: "os.DirEntry[str]") -> bool:
    """Ask now: where the listing tells no kinds, this looks below a descriptor we may close."""
    try:
        return entry.is_file(follow_symlinks=False)
    except OSError:
        return False  # copying it will tell


def _inode(entry: "os.DirEntry[str]") -> int:
    return entry.inode()


def finish_directory(job: "Job", filled: Filled) -> None:
    """Give a directory its attributes, now that its entries have come and gone."""
    made = filled.made
    folder = filled.folder
    made.where = folder.destination_directory.where
    source = folder.source_directory
    try:
        source.reopen()  # one that was not listed can still have attributes to read
        made.source = source.where
    except OSError:
        pass  # that it cannot be reached was told before
    apply_attributes(job, filled.entry, filled.source, made)
