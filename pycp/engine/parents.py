"""--parents: the directories of a source's path made again below the target (spec 2.7)."""

import stat
from errno import ENOTDIR, ESTALE

from pycp import system
from pycp.engine.attributes import give_to_owner
from pycp.engine.directory_path import names_on
from pycp.engine.pinned import Pinned
from pycp.engine.tell import tell_directory
from pycp.entries import Entry
from pycp.errors import CopyError, failed, replaced
from pycp.quoting import quote_name
from pycp.system.folder import Directory, Folder, identity, is_still, may_be_just_made
from pycp.values import GROUP_AND_OTHERS, OWNER_ALL, PERMISSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.engine.job import Job

    Parent = tuple[Directory, os.stat_result | None, str, int | None]
    """One directory of the path that gets attributes when the copy is done: whose these are, None
    if none are preserved; the name of that; and the mode to give it, None to leave that alone."""


class Parents:
    """What --parents did for one source."""

    __slots__ = ("are_new", "grown", "made", "opened")

    def __init__(self) -> None:
        self.are_new: bool | None = None
        """The directory the source goes into was made for it, or was to be; None if unknown."""
        self.made: list[Parent] = []
        self.opened: list[Directory] = []
        self.grown: list[Directory] = []
        """Those below the target directory that others were made in."""

    def close(self) -> None:
        """Give all descriptors back."""
        for directory in self.opened:
            directory.close()


def make_parents(job: "Job", entry: "Entry", parents: Parents) -> None:
    """Make the directories the destination goes into, and let the entry go into the last.

    `parents` takes what is to be finished and closed afterwards. Raise CopyError if one cannot be
    made; those before it stay.
    """
    path, slash, last = entry.destination_name.rpartition("/")
    if not slash:
        return
    target = entry.folder.destination_directory
    whole = target.look(path, follow_symlinks=True)
    if whole is not None and not job.options.may_be_begun():
        if not stat.S_ISDIR(whole.st_mode):
            raise _not_a_directory(_shown(entry, path))
        directory = _descend(parents, target, path, _shown(entry, path), whole)
        parents.are_new = False
    else:
        directory = _make_each(job, entry, path, parents)
    entry.folder = Folder(None, entry.folder.source_directory, directory, False)
    entry.destination_name = last


def _descend(
    parents: Parents, above: Directory, name: str, shown: str, found: "os.stat_result | None"
) -> Directory:
    """Open a directory below another, the one that was found or a new one; return it."""
    try:
        directory = above.enter(name, shown, follows=found is not None)
    except OSError as error:
        raise failed("failed to get attributes of", shown, error) from None
    parents.opened.append(directory)
    if found and not is_still(directory.fd, directory.id, identity(found)):
        raise replaced(shown)
    return directory


def _not_a_directory(shown: str) -> CopyError:
    return CopyError(f"{quote_name(shown)} exists but is not a directory", filename=shown)


def _shown(entry: "Entry", path: str) -> str:
    """Return the shown name of a leading part of the destination."""
    rest = len(entry.destination_name) - len(path)
    return entry.destination[: len(entry.destination) - rest]


def _make_each(job: "Job", entry: "Entry", path: str, parents: Parents) -> Directory:
    """Make what is missing of a path, from the left; return its last directory."""
    options = job.options
    preserves = options.preserve_mode or options.preserve_ownership or options.preserve_timestamps
    directory = entry.folder.destination_directory
    offset = len(entry.source.rstrip("/")) - len(entry.destination_name)
    for name, until_there in names_on(path):
        shown = _shown(entry, until_there)
        source_name = entry.source[: offset + len(until_there)]
        found = directory.look(name, follow_symlinks=True)
        needs_source = (
            found is None or preserves or options.may_be_begun() or options.asks_for_labels()
        )
        source = _source_status(entry, source_name) if needs_source else None
        mode = None
        is_new = found is None
        if source is not None and is_new:
            names = (shown, source_name)
            parents.are_new = True
            directory, mode = _make_one(job, parents, directory, name, names, source)
        else:
            if found is None or not stat.S_ISDIR(found.st_mode):
                raise _not_a_directory(shown)
            above, directory = directory, _descend(parents, directory, name, shown, found)
            parents.are_new = False
            if not _is_itself(above, name, directory):
                continue
            if job.labels is not None and source is not None:
                with job.labels.making_parent(source_name, source, above, name, shown):
                    job.labels.relabel(directory.where, shown, found.st_mode)
            if options.may_be_begun() and source is not None and not options.preserve_mode:
                mode = _mode_left(job, source, found)
        if preserves or mode is not None:
            parents.made.append((directory, source if preserves else None, source_name, mode))
    return directory


def _is_itself(above: Directory, name: str, directory: Directory) -> bool:
    """Return whether a name stands for the directory, and is no link that leads there.

    What a link leads to may be anybody's, and is not given to the owner of a source.
    """
    itself = above.look(name)
    if itself is None or not stat.S_ISDIR(itself.st_mode):
        return False
    return is_still(directory.fd, identity(itself), directory.id)


