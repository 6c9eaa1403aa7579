"""--dry-run of directories: each is entered as what it would be, and holds what it would hold."""

import stat
from errno import EPERM

from pycp import system
from pycp.engine.attributes import Made, mode_error
from pycp.engine.directory import Filled, open_source, source_directory
from pycp.engine.dry import directories
from pycp.engine.listing import list_source
from pycp.engine.tell import tell_directory
from pycp.engine.write import announce, make_room
from pycp.errors import CopyError, SilentError, cannot, failed, reason, skipping
from pycp.quoting import quote_name
from pycp.system.folder import Directory, Folder, identity
from pycp.system.nodes import Node
from pycp.system.overlay import Overlay, Pretended
from pycp.values import OTHER, PERMISSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    from pycp.engine.job import Job
    from pycp.entries import Decision, Entry
    from pycp.options import WriteOptions
    from pycp.plan.links import Copies

    Options = TypeVar("Options", bound=WriteOptions)
    Listed = tuple[int, Iterator[tuple[str, int]], bool]

DENIED = OSError(EPERM, "")


def without_effects(options: "Options") -> "Options":
    """Return options without those that only matter when something is done."""
    options = options.replace(context="", default_context=False, preserve_context=False)
    return options.replace(durable=False, verify=False, manifest=None, bandwidth=0)


def pretended(entries: "Iterable[Entry]", overlay: Overlay) -> "Iterator[Entry]":
    """Yield entries whose directories are left as they are."""
    for entry in entries:
        pretend_folder(entry, overlay)
        yield entry


def pretend_folder(entry: "Entry", overlay: Overlay) -> None:
    """Let an operand come from and go to directories that are left as they are."""
    source, destination = (
        directory if isinstance(directory, Pretended) else Pretended(directory, overlay)
        for directory in (entry.folder.source_directory, entry.folder.destination_directory)
    )
    entry.folder = Folder(None, source, destination, False)


def foresee_attributes(
    job: "Job",
    entry: "Entry",
    source: "os.stat_result",
    found: "os.stat_result",
    directory: Directory | None = None,
) -> None:
    """Fail as setting the attributes of what belongs to somebody else, or is protected, would.

    If it is a directory, that is given as well.
    """
    options = job.options
    may_set = job.is_privileged or found.st_uid == system.geteuid()
    if may_set and not _is_protected(directory):
        return
    if options.preserve_timestamps:
        raise failed("preserving times for", entry.destination, DENIED)
    owners = (found.st_uid, found.st_gid), (source.st_uid, source.st_gid)
    gives_away = options.preserve_ownership and owners[0] != owners[1]
    if options.preserve_mode:
        if gives_away and job.is_privileged:
            raise failed("clearing permissions for", entry.destination, DENIED)
        if gives_away:
            raise SilentError("", EPERM, entry.destination)
        raise mode_error("preserving permissions for", entry, DENIED)
    if gives_away and job.is_privileged:
        raise failed("failed to preserve ownership for", entry.destination, DENIED)


def _is_protected(directory: Directory | None) -> bool:
    return isinstance(directory, Pretended) and directory.is_protected


def pretend_to_enter(job: "Job", entry: "Entry", decision: "Decision") -> Filled:
    """Enter a directory that is there, or one that is pretended to be made."""
    source, below = directories(entry)
    found = decision.destination_stat
    name = entry.destination_name
    if found is None:
        make_room(job, entry, decision)
        try:
            below.mkdir(name, stat.S_IMODE(decision.source_stat.st_mode))
        except OSError as error:
            raise cannot("create directory", entry.destination, error) from None
    options = job.options
    follows = found is not None and options.keep_directory_symlink and options.copy_contents
    try:
        status = found or below.stat(name)
        place = source.find(entry.source_name, decision.follows)[1]
        destination = below.enter(name, entry.destination if entry.is_operand else "", follows)
    except OSError as error:
        raise cannot("access", entry.destination, error) from None
    try:
        tell_directory(job.report, entry, found is None)
    except BaseException:
        destination.close()
        raise
    if found is None:
        announce(job, entry, decision)
    node = place if isinstance(place, Node) else None
    directory = Pretended(source_directory(entry, decision.source_stat), source.overlay, node)
    folder = Folder(entry.folder, directory, destination, found is None)
    return Filled(entry, folder, decision.source_stat, Made(status, found is None, 0))


def open_real(job: "Job", filled: Filled, decision: "Decision") -> None:
    """Open the source directory, unless it would be there only by now."""
    directory = filled.folder.source_directory
    assert isinstance(directory, Pretended)
    if directory.node is None:
        open_source(job, filled, decision)


def finish_pretended(job: "Job", filled: Filled) -> None:
    """Fail as giving a directory its attributes would, and remember its mode."""
    directory = filled.folder.destination_directory
    if not filled.made.is_new:
        foresee_attributes(job, filled.entry, filled.source, filled.made.status, directory)
    _remember_mode(job, directory, filled.source, filled.made.is_new)


def _remember_mode(
    job: "Job", directory: Directory, source: "os.stat_result", is_new: bool
) -> None:
    """Remember the mode that a directory gets when it is complete."""
    options = job.options
    assert isinstance(directory, Pretended)
    if options.preserve_mode:
        directory.finish(stat.S_IMODE(source.st_mode))
    elif is_new:
        mode = PERMISSIONS if options.explicit_no_mode else source.st_mode & PERMISSIONS
        directory.finish(mode & ~job.umask)


def list_pretended(job: "Job", filled: Filled, copied: "Copies") -> "Listed":
    """Return number and entries of a source directory, with what would be in it by now."""
    directory = filled.folder.source_directory
    assert isinstance(directory, Pretended)
    changes = directory.overlay.made.get(directory.id, {})
    entries: list[tuple[str, int]] = []
    if directory.node is not None and identity(directory.node.status) != directory.id:
        raise skipping("directory", filled.entry.source)
    if directory.node is None:
        entries = [
            (name, kind)
            for name, kind in list_source(job, filled, copied)[1]
            if name not in changes
        ]
    for name, node in changes.items():
        mode = 0
        if node is not None:
            mode = (node[0] if isinstance(node, tuple) else node.status).st_mode
        excludes = job.exclusions is not None and job.exclusions.excludes
        if mode and not (excludes and excludes(filled.inside + name, stat.S_ISDIR(mode))):
            entries.append((name, OTHER))
    if changes:

        def order(entry: tuple[str, int]) -> tuple[bool, int]:
            number = directory.stat(entry[0], False).st_ino
            return number < 0, abs(number)  # what is new has the highest numbers

        entries.sort(key=order)
    return len(entries), iter(entries), False


def foresee_parent(job: "Job", directory: Directory, source: "os.stat_result | None") -> None:
    """Fail as setting the attributes of a directory that --parents found or made would."""
    options, shown = job.options, directory.shown
    if source is not None:
        _remember_mode(job, directory, source, False)
    may_set = job.is_privileged or directory.stat(".").st_uid == system.geteuid()
    if may_set and not _is_protected(directory):
        return
    what = ""
    if options.preserve_timestamps:
        what = "times"
    elif options.preserve_ownership and job.is_privileged:
        what = "ownership"
    elif options.preserve_mode:
        what = "permissions"
    if what:
        text = f"failed to preserve {what} for {quote_name(shown)}: {reason(DENIED)}"
        raise CopyError(text, EPERM, shown)
