"""Bytes from one descriptor to another.

    shared storage (reflink) → copying inside the kernel (offload, send) → read and write

Each faster way says whether it could, and the slower one goes on where it stopped. Read and write
go on until the end of file, whatever size the source claims: it may grow, shrink, or be 0 in
/proc. Holes are the business of `sparse`.
"""

import sys
from errno import (
    EACCES,
    EBADF,
    EDQUOT,
    EFBIG,
    EINVAL,
    EIO,
    ENOENT,
    ENOMEM,
    ENOSPC,
    ENOSYS,
    ENOTSUP,
    ENOTTY,
    EPERM,
    ETXTBSY,
    EXDEV,
)
from stat import S_ISREG

from pycp import system
from pycp.errors import cannot, failed
from pycp.quoting import quote_name
from pycp.values import BYTES, REFLINKED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job

BUFFER_SIZE = 256 * 1024
"""Bytes moved by one read and one write."""
SMALL = 128 * 1024
"""Up to this many bytes one read and one write beat asking the kernel to copy."""
EMPTY = 4096
"""Bytes asked of a file that says it is empty; those in /proc say so."""
OFFLOAD_STEP = 64 * 1024 * 1024
"""Bytes asked of the kernel at a time at most; fewer where that takes long."""
NO_END = sys.maxsize
"""Stands for the end of a file that is read until there is no more."""
LARGEST_BLOCK = 64 * 1024
"""Bytes of a block of a file system at most."""
CANNOT_OFFLOAD = frozenset(
    (ENOSYS, ENOTTY, ENOTSUP, EINVAL, EBADF, EXDEV, ETXTBSY, EPERM, EACCES, ENOENT)
)
"""Errors of copy_file_range that only say "not here"; ENOENT comes from CIFS."""
NEVER_REFLINK = frozenset((ENOSYS, ENOTTY, ENOTSUP, EXDEV))
"""Errors of FICLONE that hold for every file of the two file systems."""
FATAL_ANYWAY = frozenset((EIO, ENOMEM, ENOSPC, EDQUOT))
"""Errors of a quicker way that would befall any other as well."""


def try_reflink(job: "Job", file: "FileCopy") -> bool:
    """Share the source's storage; return False where another method must copy.

    Raise CopyError if sharing was insisted on, or failed for a reason no method could cure.
    """
    when = job.options.reflink
    source, destination = file.source, file.destination
    if when == "never":
        file.reflink = "no"
        return False
    devices = (source.st_dev, destination.st_dev)
    if when == "auto" and devices in job.cannot_reflink:
        file.reflink = "unsupported"
        return False
    code = system.reflink(file.destination_fd, file.source_fd)
    if code == EINVAL and when == "always" and source.st_size < destination.st_size:
        code = _reflink_to_longer(file)
    if code == 0:
        file.reflink = "yes"
        job.tally.add(BYTES, min(source.st_size, source.st_blocks * 512))
        job.tally.own[REFLINKED] += 1
        return True
    if code not in FATAL_ANYWAY:
        file.reflink = "unsupported"
        if when == "auto":
            if code in NEVER_REFLINK and S_ISREG(source.st_mode) and S_ISREG(destination.st_mode):
                job.cannot_reflink.add(devices)
            return False
    problem = f"failed to clone {quote_name(file.entry.destination)} from"
    raise failed(problem, file.entry.source, OSError(code, ""))


