"""Operands that lie side by side in one directory, copied as the entries of a tree are.

`pycp -r photos/* backup` names what `pycp -r photos/. backup` would list: it is one walk, of which
others can have a share, and not one for each operand. What is particular about operands is left to
the walk of each: links that are followed for them, two that would get the same name, one that holds
the target or lies in it, options that count from the operand down. So is what depends on their
order: names that are one where upper and lower case are, an old file that other names lead to,
perhaps that of another operand, or a directory that may be met in two places, as something is
mounted there.
"""

from itertools import islice
from stat import S_ISDIR, S_ISLNK, S_ISREG

from pycp import system
from pycp.entries import Entry
from pycp.plan.operands import MANY, probe
from pycp.run.level import Level
from pycp.run.tree import copy_level, identities_above
from pycp.run.unit import not_ours
from pycp.system import status_if_any
from pycp.system.folder import Directory, Folder, identity, release
from pycp.system.mounts import may_be_mounted
from pycp.values import DIRECTORY, OTHER, REGULAR, SYMLINK, join, split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycp.options import CopyOptions
    from pycp.plan.operands import Operands
    from pycp.run.unit import Identity
    from pycp.run.visit import Visitor

LARGE = 1500
"""Operands from which on others have a share at once: nothing has to be listed to know them."""
SHARE = 4
"""Entries read of the directory for each operand at most: reading one takes so much less time."""


def copy_together(operands: "Operands", visitor: "Visitor", jobs: int) -> bool:
    """Copy all operands in one walk, and return True, if they are entries of one directory.

    So many processes do so; 0 leaves that to how much it is.
    """
    found = siblings(operands)
    if found is None:
        return False
    from pycp.run.walk import Walk

    folder, names, kinds = found
    source, target = folder.source_directory, folder.destination_directory
    was_pinned = target.is_pinned
    source.is_pinned = target.is_pinned = True
    try:
        place = Entry(folder, ".", is_operand=True)
        place.name_operands(folder.source or ".", folder.destination)
        level = Level(not_ours(place, folder), iter(list(zip(names, kinds, strict=True))))
        walk = Walk(visitor)
        walk.met, walk.operands = len(names), folder
        walk.memory.operand = place
        copy_level(walk, jobs, level, LARGE, is_apart=True)
    finally:
        target.is_pinned = was_pinned  # it is open for others as well
        source.is_pinned = False
        source.close()
    return True


def siblings(operands: "Operands") -> tuple[Folder, list[str], bytes] | None:
    """Return the directory whose entries the operands are, their names in it, and their kinds.

    None if they are no entries of one, or must not be taken for them.
    """
    target, sources, options = operands.directory, operands.sources, operands.options
    if target is None or not isinstance(sources, list) or len(sources) < 2:
        return None
    if not _may_be_entries(options):
        return None
    path = split_last(sources[0])[0]
    names = _names(sources, path)
    if names is None:
        return None
    source = probe(_as_shown(path)) if path else Directory(None, "", None)
    if not isinstance(source, Directory):
        return None
    try:
        source.id, target.id = identity(source.stat(".")), identity(target.stat("."))
        met: set[Identity] = set()
        kinds = bytes(_kinds(source, names, options, met))
        is_worth_it = operands.are_many or met
        if is_worth_it and len(kinds) == len(names) and _is_apart(source, target, names, met):
            folder = Folder(None, source, target, False)
            if not _order_matters(folder, names, kinds, options):
                return folder, names, kinds
    except OSError:
        pass  # copying them one by one will tell
    source.close()
    return None


def _may_be_entries(options: "CopyOptions") -> bool:
    """Return whether no option makes a difference between an operand and what is below one."""
    return not (
        (options.recursive and options.dereference == "always")
        or options.parents
        or options.exclude
        or options.one_file_system
        or options.keep_directory_symlink
        or options.resume
        or options.strip_trailing_slashes
    )


