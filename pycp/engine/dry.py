"""--dry-run: what the real run would say is said, and what it would do is only remembered.

Everything is decided as usual, in directories where nothing is really done (`system.overlay`), so
later decisions see what came before. What a look can tell fails here as it would: permissions,
names in the way, files of somebody else. What only acting shows, such as a full disk, does not.
"""

import stat
import time
from errno import EACCES, EEXIST, EISDIR, ELOOP, ENXIO, EPERM
from os import R_OK, strerror, urandom

from pycp import system
from pycp.engine.dry_directory import directories, foresee_attributes
from pycp.engine.links import (
    link_error,
    link_to,
    require_working_directory,
    symbolic_link_error,
)
from pycp.engine.write import (
    announce,
    creation_error,
    is_symlink,
    prepare,
    remove,
    require_followed,
)
from pycp.errors import CopyError, cannot, cannot_read, failed
from pycp.system.contents import fill
from pycp.values import PERMISSIONS, split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.entries import Decision, Entry, Outcome


def pretend(job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome") -> None:
    """Say what would be done about one entry; raise CopyError as that would fail."""
    if decision.link_to is None and decision.kind == "regular":
        _pretend_regular(job, entry, decision, outcome)
        return
    prepare(job, entry, decision, outcome)
    if decision.link_to is not None:
        _pretend_kept_link(job, entry, decision.link_to)
    elif decision.kind == "link":
        _pretend_hard_link(job, entry, decision)
    elif decision.kind in ("symlink", "symbolic"):
        _pretend_symlink(job, entry, decision)
    else:
        _pretend_special(job, entry, decision)


def _pretend_regular(job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome") -> None:
    if decision.backup is not None:
        prepare(job, entry, decision, outcome)
        _require_readable(entry, decision.source_stat)
    else:
        try:
            _require_readable(entry, decision.source_stat)
        except CopyError:
            announce(job, entry, decision)
            raise
        prepare(job, entry, decision, outcome)
    found = decision.destination_stat
    if decision.is_looping_link:
        remove(job, entry)
    elif found is not None:
        is_lent = decision.is_begun and found.st_uid == system.geteuid()
        problem = None if is_lent else _why_unwritable(entry, found)
        if problem is None:
            _write(job, entry, decision, found)
            return
        if not job.options.force:
            raise creation_error(entry, problem)
        remove(job, entry)
    _create(job, entry, decision.source_stat)


def _require_readable(entry: "Entry", source: "os.stat_result") -> None:
    try:
        may_read = directories(entry)[0].may(R_OK, entry.source_name)
        code = ENXIO if stat.S_ISSOCK(source.st_mode) else 0
    except OSError as error:  # it was its own destination, and is a backup now
        may_read, code = True, error.errno or 0
    if not may_read:
        code = EACCES
    if code:
        raise cannot_read(entry.source, _error(code))


def _why_unwritable(entry: "Entry", found: "os.stat_result") -> OSError | None:
    if stat.S_ISDIR(found.st_mode):
        return _error(EISDIR)
    code = directories(entry)[1].why_unwritable(entry.destination_name)
    if code:
        return _error(code)
    return _error(ENXIO) if stat.S_ISSOCK(found.st_mode) else None


def _write(job: "Job", entry: "Entry", decision: "Decision", found: "os.stat_result") -> None:
    """Pretend to write over an existing file."""
    options, source = job.options, decision.source_stat
    if stat.S_ISREG(found.st_mode):
        known = attributes_of_copy(job, source)
        if not options.preserve_mode:
            known["st_mode"] = found.st_mode
        if not options.preserve_ownership:
            known["st_uid"], known["st_gid"] = found.st_uid, found.st_gid
        known["st_size"] = found.st_size if options.attributes_only else source.st_size
        directories(entry)[1].write(entry.destination_name, **known)
        if not options.attributes_only:
            _fill(entry)
    foresee_attributes(job, entry, source, found)


def _create(job: "Job", entry: "Entry", source: "os.stat_result") -> None:
    """Pretend to create a regular file."""
    below = directories(entry)[1]
    name = entry.destination_name
    known = attributes_of_copy(job, source)
    known["st_mode"] = stat.S_IFREG | stat.S_IMODE(known["st_mode"])
    if job.options.attributes_only:
        known["st_size"] = 0
    try:
        if name.endswith("/"):
            below.find(split_last(name)[0] or ".", True)
            raise _error(EISDIR)
        try:
            below.make(name, source, known)
        except OSError as error:
            if error.errno not in (EEXIST, ELOOP) or not is_symlink(entry):
                raise
            require_followed(entry, job.options.new_file_mode is None)
            text = below.overlay.text(below.find(name, False)[1])
            target = text if text.startswith("/") else split_last(name)[0] + text
            below.make(target, source, known)
        if not job.options.attributes_only:
            _fill(entry)
    except OSError as error:
        raise creation_error(entry, error) from None


def _fill(entry: "Entry") -> None:
    """Remember what a file would hold, should it be met again."""
    source, below = directories(entry)
    fill(below, entry.destination_name, source, entry.source_name)


def attributes_of_copy(job: "Job", source: "os.stat_result") -> dict[str, int]:
    """Return what a copy would look like, where it is not like its source."""
    options = job.options
    known: dict[str, int] = {"st_mode": source.st_mode}
    if not options.preserve_mode:
        kind, mode = stat.S_IFMT(source.st_mode), source.st_mode & PERMISSIONS
        known["st_mode"] = kind | ((0o666 if options.explicit_no_mode else mode) & ~job.umask)
    if not options.preserve_timestamps:
        known["st_mtime_ns"] = time.time_ns()
    known["st_ctime_ns"] = time.time_ns()
    if not (options.preserve_ownership and job.is_privileged):
        known["st_uid"], known["st_gid"] = system.geteuid(), system.getegid()
    return known


def _pretend_kept_link(job: "Job", entry: "Entry", earlier: "Entry") -> None:
    below = directories(entry)[1]
    directory = directories(earlier)[1]

    def make(name: str) -> None:
        below.link(name, directory, earlier.destination_name, False)

    link_to(job, entry, earlier, directory, lambda: _make_or_replace(entry, make, True))


def _pretend_hard_link(job: "Job", entry: "Entry", decision: "Decision") -> None:
    source, below = directories(entry)
    replaces = job.options.force or job.options.overwrite == "ask"
    try:
        _make_or_replace(
            entry,
            lambda name: below.link(name, source, entry.source_name, decision.follows),
            replaces,
        )
    except OSError as error:
        raise link_error(entry, entry.source, error) from None


def _pretend_symlink(job: "Job", entry: "Entry", decision: "Decision") -> None:
    source, below = directories(entry)
    known = attributes_of_copy(job, decision.source_stat)
    known["st_mode"] = stat.S_IFLNK | PERMISSIONS
    if decision.kind == "symbolic":
        require_working_directory(entry)
        text = entry.source
    else:
        try:
            text = source.overlay.text(source.find(entry.source_name, False)[1])
        except OSError as error:
            raise failed("cannot read symbolic link", entry.source, error) from None
    try:
        _make_or_replace(
            entry,
            lambda name: below.make(name, decision.source_stat, known, text),
            job.options.force,
        )
    except OSError as error:
        if decision.kind == "symbolic":
            raise symbolic_link_error(entry, error) from None
        if not (job.options.update == "older" and _has_text(entry, text)):
            raise cannot("create symbolic link", entry.destination, error) from None


def _has_text(entry: "Entry", text: str) -> bool:
    below = directories(entry)[1]
    try:
        return below.overlay.text(below.find(entry.destination_name, False)[1]) == text
    except OSError:
        return False


def _pretend_special(job: "Job", entry: "Entry", decision: "Decision") -> None:
    source = decision.source_stat
    is_device = stat.S_ISCHR(source.st_mode) or stat.S_ISBLK(source.st_mode)
    try:
        directories(entry)[1].make(entry.destination_name, source, attributes_of_copy(job, source))
        if is_device and not job.is_privileged:
            directories(entry)[1].unlink(entry.destination_name)
            raise _error(EPERM)
    except OSError as error:
        what = "create fifo" if decision.kind == "fifo" else "create special file"
        raise cannot(what, entry.destination, error) from None


def _make_or_replace(entry: "Entry", make: "Callable[[str], None]", replaces: bool) -> bool:
    """Make the destination, in the place of another if need be; return whether there was one."""
    name, below = entry.destination_name, directories(entry)[1]
    try:
        make(name)
        return False
    except FileExistsError:
        if not replaces:
            raise
    beside = f"{split_last(name)[0]}Cu{urandom(3).hex()}"
    make(beside)
    below.rename(beside, name)
    return True


def _error(code: int) -> OSError:
    return OSError(code, strerror(code))
