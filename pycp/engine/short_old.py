"""Opening a regular file in a directory that was there before: new in its place, or old.

An old one is looked at, and must be the same when it is open.
"""

from errno import ENXIO
from stat import S_ISREG

from pycp import system
from pycp.engine.write import creation_error, open_existing
from pycp.entries import Entry
from pycp.system.folder import release
from pycp.values import PERMISSIONS

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.system.folder import Folder

    Opened = tuple[int, os.stat_result | None]


def opener_in_old(job: "Job") -> "Callable[[Folder, str, os.stat_result], Opened]":
    """Return the function that opens a destination in a directory that was there before.

    The function returns its descriptor, and its status if it is old as well. It raises OSError if
    it is not plain, CopyError like the general way.
    """
    options = job.options
    removes = options.remove_destination
    writes_over = (
        options.update == "all"
        and not options.overwrite
        and options.backup == "none"
        and not (removes and (job.report.verbose or job.report.hears))
        and not options.may_be_begun()
    )
    open_file, stat, flags = system.open, system.stat, job.new_file_flags
    old_flags = job.old_file_flags | system.O_NONBLOCK
    status_of, unlink = system.fstat, system.unlink
    own_files = job.report.own_files
    created_bits = PERMISSIONS & ~options.withheld_bits(False)
    first_mode = options.new_file_mode

    def open_in_old(folder: "Folder", name: str, source: "os.stat_result") -> "Opened":
        mode = source.st_mode & created_bits if first_mode is None else first_mode
        directory_fd = folder.destination_directory.fd
        if not (folder.holds_old and writes_over):
            try:
                return open_file(name, flags, mode, dir_fd=directory_fd), None
            except FileExistsError:
                if not writes_over:
                    raise
                folder.holds_old = True
        try:
            found = stat(name, dir_fd=directory_fd, follow_symlinks=False)
        except FileNotFoundError:
            folder.holds_old = False
            try:
                return open_file(name, flags, mode, dir_fd=directory_fd), None
            except FileExistsError as error:  # it came after we looked
                raise creation_error(Entry(folder, name), error) from None
        mode_there, inode, device, links, _, _, _, _, _, _ = found
        if (
            not S_ISREG(mode_there)
            or links > 1
            or (inode == source.st_ino and device == source.st_dev)
            or (own_files and (device, inode) in own_files)
        ):
            raise FileExistsError
        if removes:
            unlink(name, dir_fd=directory_fd)
            return open_file(name, flags, mode, dir_fd=directory_fd), None
        try:
            fd = open_file(name, old_flags, dir_fd=directory_fd)
            try:
                status = status_of(fd)
            except OSError:
                release(fd)
                raise
            if status.st_ino == inode and status.st_dev == device and S_ISREG(status.st_mode):
                return fd, status
            release(fd)
            return open_existing(job, Entry(folder, name), found, source)
        except OSError as error:
            if error.errno == ENXIO:  # a FIFO took its place, and would make the general way wait
                raise creation_error(Entry(folder, name), error) from None
            raise

    return open_in_old
