"""All bytes of one file: by the quickest way there is, holes kept.

A small file is read and written at once. The kernel copies larger ones; where it cannot, or bytes
are to be watched, they pass through our memory.
"""

from stat import S_ISREG

from pycp import system
from pycp.engine.data import (
    EMPTY,
    SMALL,
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
    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job


def copy_contents(job: "Job", file: "FileCopy") -> bool:
    """Share the source's storage, or copy its data; return whether it was shared.

    Raise CopyError with GNU's message; what was written until then stays written.
    """
    file.counted = job.tally.own[BYTES]
    shared = try_reflink(job, file)
    if shared:
        if job.manifest is not None:
            from pycp.engine.digest import take_digest

            take_digest(job.options.digest, job.tally, file)
    elif job.watches_data:
        from pycp.engine.stream import copy_stream, is_for_server

        if is_for_server(job, file):
            copy_data(job, file)
        else:
            copy_stream(job, file)
    else:
        copy_data(job, file)
    file.size = job.tally.own[BYTES] - file.counted
    return shared


def copy_data(job: "Job", file: "FileCopy") -> None:
    """Copy from one descriptor to the other, both at their beginning, all from `start` on.

    Raise CopyError with GNU's message; what was written until then stays written.
    """
    source = file.source
    if job.share_data is not None and job.is_large(source):
        job.share_data(file)
    if file.start:
        seek_both(file, file.start)
    is_regular = S_ISREG(source.st_mode)
    if job.options.sparse == "always" or (is_regular and source.st_blocks < source.st_size // 512):
        from pycp.engine.sparse import copy_sparse

        if copy_sparse(job, file):
            return
    file.sparse = "no"
    size = source.st_size
    if not is_regular or size > SMALL or job.options.debug:
        if copy_offloaded(job, file):
            return
        # A pipe would hold pages of the source, which may change until somebody reads them.
        if is_regular and S_ISREG(file.destination.st_mode) and system.send is not None:
            send(job, file, system.send)
    else:
        # One byte more than the size tells whether the file grew, without another read.
        data = read_some(file, size + 1 if size else EMPTY)
        if not data:
            return
        write_all(file, data)
        job.tally.own[BYTES] += len(data)
        if len(data) == size:
            return
    copy_by_hand(job, file)
