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
    NO_END,
    copy_by_hand,
    copy_offloaded,
    read_some,
    seek,
    write_all,
    write_to,
)
from pycp.errors import CopyError, cannot, failed, reason
from pycp.quoting import quote_name, quote_name_if_needed
from pycp.values import BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job

    Data = bytes | memoryview

CHUNK = 512
ZEROS = bytes(CHUNK)
ZERO_BUFFER = bytes(BUFFER_SIZE)


def copy_sparse(job: "Job", file: "FileCopy") -> bool:
    """Copy with holes in mind; return False, at offset `start`, if the plain way will do."""
    sparse = job.options.sparse if S_ISREG(file.destination.st_mode) else "never"
    mapped = has_map(file)
    if mapped:
        file.sparse = "SEEK_HOLE"
    elif file.start:
        seek(file.source_fd, file.start, 0, file.entry.source)
    if sparse == "always" or (sparse == "auto" and mapped is None):
        _copy_with_holes(job, file, bool(mapped))
    elif mapped:
        _copy_by_map(job, file, keeps_holes=sparse == "auto")
    else:
        return False
    return True


def has_map(file: "FileCopy") -> bool | None:
    """Return whether the source has a map of holes; None if it has holes but cannot tell where."""
    source_fd, source = file.source_fd, file.source
    if not S_ISREG(source.st_mode) or source.st_blocks >= source.st_size // 512:
        return False
    try:
        start = system.lseek(source_fd, 0, system.SEEK_DATA)
    except OSError as error:
        if error.errno == ENXIO:
            return True  # nothing but a hole
        if error.errno in (EINVAL, ENOTSUP):
            return None
        raise cannot("lseek", file.entry.source, error) from None
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


def extents(file: "FileCopy", end: int = 0) -> "Iterator[tuple[int, int]]":
    """Yield the start and end, in bytes, of each run of data from an offset on."""
    source_fd = file.source_fd
    while True:
        try:
            start = system.lseek(source_fd, end, system.SEEK_DATA)
            end = system.lseek(source_fd, start, system.SEEK_HOLE)
            system.lseek(source_fd, start, 0)
        except OSError as error:
            if error.errno == ENXIO:
                return
            raise cannot("lseek", file.entry.source, error) from None
        if end <= start:
            return  # the file shrank between the two calls
        yield start, end


def pieces_of(
    file: "FileCopy",
    first: int,
    mapped: bool,
    read: "Callable[[int], Data]",
) -> "Iterator[tuple[int, Data]]":
    """Yield what a source holds from an offset on, at which its descriptor is unless it is mapped.

    `read` returns as much as it likes of what the descriptor is at, nothing at the end of file.
    What is left out are holes; the last piece is empty, and where the file ends, if it is mapped.
    """
    offset = first
    for start, end in extents(file, first) if mapped else [(first, NO_END)]:
        offset = start
        while offset < end:
            data = read(end - offset)
            if not data:
                break
            yield offset, data
            offset += len(data)
        if mapped and offset < end:
            return  # it shrank meanwhile
    if mapped:
        yield file.source.st_size, b""


def _copy_with_holes(job: "Job", file: "FileCopy", mapped: bool) -> None:
    """Copy runs of zeros as holes."""
    if not mapped:
        file.sparse, file.offload = "zeros", "avoided"
    writer = HoleWriter(job, file)

    def read(most: int) -> bytes:
        return read_some(file, min(job.stride.next(BUFFER_SIZE), most))

    for offset, data in pieces_of(file, file.start, mapped, read):
        if mapped and data:
            file.sparse, file.offload = "SEEK_HOLE + zeros", "avoided"
        writer.skip(max(offset - writer.offset, 0))
        writer.write_with_holes(bytes(data))
        job.stride.took(len(data))
    writer.finish()


def _copy_by_map(job: "Job", file: "FileCopy", keeps_holes: bool) -> None:
    """Copy what is no hole in the source; holes stay that, or become zeros."""
    shown = file.entry.destination
    writer = HoleWriter(job, file)
    for start, end in extents(file, file.start):
        gap = start - writer.offset
        if keeps_holes:
            writer.skip(gap)
            writer.make_hole()
            # The kernel may cut a range short, and the file may shrink: the offset tells.
            copy_offloaded(job, file, end - start)
            writer.offset = seek(file.source_fd, 0, 1, file.entry.source)
        else:
            file.offload = "avoided"
            _write_zeros(job, file, gap, f"{quote_name_if_needed(shown)}: write failed")
            writer.offset = start
        if writer.offset < end:
            writer.offset += copy_by_hand(job, file, end - writer.offset)
        if writer.offset < end:
            writer.finish()
            return
    gap = file.source.st_size - writer.offset
    if not keeps_holes:
        _write_zeros(job, file, gap, f"failed to extend {quote_name(shown)}")
    else:
        writer.skip(max(gap, 0))
        writer.finish()


def _write_zeros(job: "Job", file: "FileCopy", count: int, problem: str) -> None:
    """Write zeros where the source has a hole; `problem` words a failure."""
    view = memoryview(ZERO_BUFFER)
    while count > 0:
        step = min(job.stride.next(BUFFER_SIZE), count)
        try:
            write_to(file.destination_fd, view[:step])
        except OSError as error:
            text = f"{problem}: {reason(error)}"
            raise CopyError(text, error.errno, file.entry.destination) from None
        job.stride.took(step)
        job.tally.add(BYTES, step)
        count -= step


class HoleWriter:
    """Writes data to a descriptor and leaves holes where it is told to skip."""

    def __init__(self, job: "Job", file: "FileCopy") -> None:
        self.tally = job.tally
        self.file = file
        self.fd = file.destination_fd
        self.shown = file.entry.destination
        self.offset = file.start
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
            seek(self.fd, self.offset, 0, self.shown)
            self._free()
            self.skipped = 0

    def _free(self) -> None:
        """Give back what is allocated where a hole is to be.

        XFS allocates more than a write at the end of a file needs. Seeking over that would keep it.
        """
        code = system.punch_hole(self.fd, self.offset - self.skipped, self.skipped)
        if code in FATAL_ANYWAY:
            raise failed("error deallocating", self.shown, OSError(code, ""))

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
            write_all(self.file, data)
            self.tally.add(BYTES, len(data))
            self.offset += len(data)

    def finish(self) -> None:
        """Give the file its size if it ends in a hole."""
        if self.skipped:
            self._free()
            try:
                system.ftruncate(self.fd, self.offset)
            except OSError as error:
                raise failed("failed to extend", self.shown, error) from None


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