def _reflink_to_longer(file: "FileCopy") -> int:
    """Share storage with a file that was longer; return 0 or the error number.

    A last block that is not full can only be shared at the end of a file. Before that of the
    destination is lost, a trial behind it tells whether the two can share at all.
    """
    source_fd, destination_fd = file.source_fd, file.destination_fd
    source, destination = file.source, file.destination
    behind = -(-destination.st_size // LARGEST_BLOCK) * LARGEST_BLOCK
    code = system.reflink(destination_fd, source_fd, behind)
    size = destination.st_size if code else source.st_size
    try:
        if system.fstat(destination_fd).st_size != size:
            system.ftruncate(destination_fd, size)
    except OSError as error:
        return code or error.errno or EIO
    return code or system.reflink(destination_fd, source_fd)


def copy_offloaded(job: "Job", file: "FileCopy", length: int | None = None) -> bool:
    """Copy `length` bytes or up to the end inside the kernel; return False if it cannot."""
    if job.options.reflink == "never" or system.offload is None:
        file.offload = "avoided"
        return False
    copied = 0
    stride = job.stride
    while length is None or copied < length:
        step = stride.next(OFFLOAD_STEP)
        if length is not None:
            step = min(step, length - copied)
        try:
            count = system.offload(file.source_fd, file.destination_fd, step)
        except OSError as error:
            if error.errno == EFBIG:
                return False
            file.offload = "unsupported"
            if copied == 0 and error.errno in CANNOT_OFFLOAD:
                return False
            problem = f"error copying {quote_name(file.entry.source)} to"
            raise failed(problem, file.entry.destination, error) from None
        if count == 0:
            return copied > 0  # /proc and its like have nothing to offer here, but can be read
        file.offload = "yes"
        copied += count
        stride.took(count)
        job.tally.add(BYTES, count)
    return True


def send(job: "Job", file: "FileCopy", send: "Callable[[int, int, int], int]") -> None:
    """Copy by way of the cache, not through our memory, as far as the kernel can.

    What fails, or says that it has come to the end, is tried again by hand, which finds the words.
    """
    try:
        while count := send(file.source_fd, file.destination_fd, job.stride.next(OFFLOAD_STEP)):
            job.stride.took(count)
            job.tally.add(BYTES, count)
    except OSError:
        pass


def copy_by_hand(
    job: "Job", file: "FileCopy", length: int = NO_END, at_once: int = BUFFER_SIZE
) -> int:
    """Copy `length` bytes, or up to the end of file, with read and write; return how many."""
    view = memoryview(bytearray(min(at_once, length)))
    stride = job.stride
    copied = 0
    while copied < length:
        count = read_into(file, view[: min(stride.next(at_once), length - copied)])
        if count == 0:
            break
        write_all(file, view[:count])
        stride.took(count)
        job.tally.add(BYTES, count)
        copied += count
    return copied


def read_some(file: "FileCopy", size: int) -> bytes:
    """Read at most `size` bytes."""
    try:
        return system.read(file.source_fd, size)
    except OSError as error:
        raise failed("error reading", file.entry.source, error) from None


def read_into(file: "FileCopy", view: memoryview) -> int:
    """Fill memory, or the beginning of it; return how many bytes were read."""
    try:
        return system.readv(file.source_fd, [view])
    except OSError as error:
        raise failed("error reading", file.entry.source, error) from None


def write_all(file: "FileCopy", data: bytes | memoryview) -> None:
    """Write every byte, however few the kernel takes at a time."""
    try:
        write_to(file.destination_fd, data)
    except OSError as error:
        raise failed("error writing", file.entry.destination, error) from None


def write_to(fd: int, data: bytes | memoryview) -> None:
    """Do so to a descriptor; raise OSError."""
    written = system.write(fd, data)
    while written < len(data):
        count = system.write(fd, memoryview(data)[written:])
        if count == 0:
            raise OSError(ENOSPC, "")  # as GNU reads a write that takes nothing
        written += count


def flush_data(file: "FileCopy") -> None:
    """Have what was written on disk; raise CopyError with GNU's message."""
    try:
        system.flush(file.destination_fd)
    except OSError as error:
        raise failed("error writing", file.entry.destination, error) from None


def seek_both(file: "FileCopy", offset: int) -> None:
    """Move both descriptors to an offset."""
    seek(file.source_fd, offset, 0, file.entry.source)
    seek(file.destination_fd, offset, 0, file.entry.destination)


def seek(fd: int, offset: int, whence: int, shown: str) -> int:
    """Move a descriptor; return the offset it is at then."""
    try:
        return system.lseek(fd, offset, whence)
    except OSError as error:
        raise cannot("lseek", shown, error) from None
