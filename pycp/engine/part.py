"""Part of a large file, from one offset to another, by the quicker of two ways.

Where the kernel hands copying on to a server nothing is quicker; where it only moves pieces of a
pipe's size, and each call takes its time, reading and writing much at once is. So both have a try.
"""

import time

from pycp import system
from pycp.engine.data import copy_by_hand, copy_offloaded, flush_data, seek, seek_both
from pycp.engine.sparse import extents, has_map

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job

    Way = Callable[[Job, FileCopy, int], object]

BUFFER_SIZE = 4 * 1024 * 1024
"""Bytes moved by one read and one write at most."""
TRIAL = 2 * 1024 * 1024
"""Bytes that each way is tried with."""


def copy_part(job: "Job", file: "FileCopy", end: int) -> bool:
    """Copy from `start` to `end`; holes of the source are left out.

    Return False if the source has less by now. Raise CopyError with GNU's message.
    """
    keeps_holes = job.options.sparse != "never"
    runs: Iterable[tuple[int, int]] = [(file.start, end)]
    if keeps_holes and has_map(file):
        runs = extents(file, file.start)
    ways: list[Way] = [copy_offloaded, _copy] if keeps_holes else [_copy]
    for start, stop in runs:
        if start >= end:
            break
        seek_both(file, start)
        here, stop = start, min(stop, end)
        if len(ways) > 1 and stop - start > len(ways) * TRIAL:
            ways = [min(ways, key=lambda way: _seconds(way, job, file))]
            here = seek(file.source_fd, 0, 1, file.entry.source)
        while here < stop:
            ways[0](job, file, stop - here)
            before, here = here, seek(file.source_fd, 0, 1, file.entry.source)
            if here == before and ways[0] is _copy:
                return False
            if here < stop:
                ways = [_copy]  # the kernel cannot, or cut it short
    return system.fstat(file.source_fd).st_size >= end


def _seconds(way: "Way", job: "Job", file: "FileCopy") -> float:
    """Return how long a way takes to have some bytes where they will stay."""
    start = time.monotonic()
    way(job, file, TRIAL)
    flush_data(file)
    return time.monotonic() - start


def _copy(job: "Job", file: "FileCopy", length: int) -> int:
    return copy_by_hand(job, file, length, BUFFER_SIZE)
