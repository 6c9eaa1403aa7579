"""The short way of a directory: opened, made or found there, entered, and finished.

The source is opened before anything is made, and all that follows acts on descriptors. What is
unusual is handed back, untouched, to the general way.
"""

from stat import S_IMODE, S_ISGID

from pycp import system
from pycp.engine.attributes import Made
from pycp.engine.directory import Filled, let_owner_in, open_destination
from pycp.engine.tell import tell_directory
from pycp.entries import Entry
from pycp.errors import replaced
from pycp.system.folder import CLOSED, Directory, Folder, may_be_just_made, release
from pycp.values import DIRECTORIES, MADE, OTHERS_WRITE, OWNER_ALL, PERMISSIONS, SPECIAL_BITS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.plan.links import Memory

FLAGS = system.DIRECTORY_ITSELF_FLAGS


def directory_maker(job: "Job", memory: "Memory") -> "Callable[[Folder, str], Filled | None]":
    """Return the function that makes and enters one directory, both sides open.

    Below one that was there it enters what is there as well, and makes nothing.

    The function returns None if that is for the general way; nothing has happened then.
    """
    open_file, status_of, mkdir = system.open, system.fstat, system.mkdir
    withheld_bits = job.options.withheld_bits(True)
    keeps_all = job.keeps_all
    withheld_anyway = (job.umask if keeps_all else 0) | SPECIAL_BITS | OTHERS_WRITE
    has_met = memory.has_met
    report = job.report
    hears, counts = report.hears, job.tally.own
    enter_old = _enterer(job, memory)
    announce = job.announcer()

    def make(folder: Folder, name: str) -> Filled | None:
        if not folder.is_new:
            return enter_old(folder, name)
        above, into = folder.source_directory, folder.destination_directory
        try:
            source_fd = open_file(name, FLAGS, dir_fd=above.fd)
        except OSError:
            return None
        try:
            source = status_of(source_fd)
            key = source.st_dev, source.st_ino
            if has_met(key):
                release(source_fd)
                return None
            mode = S_IMODE(source.st_mode)
            owner = folder.owner_of_directories
            withheld = withheld_bits & mode
            has_names = True
            if (
                keeps_all
                and owner == (source.st_uid, source.st_gid)
                and folder.goes_by_umask
                and not mode & withheld_anyway
            ):
                try:  # an access list may give less than the mode does
                    has_names = bool(system.xattr().names_of_open(source_fd))
                except OSError as error:
                    has_names = error.errno not in system.UNSUPPORTED
                if not has_names:  # what nobody else may write to needs not be withheld meanwhile
                    withheld = 0
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
            made = Made(status, True, withheld)
            made.has_names = has_names
            if made.mode & mode & OWNER_ALL != OWNER_ALL:
                let_owner_in(entry, destination, made, mode)
        except BaseException:
            release(source_fd)
            raise
        origin = Directory(above, name, source_fd)
        origin.id = key
        inner = Folder(folder, origin, destination, True)
        inner.goes_by_umask = folder.goes_by_umask
        owner = folder.owner_of_directories or (status.st_uid, status.st_gid)
        folder.owner_of_directories = owner
        if not (made.mode ^ made.present_mode) & S_ISGID:  # which would give another group
            inner.owner_of_directories = owner
        try:
            if hears:
                tell_directory(report, entry, True)
            else:
                counts[DIRECTORIES] += 1
                counts[MADE] += 1
            if announce is not None:
                announce(folder, name)
        except BaseException:
            inner.close()
            raise
        return Filled(entry, inner, source, made)

    return make


def _enterer(job: "Job", memory: "Memory") -> "Callable[[Folder, str], Filled | None]":
    """Return the function that enters a directory that was there before, both sides open."""
    open_file, status_of = system.open, system.fstat
    options, report = job.options, job.report
    has_met = memory.has_met
    withheld_bits = job.options.withheld_bits(True)
    may_begin_anew = options.may_be_begun()
    if may_begin_anew:
        from pycp.engine.resume import was_begun
    # Nobody keeps root out, and what has its mode already gets no other in the end.
    keeps_mode = options.preserve_mode and job.is_privileged
    can = not (options.remove_destination or options.backup != "none")

    def enter(folder: Folder, name: str) -> Filled | None:
        if not can:
            return None
        above, into = folder.source_directory, folder.destination_directory
        origin, destination = Directory(above, name, CLOSED), Directory(into, name, CLOSED)
        inner = Folder(folder, origin, destination, False)
        try:
            origin.fd = open_file(name, FLAGS, dir_fd=above.fd)
            source = status_of(origin.fd)
            destination.fd = open_file(name, FLAGS, dir_fd=into.fd)
            status = status_of(destination.fd)
            origin.id = key = source.st_dev, source.st_ino
            destination.id = found = status.st_dev, status.st_ino
            if has_met(key) or key == found:
                inner.close()
                return None
        except OSError:
            inner.close()
            return None
        entry = Entry(folder, name)
        is_begun = False
        if may_begin_anew and not (keeps_mode and source.st_mode == status.st_mode):
            is_begun = was_begun(job, source, status)
        withheld = withheld_bits & source.st_mode & PERMISSIONS if may_begin_anew else 0
        made = Made(status, is_begun, withheld)
        try:
            tell_directory(report, entry, False)
            if is_begun:
                let_owner_in(entry, destination, made, source.st_mode)
        except BaseException:
            inner.close()
            raise
        return Filled(entry, inner, source, made)

    return enter
