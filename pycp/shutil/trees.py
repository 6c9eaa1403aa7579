"""A whole tree, as the standard module copies it.

The walk is that of `run.tree`, with its workers; new regular files take a short way. Each entry
that is anything else is copied by `copy2`, and what that raises goes into the list of errors.
"""

import os
import stat
import sys
from errno import EEXIST
from os import strerror

from pycp import system
from pycp.engine.job import Job
from pycp.entries import Decision, Entry
from pycp.errors import CopyError
from pycp.run.tree import copy_tree
from pycp.run.visit import Visitor
from pycp.run.walk import Walk
from pycp.shutil.files import OPTIONS, Failures, copy2, copy_status
from pycp.shutil.original import standard
from pycp.shutil.short import new_file_copier
from pycp.system.folder import Directory, Folder, identity
from pycp.values import OWNER_ALL, REGULAR, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pycp.engine.directory import Filled
    from pycp.run.level import Level
    from pycp.shutil.files import AnyPath

    Ignore = Callable[[AnyPath, list[str]], Iterable[str]]
    Reason = tuple[str, str, str]

LARGE = 500
"""Entries met before several processes copy; a program that calls us has its start behind it."""
# A destination that is a symbolic link to a directory is gone through.
TREE_OPTIONS = OPTIONS.replace(keep_directory_symlink=True, copy_contents=True)


def copytree(
    src: "AnyPath",
    dst: "AnyPath",
    symlinks: bool = False,
    ignore: "Ignore | None" = None,
    copy_function: "Callable[[str, str], object]" = copy2,
    ignore_dangling_symlinks: bool = False,
    dirs_exist_ok: bool = False,
) -> "AnyPath":
    """Copy the directory `src` and everything below it to `dst`, and return `dst`.

    With `symlinks` symbolic links are copied as links; without it what they lead to is copied, and
    `ignore_dangling_symlinks` passes over those that lead nowhere. `ignore` is called with each
    directory and the names in it, and returns those to leave out; `copy_function` is called with
    the two names of each file. With one of these three there are fewer ways to be fast. Directories
    of `dst` may exist only with `dirs_exist_ok`.

    Raise OSError if `src` cannot be listed or `dst` cannot be made. Everything that can be is
    copied; then raise Error with a list of (source, destination, reason) for the rest.
    """
    try:
        source, destination = os.fspath(src), os.fspath(dst)
    except TypeError:
        source = destination = b""  # no path, for which the standard module has words
    if (
        copy_function is not copy2
        or ignore is not None
        or ignore_dangling_symlinks
        or not isinstance(source, str)
        or not isinstance(destination, str)
        or _is_inside(destination, source)
    ):
        return standard().copytree(  # type: ignore[no-any-return]
            src, dst, symlinks, ignore, copy_function, ignore_dangling_symlinks, dirs_exist_ok
        )
    sys.audit("shutil.copytree", src, dst)
    reasons = _copy_tree(source, destination, symlinks, dirs_exist_ok)
    if reasons:
        raise standard().Error(reasons)
    return dst


def _is_inside(destination: str, source: str) -> bool:
    """Return whether the copy would meet itself, or cannot be told from one that would."""
    try:
        source, destination = os.path.realpath(source), os.path.realpath(destination)
    except ValueError:
        return True  # no file has such a name, for which the standard module has words
    return f"{destination}/".startswith(f"{source.rstrip('/')}/")


def _copy_tree(
    source: str, destination: str, symlinks: bool, dirs_exist_ok: bool
) -> "list[Reason]":
    """Copy a tree to where it does not meet itself; return what could not be copied."""
    os.scandir(source).close()  # what cannot be listed is not begun
    status = os.stat(source)
    is_new = not os.path.isdir(destination)
    os.makedirs(destination, OWNER_ALL, exist_ok=dirs_exist_ok)
    here = Directory(None, "", None)
    entry = Entry(Folder(None, here, here, False), source, is_operand=True)
    entry.destination_name = destination
    entry.name_operands(source, destination)
    found = os.stat(destination)
    decision = Decision("directory", status, follows=True, destination_stat=found)
    failures = Failures()
    copier = Copier(Job(TREE_OPTIONS, failures), symlinks, dirs_exist_ok)
    copy_tree(Copies(copier, is_new), 0, entry, decision, LARGE)
    return [_reason(entry, error) for error in failures.errors]


