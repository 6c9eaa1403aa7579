"""Holes: found in the source's map or in runs of zeros, made again in the destination.

A source with fewer blocks than bytes is read by its map of data and holes (SEEK_DATA, SEEK_HOLE;
lseek(2)). --sparse=always also turns runs of zeros, cut in chunks of 512 bytes, into holes;
--sparse=never writes zeros where the source has holes.
"""

from errno import EINVAL, ENOTSUP, ENXIO
from stat import S_ISREG

from pycp import system
from pycp.engine.data import (
    BUFFER_SIZE,
    FATAL_ANYWAY,
    Method,
    copy_offloaded,
    lseek_error,
    read_some,
    write_all,
)
from pycp.errors import CopyError, failed, reason
from pycp.quoting import quote_name, quote_name_if_needed
from pycp.values import BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterator

    from pycp.engine.job import Job
    from pycp.entries import Entry

CHUNK = 512
ZEROS = bytes(CHUNK)
ZERO_BUFFER = bytes(BUFFER_SIZE)


def copy_sparse(
    job: "Job",
    entry: "Entry",
    method: Method,
    source_fd: int,
    source: "os.stat_result",
    destination_fd: int,
    destination: "os.stat_result",
    start: int = 0,
) -> bool:
    """Copy with holes in mind; return False, at offset `start`, if the plain way will do."""
    makes_holes = S_ISREG(destination.st_mode)
    mapped = has_map(entry, source_fd, source)
    if mapped:
        method.sparse = "SEEK_HOLE"
        _copy_by_map(job, entry, method, source_fd, source, destination_fd, makes_holes, start)
        return True
    if start:
        _seek(source_fd, start, 0, entry.source)
    if makes_holes and (
        job.options.sparse == "always" or (mapped is None and job.options.sparse == "auto")
    ):
        method.sparse = "zeros"
        method.offload = "avoided"
        writer = HoleWriter(job, entry, destination_fd, start)
        while data := read_some(entry, source_fd, BUFFER_SIZE):
            writer.write_with_holes(data)
        writer.finish()
        return True
    return False


def has_map(entry: "Entry", source_fd: int, source: "os.stat_result") -> bool | None:
    """Return whether the source has a map of holes; None if it has holes but cannot tell where."""
    if not S_ISREG(source.st_mode) or source.st_blocks >= source.st_size // 512:
        return False
    try:
        start = system.lseek(source_fd, 0, system.SEEK_DATA)
    except OSError as error:
        if error.errno == ENXIO:
            return True  # nothing but a hole
        if error.errno in (EINVAL, ENOTSUP):
            return None
        raise lseek_error(entry.source, error) from None
    if start > 0:
        return True
    try:
        first_hole = system.lseek(source_fd, 0, system.SEEK_HOLE)
        if first_hole < source.st_size:
            return True
        system.lseek(source_fd, 0, 0)
    except OSError:
        return None
    return False  # few blocks, but no hole: compressed, or a map that knows nothing


def extents(entry: "Entry", source_fd: int, end: int = 0) -> "Iterator[tuple[int, int]]":
    """Yield the start and end, in bytes, of each run of data from an offset on."""
    while True:
        try:
            start = system.lseek(source_fd, end, system.SEEK_DATA)
            end = system.lseek(source_fd, start, system.SEEK_HOLE)
            system.lseek(source_fd, start, 0)
        except OSError as error:
            if error.errno == ENXIO:
                return
            raise lseek_error(entry.source, error) from None
        if end <= start:
            return  # the file shrank between the two calls
        yield start, end


def _copy_by_map(
    job: "Job",
    entry: "Entry",
    method: Method,
    source_fd: int,
    source: "os.stat_result",
    destination_fd: int,
    makes_holes: bool,
    first: int,
) -> None:
    sparse = job.options.sparse if makes_holes else "never"
    writer = HoleWriter(job, entry, destination_fd, first)
    for start, end in extents(entry, source_fd, first):
        if sparse != "auto":
            method.offload = "avoided"
        if sparse == "always":
            method.sparse = "SEEK_HOLE + zeros"
        gap = start - writer.offset
        if sparse == "never":
            problem = f"{quote_name_if_needed(entry.destination)}: write failed"
            _write_zeros(entry, destination_fd, gap, problem)
            writer.offset = start
        else:
            writer.skip(gap)
        length = end - start
        if sparse == "auto":
            writer.make_hole()
            # The kernel may cut a range short, and the file may shrink: the offset tells.
            copy_offloaded(job, entry, method, source_fd, destination_fd, length)
            done = _seek(source_fd, 0, 1, entry.source) - start
            writer.offset += done
            length -= done
        while length > 0:
            data = read_some(entry, source_fd, min(BUFFER_SIZE, length))
            if not data:
                break
            if sparse == "always":
                writer.write_with_holes(data)
            else:
                write_all(entry, destination_fd, data)
                job.tally.own[BYTES] += len(data)
                writer.offset += len(data)
            length -= len(data)
        if length > 0:
            writer.finish()
            return
    gap = source.st_size - writer.offset
    if sparse == "never":
        if gap > 0:
            problem = f"failed to extend {quote_name(entry.destination)}"
            _write_zeros(entry, destination_fd, gap, problem)
    else:
        if gap > 0:
            writer.skip(gap)
        writer.finish()


