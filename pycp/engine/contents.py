"""All bytes of one file: by the quickest way there is, holes kept.

A small file is read and written at once. The kernel copies larger ones; where it cannot, or bytes
are to be watched, they pass through our memory.
"""

from stat import S_ISREG

from pycp import system
from pycp.engine.data import (
    EMPTY,
    SMALL,
    Method,
    copy_by_hand,
    copy_offloaded,
    read_some,
    seek_both,
    send,
    try_reflink,
    write_all,
)
from pycp.values import BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.engine.job import Job
    from pycp.entries import Entry


def copy_data(
    job: "Job",
    entry: "Entry",
    method: Method,
    source_fd: int,
    source: "os.stat_result",
    destination_fd: int,
    destination: "os.stat_result",
    start: int = 0,
) -> None:
    """Copy from one descriptor to the other, both at their beginning, all from `start` on.

    Raise CopyError with GNU's message; what was written until then stays written.
    """
    if start:
        seek_both(entry, source_fd, destination_fd, start)
    sparse = job.options.sparse
    is_regular = S_ISREG(source.st_mode)
    if sparse == "always" or (is_regular and source.st_blocks < source.st_size // 512):
        from pycp.engine.sparse import copy_sparse

        if copy_sparse(job, entry, method, source_fd, source, destination_fd, destination, start):
            return
    method.sparse = "no"
    size = source.st_size
    if not is_regular or size > SMALL or job.options.debug:
        if copy_offloaded(job, entry, method, source_fd, destination_fd):
            return
        if is_regular and system.send is not None:
            send(job, system.send, source_fd, destination_fd)
    else:
        # One byte more than the size tells whether the file grew, without another read.
        data = read_some(entry, source_fd, size + 1 if size else EMPTY)
        if not data:
            return
        write_all(entry, destination_fd, data)
        job.tally.own[BYTES] += len(data)
        if len(data) == size:
            return
    copy_by_hand(job, entry, source_fd, destination_fd)


def copy_contents(
    job: "Job",
    entry: "Entry",
    method: Method,
    source_fd: int,
    source: "os.stat_result",
    destination_fd: int,
    destination: "os.stat_result",
    start: int = 0,
) -> bool:
    """Share the source's storage, or copy its data; return whether it was shared.

    Raise CopyError with GNU's message.
    """
    both = (source_fd, source, destination_fd, destination)
    if try_reflink(job, entry, method, *both):
        if job.manifest is not None:
            from pycp.engine.digest import digest_shared

            digest_shared(job, entry, source_fd, destination)
        return True
    if job.watches_data:
        from pycp.engine.stream import copy_stream

        copy_stream(job, entry, method, *both, start)
    else:
        copy_data(job, entry, method, *both, start)
    return False