def _reason(root: Entry, error: CopyError) -> "Reason":
    """Return a failure as the standard module lists it: source, destination and why."""
    name = str(error.filename)
    if error.filename2 is not None:
        return name, str(error.filename2), str(error)
    # The engine tells one name; the other one is in the same place of the other tree.
    trees = root.source, root.destination
    inside = next((name[len(tree) :] for tree in trees if f"{name}/".startswith(f"{tree}/")), "")
    why = str(OSError(error.errno, error.strerror, name)) if error.errno else str(error)
    return trees[0] + inside, trees[1] + inside, why


class Copies(Walk):
    """The walk through a tree that goes to `dst`."""

    visitor: "Copier"

    def __init__(self, visitor: "Copier", is_new: bool = False) -> None:
        super().__init__(visitor)
        self._is_new = is_new
        """We made the destination, so nothing is in it yet."""

    def choose_ways(self) -> None:
        """Prepare the short way of this module."""
        self.ways, self.make_directory = {REGULAR: new_file_copier(self.job)}, None
        self._pass_over = None

    def _begin(
        self, filled: "Filled", decision: Decision | None, above: "Filled | None"
    ) -> "Level":
        if above is None:
            filled.folder.is_new = self._is_new
            self.visitor.made = filled.folder.destination_directory.id if self._is_new else None
        level = super()._begin(filled, decision, above)
        level.entries = _audited(self.job, filled.folder, level.entries)
        return level

    def finish(self, filled: "Filled") -> None:
        """Give a directory its status; failures are told."""
        source, destination = filled.folder.source_directory, filled.folder.destination_directory
        names = filled.entry.source, filled.entry.destination
        _audit(self.job, "shutil.copystat", *names)
        try:
            source.reopen()
            copy_status(source.where, filled.source, destination.where)
        except OSError as error:
            shown: dict[object, str] = {source.where: names[0], destination.where: names[1]}
            self.job.report.failed(CopyError(_text(error, shown), error.errno, *names))


def _audit(job: Job, event: str, source: str, destination: str) -> None:
    """Tell the audit hooks of this program, from whatever process."""
    job.report.event(event, source=source, destination=destination)


def _audited(
    job: Job, folder: Folder, entries: "Iterator[tuple[str, int]]"
) -> "Iterator[tuple[str, int]]":
    """Tell the audit hooks of each regular file."""
    source, destination = join(folder.source, ""), join(folder.destination, "")
    for found in entries:
        name, kind = found
        if kind == REGULAR:
            src, dst = source + name, destination + name
            _audit(job, "shutil.copyfile", src, dst)
            _audit(job, "shutil.copystat", src, dst)
        yield found


