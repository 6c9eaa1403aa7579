"""Bytes that pass through our hands: for a digest, to hold a pace, or for several destinations.

The loop stands in for offload and the quicker loops where each byte must be seen. Holes stay holes,
and count as zeros in the digest. What shares its storage with the source (reflink) moves no bytes,
and so takes no time; its digest is read from the source.
"""

from stat import S_ISREG

from pycp.engine.beside import STEP, beside
from pycp.engine.data import BUFFER_SIZE, SMALL, read_into, read_some, seek_both
from pycp.engine.digest import new_digest
from pycp.engine.phase import Phase
from pycp.engine.sparse import ZERO_BUFFER, HoleWriter, has_map, pieces_of
from pycp.values import COMPARED, READING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from hashlib import _Hash

    from pycp.engine.beside import Beside
    from pycp.engine.digest import Digests
    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job


class Watch:
    """What sees the bytes of one file as they pass: a digest, a pace, or both."""

    def __init__(self, job: "Job", file: "FileCopy") -> None:
        self._hash: _Hash | Digests | Beside | None = None
        self._beside: Beside | None = None
        self._tally, self._stride = job.tally, job.stride
        self._pace = job.pace
        self.step = min(self._pace.step, BUFFER_SIZE) if self._pace else BUFFER_SIZE
        """Bytes to pass at a time."""
        if job.manifest is not None and S_ISREG(file.destination.st_mode):
            digest = self._hash = new_digest(job.options.digest)
            # Memory that is shared with others may be filled again before the digest is taken.
            if self._pace is None and job.shared_source is None:
                self._beside = beside(digest, file.source.st_size - file.start)
                if self._beside is not None:
                    self._hash, self.step = self._beside, STEP

    def close(self) -> None:
        """End what goes on beside us."""
        if self._beside is not None:
            self._beside.close()

    def begin(self, file: "FileCopy", end: int) -> None:
        """See the bytes up to an offset, which were copied before."""
        with Phase(self._tally, READING):
            while self._hash and end > 0:
                data = read_some(file, min(self._stride.next(BUFFER_SIZE), end))
                if not data:
                    break
                self._stride.took(len(data))
                self._hash.update(data)
                self._tally.add(COMPARED, len(data))
                end -= len(data)

    def timed(self, file: "FileCopy") -> "Callable[[int], memoryview]":
        """Return who reads at most so many bytes, or as many as pass in a short time.

        Between one call and the next the bytes of the first are written.
        """
        count = -1
        count_of_views = 1 if self._beside is None else 2
        views = [memoryview(bytearray(self.step)) for _number in range(count_of_views)]

        def read(most: int) -> memoryview:
            nonlocal count
            if count >= 0:
                self._stride.took(count)
            views.reverse()  # of what is in the other one the digest may still be taken
            view = views[0]
            count = read_into(file, view[: min(self._stride.next(self.step), most)])
            return view[:count]

        return read

    def data(self, data: bytes | memoryview) -> None:
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


def is_for_server(job: "Job", file: "FileCopy") -> bool:
    """Return whether nobody need read a file that is read for several destinations.

    Its copy within the file system of a server, to one of them, moves no bytes to here and back.
    """
    source, destination = file.source, file.destination
    if (
        job.shared_source is None
        or job.manifest is not None
        or job.pace is not None
        or job.options.reflink == "never"
        or source.st_dev != destination.st_dev
        or source.st_size <= SMALL
        or not (S_ISREG(source.st_mode) and S_ISREG(destination.st_mode))
    ):
        return False
    from pycp.system.mounts import has_copying_server

    return has_copying_server(source.st_dev)


def copy_stream(job: "Job", file: "FileCopy") -> None:
    """Copy from one descriptor to the other, both at their beginning, and watch all that passes.

    Raise CopyError with GNU's message; what was written until then stays written.
    """
    watch = Watch(job, file)
    try:
        _copy_watched(job, file, watch)
        file.entry.digest = watch.digest
    finally:
        watch.close()


def _copy_watched(job: "Job", file: "FileCopy", watch: Watch) -> None:
    first = file.start
    if first:
        watch.begin(file, first)
    makes_holes = S_ISREG(file.destination.st_mode) and job.options.sparse != "never"
    mapped = makes_holes and has_map(file)
    finds_zeros = makes_holes and (job.options.sparse == "always" or mapped is None)
    file.sparse = "SEEK_HOLE" if mapped else "zeros" if finds_zeros else "no"
    writer = HoleWriter(job, file)
    if first:
        seek_both(file, first)
    if job.shared_source is not None:
        pieces = job.shared_source(file, first, bool(mapped))
    else:
        pieces = pieces_of(file, first, bool(mapped), watch.timed(file))
    for offset, data in pieces:
        gap = max(offset - writer.offset, 0)
        watch.hole(gap)
        writer.skip(gap)
        for start in range(0, len(data), watch.step):
            file.offload = "avoided"
            piece = data[start : start + watch.step]
            if finds_zeros:
                if mapped:
                    file.sparse = "SEEK_HOLE + zeros"
                writer.write_with_holes(bytes(piece))
            else:
                writer.write(piece)
            watch.data(piece)
    writer.finish()
