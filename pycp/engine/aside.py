"""A file stripped where nobody else can reach it.

The strip program is given a name, and in a directory that others may write to a name can be made
to mean another file. There the program gets a copy in a private directory, and what it leaves is
written back into the new file, which stays the one we hold all the time.
"""

import os

from pycp import system
from pycp.engine.data import Method, copy_data
from pycp.engine.install import PRIVATE, open_made, replaced, strip
from pycp.errors import CopyError, cannot
from pycp.system.folder import identity
from pycp.values import last_component

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.job import Job
    from pycp.values import Entry

OWNER_ALL = 0o700


def strip_aside(job: "Job", entry: "Entry", made_fd: int, program: str) -> None:
    """Strip the file that `made_fd` is open for writing on; raise CopyError if that fails."""
    name = last_component(entry.destination)
    room = f"{os.environ.get('TMPDIR') or '/tmp'}/pyinstall-{os.urandom(8).hex()}"
    with system.Undisturbed():
        try:
            system.mkdir(room, OWNER_ALL)
            try:
                room_fd = system.open(room, system.DIRECTORY_FLAGS | system.O_NOFOLLOW)
            except OSError:
                system.rmdir(room)
                raise
        except OSError as error:
            raise cannot("run", program, error) from None
        try:
            _copy_out(job, entry, made_fd, name, room_fd)
            strip(job, entry, program, f"{room}/{name}")
            _copy_back(job, entry, made_fd, name, room_fd)
        except CopyError:
            raise
        except OSError as error:
            raise cannot("strip", entry.destination, error) from None
        finally:
            _remove(job, room, room_fd)


def _remove(job: "Job", room: str, room_fd: int) -> None:
    """Remove the private directory and the files in it; tell if that fails."""
    try:
        with system.scandir(room_fd) as left:
            names = [found.name for found in left]
        for found in names:
            system.unlink(found, dir_fd=room_fd)
        system.rmdir(room)
    except OSError as error:
        job.report.failed(cannot("remove", room, error))
    finally:
        system.close(room_fd)


def _copy_out(job: "Job", entry: "Entry", made_fd: int, name: str, room_fd: int) -> None:
    made = system.fstat(made_fd)
    fd = open_made(job, entry)
    try:
        if identity(system.fstat(fd)) != identity(made):
            raise replaced(entry)
        copy_fd = system.open(name, system.NEW_FILE_FLAGS, PRIVATE, dir_fd=room_fd)
        try:
            copy_data(job, entry, Method(), fd, made, copy_fd, system.fstat(copy_fd))
        finally:
            system.close(copy_fd)
    finally:
        system.close(fd)


def _copy_back(job: "Job", entry: "Entry", made_fd: int, name: str, room_fd: int) -> None:
    fd = system.open(name, system.SOURCE_FLAGS | system.O_NOFOLLOW, dir_fd=room_fd)
    try:
        system.lseek(made_fd, 0, 0)
        system.ftruncate(made_fd, 0)
        stripped = system.fstat(fd)
        copy_data(job, entry, Method(), fd, stripped, made_fd, system.fstat(made_fd))
    finally:
        system.close(fd)
