"""--record: what install makes is written down, each thing when it is in its place.

    make or install → status by descriptor → one line, appended at once

The digest is taken while the file is copied. What was interrupted or failed gets no line, and
nobody who reads the record takes it for made.
"""

import os

from pycp import system
from pycp.engine.digest import digest_of_installed
from pycp.errors import CopyError, cannot
from pycp.quoting import quote_name
from pycp.report.mtree import Kept, type_of
from pycp.system.folder import identity, is_still
from pycp.values import split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from pycp.engine.job import Job
    from pycp.entries import Decision, Encoder, Entry, Final, Outcome
    from pycp.options import CopyOptions, InstallOptions
    from pycp.run.record import Record

    Finish = Callable[[Job, Entry, Decision, Outcome, InstallOptions, Final], None]

    class Installer(Protocol):
        """What installs files, one after the other."""

        job: Job
        finish: Finish

        def install(self, entry: Entry) -> None:
            """Install one file."""


DIGEST = "sha256"


def with_digest(options: "CopyOptions") -> "CopyOptions":
    """Return the options of a copy that takes our digest, and the manifest's if there is one."""
    if options.manifest is None or options.digest == DIGEST:
        return options.replace(digest=DIGEST)
    return options.replace(digest=f"{options.digest}+{DIGEST}")


class Listening:
    """The report of a job meanwhile: all is passed on, and directories made are written down."""

    hears = True
    encoder: "Encoder | None" = None  # we are to hear of everything ourselves

    def __init__(
        self, record: "Record", job: "Job", name: str, is_directory: bool, is_named: bool
    ) -> None:
        """Raise CopyError unless what is installed under this name can be recorded.

        `is_named` says that the directory of that name is: it is written down if it was there, too.
        """
        record.path_of(name, is_directory)
        self._record = record
        self._job = job
        self._report = job.report
        self._named = name if is_named else None
        self._made: list[str] = []

    def __enter__(self) -> None:
        report: Any = self
        self._job.report = report

    def __exit__(self, kind: object, *_error: object) -> None:
        self._job.report = self._report
        for name in self._made:
            try:
                is_named = name == self._named
                _record_directory(self._record, name, is_found=False, is_named=is_named)
            except CopyError as error:
                self._report.failed(error)
        if kind is None and self._named is not None and self._named not in self._made:
            _record_directory(self._record, self._named, is_found=True, is_named=True)

    def __getattr__(self, name: str) -> object:
        return getattr(self._report, name)

    def event(self, kind: str, **details: object) -> None:
        """Note a directory that was made, and tell whoever listens."""
        self._made.append(str(details["destination"]))
        if self._report.hears:
            self._report.event(kind, **details)


def _record_directory(record: "Record", name: str, is_found: bool, is_named: bool) -> None:
    try:
        flags = system.PLACE_FLAGS | system.O_NOFOLLOW
        with system.closing(system.open(os.path.realpath(name), flags)) as fd:
            status = system.fstat(fd)
    except OSError as error:
        raise cannot("record", name, error) from None
    try:
        path = record.path_of(name, is_directory=True)
    except CopyError:
        if is_named:
            raise
        return  # it is above the root
    if path:
        line = record.line(path, status, is_found=is_found, is_named=is_named)
        record.write(name, line)


class Recording:
    """Installs files by an installer, and writes them down."""

    def __init__(self, record: "Record", installer: "Installer") -> None:
        self._record = record
        self._installer = installer
        self._finish = installer.finish
        self._finished: tuple[Entry, Outcome, os.stat_result] | None = None
        self._held_fd = -1
        installer.finish = self._finish_and_look
        _take_digests(installer.job)

    def install(self, entry: "Entry") -> None:
        """Install one file and write it down; raise CopyError with GNU's message."""
        path = self._record.path_of(entry.destination, is_directory=False)
        self._finished = None
        try:
            self._installer.install(entry)
            if self._finished is not None:
                self._record_made(path, *self._finished)
            else:
                self._record_found(path, entry)
        except OSError as error:
            raise cannot("record", entry.destination, error) from None
        finally:
            if self._held_fd >= 0:
                system.close(self._held_fd)
                self._held_fd = -1

    def _finish_and_look(
        self, job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome", *asked: "Any"
    ) -> None:
        assert outcome.made_fd is not None
        self._held_fd = system.above_standard(outcome.made_fd)
        self._finish(job, entry, decision, outcome, *asked)
        self._finished = entry, outcome, system.fstat(self._held_fd)

    def _record_made(
        self, path: str, entry: "Entry", outcome: "Outcome", status: os.stat_result
    ) -> None:
        there = self._record.look(path)
        if not is_still(self._held_fd, identity(status), identity(there)):
            name = quote_name(entry.destination)
            text = f"cannot record {name}, as it was replaced while being installed"
            raise CopyError(text, filename=entry.destination)
        digest = entry.digest.split(" ")[-1]
        line = self._record.line(path, status, digest=digest, backup=_kept(entry, outcome))
        shown = outcome.backup.shown if outcome.backup is not None else None
        self._record.write(entry.destination, line, shown)

    def _record_found(self, path: str, entry: "Entry") -> None:
        """Write down a file that was as it should be, and left alone (-C)."""
        digest, status = digest_of_installed(self._installer.job, entry, DIGEST)
        line = self._record.line(path, status, digest=digest, is_found=True)
        self._record.write(entry.destination, line)


def _take_digests(job: "Job") -> None:
    """Have the digest of each file taken, and the manifest, if there is one, get its own."""
    add = job.manifest

    def take(name: str, digest: str) -> None:
        if add is not None:
            add(name, digest.split(" ")[0])

    job.manifest = take


def _kept(entry: "Entry", outcome: "Outcome") -> Kept | None:
    """Return what tells the old file that is a backup now from any other."""
    if outcome.backup is None:
        return None
    name = outcome.backup.name
    status = system.stat(name, dir_fd=entry.folder.destination_fd, follow_symlinks=False)
    last = split_last(name)[1]
    size = status.st_size
    return Kept(name=last, type=type_of(status), size=size, time_ns=status.st_mtime_ns)
