"""The directories a name goes through, made where they are missing (install -d and -D).

The path is walked from the left, each name below the descriptor of the one before, so nothing can
be slipped in between. What existed may be a symbolic link, since the user named it; what was made
here must still be a directory when it is entered.
"""

import stat
from errno import ENOENT
from os.path import dirname

from pycp import system
from pycp.engine.tell import context
from pycp.errors import CopyError, detached, failed, replaced
from pycp.quoting import quote_name
from pycp.system.folder import Directory, may_be_just_made
from pycp.values import DIRECTORIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycp.engine.job import Job
    from pycp.system.overlay import Overlay

MODE = 0o755
"""Mode of what is made on the way, whatever -m and the umask say."""


def make_path(
    job: "Job",
    path: str,
    overlay: "Overlay | None" = None,
    quote: "Callable[[str], str]" = quote_name,
) -> Directory:
    """Make what is missing of a path of directories, or pretend to; return the last one.

    `quote` words the names in failures. What a new directory is made in is flushed to disk if the
    outcome is to be durable; the last one is not yet.
    """
    directory = Directory(None, "", None)
    if overlay is not None:
        from pycp.system.overlay import Pretended

        directory = Pretended(directory, overlay)
    if not path:
        return directory
    try:
        directory = directory.enter(path + "/.", path, follows=True)
    except OSError:
        directory = _make_each(job, directory, path, quote)
    directory.shown_as = path
    return directory


def _make_each(
    job: "Job", directory: Directory, path: str, quote: "Callable[[str], str]"
) -> Directory:
    """Make what is missing of a path, from the left; return its last directory."""
    if path.startswith("/"):
        directory = directory.enter("/", "/", follows=True)
    try:
        for name, shown in names_on(path):
            if name == ".":
                continue
            made = job.tally.own[DIRECTORIES]
            above, directory = directory, _enter(job, directory, name, shown, quote)
            if job.durable is not None and job.tally.own[DIRECTORIES] > made:
                job.durable.flush_directories(job.report, [(above.fd, ".", dirname(shown) or ".")])
            above.close()
    except BaseException:
        directory.close()
        raise
    return directory


def names_on(path: str) -> "Iterator[tuple[str, str]]":
    """Yield each name on a path, and the path up to it."""
    end = 0
    for name in path.split("/"):
        end += len(name)
        if name:
            yield name, path[:end]
        end += 1


def _enter(
    job: "Job", above: Directory, name: str, shown: str, quote: "Callable[[str], str]"
) -> Directory:
    """Make a directory unless it is there, and open it."""
    not_made = make_directory(job, above, name, MODE, shown) if name != ".." else None
    try:
        if name == ".." or not_made:
            return above.enter(name + "/.", shown, follows=True)
        directory = above.enter(name, shown)
        try:
            if not job.options.dry_run:
                assert directory.fd is not None
                if not may_be_just_made(directory.fd, system.fstat(directory.fd)):
                    raise replaced(shown)
                _open_up(directory.fd)
            # It may be one that we made and still may not enter, by the list of the one above.
            directory.stat(".")
        except BaseException:
            directory.close()
            raise
        return directory
    except OSError as error:
        raise creation_error(
            shown, not_made if not_made and error.errno == ENOENT else error, quote
        ) from None


def make_directory(
    job: "Job", above: Directory, name: str, mode: int, shown: str
) -> OSError | None:
    """Make a directory with the label it is to have, and tell it; return why if it cannot be."""
    labels, report = job.labels, job.report
    try:
        if labels is None:
            above.mkdir(name, mode)
        else:
            with labels.making_directory(name, above.fd, shown):
                above.mkdir(name, mode)
    except OSError as error:
        return detached(error)
    report.tally.own[DIRECTORIES] += 1
    if report.verbose:
        report.line(f"{report.program}: creating directory {quote_name(shown)}")
    if report.hears:
        report.event("directory", destination=shown, made=True, **context(labels))
    return None


def _open_up(fd: int) -> None:
    """Give a new directory the bits the umask took, which only the command sets to 0."""
    mode = stat.S_IMODE(system.fstat(fd).st_mode)
    if mode & MODE == MODE:
        return
    from pycp.engine.xattrs import DEFAULT_LIST

    where = system.where(fd, ".", fd)
    try:
        names = system.xattr().list_names(where)
    except OSError as error:
        if error.errno not in system.UNSUPPORTED:
            raise
        names = []
    if DEFAULT_LIST not in names:  # or the umask did not count, and the list took the bits
        system.set_mode(where, mode | MODE)


def creation_error(shown: str, error: OSError, quote: "Callable[[str], str]") -> CopyError:
    """Word why a directory cannot be made or entered."""
    return failed("cannot create directory", shown, error, quote)
