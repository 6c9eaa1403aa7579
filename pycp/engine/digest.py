"""--manifest: the digest of each regular file, taken of its bytes as they pass."""

from pycp import system
from pycp.engine.data import BUFFER_SIZE, seek
from pycp.engine.installed import open_made, replaced
from pycp.engine.job import Stride
from pycp.engine.phase import Phase
from pycp.errors import failed
from pycp.system.folder import identity
from pycp.values import COMPARED, READING

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable
    from hashlib import _Hash

    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job
    from pycp.entries import Entry, Tally


class Digests:
    """A digest like those of hashlib, for names with a plus between them: "blake2b+sha256"."""

    def __init__(self, names: str) -> None:
        self._each = [new_digest(name) for name in names.split("+")]

    def update(self, data: bytes | memoryview) -> None:
        """Take the next bytes."""
        for digest in self._each:
            digest.update(data)

    def hexdigest(self) -> str:
        """Return the digests in hexadecimal, with spaces between them."""
        return " ".join(digest.hexdigest() for digest in self._each)


def new_digest(name: str) -> "_Hash | Digests":
    """Return a digest of nothing yet, or several if there are names with a plus between."""
    if "+" in name:
        return Digests(name)
    import hashlib

    return hashlib.new(name, usedforsecurity=False)


def digest_stripped(job: "Job", entry: "Entry", status: "os.stat_result") -> None:
    """Take the digest anew of an installed file that was stripped; `status` tells which it is."""
    with system.closing(open_made(job, entry)) as fd:
        if identity(system.fstat(fd)) != identity(status):
            raise replaced(entry)
        entry.digest = _digest_of(job.options.digest, job.tally, fd, entry.destination)


def digest_of_installed(job: "Job", entry: "Entry", name: str) -> "tuple[str, os.stat_result]":
    """Return digest and status of an installed file that was left as it is."""
    with system.closing(open_made(job, entry)) as fd:
        return read_digest(new_digest(name), fd, entry.destination), system.fstat(fd)


def take_digest(name: str, tally: "Tally", file: "FileCopy") -> None:
    """Take the digest of a file from its source, from its beginning."""
    seek(file.source_fd, 0, 0, file.entry.source)  # a comparison has looked for holes
    file.entry.digest = _digest_of(name, tally, file.source_fd, file.entry.source)


def _digest_of(name: str, tally: "Tally", fd: int, shown: str) -> str:
    with Phase(tally, READING):
        return read_digest(new_digest(name), fd, shown, tally)


def read_digest(
    digest: "_Hash | Digests", fd: int, shown: str, tally: "Tally | None" = None
) -> str:
    """Have a digest see all of a file; return it in hexadecimal. What was read is counted."""
    stride = Stride()
    try:
        while data := system.read(fd, stride.next(BUFFER_SIZE)):
            digest.update(data)
            stride.took(len(data))
            if tally is not None:
                tally.add(COMPARED, len(data))
    except OSError as error:
        raise failed("error reading", shown, error) from None
    return digest.hexdigest()


def digest_step(job: "Job") -> "Callable[[FileCopy], None]":
    """Return the step that takes the digest of a small file from its bytes."""
    import hashlib

    name = job.options.digest
    new = getattr(hashlib, name, None) or (lambda data, **how: hashlib.new(name, data, **how))

    def take(file: "FileCopy") -> None:
        if file.data is not None:
            file.entry.digest = new(file.data, usedforsecurity=False).hexdigest()

    return take


def digest_kept_step(job: "Job") -> "Callable[[FileCopy], None]":
    """Return the step that takes the digest of a file which was there already."""
    name, tally = job.options.digest, job.tally  # the job keeps its steps: a circle otherwise
    return lambda file: take_digest(name, tally, file)


def note_step(job: "Job") -> "Callable[[FileCopy], None]":
    """Return the step that has the manifest take the digest."""
    note = job.manifest
    assert note is not None

    def write_down(file: "FileCopy") -> None:
        if file.entry.digest:
            note(file.entry.destination, file.entry.digest)

    return write_down
