"""When source and destination are one file: whether that is an error, nothing to do, or fine.

The rules are GNU's (spec 3.8). They compare the two files as they will be read and written, then
the directory entries themselves, since two names of one file can often be told apart.
"""

import stat

from pycp.system.folder import identity
from pycp.values import last_component

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from typing import Literal

    from pycp.entries import Entry
    from pycp.options import CopyOptions
    from pycp.system.folder import Directory

    Verdict = Literal["distinct", "same", "nothing to do"]


def parent_identity(directory: "Directory", name: str, follow: bool = False) -> tuple[int, int]:
    """Return the identity of the directory that holds `name`, itself relative to `directory`.

    GNU does not follow a symbolic link there, so a directory reached through one counts as another.
    """
    head, slash, _last = name.rstrip("/").rpartition("/")
    if slash:
        head = head.rstrip("/") or "/"
    elif directory.parent is not None and directory.parent.is_open and not follow:
        return identity(directory.parent.stat(directory.name, False))
    elif directory.id != (0, 0):
        return directory.id
    return identity(directory.stat(head or ".", follow))


def is_same_entry(
    one: "Directory", name: str, other: "Directory", other_name: str, follow: bool = False
) -> bool:
    """Return whether two names are one directory entry: same last component, same parent."""
    if last_component(name) != last_component(other_name):
        return False
    try:
        return parent_identity(one, name, follow) == parent_identity(other, other_name, follow)
    except OSError:
        return False


def _is_source_destination(entry: "Entry", follow: bool = False) -> bool:
    folder = entry.folder
    return is_same_entry(
        folder.source_directory,
        entry.source_name,
        folder.destination_directory,
        entry.destination_name,
        follow,
    )


def judge(
    entry: "Entry", source: "os.stat_result", destination: "os.stat_result", options: "CopyOptions"
) -> "Verdict":
    """Return how the same-file rules see one entry and its existing destination."""
    folder = entry.folder
    is_same = identity(source) == identity(destination)
    if is_same and options.hard_link:
        return "nothing to do"
    source_itself, destination_itself = source, destination
    backs_up = options.backup != "none"
    removes = options.remove_destination
    follows = options.follows(entry.is_operand)
    if not follows:
        if stat.S_ISLNK(source.st_mode) and stat.S_ISLNK(destination.st_mode):
            if _is_source_destination(entry):
                return "same"
            return "nothing to do" if is_same and not backs_up else "distinct"
        if removes and not backs_up and _would_remove_source(entry, destination, options):
            return "same"
        is_same_link = is_same
    else:
        if removes and not backs_up and _would_remove_source(entry, destination, options):
            return "same"
        if not is_same:
            return "distinct"
        try:
            source_itself = folder.source_directory.stat(entry.source_name, False)
            destination_itself = folder.destination_directory.stat(entry.destination_name, False)
        except OSError:
            return "distinct"
        is_same_link = identity(source_itself) == identity(destination_itself)
    source_is_link = stat.S_ISLNK(source_itself.st_mode)
    destination_is_link = stat.S_ISLNK(destination_itself.st_mode)

    if source_is_link and destination_is_link and removes:
        return "distinct"
    if backs_up:
        if not is_same_link:
            overwrites_referent = source_is_link and not destination_is_link
            return "same" if overwrites_referent and follows else "distinct"
        return "same" if _is_source_destination(entry) else "distinct"
    if removes and (
        destination_is_link
        or (is_same_link and destination_itself.st_nlink > 1 and not _is_source_destination(entry))
    ):
        return "distinct"
    if not source_is_link and not destination_is_link:
        if not is_same_link:
            return "distinct"
        return "nothing to do" if options.hard_link else "same"
    if options.symbolic_link and destination_is_link:
        return "distinct"
    if not follows:
        try:
            if identity(_followed(entry, source_itself, True)) != identity(
                _followed(entry, destination_itself, False)
            ):
                return "distinct"
        except OSError:
            return "distinct"
        if options.hard_link:
            return "distinct" if destination_is_link else "nothing to do"
    return "same"


def _would_remove_source(
    entry: "Entry", destination: "os.stat_result", options: "CopyOptions"
) -> bool:
    """Return whether --remove-destination would delete the source; GNU does, and then fails.

    To replace a symbolic link by one to itself is what -s was asked for.
    """
    is_asked_for = options.symbolic_link and stat.S_ISLNK(destination.st_mode)
    return not is_asked_for and _is_source_destination(entry, follow=True)


def _followed(entry: "Entry", itself: "os.stat_result", is_source: bool) -> "os.stat_result":
    if not stat.S_ISLNK(itself.st_mode):
        return itself
    if is_source:
        return entry.folder.source_directory.stat(entry.source_name)
    return entry.folder.destination_directory.stat(entry.destination_name)
