"""A file stripped where nobody else can reach it.

The strip program is given a name, and a name can be made to mean another file: in a directory that
others may write to, and in any below it. So the program gets a copy in a private directory, and
what it leaves is written back into the new file, which stays the one we hold all the time. If
anything of this fails, the new file is removed: it is half installed.
"""

import os
import stat
from errno import EPERM

from pycp import system
from pycp.engine.contents import copy_data
from pycp.engine.file_copy import FileCopy
from pycp.engine.installed import Irremovable, open_made, replaced
from pycp.engine.phase import Phase
from pycp.engine.pinned import Pinned
from pycp.engine.temporary import TemporaryNames
from pycp.engine.write import require_taken
from pycp.entries import Entry
from pycp.errors import CopyError, cannot, reason
from pycp.quoting import quote_name
from pycp.system.folder import identity, is_still
from pycp.values import (
    BYTES,
    COMPARED,
    GROUP_AND_OTHERS,
    OWNER_ALL,
    PRIVATE,
    STRIPPING,
    last_component,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.job import Job
    from pycp.entries import Outcome


def strip_copy(job: "Job", entry: Entry, outcome: "Outcome", program: str, then: str) -> None:
    """Strip the new file, which is open for writing; if that fails, remove it, raise CopyError.

    `then` is what cannot be done any more if the program leaves nothing.
    """
    name = last_component(entry.destination)
    # Whatever its path comes to mean, the new file is removed from where it is.
    place = TemporaryNames(entry.folder.destination_fd, entry.destination_name)
    try:
        place.enter()
    except OSError:
        pass  # the whole name must do
    try:
        with system.Undisturbed(system.ENDING), Phase(job.tally, STRIPPING):
            room, room_fd = _make_room(entry)
            try:
                _copy_out(job, entry, outcome, f"{room}/{name}", room_fd)
                _run(program, f"{room}/{name}", entry)
                _copy_back(job, entry, outcome, f"{room}/{name}", room_fd, then)
            except OSError as error:
                raise cannot("strip", entry.destination, error) from None
            finally:
                _remove_room(job, room, room_fd)
    except CopyError as problem:
        if job.stage is None:  # or the file has no name yet
            try:
                _remove(place, outcome.made)
            except OSError as error:
                job.report.failed(problem)
                unlinking = cannot("unlink", entry.destination, error)
                raise Irremovable(str(unlinking), unlinking.errno, entry.destination) from None
        raise
    finally:
        place.leave()


def _remove(place: TemporaryNames, made: tuple[int, int] | None) -> None:
    """Remove the new file; what took its place is not ours."""
    found = place.look()
    if found is not None and identity(found) == made:
        try:
            system.unlink(place.name, dir_fd=place.dir_fd)
        except FileNotFoundError:
            pass


def _make_room(entry: Entry) -> tuple[str, int]:
    """Make a private directory; return its name and descriptor."""
    above = os.environ.get("TMPDIR") or "/tmp"
    room = f"{above}/pyinstall-{os.urandom(8).hex()}"
    try:
        system.mkdir(room, OWNER_ALL)
        room_fd = -1
        try:
            room_fd = system.open(room, system.DIRECTORY_ITSELF_FLAGS)
            status = system.fstat(room_fd)
            if status.st_uid != system.geteuid() or status.st_mode & GROUP_AND_OTHERS:
                raise OSError(EPERM, "")  # it is not the one we made, or others may enter it
        except OSError:
            if room_fd >= 0:
                system.close(room_fd)
            system.rmdir(room)
            raise
    except OSError as error:
        raise CopyError(
            f"cannot strip {quote_name(entry.destination)}: cannot make a private directory in"
            f" {quote_name(above)}: {reason(error)}",
            error.errno,
            entry.destination,
            above,
        ) from None
    return room, room_fd


def _remove_room(job: "Job", room: str, room_fd: int) -> None:
    """Remove the private directory and what is in it; tell if that fails."""
    try:
        _empty(room_fd)
        system.rmdir(room)
    except OSError as error:
        job.report.failed(cannot("remove", room, error))
    finally:
        system.close(room_fd)


def _empty(directory_fd: int) -> None:
    with system.scandir(directory_fd) as listing:
        found = [(each.name, each.is_dir(follow_symlinks=False)) for each in listing]
    for name, is_directory in found:
        if not is_directory:
            system.unlink(name, dir_fd=directory_fd)
            continue
        inner_fd = system.open(name, system.DIRECTORY_ITSELF_FLAGS, dir_fd=directory_fd)
        with system.closing(inner_fd):
            _empty(inner_fd)
        system.rmdir(name, dir_fd=directory_fd)


def _copy_out(job: "Job", entry: Entry, outcome: "Outcome", copy: str, room_fd: int) -> None:
    with system.closing(open_made(job, entry)) as fd:
        if not (outcome.made and is_still(fd, identity(system.fstat(fd)), outcome.made)):
            raise replaced(entry)
        name = last_component(copy)
        copy_fd = system.open(name, system.NEW_FILE_FLAGS, PRIVATE, dir_fd=room_fd)
        with system.closing(copy_fd):
            _copy(job, entry, (entry.destination, fd), (copy, copy_fd))


def _run(program: str, name: str, entry: Entry) -> None:
    """Run the strip program on a file; raise CopyError if it fails."""
    from pycp.system.child import CHILD_SIGNALS, end, has_succeeded, spawn

    if name.startswith("-"):
        name = f"./{name}"
    what = f"cannot run {'' if program == 'strip' else 'strip program '}{quote_name(program)}"
    pid = 0
    try:
        with system.Undisturbed(CHILD_SIGNALS):
            try:
                pid = spawn(program, name)
                what = "waiting for strip"
                succeeded = has_succeeded(pid)
            except BaseException:  # from a handler too
                end(pid)
                raise
    except OSError as error:
        raise CopyError(f"{what}: {reason(error)}", error.errno, program) from None
    if not succeeded:
        raise CopyError("strip process terminated abnormally", filename=entry.destination)


def _copy_back(
    job: "Job", entry: Entry, outcome: "Outcome", copy: str, room_fd: int, then: str
) -> None:
    """Write what the program left, which may be another file than it got, into the new file."""
    made_fd = outcome.made_fd
    assert made_fd is not None
    name = last_component(copy)
    try:
        status = system.stat(name, dir_fd=room_fd, follow_symlinks=False)
    except FileNotFoundError as error:
        raise cannot(then, entry.destination, error) from None
    if not stat.S_ISREG(status.st_mode):
        text = f"cannot strip {quote_name(entry.destination)}: the program left no regular file"
        raise CopyError(text, filename=entry.destination)
    with system.closing(_open_stripped(name, room_fd, status)) as fd:
        system.lseek(made_fd, 0, 0)
        system.ftruncate(made_fd, 0)
        _copy(job, entry, (copy, fd), (entry.destination, made_fd))
    require_taken(made_fd, entry)


def _open_stripped(name: str, room_fd: int, status: os.stat_result) -> int:
    try:
        return system.open(name, system.FILE_ITSELF_FLAGS, dir_fd=room_fd)
    except PermissionError:
        if status.st_nlink > 1:
            raise  # its mode would change under another name as well
    with Pinned(name, room_fd, name) as held:
        system.set_mode(held.where, PRIVATE)  # the program took away our own right to read
    return system.open(name, system.FILE_ITSELF_FLAGS, dir_fd=room_fd)


def _copy(job: "Job", entry: Entry, source: tuple[str, int], destination: tuple[str, int]) -> None:
    """Copy from one descriptor to the other, each with a name for people.

    The bytes count as those that were dealt with, not as copied ones.
    """
    way = Entry(entry.folder, entry.source_name, is_operand=True)
    way.name_operands(source[0], destination[0])
    counted = job.tally.own[BYTES]
    try:
        file = FileCopy(way, source[1], system.fstat(source[1]), destination[1])
        file.destination = system.fstat(destination[1])
        copy_data(job, file)
    except CopyError as error:  # of which the user knows one name, or none
        text = f"cannot strip {quote_name(entry.destination)}: {error}"
        raise CopyError(text, error.errno, entry.destination, error.filename) from None
    finally:
        job.tally.own[COMPARED] += job.tally.own[BYTES] - counted
        job.tally.own[BYTES] = counted
