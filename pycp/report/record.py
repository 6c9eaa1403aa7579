"""The record of what was installed: a file of mtree(5) that many processes may write at a time.

Lines are appended in one write each, by whoever holds the lock; nobody ever sees half of one. If a
write fails, the file is cut to what it was.
"""

import stat

from pycp import system
from pycp.errors import CopyError, cannot, failed
from pycp.quoting import quote_name
from pycp.report.mtree import ROOT, SIGNATURE, decoded, encoded, name_of
from pycp.system.folder import identity, release
from pycp.system.lock import Locked

CHUNK = 1 << 20


class RecordFile:
    """A record that is open to be added to."""

    def __init__(self, place: str, mode: int, root: str) -> None:
        """Open the file, and begin it with `mode` if it is new; raise CopyError if that cannot be.

        One that speaks of another root than `root` is left alone, and so is what is no record.
        """
        self.place = place
        self.is_new = False
        flags = system.O_RDWR | system.O_CREAT | system.O_APPEND | system.O_CLOEXEC
        try:
            self._fd = system.open(place, flags | system.O_NONBLOCK, mode)
        except OSError as error:
            raise failed("cannot open", place, error) from None
        try:
            status = system.fstat(self._fd)
            self.id = identity(status)
            """Device and inode number."""
            if not stat.S_ISREG(status.st_mode):
                raise no_record(place)
            with Locked(self._fd):
                text = read_all(self._fd)
                if not text:
                    self.is_new = True
                    self._append(SIGNATURE + b"\n" + ROOT + encoded(root).encode() + b"\n")
            if text:
                _require_root(place, text, root)
        except BaseException as error:
            release(self._fd)
            if isinstance(error, OSError):
                raise failed("error writing", place, error) from None
            raise
        self.text = text
        """What it held when it was opened."""
        self._known = names_in(text)

    def knows(self, path: str) -> bool:
        """Tell whether something below the root has a line."""
        return name_of(path).encode() in self._known

    def add(self, lines: bytes) -> None:
        """Append whole lines at once; raise CopyError if that cannot be."""
        try:
            with Locked(self._fd):
                self._append(lines)
        except OSError as error:
            raise failed("error writing", self.place, error) from None
        self._known |= names_in(lines)

    def _append(self, lines: bytes) -> None:
        size = system.fstat(self._fd).st_size
        if size and system.pread(self._fd, 1, size - 1) != b"\n":
            lines = b"\n" + lines  # the machine went down while somebody wrote
        try:
            while lines:
                lines = lines[system.write(self._fd, lines) :]
        except BaseException:
            system.ftruncate(self._fd, size)
            raise

    def flush(self) -> None:
        """Have what was added survive a crash; raise CopyError if that cannot be."""
        try:
            system.flush(self._fd)
        except OSError as error:
            raise failed("failed to sync", self.place, error) from None

    def close(self) -> None:
        """Let go of the file; raise CopyError if what was written may be lost."""
        try:
            system.close(self._fd)
        except OSError as error:
            raise failed("error writing", self.place, error) from None


def names_in(text: bytes) -> set[bytes]:
    """Return the first word of each line."""
    return {line.split(b" ", 1)[0] for line in text.split(b"\n")}


def _require_root(place: str, text: bytes, root: str) -> None:
    there = root_of(place, text)
    if there is not None and there != root:
        what = f"{quote_name(place)} records what is below {quote_name(there)}"
        raise CopyError(f"{what}, not {quote_name(root)}", filename=place)


def root_of(place: str, text: bytes) -> str | None:
    """Return the root that a record names; raise CopyError if the text is no record."""
    first, *lines = text.split(b"\n", 2)
    if not first.startswith(SIGNATURE):
        raise no_record(place)
    try:
        return decoded(lines[0].removeprefix(ROOT)) if lines[0].startswith(ROOT) else None
    except (ValueError, IndexError):
        return None


def no_record(place: str) -> CopyError:
    """Word that a file is no record."""
    return CopyError(f"{quote_name(place)} is not a record", filename=place)


def read_record(place: str) -> bytes:
    """Return what a record holds; raise CopyError if that cannot be read."""
    try:
        fd = system.open(place, system.SOURCE_FLAGS | system.O_NONBLOCK)
        try:
            if not stat.S_ISREG(system.fstat(fd).st_mode):
                raise no_record(place)
            return read_all(fd)
        finally:
            system.close(fd)
    except OSError as error:
        raise cannot("read", place, error) from None


def read_all(fd: int) -> bytes:
    """Return all bytes of a file that is open."""
    text = b""
    while data := system.pread(fd, CHUNK, len(text)):
        text += data
    return text
