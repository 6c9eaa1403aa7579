"""--unprivileged: owner and mode that root would have given to what somebody else makes.

What nobody gives away is root's. Below a directory that was recorded with the set-group-ID bit, new
things have its group, and new directories the bit as well.
"""

import stat

from pycp.entries import Final
from pycp.report.mtree import Line, understood
from pycp.values import SET_ID

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

WAY = Final(0, 0, -1, -1)
"""What is asked of a directory on the way: nothing."""


class AsRoot:
    """Knows what the record says of directories."""

    def __init__(self, text: bytes) -> None:
        """Read the lines of directories in a record; those that make no sense say nothing."""
        self._directories: dict[str, Line] = {}
        for line in text.split(b"\n"):
            if b" type=dir" in line:
                try:
                    self.remember(understood(line))
                except ValueError:
                    continue

    def remember(self, line: Line) -> None:
        """Take note of a line, if it is about a directory."""
        if line.type == "dir" and line.mode is not None:
            self._directories[line.path] = line

    def attributes(
        self, path: str, status: "os.stat_result", final: Final, is_found: bool
    ) -> tuple[int, int, int]:
        """Return user, group and mode of what was made, or was found and given what is asked."""
        is_directory = stat.S_ISDIR(status.st_mode)
        mode = stat.S_IMODE(status.st_mode) & ~SET_ID
        uid = gid = 0
        before = self._directories.get(path) if is_found and is_directory else None
        above = self._directories.get(path.rpartition("/")[0]) if not is_found else None
        if before is not None:
            uid, gid, mode = before.uid or 0, before.gid or 0, mode | (before.mode or 0) & SET_ID
        elif above is not None and (above.mode or 0) & stat.S_ISGID:
            gid = above.gid or 0
            mode |= stat.S_ISGID if is_directory else 0
        changed = final.changed_bits & SET_ID if is_directory else SET_ID
        mode = mode & ~changed | final.mode & changed
        return (
            uid if final.uid < 0 else final.uid,
            gid if final.gid < 0 else final.gid,
            mode,
        )
