"""The manifest: a line for each file copied, as `b2sum -c` and its like read it.

    DIGEST  NAME

A name with a backslash or the end of a line in it is escaped, and then a backslash comes first.
"""

import os
import stat

from pycp import system
from pycp.errors import CopyError, failed
from pycp.quoting import quote_name
from pycp.system.folder import identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.values import Report

BUFFER_SIZE = 4096
"""Bytes of lines collected before they are written."""
ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r"})
NEW_MODE = 0o666
"""Mode of a new manifest, less the umask."""


class Manifest:
    """The file, or standard output, that lines are written to."""

    def __init__(self, place: str, mode: int, operands: list[str], report: "Report") -> None:
        """Open the file, and create it with `mode` if need be; "-" is standard output.

        Raise CopyError if it cannot be opened, or is an operand, which must not be written over.
        """
        self._place = place
        self._report = report
        self._fd = -1
        self._pending: list[bytes] = []
        self._size = 0
        self._error: OSError | None = None
        self.id: tuple[int, int] | None = None
        """Device and inode number of the file."""
        if place != "-":
            self._open(mode, operands)

    def _open(self, mode: int, operands: list[str]) -> None:
        flags = system.O_WRONLY | system.O_CREAT | system.O_CLOEXEC
        try:
            self._fd = system.open(self._place, flags, mode)
            status = system.fstat(self._fd)
            if not stat.S_ISREG(status.st_mode):
                return
            self.id = identity(status)
            for name in operands:
                if _identity_of(name) == self.id:
                    text = f"{quote_name(name)} cannot be copied and be the manifest as well"
                    raise CopyError(text, filename=name)
            system.ftruncate(self._fd, 0)
        except OSError as error:
            if self._fd >= 0:
                system.close(self._fd)
            if isinstance(error, CopyError):
                raise
            raise failed("cannot open", self._place, error) from None

    def add(self, name: str, digest: str) -> None:
        """Write the line of a file, now or when more have come together."""
        line = line_of(name, digest)
        if self._place == "-":
            self._report.line(line)
            return
        data = os.fsencode(line) + b"\n"
        self._pending.append(data)
        self._size += len(data)
        if self._size >= BUFFER_SIZE:
            self._flush()

    def _flush(self) -> None:
        data, self._pending, self._size = b"".join(self._pending), [], 0
        try:
            while data and self._error is None:
                data = data[system.write(self._fd, data) :]
        except OSError as error:
            self._error = error

    def close(self) -> None:
        """Write what is left, and tell what went wrong."""
        self._flush()
        try:
            if self._fd >= 0:
                system.close(self._fd)
        except OSError as error:
            self._error = self._error or error
        if self._error is not None:
            self._report.failed(failed("error writing", self._place, self._error))


def _identity_of(name: str) -> tuple[int, int] | None:
    try:
        return identity(system.stat(name))
    except OSError:
        return None


def line_of(name: str, digest: str) -> str:
    """Return the line of a file: its name, and its digest in hexadecimal."""
    if name == "-":
        name = "./-"  # which would mean standard input
    escaped = name.translate(ESCAPES)
    return f"\\{digest}  {escaped}" if escaped != name else f"{digest}  {name}"
