"""The record of one run of install: which lines it gets.

A line says how a finished file is. Directories on the way that were there before get one as well,
for programs that read none without those above. Such a line is marked, for nothing was made.
"""

import os
import stat

from pycp import system
from pycp.engine.own_files import claim
from pycp.entries import Final
from pycp.errors import CopyError, cannot
from pycp.plan.owners import group_name, user_name
from pycp.quoting import quote_name
from pycp.report.mtree import Kept, Line, name_of, shown_time, type_of, written
from pycp.report.record import RecordFile
from pycp.run.as_root import WAY, AsRoot
from pycp.values import NEW_MODE, SET_ID, SPECIAL_BITS, split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.entries import Report
    from pycp.options import InstallOptions


def without_privilege(options: "InstallOptions", final: Final) -> "tuple[InstallOptions, Final]":
    """Return what somebody who may not give files away can do; the rest is only written down."""
    if final.mode & SPECIAL_BITS:
        options = options.replace(compare=False)  # as it would be, were the bits set
    return options, Final(final.mode & ~SET_ID, final.changed_bits & ~SET_ID, -1, -1)


class Root:
    """The directory that is recorded, or all there is."""

    def __init__(self, options: "InstallOptions") -> None:
        self._root = os.path.realpath(options.record_root or "/")

    def path_of(self, name: str, is_directory: bool) -> str:
        """Return the name below the root, "" for the root itself, which is a directory.

        Links on the way are followed, and one that is a directory too. Raise CopyError if that is
        somewhere else.
        """
        above, last = split_last(name)
        last = last.rstrip("/")
        if is_directory or last in ("", ".", ".."):
            real = os.path.realpath(name)
        else:
            real = os.path.join(os.path.realpath(above or "."), last)
        if is_directory and real == self._root:
            return ""
        root = self._root.rstrip("/") + "/"
        if not real.startswith(root):
            text = f"cannot record {quote_name(name)}, which is not below {quote_name(self._root)}"
            raise CopyError(text, filename=name)
        return real[len(root) :]


class Record(Root):
    """Where lines go, and what they say."""

    def __init__(
        self, options: "InstallOptions", final: Final, report: "Report", umask: int
    ) -> None:
        """Open the file; raise CopyError if that cannot be.

        `final` is what the options ask for, though it may only be written down.
        """
        assert options.record is not None
        self.options = options
        self.report = report
        self._final = final
        super().__init__(options)
        self._file = RecordFile(options.record, NEW_MODE & ~umask, self._root)
        try:
            claim(report.own_files, self._file.id, options.record, "the record")
        except CopyError:
            self._file.close()
            raise
        self._as_root = AsRoot(self._file.text) if options.unprivileged else None

    def close(self) -> None:
        """Have the record survive what the files do, and let go of it; failures are told."""
        try:
            if self.options.durable:
                from pycp.engine.durable import flush_target

                self._file.flush()
                if self._file.is_new:
                    flush_target(self.report, None, self._file.place)
            self._file.close()
        except CopyError as error:
            self.report.failed(error)

    def look(self, path: str) -> os.stat_result:
        """Return the status of what has a name below the root."""
        return system.stat(os.path.join(self._root, path), follow_symlinks=False)

    def line(
        self,
        path: str,
        status: os.stat_result,
        digest: str | None = None,
        backup: Kept | None = None,
        is_found: bool = False,
        is_named: bool = True,
    ) -> Line:
        """Return the line of what has this status; `is_named` if the options were meant for it."""
        is_file = stat.S_ISREG(status.st_mode)
        mode, uid, gid = stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid
        if self._as_root is not None:
            final = self._final if is_named else WAY
            uid, gid, mode = self._as_root.attributes(path, status, final, is_found)
        return Line(
            path=path,
            type=type_of(status),
            mode=mode,
            uid=uid,
            gid=gid,
            user=user_name(uid),
            group=group_name(gid),
            size=status.st_size if is_file else None,
            time_ns=status.st_mtime_ns if is_file else None,
            sha256=digest,
            is_found=is_found,
            backup=backup,
        )

    def write(self, shown: str, line: Line, shown_backup: str | None = None) -> None:
        """Append a line, and before it those of the directories above that have none."""
        lines = [written(above) for above in self._above(line.path)]
        self._file.add(b"".join([*lines, written(line)]))
        if self._as_root is not None:
            self._as_root.remember(line)
        if self.report.hears:
            self.report.event("recorded", **_details(shown, line, shown_backup))

    def _above(self, path: str) -> list[Line]:
        """Return the lines of directories above that have none; mtree takes no name without."""
        lines = []
        while path:
            path = path.rpartition("/")[0]
            if self._file.knows(path):
                break
            if self._as_root is not None:
                try:
                    status = self.look(path)
                except OSError as error:
                    raise cannot("record", path, error) from None
                lines.append(self.line(path, status, is_found=True, is_named=False))
            else:
                lines.append(Line(path=path, type="dir", is_found=True))
        return lines[::-1]


def _details(shown: str, line: Line, shown_backup: str | None) -> "dict[str, object]":
    """Return the fields of the event that tells a line."""
    details: dict[str, object] = {
        "destination": shown,
        "recorded_as": name_of(line.path),
        "type": "directory" if line.type == "dir" else "file",
        "made": not line.is_found,
        "mode": f"{line.mode or 0:04o}",
        "uid": line.uid,
        "gid": line.gid,
    }
    for field, value in (("uname", line.user), ("gname", line.group), ("sha256", line.sha256)):
        if value:
            details[field] = value
    if line.size is not None and line.time_ns is not None:
        details["size"] = line.size
        details["time"] = shown_time(line.time_ns)
    if shown_backup is not None:
        details["backup"] = shown_backup
    return details