class Copier(Visitor):
    """Copies what the short way does not, entry by entry."""

    def __init__(self, job: Job, symlinks: bool, dirs_exist_ok: bool) -> None:
        super().__init__(job, has_company=False)
        self._symlinks = symlinks
        self._dirs_exist_ok = dirs_exist_ok
        self._is_again = False
        self.made: tuple[int, int] | None = None
        """Identity of the directory we made for the whole tree."""

    def again(self) -> "Copier":
        """Return one that takes what is there for what we made."""
        other = Copier(self.job, self._symlinks, dirs_exist_ok=True)
        other.made = self.made
        other._is_again = True
        return other

    def visit(self, entry: Entry) -> Decision | None:
        """Copy an entry unless it is a directory: return a decision then."""
        name = entry.source_name
        shown: dict[object, str] = {}
        try:
            status = system.stat(name, dir_fd=entry.folder.source_fd, follow_symlinks=False)
            if stat.S_ISDIR(status.st_mode):
                return self._enter(entry, status)
            source = _held(entry.folder.source_directory, name)
            destination = _held(entry.folder.destination_directory, name)
            shown = {source: entry.source, destination: entry.destination}
            if not stat.S_ISLNK(status.st_mode):
                copy2(source, destination)
            elif self._symlinks:
                if self._is_again and os.path.islink(destination):
                    os.unlink(destination)
                os.symlink(os.readlink(source), destination)
                standard().copystat(source, destination, follow_symlinks=False)
            elif _leads_to_directory(source):
                self._copy_tree(entry.source, entry.destination)
            else:
                copy2(source, destination)
        except OSError as error:
            self._failed(entry, error, shown or {name: entry.source})
        return None

    def _failed(self, entry: Entry, error: OSError, shown: "Mapping[object, str]") -> None:
        text = _text(error, shown)
        self.job.report.failed(CopyError(text, error.errno, entry.source, entry.destination))

    def _enter(self, entry: Entry, status: os.stat_result) -> Decision | None:
        """Decide on a directory; raise OSError, and make nothing, if it cannot be listed."""
        if identity(status) == self.made:
            return None  # it was not there when the copy began
        folder, name = entry.folder, entry.source_name
        _audit(self.job, "shutil.copytree", entry.source, entry.destination)
        flags = system.DIRECTORY_ITSELF_FLAGS
        system.close(system.open(name, flags, dir_fd=folder.source_fd))
        found = None
        if not folder.is_new:
            try:
                found = self._existing(folder, name)
            except OSError as error:
                self._failed(entry, error, {name: entry.destination})
                return None
        return Decision("directory", status, follows=False, destination_stat=found)

    def _existing(self, folder: Folder, name: str) -> os.stat_result | None:
        """Return the directory that is copied into, if any; raise OSError if it must not be."""
        try:
            found = system.stat(name, dir_fd=folder.destination_fd, follow_symlinks=False)
        except FileNotFoundError:
            return None
        if stat.S_ISLNK(found.st_mode):
            try:
                found = system.stat(name, dir_fd=folder.destination_fd)
            except OSError:
                pass  # the link is there all the same
        if not self._dirs_exist_ok or not stat.S_ISDIR(found.st_mode):
            raise FileExistsError(EEXIST, strerror(EEXIST), name)
        return found

    def _copy_tree(self, source: str, destination: str) -> None:
        """Copy a directory that a symbolic link leads to: each link is counted by the kernel."""
        error_type = standard().Error
        try:
            copytree(source, destination, self._symlinks, dirs_exist_ok=self._dirs_exist_ok)
        except error_type as error:
            for source, destination, why in error.args[0]:
                self.job.report.failed(CopyError(why, None, source, destination))


def _held(directory: Directory, name: str) -> str:
    """Return a path that leads through the directory we hold, whatever its name means by now."""
    where = directory.where
    if isinstance(where, int):
        where = system.where(where, ".", where)
    return f"{where}/{name}" if isinstance(where, str) else join(directory.shown, name)


def _leads_to_directory(link: str) -> bool:
    try:
        return stat.S_ISDIR(os.stat(link).st_mode)
    except FileNotFoundError:
        return False


def _text(error: OSError, shown: "Mapping[object, str]") -> str:
    """Return what an error says, of the names that the user knows."""
    if error.errno is None:
        text = str(error)
        for name, known in shown.items():
            text = text.replace(repr(name), repr(known)).replace(str(name), known)
        return text
    names = [_known(name, shown) for name in (error.filename, error.filename2)]
    return str(OSError(error.errno, error.strerror, names[0], None, names[1]))


def _known(name: object, shown: "Mapping[object, str]") -> object:
    """Return the name that the user knows something by, or what it is in."""
    above, slash, last = name.rpartition("/") if isinstance(name, str) else ("", "", "")
    if name not in shown and above in shown:
        return f"{shown[above]}{slash}{last}"
    return shown.get(name, name)
