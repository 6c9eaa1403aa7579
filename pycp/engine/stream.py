"""Bytes that pass through our hands: for a digest of them, or to hold a pace.

The loop stands in for offload and the quicker loops where each byte must be seen. Holes stay holes,
and count as zeros in the digest. What shares its storage with the source (reflink) moves no bytes,
and so takes no time; its digest is read from the source.
"""

from stat import S_ISREG

from pycp.engine.data import BUFFER_SIZE, read_some, seek_both
from pycp.engine.digest import new_digest
from pycp.engine.phase import Phase
from pycp.engine.rate import pace_of
from pycp.engine.sparse import ZERO_BUFFER, HoleWriter, extents, has_map
from pycp.values import COMPARED, READING

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from hashlib import _Hash

    from pycp.engine.digests import Digests
    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job


class Watch:
    """What sees the bytes of one file as they pass: a digest, a pace, or both."""

    def __init__(self, job: "Job", destination: "os.stat_result") -> None:
        self._hash: _Hash | Digests | None = None
        self._tally = job.tally
        if job.manifest is not None and S_ISREG(destination.st_mode):
            self._hash = new_digest(job)
        self._pace = pace_of(job)
        self.step = self._pace.step if self._pace else BUFFER_SIZE
        """Bytes to pass at a time."""

    def begin(self, file: "FileCopy", end: int) -> None:
        """See the bytes up to an offset, which were copied before."""
        with Phase(self._tally, READING):
            while self._hash and end > 0:
                data = read_some(file, min(BUFFER_SIZE, end))
                if not data:
                    break
                self._hash.update(data)
                self._tally.add(COMPARED, len(data))
                end -= len(data)

    def data(self, data: bytes) -> None:
        """See bytes that were copied."""
        if self._hash:
            self._hash.update(data)
        if self._pace:
            self._pace.passed(len(data))

    def hole(self, count: int) -> None:
        """See a hole of so many bytes, which take no time."""
        if self._hash:
            view = memoryview(ZERO_BUFFER)
            while count > 0:
                self._hash.update(view[: min(count, BUFFER_SIZE)])
                count -= BUFFER_SIZE

    @property
    def digest(self) -> str:
        """Return the digest of what was seen, in hexadecimal, or nothing."""
        return self._hash.hexdigest() if self._hash else ""


def copy_stream(job: "Job", file: "FileCopy") -> None:
    """Copy from one descriptor to the other, both at their beginning, and watch all that passes.

    Raise CopyError with GNU's message; what was written until then stays written.
    """
    source, first = file.source, file.start
    watch = Watch(job, file.destination)
    if first:
        watch.begin(file, first)
    makes_holes = S_ISREG(file.destination.st_mode) and job.options.sparse != "never"
    mapped = makes_holes and has_map(file)
    finds_zeros = makes_holes and (job.options.sparse == "always" or mapped is None)
    file.sparse = "SEEK_HOLE" if mapped else "zeros" if finds_zeros else "no"
    writer = HoleWriter(job, file)
    if first:
        seek_both(file, first)
    write = writer.write_with_holes if finds_zeros else writer.write
    size = source.st_size if mapped else 0
    for start, end in extents(file, first) if mapped else [(first, None)]:
        watch.hole(start - writer.offset)
        writer.skip(start - writer.offset)
        while end is None or writer.offset < end:
            left = watch.step if end is None else end - writer.offset
            data = read_some(file, min(watch.step, left))
            if not data:
                break
            file.offload = "avoided"
            if mapped and finds_zeros:
                file.sparse = "SEEK_HOLE + zeros"
            write(data)
            watch.data(data)
        if end is not None and writer.offset < end:
            size = writer.offset  # it shrank meanwhile
            break
    watch.hole(size - writer.offset)
    writer.skip(max(size - writer.offset, 0))
    writer.finish()
    file.entry.digest = watch.digest
