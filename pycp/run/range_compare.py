"""One range of a large file that an interrupted copy left, compared by whoever has the unit."""

from pycp.engine.verify import BUFFER_SIZE, first_other, next_data, read
from pycp.plan.compare import is_filled_in_part
from pycp.values import BLOCK, COMPARED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job

FIRST, ALL = "first", "all"
"""Compared up to the first difference, or as long as what differs may be still to come."""


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
