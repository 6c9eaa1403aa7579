"""--undo: what a record says was made is taken away again, and what it replaced is put back.

    lines → for each file the last one first → is it what was installed? → away, or the backup back
          → the directories that were made, the deepest first, if they are empty

Nothing is taken away unless it is of the recorded type and contents; what is not stays, and is
told. Each step leaves a state that the next run understands, so it may be interrupted and repeated.
"""

from errno import EEXIST, ELOOP, EMLINK, ENOENT, ENOTDIR, ENOTEMPTY

from pycp import system
from pycp.engine.removal import Below, digest_of, put_back, take_away
from pycp.errors import CopyError, UsageError, cannot
from pycp.quoting import quote_name
from pycp.report.mtree import type_of, understood
from pycp.report.record import read_record, root_of
from pycp.values import DIRECTORIES, FILES, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Iterable

    from pycp.entries import Report
    from pycp.options import InstallOptions
    from pycp.report.mtree import Kept, Line


def run_undo(options: "InstallOptions", operands: "Iterable[str]", report: "Report") -> None:
    """Take away what a record made; raise UsageError or CopyError if nothing can be done.

    What goes wrong with one thing is told to the report, and the others are taken away.
    """
    for word in operands:
        raise UsageError(f"extra operand {quote_name(word)}")
    place = options.undo
    assert place is not None
    text = read_record(place)
    root = root_of(place, text) or "/"
    if options.record_root is not None:
        root = options.record_root or "/"
    try:
        below = Below(root)
    except OSError as error:
        raise cannot("open", root, error) from None
    try:
        lines = _lines(place, text, report)
        _Undoing(below, root, report, options.dry_run).run(lines)
    finally:
        below.close()


def _lines(place: str, text: bytes, report: "Report") -> "list[Line]":
    """Return what the lines of a record say was made; tell of those that make no sense."""
    lines = []
    for number, line in enumerate(text.split(b"\n"), 1):
        if line.startswith(b"#") or not line.strip():
            continue
        try:
            lines.append(understood(line))
        except ValueError:
            name = f"line {number} of {quote_name(place)}"
            what = f"skipping {name}, which names nothing below the root, or is damaged"
            report.failed(CopyError(what, filename=place))
    return [line for line in lines if line.path and not line.is_found]