def _names(sources: list[str], path: str) -> list[str] | None:
    """Return the names of operands below a path, None if that is not all they consist of."""
    names = [source[len(path) :] for source in sources]
    # Nobody can ask a directory whether it tells upper from lower case.
    folded = "/".join(names).casefold().split("/")  # more than there are, if one has a slash
    if not len(set(folded)) == len(folded) == len(names):
        return None
    if not {"", ".", ".."}.isdisjoint(names):
        return None
    if not all(source.startswith(path) for source in sources):
        return None
    is_shown = join(_as_shown(path), names[0]) == sources[0]  # which it is for all or none
    return names if is_shown else None


def _as_shown(path: str) -> str:
    """Return a path before a name without the slash in between."""
    return path.rstrip("/") or path[:1]


def _kinds(
    source: Directory, names: list[str], options: "CopyOptions", met: "set[Identity]"
) -> "Iterator[int]":
    """Yield the kinds of operands, until one is none that may be copied beside others.

    What is followed may lead to what is copied, and a FIFO takes the place of an old file only if
    links are not; where its contents are asked for, they come in the order of the operands.
    Directories are noted among those `met`. Raise OSError if one cannot be looked at.
    """
    listed = _listed_files(source, SHARE * len(names)) if len(names) >= MANY else ()
    for name in names:
        if name in listed:
            yield REGULAR
            continue
        status = source.stat(name, False)
        mode = status.st_mode
        if S_ISREG(mode):
            yield REGULAR
        elif S_ISDIR(mode):
            met.add(identity(status))
            yield DIRECTORY if options.recursive else OTHER
        elif options.dereference != "never":
            return
        elif S_ISLNK(mode):
            yield SYMLINK
        elif options.recursive and not options.copy_contents:
            yield OTHER
        else:
            return


def _listed_files(directory: Directory, most: int) -> "set[str]":
    """Return regular files in a directory, of which so many entries are read at most.

    It is empty if they cannot be known, or only by a call for each.
    """
    try:
        # Nobody would expect its time of last access to change.
        fd = system.open(".", system.DIRECTORY_FLAGS | system.O_NOATIME, dir_fd=directory.fd)
    except OSError:
        return set()  # it is somebody else's, or can only be searched
    try:
        with system.scandir(fd) as listing:
            entries = islice(listing, most)
            return {entry.name for entry in entries if entry.is_file(follow_symlinks=False)}
    except OSError:
        return set()
    finally:
        release(fd)


def _is_empty(directory: Directory) -> bool:
    """Return whether there is nothing in a directory, as far as this user may know."""
    try:
        return next(directory.names("."), None) is None
    except OSError:
        return False


def _is_apart(source: Directory, target: Directory, names: list[str], met: "set[Identity]") -> bool:
    """Return whether no operand holds the target, or is written to where its sources lie.

    Raise OSError if a directory above cannot be looked at.
    """
    above_source, above_target = identities_above(source), identities_above(target)
    if above_source is None or above_target is None or source.id == target.id:
        return False
    if not met.isdisjoint({target.id, *above_target}):
        return False
    if target.id not in above_source:
        return True
    there = (status_if_any(name, target.fd) for name in names)
    held = {identity(status) for status in there if status is not None}
    return held.isdisjoint({source.id, *above_source})


def _order_matters(folder: Folder, names: list[str], kinds: bytes, options: "CopyOptions") -> bool:
    """Return whether what is written for one operand may be read or written for another one.

    Raise OSError if an old file cannot be looked at.
    """
    target = folder.destination_directory
    if may_be_mounted((folder.source_directory, target), names):
        return True
    if options.remove_destination or options.hard_link or options.symbolic_link:
        return False
    if len(names) >= MANY and _is_empty(target):
        return False
    removes_links = options.preserve_links and not options.attributes_only
    for name, kind in zip(names, kinds, strict=True):
        there = status_if_any(name, target.fd) if kind == REGULAR else None
        if there is None or S_ISDIR(there.st_mode):
            continue
        if S_ISLNK(there.st_mode) or (there.st_nlink > 1 and not removes_links):
            return True
    return False
