"""One range of a large file, copied or compared by whoever carries out the unit that it is.

Both sides are opened anew, so nothing is known of them but what the coordinator said: another file
by that name is not touched.
"""

from pycp import system
from pycp.engine.data import flush_data
from pycp.engine.file_copy import FileCopy
from pycp.engine.part import copy_part
from pycp.engine.verify import BUFFER_SIZE, first_other, next_data, read
from pycp.engine.write import close
from pycp.entries import Entry
from pycp.errors import CopyError
from pycp.plan.compare import is_filled_in_part
from pycp.run.unit import FIRST
from pycp.system.folder import identity, release
from pycp.values import BLOCK, BYTES, COMPARED, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.job import Job
    from pycp.run.unit import DoneRange, Folders, Range


def carry_out_range(job: "Job", folders: "Folders", wanted: "Range", is_local: bool) -> "DoneRange":
    """Copy or compare one range of a file; return what came of it.

    Unless it `is_local` to who copies the rest, it is on disk then, where others see it.

    A file that this process cannot open, or that is another one, counts as not there: who has it
    open already can copy it.
    """
    way, name, new_name, source_id, destination_id, how, start, end = wanted
    copy_flags = system.SOURCE_FLAGS if how else system.OLD_FILE_FLAGS
    counted = job.tally.own[BYTES]
    opened: list[int] = []
    failure = None
    is_whole = False
    found_other = -1, True
    try:
        folder = folders.at(way, False)
        entry = Entry(folder, name)
        entry.destination_name = new_name
        entry.name_operands(entry.source, join(folder.destination, new_name))
        found = []
        for side, dir_fd, flags, expected in (
            (name, folder.source_fd, system.SOURCE_FLAGS, source_id),
            (new_name, folder.destination_fd, copy_flags, destination_id),
        ):
            opened.append(
                system.open(side, flags | system.O_NOFOLLOW | system.O_NONBLOCK, dir_fd=dir_fd)
            )
            found.append(system.fstat(opened[-1]))
            if not _is_same(identity(found[-1]), expected):
                return 0, False, None, found_other
        file = FileCopy(entry, opened[0], found[0], opened[1])
        file.destination, file.start = found[1], start
        if how:
            found_other = compare_range(job, file, end, how)
            is_whole = True
        else:
            is_whole = copy_part(job, file, end)
            if not is_local:
                flush_data(file)
            close(opened.pop(), entry, is_source=False)
    except CopyError as error:
        failure = error.words
    except OSError:
        is_whole = False
    finally:
        for fd in opened:
            release(fd)
    return job.tally.own[BYTES] - counted, is_whole, failure, found_other


def _is_same(here: tuple[int, int], there: tuple[int, int]) -> bool:
    """Return whether this is the file that the coordinator opened, whose device may be unknown."""
    return here[1] == there[1] and there[0] in (here[0], -1)


def compare_range(job: "Job", file: "FileCopy", end: int, how: str) -> tuple[int, bool]:
    """Return the offset of the first difference, -1 if there is none, and whether it may be begun.

    It may if there are zeros wherever it differs. Both sides have so many bytes, or more; `start`
    is at a block. Raise CopyError with GNU's message.
    """
    sides = (file.source_fd, file.entry.source), (file.destination_fd, file.entry.destination)
    offset, difference = file.start, -1
    while True:
        data = min(next_data(fd, offset) for fd, _shown in sides)
        offset = max(offset, data - data % BLOCK)
        if offset >= end:
            return difference, True
        size = max(job.stride.next(BUFFER_SIZE) // BLOCK * BLOCK, BLOCK)
        ours, theirs = (read(side, offset, min(size, end - offset)) for side in sides)
        if ours != theirs:
            if difference < 0:
                difference = offset + first_other(ours, theirs)
            if how == FIRST or not is_filled_in_part(theirs, ours):
                return difference, False
        job.stride.took(len(ours))
        job.tally.add(COMPARED, len(ours))
        offset += size
