"""The manifest: a line for each file copied, as `b2sum -c` and its like read it.

    DIGEST  NAME

A name with a backslash or the end of a line in it is escaped, and then a backslash comes first.
"""

import os

from pycp import system
from pycp.errors import detached, failed
from pycp.report.output import open_output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from pycp.entries import Report

BUFFER_SIZE = 4096
"""Characters of lines collected before they are written."""
ESCAPES = (("\\", "\\\\"), ("\n", "\\n"), ("\r", "\\r"))


class Manifest:
    """The file, or standard output, that lines are written to."""

    def __init__(
        self,
        place: str,
        mode: int,
        operands: list[str],
        report: "Report",
        lists: "Sequence[str]" = (),
    ) -> None:
        """Open the file, and create it with `mode` if need be; "-" is standard output.

        Raise CopyError if it cannot be opened, or is an operand or a list that is read, which must
        not be written over.
        """
        self._place = place
        self._report = report
        self._fd = -1
        self._pending: list[str] = []
        self._size = 0
        self._error: OSError | None = None
        self.id: tuple[int, int] | None = None
        """Device and inode number of the file."""
        if place != "-":
            self._fd, self.id = open_output(place, mode, operands, list(lists), "the manifest")

    def add(self, name: str, digest: str) -> None:
        """Write the line of a file, now or when more have come together."""
        line = line_of(name, digest)
        if self._place == "-":
            self._report.line(line)
            return
        self._pending.append(line)
        self._size += len(line)
        if self._size >= BUFFER_SIZE:
            self._flush()

    def _flush(self) -> None:
        data = os.fsencode("".join(f"{line}\n" for line in self._pending))
        self._pending, self._size = [], 0
        try:
            while data and self._error is None:
                data = data[system.write(self._fd, data) :]
        except OSError as error:
            self._error = detached(error)

    def close(self) -> None:
        """Write what is left, and tell what went wrong."""
        self._flush()
        try:
            if self._fd >= 0:
                system.close(self._fd)
        except OSError as error:
            self._error = self._error or detached(error)
        if self._error is not None:
            self._report.failed(failed("error writing", self._place, self._error))


def line_of(name: str, digest: str) -> str:
    """Return the line of a file: its name, and its digest in hexadecimal."""
    if name == "-":
        name = "./-"  # which would mean standard input
    if "\\" not in name and "\n" not in name and "\r" not in name:
        return f"{digest}  {name}"
    for character, escaped in ESCAPES:
        name = name.replace(character, escaped)
    return f"\\{digest}  {name}"
