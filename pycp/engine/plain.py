"""The fast lane: regular files that are new in their place, below an operand.

Most files of a tree need no decision. Such a file is opened and created at once, without a look
before, which is as safe as it is quick: O_NOFOLLOW and O_EXCL notice anything that is not as
expected. Whatever is unusual is handed back, untouched, to the general way.
"""

from stat import S_ISREG

from pycp import system
from pycp.engine.attributes import Made, apply_attributes
from pycp.engine.data import EMPTY, SMALL, Method, copy_data, lseek_error, try_reflink
from pycp.errors import cannot, failed
from pycp.quoting import quote_name
from pycp.values import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.system.folder import Folder

SOURCE_FLAGS = system.SOURCE_FLAGS | system.O_NOFOLLOW | system.O_NONBLOCK


def plain_copier(job: "Job") -> "Callable[[Folder, str], bool] | None":
    """Return the function that copies one plain file, or None if the options need decisions.

    The function returns False if the file is not plain after all; nothing has happened then. It
    raises CopyError like the general way.
    """
    options = job.options
    follows = options.dereference == "always"
    if (
        job.report.debug
        or options.hard_link
        or options.symbolic_link
        or options.attributes_only
        or options.explicit_no_mode
        or options.new_file_mode is not None
        or options.reflink == "always"
        or options.sparse != "auto"
        or (follows and options.preserve_links)
    ):
        return None
    is_verbose, line = job.report.verbose, job.report.line
    keeps_links = options.preserve_links
    needs_write = options.preserve_xattr and not job.is_privileged
    preserves = job.sets_attributes
    keeps_all = options.preserve_mode and options.preserve_timestamps and options.preserve_ownership
    list_xattrs = system.xattr().list_names
    set_times, set_mode = system.set_times, system.set_mode
    created_bits = 0o777 & ~job.withheld_bits(False)
    may_reflink = options.reflink == "auto"
    cannot_reflink = job.cannot_reflink
    open_file, status_of, close = system.open, system.fstat, system.close
    read, write = system.read, system.write
    new_file_flags = system.NEW_FILE_FLAGS

    def copy_plain(folder: "Folder", name: str) -> bool:
        try:
            source_fd = open_file(name, SOURCE_FLAGS, dir_fd=folder.source_directory.fd)
        except OSError:
            return False
        try:
            try:
                source = status_of(source_fd)
            except OSError as error:
                raise cannot("fstat", Entry(folder, name).source, error) from None
            mode = source.st_mode
            size = source.st_size
            if (
                not S_ISREG(mode)
                or (keeps_links and source.st_nlink > 1)
                or source.st_blocks < size // 512
                or (needs_write and not mode & 0o200)
            ):
                return False
            try:
                destination_fd = open_file(
                    name,
                    new_file_flags,
                    mode & created_bits,
                    dir_fd=folder.destination_directory.fd,
                )
            except OSError:
                return False
            try:
                if is_verbose:
                    entry = Entry(folder, name)
                    line(f"{quote_name(entry.source)} -> {quote_name(entry.destination)}")
                if size <= SMALL and not (
                    may_reflink
                    and (source.st_dev, folder.destination_directory.id[0]) not in cannot_reflink
                ):
                    try:
                        data = read(source_fd, size + 1 if size else EMPTY)
                        is_whole = len(data) == size and write(destination_fd, data) == size
                    except OSError:
                        is_whole = False
                    if not is_whole:
                        _start_again(folder, name, source_fd, destination_fd)
                        _copy(job, folder, name, source_fd, source, destination_fd)
                else:
                    _copy(job, folder, name, source_fd, source, destination_fd)
                if preserves:
                    try:
                        owner = folder.owner_of_new
                        if owner is None or not folder.is_new:
                            destination = status_of(destination_fd)
                            owner = folder.owner_of_new = destination.st_uid, destination.st_gid
                        is_done = (
                            keeps_all
                            and owner == (source.st_uid, source.st_gid)
                            and not list_xattrs(source_fd)
                        )
                        if is_done:
                            set_times(destination_fd, source.st_atime_ns, source.st_mtime_ns)
                            set_mode(destination_fd, mode & 0o7777)
                    except OSError:
                        is_done = False  # the full way finds the words, if it fails as well
                    if not is_done:
                        _preserve(job, folder, name, (source_fd, source), destination_fd)
            except BaseException:
                close(destination_fd)
                raise
            _close(destination_fd, folder, name, False)
        finally:
            _close(source_fd, folder, name, True)
        return True

    return copy_plain


def _start_again(folder: "Folder", name: str, source_fd: int, destination_fd: int) -> None:
    """Undo a copy that was cut short, so that the full way can tell what is wrong."""
    try:
        system.lseek(source_fd, 0, 0)
        system.lseek(destination_fd, 0, 0)
        system.ftruncate(destination_fd, 0)
    except OSError as error:
        raise lseek_error(Entry(folder, name).destination, error) from None


def _copy(
    job: "Job",
    folder: "Folder",
    name: str,
    source_fd: int,
    source: "os.stat_result",
    destination_fd: int,
) -> None:
    entry = Entry(folder, name)
    method = Method()
    destination = _fstat(destination_fd, entry)
    if not try_reflink(job, entry, method, source_fd, source, destination_fd, destination):
        copy_data(job, entry, method, source_fd, source, destination_fd, destination)


def _fstat(destination_fd: int, entry: Entry) -> "os.stat_result":
    try:
        return system.fstat(destination_fd)
    except OSError as error:
        raise cannot("fstat", entry.destination, error) from None


def _preserve(
    job: "Job",
    folder: "Folder",
    name: str,
    source: "tuple[int, os.stat_result]",
    destination_fd: int,
) -> None:
    """Give a new file its attributes in full, where they do not follow from few words."""
    withheld = job.withheld_bits(False) & source[1].st_mode
    status = _fstat(destination_fd, Entry(folder, name))
    made = Made(source[0], destination_fd, status, True, withheld)
    apply_attributes(job, Entry(folder, name), source[1], made)


def _close(fd: int, folder: "Folder", name: str, is_source: bool) -> None:
    try:
        system.close(fd)
    except OSError as error:
        entry = Entry(folder, name)
        shown = entry.source if is_source else entry.destination
        raise failed("failed to close", shown, error) from None
