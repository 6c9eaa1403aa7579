"""The short way of `copytree`: regular files that are new in their place.

They are opened and created at once, without a look before, below the descriptors of the two
directories: O_NOFOLLOW and O_EXCL notice anything that is not as expected. Whatever is unusual, or
fails, is left to the general way, which begins the file anew.
"""

from stat import S_ISREG

from pycp import system
from pycp.engine.contents import copy_contents
from pycp.engine.data import EMPTY, SMALL
from pycp.engine.file_copy import FileCopy
from pycp.engine.xattrs import has_default_list
from pycp.entries import Entry
from pycp.shutil.files import copy_xattrs
from pycp.values import ALL_BITS, OWNER_ALL, PERMISSIONS, USER_WRITE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.system.folder import Folder

SOURCE_FLAGS = system.FILE_ITSELF_FLAGS


def new_file_copier(job: "Job") -> "Callable[[Folder, str], bool]":
    """Return the function that copies one new file with its mode, times and attributes.

    The function returns False if that is for the general way to do.
    """
    umask = job.umask
    cannot_reflink = job.cannot_reflink
    open_file, status_of, close = system.open, system.fstat, system.close
    read, write, set_times = system.read, system.write, system.set_times
    list_xattrs = system.xattr().list_names
    new_file_flags = system.NEW_FILE_FLAGS
    known: Folder | None = None
    modes_follow_umask = False

    def copy_new(folder: "Folder", name: str) -> bool:
        nonlocal known, modes_follow_umask
        if folder is not known:
            known = folder
            modes_follow_umask = not has_default_list(folder.destination_directory.where)
        source_fd = destination_fd = -1
        try:
            try:
                source_fd = open_file(name, SOURCE_FLAGS, dir_fd=folder.source_directory.fd)
                source = status_of(source_fd)
                mode, size = source.st_mode, source.st_size
                if not S_ISREG(mode):
                    return False
                names = list_xattrs(source_fd)
                # An access list may give less than the mode does: that of the source or a new one.
                bits = PERMISSIONS if modes_follow_umask and not names else OWNER_ALL
                created = mode & bits | USER_WRITE
                destination_fd = open_file(
                    name, new_file_flags, created, dir_fd=folder.destination_directory.fd
                )
                if (
                    size <= SMALL
                    and source.st_blocks >= size // 512
                    and (source.st_dev, folder.destination_directory.id[0]) in cannot_reflink
                ):
                    data = read(source_fd, size + 1 if size else EMPTY)
                    if len(data) != size or write(destination_fd, data) != size:
                        return False
                else:
                    file = FileCopy(Entry(folder, name), source_fd, source, destination_fd)
                    file.destination = status_of(destination_fd)
                    copy_contents(job, file)
                set_times(destination_fd, source.st_atime_ns, source.st_mtime_ns)
                mode &= ALL_BITS
                if names:
                    mode &= copy_xattrs(source_fd, destination_fd)
                if created & ~umask != mode or not modes_follow_umask:
                    system.set_mode(destination_fd, mode)
            finally:
                if destination_fd >= 0:
                    close(destination_fd)
                if source_fd >= 0:
                    close(source_fd)
        except OSError:
            return False
        return True

    return copy_new
