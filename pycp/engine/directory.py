"""One directory: made and entered, and given its attributes when everything in it is copied.

While it is being filled, a new directory gives nothing to others that it will not give at the end,
and always lets its owner work in it.
"""

import stat
from errno import EACCES
from itertools import islice

from pycp import system
from pycp.engine.attributes import Made, apply_attributes, lacks_attributes
from pycp.engine.entry import tell_directory, tell_excluded
from pycp.engine.write import announce, make_room
from pycp.errors import CopyError, cannot, failed
from pycp.quoting import quote_name
from pycp.system.folder import CLOSED, Directory, Folder, identity
from pycp.values import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from typing import Protocol

    from pycp.engine.job import Job
    from pycp.plan.exclude import Exclusions
    from pycp.values import Decision

    class Listing(Iterator[os.DirEntry[str]], Protocol):
        """The entries of a directory that is open, one after the other."""

        def close(self) -> None:
            """Give the directory back."""


OWNER_ALL = 0o700
CHUNK = 10_000
"""Entries of one directory that are held and sorted at a time."""
NAME_START = 16 + 8 + 1
"""Where the name begins in what is sorted."""


class Filled:
    """A directory being filled, with what is needed to finish it."""

    __slots__ = (
        "above",
        "depth",
        "entry",
        "folder",
        "inside",
        "is_walked",
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
        self.is_walked = False
        """All its entries were met."""
        self.pending = 0
        """Pieces of work and directories below it that are not finished."""


def enter_directory(job: "Job", entry: "Entry", decision: "Decision") -> Filled:
    """Make the destination directory, or enter it if it exists; open both sides.

    The folder's source descriptor is -1 if the source cannot be opened: GNU makes the directory
    all the same.
    """
    if job.options.dry_run:
        from pycp.engine.dry_directory import pretend_to_enter

        return pretend_to_enter(job, entry, decision)
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
    is_begun = False
    if job.options.resume and not is_new:
        from pycp.engine.resume import was_begun

        is_begun = was_begun(job, source, status)
        withheld = job.withheld_bits(True) & mode
    made = Made(None, 0, status, is_new or is_begun, withheld)
    try:
        tell_directory(job.report, entry.source, entry.destination, is_new)
    except BaseException:
        destination.close()
        raise
    if is_new or is_begun:
        _let_owner_in(entry, destination, made)
        made.mode &= ~(OWNER_ALL & ~mode)
    if is_new and job.report.verbose:
        decision.backup = None
        announce(job, entry, decision)
    source_directory = Directory(
        entry.folder.source_directory, entry.source_name, CLOSED, operand_name(entry, entry.source)
    )
    source_directory.id = identity(source)
    return Filled(entry, Folder(entry.folder, source_directory, destination, is_new), source, made)


def operand_name(entry: "Entry", name: str) -> str:
    """Return the name of an operand, "" below one: those names follow from it."""
    return name if entry.is_operand else ""


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
        entry.folder.destination_directory, name, CLOSED, operand_name(entry, entry.destination)
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
    if job.options.dry_run:
        from pycp.engine.dry_directory import list_pretended

        return list_pretended(job, filled, lambda: _list_source(job, filled, decision))
    return _list_source(job, filled, decision)


def _list_source(
    job: "Job", filled: Filled, decision: "Decision"
) -> "tuple[int, Iterator[tuple[str, bool]]]":
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
            raise replaced(entry)
        listing: Listing = system.scandir(fd)
        if job.exclusions is not None:
            listing = _wanted(job, job.exclusions, filled, listing)
        entries = _next_entries(listing, job.report.verbose)
    except CopyError:
        raise
    except OSError as error:
        raise cannot("access", entry.source, error) from None
    if len(entries) < CHUNK or job.report.verbose:
        listing.close()
        return len(entries), _taken(entries)
    return len(entries), _chunks(job, filled, listing, entries)


def replaced(entry: "Entry") -> CopyError:
    """Word that another directory has the source's name now."""
    return CopyError(
        f"skipping directory {quote_name(entry.source)}, as it was replaced while being copied",
        filename=entry.source,
    )


def _wanted(job: "Job", exclusions: "Exclusions", filled: Filled, listing: "Listing") -> "Listing":
    """Yield what is not left out, and tell of the rest; closing this closes the listing."""
    follows = job.options.follows(is_operand=False)
    try:
        for found in listing:
            if exclusions.excludes(filled.inside + found.name, _is_directory(found, follows)):
                tell_excluded(job, Entry(filled.folder, found.name))
            else:
                yield found
    finally:
        listing.close()


def _next_entries(listing: "Listing", takes_all: bool = False) -> list[str]:
    """Return the next entries by inode number, backwards; all of them if their order is told.

    Each is one string, which takes half the memory of anything else: the inode number, the place in
    the listing, where several names have one, whether it is a file, and the name.
    """
    some = listing if takes_all else islice(listing, CHUNK)
    found = [
        f"{entry.inode():016x}{place:08x}{_is_file(entry):d}{entry.name}"
        for place, entry in enumerate(some)
    ]
    found.sort(reverse=True)
    return found


def _taken(entries: list[str]) -> "Iterator[tuple[str, bool]]":
    """Yield name, and whether it is a file, of entries sorted backwards; forget each of them."""
    while entries:
        entry = entries.pop()
        yield entry[NAME_START:], entry[NAME_START - 1] == "1"


def _chunks(
    job: "Job",
    filled: Filled,
    listing: "Listing",
    entries: list[str],
) -> "Iterator[tuple[str, bool]]":
    """Yield the entries of a vast directory, never holding all of them.

    Its descriptor stays open: where the listing tells no kinds, they are looked up below it.
    """
    directory = filled.folder.source_directory
    directory.is_pinned = True
    try:
        while entries:
            yield from _taken(entries)
            entries = _next_entries(listing)
    except OSError as error:
        job.report.failed(cannot("access", filled.entry.source, error))
    finally:
        directory.is_pinned = False
        listing.close()


def _is_directory(entry: "os.DirEntry[str]", follows: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follows)
    except OSError:
        return False


def _is_file(entry: "os.DirEntry[str]") -> bool:
    """Ask now: where the listing tells no kinds, this looks below a descriptor we may close."""
    try:
        return entry.is_file(follow_symlinks=False)
    except OSError:
        return False  # copying it will tell


def is_finished(job: "Job", filled: Filled) -> bool:
    """Return whether a directory has its attributes already."""
    return not (job.options.durable or lacks_attributes(job, filled.source, filled.made))


def finish_directory(job: "Job", filled: Filled) -> None:
    """Give a directory its attributes, now that its entries have come and gone."""
    if not job.options.durable:
        _give_attributes(job, filled)
        return
    from pycp.engine.durable import Flushed, place_of

    with Flushed(job.report, [place_of(filled.folder.destination_directory)]):
        _give_attributes(job, filled)


def _give_attributes(job: "Job", filled: Filled) -> None:
    made = filled.made
    folder = filled.folder
    if job.options.dry_run:
        from pycp.engine.dry_directory import foresee_attributes

        directory = folder.destination_directory
        foresee_attributes(job, filled.entry, filled.source, made.status, directory)
        return
    made.where = folder.destination_directory.where
    source = folder.source_directory
    try:
        source.reopen()  # one that was not listed can still have attributes to read
        made.source = source.where
    except OSError:
        pass  # that it cannot be reached was told before
    apply_attributes(job, filled.entry, filled.source, made)
