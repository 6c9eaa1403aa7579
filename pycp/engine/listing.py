"""The entries of a source directory, by inode number, never too many of them at a time."""

from itertools import chain, islice
from os import DirEntry

from pycp import system
from pycp.engine.tell import tell_excluded
from pycp.entries import Entry
from pycp.errors import cannot
from pycp.values import DIRECTORY, LINKED, OTHER, REGULAR, SYMLINK

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Container, Iterable, Iterator
    from typing import Protocol

    from pycp.engine.directory import Filled
    from pycp.engine.job import Job
    from pycp.plan.exclude import Exclusions
    from pycp.plan.links import Copies

    class Listing(Iterator[os.DirEntry[str]], Protocol):
        """The entries of a directory that is open, one after the other."""

        def close(self) -> None:
            """Give the directory back."""


CHUNK = 4000
"""Entries of one directory that are held and sorted at a time."""
NAME_START = 16 + 8 + 1
"""Where the name begins in an entry that is packed."""


def list_source(
    job: "Job", filled: "Filled", copied: "Copies"
) -> "tuple[int, Iterator[tuple[str, int]], bool]":
    """List the source directory; return a number of entries, they, and whether there are more.

    Each is a name and its kind. They come by inode number, in a vast directory among some thousands
    at a time. `copied` are files met before, of those that have several names.

    Raise CopyError if it cannot be read.
    """
    directory = filled.folder.source_directory
    filled.is_told = True
    try:
        if directory.is_path_only:
            directory.be_listed()
        assert directory.fd is not None
        listing: Listing = system.scandir(directory.fd)
        if job.exclusions is not None:
            listing = _wanted(job, job.exclusions, filled, listing)
        found = list(islice(listing, CHUNK))
        if not found:
            listing.close()
            filled.is_told = False
            return 0, iter(()), False
        if len(found) == CHUNK and (job.report.verbose or job.shared_source is not None):
            packed = _packed_entries(chain(found, listing))
            listing.close()
            filled.is_told = False
            return len(packed), _unpacked(packed), True
        known = copied.files_on(directory.id[0]) if job.shared_source is None else ()
        entries = _by_number(found, known)
    except OSError as error:
        raise cannot("access", filled.entry.source, error) from None
    filled.is_told = False
    if len(entries) < CHUNK:
        listing.close()
        return len(entries), iter(entries), False
    return len(entries), _chunks(job, filled, listing, entries, known), True


def _wanted(
    job: "Job", exclusions: "Exclusions", filled: "Filled", listing: "Listing"
) -> "Listing":
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


def _by_number(found: "list[os.DirEntry[str]]", known: "Container[int]") -> list[tuple[str, int]]:
    """Return entries by inode number."""
    found.sort(key=DirEntry.inode)
    if not known:
        try:  # most are regular files, and a call for each would count
            return [
                (entry.name, REGULAR if entry.is_file(follow_symlinks=False) else _kind(entry))
                for entry in found
            ]
        except OSError:
            return [(entry.name, _kind(entry)) for entry in found]
    entries = []
    for entry in found:
        kind = _kind(entry)
        if kind == REGULAR and entry.inode() in known:
            kind = LINKED
        entries.append((entry.name, kind))
    return entries


def _packed_entries(listing: "Iterable[os.DirEntry[str]]") -> list[str]:
    """Return all entries of a vast directory by number, backwards, where others go by their order.

    Each is one string, which takes half the memory of anything else: the inode number, the place in
    the listing, where several names have one, the kind, and the name.
    """
    packed = [
        f"{entry.inode():016x}{place:08x}{_kind(entry):d}{entry.name}"
        for place, entry in enumerate(listing)
    ]
    packed.sort(reverse=True)
    return packed


def _unpacked(packed: list[str]) -> "Iterator[tuple[str, int]]":
    """Yield name and kind of entries sorted backwards, and forget each of them."""
    while packed:
        entry = packed.pop()
        yield entry[NAME_START:], int(entry[NAME_START - 1])


def _chunks(
    job: "Job",
    filled: "Filled",
    listing: "Listing",
    entries: list[tuple[str, int]],
    known: "Container[int]",
) -> "Iterator[tuple[str, int]]":
    """Yield the entries of a vast directory, never holding all of them.

    Its descriptor stays open: where the listing tells no kinds, they are looked up below it.
    """
    directory = filled.folder.source_directory
    directory.is_pinned = True
    try:
        while entries:
            yield from entries
            entries = _by_number(list(islice(listing, CHUNK)), known)
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


def _kind(entry: "os.DirEntry[str]") -> int:
    """Ask now: where the listing tells no kinds, this looks below a descriptor we may close."""
    try:
        if entry.is_file(follow_symlinks=False):
            return REGULAR
        if entry.is_dir(follow_symlinks=False):
            return DIRECTORY
        return SYMLINK if entry.is_symlink() else OTHER
    except OSError:
        return OTHER  # copying it will tell
