"""Symbolic links in a destination that was there before, through which the copy writes.

Such a link may lead to what another name of the copy is written to as well, and what that holds in
the end follows from the order of one process. Names of hard links are known by their number, and
wait for their turn; but nothing in a file says that a symbolic link leads to it.
"""

from errno import EACCES, ELOOP, ENOENT, ENOTDIR
from stat import S_ISDIR, S_ISLNK

from pycp import system
from pycp.system.folder import identity, release

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from pycp.options import CopyOptions
    from pycp.system.folder import Folder

    Place = tuple[int, int, os.DirEntry[str]]
    """Descriptors of a source directory and its destination, and an entry of the latter."""

NOT_COPIED = (EACCES, ELOOP, ENOENT, ENOTDIR)
"""Errors that say that nothing of a directory is copied, or that it goes elsewhere."""
FLAGS = system.DIRECTORY_FLAGS | system.O_NOFOLLOW
"""How directories are opened unless links are followed: what cannot be read is not copied."""


def are_written_through(folder: "Folder", options: "CopyOptions") -> bool:
    """Return whether a link may lead to where another name is written to, both below a folder.

    The folder is open. What cannot be looked at may be one.
    """
    if (
        options.hard_link
        or options.symbolic_link
        or options.remove_destination
        or options.backup != "none"
    ):
        return False  # they are taken away, or in the way
    if options.update != "all" or options.resume:
        return False  # most is left alone, and to look at all of it would take as long as the rest
    follows = options.follows(is_operand=False)
    goes_through = options.keep_directory_symlink and options.copy_contents
    led_to = set()
    try:
        for source_fd, destination_fd, entry in _old(folder, follows):
            if not entry.is_symlink():
                continue
            try:
                source = system.stat(entry.name, dir_fd=source_fd, follow_symlinks=follows)
            except OSError:
                continue  # nothing is copied to it
            if S_ISLNK(source.st_mode) or (S_ISDIR(source.st_mode) and not goes_through):
                continue
            # What it leads to may be still to come, and is then an error or not.
            led_to.add(identity(system.stat(entry.name, dir_fd=destination_fd)))
        return bool(led_to) and any(
            identity(entry.stat(follow_symlinks=False)) in led_to
            for _source_fd, _destination_fd, entry in _old(folder, follows)
        )
    except OSError:
        return True


def _old(folder: "Folder", follows: bool) -> "Iterator[Place]":
    """Yield what is in the old directories that something is copied to."""
    levels: list[tuple[int, int, list[str]]] = []
    sides: tuple[tuple[int | None, str], ...]
    sides = (folder.source_fd, "."), (folder.destination_fd, ".")
    try:
        while True:
            opened = _enter(sides, follows)
            if opened:
                levels.append((opened[0], opened[1], []))
                yield from _listed(*levels[-1])
            while levels and not levels[-1][2]:
                for fd in levels.pop()[:2]:
                    release(fd)
            if not levels:
                return
            source_fd, destination_fd, below = levels[-1]
            name = below.pop()
            sides = (source_fd, name), (destination_fd, name)
    finally:
        for source_fd, destination_fd, _below in levels:
            release(source_fd)
            release(destination_fd)


def _enter(sides: "tuple[tuple[int | None, str], ...]", follows: bool) -> list[int]:
    """Open a source directory and its destination; return nothing if one is not for the copy."""
    flags = system.DIRECTORY_FLAGS if follows else FLAGS
    opened = []
    try:
        for (dir_fd, name), more in zip(sides, (flags, FLAGS), strict=True):
            opened.append(system.open(name, more, dir_fd=dir_fd))
    except OSError as error:
        for fd in opened:
            release(fd)
        if error.errno not in NOT_COPIED or (opened and error.errno == EACCES):
            raise
        return []
    return opened


def _listed(source_fd: int, destination_fd: int, below: list[str]) -> "Iterator[Place]":
    """Yield what is in a directory, and note the directories in it."""
    with system.scandir(destination_fd) as listing:
        for entry in listing:
            if entry.is_dir(follow_symlinks=False):
                below.append(entry.name)
            yield source_fd, destination_fd, entry
