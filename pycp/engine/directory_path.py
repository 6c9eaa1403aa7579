"""The directories a name goes through, made where they are missing (install -d and -D).

The path is walked from the left, each name below the descriptor of the one before, so nothing can
be slipped in between. What existed may be a symbolic link, since the user named it; what was made
here must still be a directory when it is entered.
"""

import stat
from errno import ENOENT, ENOSYS, ENOTSUP
from os.path import dirname

from pycp import system
from pycp.engine.tell import context
from pycp.errors import CopyError, detached, failed, replaced
from pycp.quoting import quote_name
from pycp.system.folder import Directory, identity, may_be_just_made
from pycp.values import DIRECTORIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycp.engine.job import Job
    from pycp.engine.labels import Labels
    from pycp.entries import Report

MODE = 0o755
"""Mode of what is made on the way, whatever -m and the umask say."""
DEFAULT_LIST = "system.posix_acl_default"


def make_path(job: "Job", path: str, quote: "Callable[[str], str]" = quote_name) -> Directory:
    """Make what is missing of a path of directories; return the last one.

    `quote` words the names in failures. What a new directory is made in is flushed to disk if the
    outcome is to be durable; the last one is not yet.
    """
    directory = _whole(path)
    if directory is not None:
        return directory
    fd = system.open("/", system.PLACE_FLAGS) if path.startswith("/") else None
    try:
        for name, shown in names_on(path):
            if name == ".":
                continue
            made = job.tally.own[DIRECTORIES]
            above, fd = fd, _enter(job, name, fd, shown, quote)
            if job.durable is not None and job.tally.own[DIRECTORIES] > made:
                job.durable.flush_directories(job.report, [(above, ".", dirname(shown) or ".")])
            if above is not None:
                system.close(above)
        return _directory(path, fd)
    except BaseException:
        if fd is not None:
            system.close(fd)
        raise


def names_on(path: str) -> "Iterator[tuple[str, str]]":
    """Yield each name on a path, and the path up to it."""
    end = 0
    for name in path.split("/"):
        end += len(name)
        if name:
            yield name, path[:end]
        end += 1


def _whole(path: str) -> Directory | None:
    """Open a path that is there already, as a directory in which names can be looked up."""
    if not path:
        return _directory(path, None)
    try:
        return _directory(path, system.open(path + "/.", system.PLACE_FLAGS))
    except OSError:
        return None


def _directory(path: str, fd: int | None) -> Directory:
    directory = Directory(None, path, fd, path)
    if fd is not None:
        directory.is_path_only = True
        directory.id = identity(system.fstat(fd))
    return directory


def _enter(job: "Job", name: str, fd: int | None, shown: str, quote: "Callable[[str], str]") -> int:
    """Make a directory unless it is there, and open it."""
    not_made = None
    if name != "..":
        try:
            make_directory(name, MODE, fd, shown, job.labels)
        except OSError as error:
            not_made = detached(error)
        else:
            tell_made(shown, job.report, job.labels)
    try:
        if name == ".." or not_made:
            return system.open(name + "/.", system.PLACE_FLAGS, dir_fd=fd)
        made = system.open(name, system.PLACE_FLAGS | system.O_NOFOLLOW, dir_fd=fd)
        try:
            if not may_be_just_made(made, system.fstat(made)):
                raise replaced(shown)
            _open_up(made)
            # It may be one that we made and still may not enter, by the list of the one above.
            system.stat(".", dir_fd=made)
        except BaseException:
            system.close(made)
            raise
        return made
    except OSError as error:
        raise creation_error(
            shown, not_made if not_made and error.errno == ENOENT else error, quote
        ) from None


def make_directory(
    name: str, mode: int, dir_fd: int | None, shown: str, labels: "Labels | None"
) -> None:
    """Make a directory, with the SELinux label it is to have."""
    if labels is None:
        system.mkdir(name, mode, dir_fd=dir_fd)
        return
    with labels.making_directory(name, dir_fd, shown):
        system.mkdir(name, mode, dir_fd=dir_fd)


def _open_up(fd: int) -> None:
    """Give a new directory the bits the umask took, which only the command sets to 0."""
    mode = stat.S_IMODE(system.fstat(fd).st_mode)
    if mode & MODE == MODE:
        return
    where = system.where(fd, ".", fd)
    try:
        names = system.xattr().list_names(where)
    except OSError as error:
        if error.errno not in (ENOTSUP, ENOSYS):
            raise
        names = []
    if DEFAULT_LIST not in names:  # or the umask did not count, and the list took the bits
        system.set_mode(where, mode | MODE)


def tell_made(shown: str, report: "Report", labels: "Labels | None" = None) -> None:
    """Say that a directory was made."""
    report.tally.own[DIRECTORIES] += 1
    if report.verbose:
        report.line(f"{report.program}: creating directory {quote_name(shown)}")
    if report.hears:
        report.event("directory", destination=shown, made=True, **context(labels))


def creation_error(shown: str, error: OSError, quote: "Callable[[str], str]") -> CopyError:
    """Word why a directory cannot be made or entered."""
    return failed("cannot create directory", shown, error, quote)
