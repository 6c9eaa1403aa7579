"""Both sides read back and compared, past the cache where that is possible.

The destination is flushed to disk, and what memory keeps of the two files is dropped. What is a
hole on both sides holds the same without being read.
"""

import stat
from errno import EACCES, ENXIO

from pycp import system
from pycp.engine.data import flush_data
from pycp.engine.job import Stride
from pycp.engine.phase import Phase, flush
from pycp.engine.write import creation_error
from pycp.errors import CopyError, failed
from pycp.quoting import quote_name
from pycp.values import CHECKED, CHECKING, FLUSHED, FLUSHING, PHASE

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job
    from pycp.entries import Decision, Entry

    Counted = list[int] | memoryview[int]

BUFFER_SIZE = 1024 * 1024
"""Bytes read from each side at a time, at most."""
LARGEST = (1 << 63) - 1
"""Bytes of a file at most; no call may ask for what would be behind that."""


def require_stored(entry: "Entry", decision: "Decision") -> None:
    """Raise CopyError if there will be nothing to read back of a file with contents."""
    if not decision.copies_data:
        return
    sides = (
        (entry.source, decision.source_stat),
        (entry.destination, decision.destination_stat or decision.source_stat),
    )
    for name, status in sides:
        if not (stat.S_ISREG(status.st_mode) or stat.S_ISBLK(status.st_mode)):
            text = f"not copying {quote_name(entry.source)} to {quote_name(entry.destination)},"
            text += f" as {quote_name(name)} cannot be read back to verify it"
            raise CopyError(text, None, entry.source, entry.destination)


def unreadable(entry: "Entry", error: OSError) -> CopyError:
    """Word why an existing destination cannot be opened for writing and reading."""
    dir_fd = entry.folder.destination_fd
    if error.errno == EACCES and system.access(entry.destination_name, system.W_OK, dir_fd=dir_fd):
        return failed("cannot read back", entry.destination, error)
    return creation_error(entry, error)


def verify(job: "Job", file: "FileCopy", destination: "os.stat_result") -> None:
    """Raise CopyError if the two files differ, or cannot be read."""
    entry = file.entry
    sides = (file.source_fd, entry.source), (file.destination_fd, entry.destination)
    _flush(job, file)
    for fd, _name in sides:
        system.drop_cached(fd)
    left = file.stored

    def count(size: int) -> None:
        nonlocal left
        size = min(size, left)  # zeros of holes are read as well
        left -= size
        job.tally.add(CHECKED, size)

    is_larger = stat.S_ISBLK(destination.st_mode)
    with Phase(job.tally, CHECKING):
        # What was there already is not among the bytes that this run has to read back.
        offset = first_difference(*sides, is_larger, count, file.kept)
    if offset is not None:
        raise _differs(entry, offset)
    count(left)


def _flush(job: "Job", file: "FileCopy") -> None:
    try:
        flush(job.tally, file.destination_fd, file.stored)
        file.is_flushed = True
    except OSError as error:
        raise failed("error writing", file.entry.destination, error) from None


def _differs(entry: "Entry", offset: int) -> CopyError:
    return CopyError(
        f"{quote_name(entry.destination)} differs from {quote_name(entry.source)} at byte {offset}",
        filename=entry.destination,
        filename2=entry.source,
    )


def verify_step(job: "Job") -> "Callable[[FileCopy], None]":
    """Return the step that reads a file back.

    What was read of a small source stands for it, unless its status has moved meanwhile.
    """

    counts, report = job.tally.own, job.report

    def read_back(file: "FileCopy") -> None:
        entry, data = file.entry, file.data
        if data is not None:
            before = counts[PHASE]
            try:
                found = _read_small(file, data, counts)
            finally:
                counts[PHASE] = before
            now, then = _status(file.source_fd, entry.source), file.source
            if (
                now.st_ctime_ns == then.st_ctime_ns
                and now.st_mtime_ns == then.st_mtime_ns
                and now.st_size == then.st_size
            ):
                if found != data:
                    raise _differs(entry, first_other(data, found))
                counts[CHECKED] += len(data)
            else:
                data = None
        if data is None:
            verify(job, file, _status(file.destination_fd, entry.destination))
        if report.verbose:
            report.line(f"verified {quote_name(entry.destination)}")

    return read_back


def _read_small(file: "FileCopy", data: bytes, counts: "Counted") -> bytes:
    """Return what a small destination holds, by one call if it is the data that it should be."""
    fd = file.destination_fd
    counts[PHASE] = FLUSHING
    flush_data(file)
    file.is_flushed = True
    counts[FLUSHED] += len(data)
    counts[PHASE] = CHECKING
    system.drop_cached(fd)
    try:
        found = system.pread(fd, len(data) + 1, 0)
    except OSError:
        found = b""  # reading it all will tell
    return found if found == data else read((fd, file.entry.destination), 0, len(data) + 1)


def first_difference(
    source: tuple[int, str],
    destination: tuple[int, str],
    is_larger: bool,
    count: "Callable[[int], None]",
    start: int = 0,
) -> int | None:
    """Return the offset of the first byte that differs, or is missing on one side.

    `is_larger` says that the destination goes on after the copy, as a device does. Bytes that were
    compared, from an offset `start` on, are counted.
    """
    offset = 0
    stride = Stride()
    have_holes = _is_sparse(source) and _is_sparse(destination)
    while True:
        if have_holes:
            data = min(next_data(source[0], offset), next_data(destination[0], offset))
            offset = max(offset, data)
        size = stride.next(BUFFER_SIZE)
        ours = read(source, offset, size)
        theirs = read(destination, offset, len(ours) if is_larger else size)
        if ours != theirs:
            return offset + first_other(ours, theirs)
        if offset + len(ours) > start:
            count(min(len(ours), offset + len(ours) - start))
        if len(ours) < size:
            return None
        stride.took(size)
        offset += size


def first_other(ours: bytes, theirs: bytes) -> int:
    """Return where two runs of bytes differ first, or the shorter one ends."""
    pairs = enumerate(zip(ours, theirs, strict=False))
    return next((index for index, (a, b) in pairs if a != b), min(len(ours), len(theirs)))


def _status(fd: int, shown: str) -> "os.stat_result":
    try:
        return system.fstat(fd)
    except OSError as error:
        raise failed("error reading", shown, error) from None


def _is_sparse(side: tuple[int, str]) -> bool:
    status = _status(*side)
    return status.st_blocks < status.st_size // 512


def next_data(fd: int, offset: int) -> int:
    """Return where data goes on at `offset` or after it, or the size if nowhere."""
    try:
        return system.lseek(fd, offset, system.SEEK_DATA)
    except OSError as error:
        if error.errno != ENXIO:
            return offset  # no map of holes: everything may be data
    try:
        return system.lseek(fd, 0, 2)
    except OSError:
        return offset  # reading will tell


def read(side: tuple[int, str], offset: int, size: int) -> bytes:
    """Return what a file holds from `offset` on, fewer bytes than `size` only at its end."""
    fd, shown = side
    data = b""
    try:
        while len(data) < size:
            at = offset + len(data)
            more = system.pread(fd, min(size - len(data), LARGEST - at), at)
            if not more:
                break
            data = data + more if data else more
    except OSError as error:
        raise failed("error reading", shown, error) from None
    return data