def _seek(fd: int, offset: int, whence: int, shown: str) -> int:
    try:
        return system.lseek(fd, offset, whence)
    except OSError as error:
        raise lseek_error(shown, error) from None


def _write_zeros(entry: "Entry", destination_fd: int, count: int, problem: str) -> None:
    """Write zeros where the source has a hole; `problem` words a failure."""
    view = memoryview(ZERO_BUFFER)
    while count > 0:
        try:
            count -= system.write(destination_fd, view[: min(count, BUFFER_SIZE)])
        except OSError as error:
            raise CopyError(f"{problem}: {reason(error)}", error.errno, entry.destination) from None


class HoleWriter:
    """Writes data to a descriptor and leaves holes where it is told to skip."""

    def __init__(self, job: "Job", entry: "Entry", destination_fd: int, start: int = 0) -> None:
        self.counts = job.tally.own
        self.entry = entry
        self.fd = destination_fd
        self.offset = start
        """Bytes written or skipped so far."""
        self.skipped = 0
        """Bytes skipped since the last write."""

    def skip(self, count: int) -> None:
        """Leave `count` bytes as a hole."""
        self.offset += count
        self.skipped += count

    def make_hole(self) -> None:
        """Move the descriptor over what was skipped."""
        if self.skipped:
            _seek(self.fd, self.offset, 0, self.entry.destination)
            self._free()
            self.skipped = 0

    def _free(self) -> None:
        """Give back what is allocated where a hole is to be.

        XFS allocates more than a write at the end of a file needs. Seeking over that would keep it.
        """
        code = system.punch_hole(self.fd, self.offset - self.skipped, self.skipped)
        if code in FATAL_ANYWAY:
            raise failed("error deallocating", self.entry.destination, OSError(code, ""))

    def write_with_holes(self, data: bytes) -> None:
        """Write data, skipping its runs of zeros."""
        view = memoryview(data)
        position = 0
        for start, end in zero_runs(data):
            self.write(view[position:start])
            self.skip(end - start)
            position = end
        self.write(view[position:])

    def write(self, data: bytes | memoryview) -> None:
        """Write data as it is."""
        if data:
            self.make_hole()
            write_all(self.entry, self.fd, data)
            self.counts[BYTES] += len(data)
            self.offset += len(data)

    def finish(self) -> None:
        """Give the file its size if it ends in a hole."""
        if self.skipped:
            self._free()
            try:
                system.ftruncate(self.fd, self.offset)
            except OSError as error:
                raise failed("failed to extend", self.entry.destination, error) from None


def zero_runs(data: bytes) -> "Iterator[tuple[int, int]]":
    """Yield start and end of each run of chunks that hold nothing but zeros.

    Chunks are counted from the beginning of `data`; the last one may be shorter.
    """
    size = len(data)
    position = 0
    while position < size:
        found = data.find(ZEROS, position)
        tail = size - size % CHUNK  # a short last chunk is too short for find()
        if found < 0:
            if tail >= position and tail < size and not data[tail:].strip(b"\0"):
                yield tail, size
            return
        start = -(-found // CHUNK) * CHUNK
        end = _end_of_zeros(data, start)
        if end < size:
            end -= end % CHUNK
        if end > start:
            yield start, end
        position = max(end, start + CHUNK)


def _end_of_zeros(data: bytes, start: int) -> int:
    """Return the offset of the first byte that is not zero, looking ever further at a time."""
    step = CHUNK
    while start < len(data):
        window = data[start : start + step]
        left = window.lstrip(b"\0")
        if left:
            return start + len(window) - len(left)
        start += len(window)
        step = min(step * 2, BUFFER_SIZE)
    return start