def _source_status(entry: Entry, name: str) -> "os.stat_result":
    try:
        status = entry.folder.source_directory.stat(name)
        if not stat.S_ISDIR(status.st_mode):
            raise OSError(ENOTDIR, "")
    except OSError as error:
        raise failed("failed to get attributes of", name, error) from None
    return status


def _make_one(
    job: "Job",
    parents: Parents,
    above: Directory,
    name: str,
    names: tuple[str, str],
    source: "os.stat_result",
) -> tuple[Directory, int | None]:
    """Make one directory; return it and the mode it is to get in the end, if not this one."""
    options = job.options
    shown, source_name = names
    mode = PERMISSIONS if options.explicit_no_mode else stat.S_IMODE(source.st_mode)
    withheld = 0
    if options.preserve_ownership or options.preserve_mode:
        withheld = source.st_mode & GROUP_AND_OTHERS  # no more comes back where a list has a say
    try:
        if job.labels is None:
            above.mkdir(name, mode & ~withheld)
        else:
            with job.labels.making_parent(source_name, source, above, name, shown):
                above.mkdir(name, mode & ~withheld)
    except OSError as error:
        raise failed("cannot make directory", shown, error) from None
    if job.report.verbose:
        job.report.line(f"{source_name} -> {shown}")
    told = Entry(Folder(None, above, above, True), name, is_operand=True)
    told.name_operands(source_name, shown)
    tell_directory(job.report, told, True, job.labels)
    if above in parents.opened:
        parents.grown.append(above)
    directory = _descend(parents, above, name, shown, None)
    if options.dry_run:
        return directory, None
    assert directory.fd is not None
    try:
        status = system.fstat(directory.fd)
    except OSError as error:
        raise failed("failed to get attributes of", shown, error) from None
    if not may_be_just_made(directory.fd, status):
        raise replaced(shown)
    present = stat.S_IMODE(status.st_mode)
    final = None
    if not options.preserve_mode:
        missing = withheld & ~job.umask & ~present
        if missing or present & OWNER_ALL != OWNER_ALL:
            final = present | missing
    if present & OWNER_ALL != OWNER_ALL:
        try:
            system.set_mode(directory.where, present | OWNER_ALL)
        except OSError as error:
            raise failed("setting permissions for", shown, error) from None
    return directory, final


def _mode_left(job: "Job", source: "os.stat_result", found: "os.stat_result") -> int | None:
    """Return the mode that a directory made by an interrupted copy is still to get, if it is."""
    mode = PERMISSIONS if job.options.explicit_no_mode else stat.S_IMODE(source.st_mode)
    final = mode & ~job.umask
    withheld = source.st_mode & GROUP_AND_OTHERS if job.options.preserve_ownership else 0
    created = final & ~withheld
    present = stat.S_IMODE(found.st_mode)
    is_begun = present & created == created and present | OWNER_ALL == created | OWNER_ALL
    return final if is_begun and present != final else None


def flush_parents(job: "Job", parents: Parents) -> None:
    """Flush the directories that got something new to disk, the deepest first."""
    from pycp.engine.durable import flush_directories, place_of

    changed = parents.opened[-1:] + parents.grown[::-1]
    flush_directories(job.report, [place_of(directory) for directory in changed])


def finish_parents(job: "Job", parents: Parents) -> None:
    """Give the directories their attributes, the deepest first; stop at the first failure."""
    options = job.options
    for directory, source, source_name, mode in reversed(parents.made):
        what = "failed to get attributes of"
        try:
            if options.dry_run:
                from pycp.engine.dry_directory import foresee_parent

                foresee_parent(job, directory, source)
                continue
            where = directory.where
            if source is not None and options.preserve_timestamps:
                what = "failed to preserve times for"
                system.set_times(where, source.st_atime_ns, source.st_mtime_ns)
            if source is not None and options.preserve_ownership:
                what = "failed to preserve ownership for"
                give_to_owner(job, source, where)
            what = "failed to preserve permissions for"
            if source is not None and options.preserve_mode:
                _preserve_permissions(where, source, source_name)
            elif mode is not None:
                system.set_mode(where, mode)
        except OSError as error:
            job.report.failed(failed(what, directory.shown, error))
            return


def _preserve_permissions(where: "system.Where", source: "os.stat_result", name: str) -> None:
    """Copy access control lists and mode of the source directory."""
    from pycp.engine.xattrs import set_permissions

    mode = stat.S_IMODE(source.st_mode)
    try:
        held = Pinned(name, None, name, follows=True)
    except OSError as error:
        set_permissions(None, where, mode, unknown=OSError(error.errno, ""))
        return
    with held:
        if identity(held.status) == identity(source):
            set_permissions(held.where, where, mode)
        else:  # another directory has the name now
            set_permissions(None, where, mode, unknown=OSError(ESTALE, ""))
