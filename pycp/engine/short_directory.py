"""The short way of a directory below one that we made: opened, made, entered, and finished.

The source is opened before anything is made, and all that follows acts on descriptors. What is
unusual is handed back, untouched, to the general way.
"""

from stat import S_IMODE

from pycp import system
from pycp.engine.attributes import Made
from pycp.engine.directory import Filled, let_owner_in, open_destination
from pycp.engine.pinned import replaced
from pycp.engine.tell import tell_directory
from pycp.entries import Entry
from pycp.quoting import quote_name
from pycp.system.folder import CLOSED, Directory, Folder, may_be_just_made, release
from pycp.values import DIRECTORIES, OWNER_ALL

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.plan.links import Memory

FLAGS = system.DIRECTORY_FLAGS | system.O_NOFOLLOW


def directory_maker(job: "Job", memory: "Memory") -> "Callable[[Folder, str], Filled | None]":
    """Return the function that makes and enters one directory, both sides open.

    The function returns None if that is for the general way; nothing has happened then.
    """
    open_file, status_of, mkdir = system.open, system.fstat, system.mkdir
    withheld_bits = job.withheld_bits(True)
    copied, ancestors, making = memory.copied.whole, memory.ancestors, memory.making
    foreign = memory.foreign
    report = job.report
    hears, counts = report.hears, job.tally.own

    def make(folder: Folder, name: str) -> Filled | None:
        if not folder.is_new:
            return None
        above, into = folder.source_directory, folder.destination_directory
        try:
            source_fd = open_file(name, FLAGS, dir_fd=above.fd)
        except OSError:
            return None
        try:
            source = status_of(source_fd)
            key = source.st_dev, source.st_ino
            if key in copied or key in ancestors or key in making or key in foreign:
                release(source_fd)
                return None
            mode = S_IMODE(source.st_mode)
            withheld = withheld_bits & mode
            mkdir(name, (mode & ~withheld) | OWNER_ALL, dir_fd=into.fd)
        except OSError:
            release(source_fd)
            return None
        entry = Entry(folder, name)
        destination = Directory(into, name, CLOSED)
        try:
            try:
                destination.fd = open_file(name, FLAGS, dir_fd=into.fd)
                status = status_of(destination.fd)
                destination.id = status.st_dev, status.st_ino
            except OSError:
                destination.close()
                destination, status = open_destination(entry)
            assert destination.fd is not None
            if status.st_mtime_ns != status.st_ctime_ns and not may_be_just_made(
                destination.fd, status
            ):
                destination.close()
                raise replaced(entry.destination)
            made = Made(None, 0, status, True, withheld)
            if made.mode & OWNER_ALL != OWNER_ALL:
                let_owner_in(entry, destination, made)
            made.mode &= ~(OWNER_ALL & ~mode)
        except BaseException:
            release(source_fd)
            raise
        origin = Directory(above, name, source_fd)
        origin.id = key
        inner = Folder(folder, origin, destination, True)
        inner.goes_by_umask = folder.goes_by_umask
        try:
            if hears:
                tell_directory(report, entry, True)
            else:
                counts[DIRECTORIES] += 1
            if report.verbose:
                report.line(f"{quote_name(entry.source)} -> {quote_name(entry.destination)}")
        except BaseException:
            inner.close()
            raise
        return Filled(entry, inner, source, made)

    return make