class _Undoing:
    """Takes away one thing after the other, or only says so."""

    def __init__(self, below: Below, root: str, report: "Report", is_dry_run: bool) -> None:
        self._below = below
        self._root = root
        self._report = report
        self._is_dry_run = is_dry_run
        self._gone: set[str] = set()
        """In a dry run, names that would not be there any more."""

    def run(self, lines: "list[Line]") -> None:
        """Undo all that the lines tell, the last one first."""
        by_path: dict[str, list[Line]] = {}
        for line in lines:
            by_path.setdefault(line.path, []).append(line)
        directories = []
        for path, own in reversed(by_path.items()):
            if own[-1].type == "dir":
                directories.append(path)
            else:
                own = [line for line in own if line.type != "dir"]
                self._guarded(path, own)
        for path in sorted(directories, key=lambda path: path.split("/"), reverse=True):
            self._guarded(path, None)

    def _shown(self, path: str) -> str:
        return join(self._root, path)

    def _guarded(self, path: str, lines: "list[Line] | None") -> None:
        """Undo a file that has lines, or a directory; tell what goes wrong."""
        try:
            if lines is not None:
                self._undo_file(path, lines)
            else:
                self._undo_directory(path)
        except CopyError as error:
            self._report.failed(error)
        except OSError as error:
            if error.errno in (ELOOP, ENOTDIR, EMLINK):  # the last is FreeBSD's for a link
                self._leave(path)
            elif error.errno != ENOENT:  # else it went with a directory above it
                self._report.failed(cannot("remove", self._shown(path), error))

    def _leave(self, path: str) -> None:
        shown = self._shown(path)
        text = f"leaving {quote_name(shown)}, as it is not what was installed"
        self._report.failed(CopyError(text, filename=shown))

    # Files

    def _undo_file(self, path: str, lines: "list[Line]") -> None:
        """Take away what the lines made, each in its turn, and put back what they replaced."""
        above, _, name = path.rpartition("/")
        dir_fd = self._below.enter(above)
        at: str | None = name  # in a dry run, where what would have the name by then is now
        for number, line in reversed(list(enumerate(lines))):
            status = system.status_if_any(at, dir_fd) if at is not None else None
            kept = line.backup and self._status_of_kept(dir_fd, above, line.backup)
            if status is not None:
                # What was put back by an earlier run may be just like what was made.
                if self._is_back(dir_fd, above, status, line):
                    continue
                if not self._is_made(dir_fd, at or name, status, line):
                    older = lines[:number]
                    if any(self._is_back(dir_fd, above, status, each) for each in older):
                        continue
                    self._leave(path)
                    return
            if kept is not None and line.backup is not None:
                is_done = self._put_back(dir_fd, path, status, line.backup.name)
                at = line.backup.name if self._is_dry_run else name
            else:
                is_done = status is None or self._take_away(dir_fd, path, status)
                at = None
            if not is_done:  # somebody put something else there just now
                self._leave(path)
                return

    def _is_back(self, dir_fd: int, above: str, status: "os.stat_result", line: "Line") -> bool:
        """Tell whether a file is what a line says was replaced, and no backup any more."""
        kept = line.backup
        return (
            kept is not None
            and _is_kept(status, kept)
            and self._status_of_kept(dir_fd, above, kept) is None
        )

    def _is_made(self, dir_fd: int, name: str, status: "os.stat_result", line: "Line") -> bool:
        if type_of(status) != line.type:
            return False
        if line.type == "link":
            return line.link is not None and system.readlink(name, dir_fd=dir_fd) == line.link
        return (
            line.type == "file"
            and line.size in (None, status.st_size)
            and line.sha256 is not None
            and digest_of(dir_fd, name, status, self._shown(line.path), self._is_dry_run)
            == line.sha256
        )

    def _status_of_kept(self, dir_fd: int, above: str, kept: "Kept") -> "os.stat_result | None":
        """Return the status of an old file if it is still where it was kept."""
        if join(above, kept.name) in self._gone:
            return None
        status = system.status_if_any(kept.name, dir_fd)
        return status if status is not None and _is_kept(status, kept) else None

    def _put_back(
        self, dir_fd: int, path: str, status: "os.stat_result | None", old_name: str
    ) -> bool:
        above, _, name = path.rpartition("/")
        old_path = join(above, old_name)
        shown, old_shown = self._shown(path), self._shown(old_path)
        if self._is_dry_run:
            self._gone.add(old_path)
        elif not put_back(dir_fd, name, status, old_name):
            return False
        self._report.tally.own[FILES] += 1
        if self._report.verbose:
            self._report.line(f"{quote_name(old_shown)} -> {quote_name(shown)} (unbackup)")
        if self._report.hears:
            self._report.event("restored", destination=shown, backup=old_shown)
        return True

    def _take_away(self, dir_fd: int, path: str, status: "os.stat_result") -> bool:
        if self._is_dry_run:
            self._gone.add(path)
        elif not take_away(dir_fd, path.rpartition("/")[2], status):
            return False
        self._report.tally.own[FILES] += 1
        self._tell_removed(path, "removed")
        return True

    def _tell_removed(self, path: str, what: str) -> None:
        shown = self._shown(path)
        if self._report.verbose:
            self._report.line(f"{what} {quote_name(shown)}")
        if self._report.hears:
            self._report.event("removed", destination=shown)

    # Directories

    def _undo_directory(self, path: str) -> None:
        above, _, name = path.rpartition("/")
        dir_fd = self._below.enter(above)
        try:
            if self._is_dry_run:
                self._pretend_to_remove(dir_fd, path, name)
            else:
                system.rmdir(name, dir_fd=dir_fd)
        except OSError as error:
            if error.errno not in (ENOTEMPTY, EEXIST):
                raise
            if self._report.verbose:
                shown = quote_name(self._shown(path))
                self._report.line(f"leaving directory {shown}, as it is not empty")
            return
        self._report.tally.own[DIRECTORIES] += 1
        self._tell_removed(path, "removed directory")

    def _pretend_to_remove(self, dir_fd: int, path: str, name: str) -> None:
        fd = system.open(name, system.DIRECTORY_ITSELF_FLAGS, dir_fd=dir_fd)
        with system.closing(fd), system.scandir(fd) as listing:
            if any(join(path, entry.name) not in self._gone for entry in listing):
                raise OSError(ENOTEMPTY, "")
        self._gone.add(path)


def _is_kept(status: "os.stat_result", kept: "Kept") -> bool:
    return (type_of(status), status.st_size, status.st_mtime_ns) == (
        kept.type,
        kept.size,
        kept.time_ns,
    )
