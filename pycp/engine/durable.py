"""--durable: files and directories flushed to disk, each when everything about it is final.

A file is flushed before it gets its name, or is closed; a directory when all that goes into it is
there; and the one that holds it after that.
"""

from errno import EINVAL, ENOENT, ENOTDIR, ENOTSUP, EROFS
from stat import S_ISREG

from pycp import system
from pycp.engine.phase import flush
from pycp.errors import failed
from pycp.system.folder import release
from pycp.system.mounts import forgets_times
from pycp.values import split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.file_copy import FileCopy
    from pycp.entries import Report, Tally
    from pycp.system.folder import Directory

    Place = tuple[int | None, str, str]

CANNOT_BE_FLUSHED = frozenset((EINVAL, ENOTSUP, EROFS))
"""Errors of fsync(2) for what is no regular file, and has nothing to flush."""


def flush_file(tally: "Tally", shown: str, fd: int, size: int = 0) -> None:
    """Flush data and attributes of a file; raise CopyError if that fails.

    `size` is how many bytes of data there are to be written, and counted.
    """
    try:
        flush(tally, fd, size)
    except OSError as error:
        if error.errno not in CANNOT_BE_FLUSHED or S_ISREG(system.fstat(fd).st_mode):
            raise failed("failed to sync", shown, error) from None


def flush_step(
    tally: "Tally", set_times: "Callable[[FileCopy], None] | None"
) -> "Callable[[FileCopy], None]":
    """Return the step that flushes a file which has its data and attributes.

    Its times are set again if they are kept, and the server of a file system forgets them.
    """

    def flush(file: "FileCopy") -> None:
        size = 0 if file.is_flushed else file.stored
        flush_file(tally, file.entry.destination, file.destination_fd, size)
        if set_times is not None and forgets_times(_device_of(file)):
            set_times(file)

    return flush


def flush_kept_step(tally: "Tally") -> "Callable[[FileCopy], None]":
    """Return the step that flushes a file which was there already, but perhaps not on the disk."""
    return lambda file: flush_file(tally, file.entry.destination, file.destination_fd)


def _device_of(file: "FileCopy") -> int:
    """Return the device that a destination is on: its directory's, if that is known."""
    device = file.entry.folder.destination_directory.id[0]
    return device or system.fstat(file.destination_fd).st_dev


class Flushed:
    """Directories that are flushed in this order when the context is left, failures told.

    Each is a name, a descriptor it starts from, and how it is shown. They are opened at once, for
    their attributes may not let us do so later.
    """

    def __init__(self, report: "Report", places: "list[Place]") -> None:
        self._report = report
        self._places = places
        self._opened: list[tuple[int, str]] = []

    def __enter__(self) -> None:
        for dir_fd, name, shown in self._places:
            try:
                fd = system.open(name, system.DIRECTORY_FLAGS, dir_fd=dir_fd)
            except OSError as error:
                if error.errno not in (ENOENT, ENOTDIR):  # or there is nothing in it to flush
                    self._report.failed(failed("failed to sync", shown, error))
            else:
                self._opened.append((fd, shown))

    def __exit__(self, *_error: object) -> None:
        for fd, shown in self._opened:
            try:
                flush_file(self._report.tally, shown, fd)
            except OSError as error:
                self._report.failed(failed("failed to sync", shown, error))
            finally:
                release(fd)


def place_of(directory: "Directory") -> "Place":
    """Return how a directory that is open is found again."""
    return directory.fd, ".", directory.shown or "."


def flush_directories(report: "Report", places: "list[Place]") -> None:
    """Flush directories in this order; failures are told."""
    with Flushed(report, places):
        pass


def flush_target(report: "Report", directory: "Directory | None", destination: str) -> None:
    """Flush what holds the destinations: a directory, or the one `destination` is in."""
    if directory is not None:
        place = place_of(directory)
    else:
        above = split_last(destination)[0]
        place = (None, above or ".", above.rstrip("/") or above or ".")
    flush_directories(report, [place])
