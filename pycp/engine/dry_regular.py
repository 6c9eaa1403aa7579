"""--dry-run of regular files: whether they could be read and written, and what they would hold."""

import stat
from errno import EACCES, EEXIST, EISDIR, ELOOP, ENXIO
from os import R_OK

from pycp import system
from pycp.engine.dry import attributes_of_copy, directories
from pycp.engine.dry_directory import foresee_attributes
from pycp.engine.write import (
    announce,
    creation_error,
    is_symlink,
    prepare,
    remove,
    require_followed,
)
from pycp.errors import CopyError, cannot_read
from pycp.system.contents import fill
from pycp.values import split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.engine.job import Job
    from pycp.entries import Decision, Entry, Outcome


def pretend_regular(job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome") -> None:
    """Say what would be done about a regular file; raise CopyError as that would fail."""
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
        is_begun = decision.is_begun and job.options.writes_in_place()
        is_lent = is_begun and found.st_uid == system.geteuid()
        problem = None if is_lent else _why_unwritable(entry, found)
        if problem is None:
            if job.options.atomic and stat.S_ISREG(found.st_mode):
                _take_place(job, entry, found)
            _write(job, entry, decision, found)
            return
        if not job.options.force:
            raise creation_error(entry, problem, is_new=job.options.new_file_mode is not None)
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
        raise cannot_read(entry.source, OSError(code, ""))


def _why_unwritable(entry: "Entry", found: "os.stat_result") -> OSError | None:
    if stat.S_ISDIR(found.st_mode):
        return OSError(EISDIR, "")
    code = directories(entry)[1].why_unwritable(entry.destination_name)
    if code:
        return OSError(code, "")
    return OSError(ENXIO, "") if stat.S_ISSOCK(found.st_mode) else None


def _take_place(job: "Job", entry: "Entry", found: "os.stat_result") -> None:
    """Pretend that a file is made anew; other names go on leading to the old one.

    Raise CopyError if nothing may take its place. Where a link leads to it that is not foreseen.
    """
    name, below = entry.destination_name, directories(entry)[1]
    try:
        if job.options.attributes_only or is_symlink(entry):
            return
        below.rename(name, name)  # changes nothing, if it may be
        if found.st_nlink > 1:
            below.unlink(name)
            below.make(name, found, {})
    except OSError as error:
        raise creation_error(entry, error) from None


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
            raise OSError(EISDIR, "")
        try:
            below.make(name, source, known)
        except OSError as error:
            if error.errno not in (EEXIST, ELOOP) or not is_symlink(entry):
                raise
            require_followed(entry, job.options.new_file_mode is None)
            text = below.readlink(name)
            target = text if text.startswith("/") else split_last(name)[0] + text
            below.make(target, source, known)
        if not job.options.attributes_only:
            _fill(entry)
    except OSError as error:
        raise creation_error(entry, error, is_new=True) from None


def _fill(entry: "Entry") -> None:
    """Remember what a file would hold, should it be met again."""
    source, below = directories(entry)
    fill(below, entry.destination_name, source, entry.source_name)
