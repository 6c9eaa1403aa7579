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
    from collections.abc import Callable, Iterable
    from typing import Any, Protocol

    from pycp.engine.job import Job
    from pycp.entries import Decision, Encoder, Entry, Final, Outcome, Report
    from pycp.options import CopyOptions, InstallOptions
    from pycp.run.record import Record
    from pycp.system.folder import Directory

    InstallDirectory = Callable[[str, Final, Report, bool], None]
    Way = tuple[Directory | None, Directory | None]
    MakeWay = Callable[[InstallOptions, Iterable[str], str, Report, Any], Way]
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


def installing_directory(record: "Record", make: "InstallDirectory") -> "InstallDirectory":
    """Return what makes a directory (-d), and writes it down with those above it."""

    def make_and_record(name: str, final: "Final", report: "Report", is_durable: bool) -> None:
        record.path_of(name, is_directory=True)
        with _Listening(record, report, name) as listening:
            make(name, final, listening, is_durable)
        if name not in listening.made:
            _record_directory(record, name, is_found=True, is_named=True)

    return make_and_record


def making_way(record: "Record", make: "MakeWay") -> "MakeWay":
    """Return what makes the directories above a destination (-D), and writes them down."""

    def make_and_record(
        options: "InstallOptions",
        sources: "Iterable[str]",
        destination: str,
        report: "Report",
        overlay: object,
    ) -> "Way":
        is_directory = options.target_directory is not None
        record.path_of(destination, is_directory)
        with _Listening(record, report) as listening:
            return make(options, sources, destination, listening, overlay)

    return make_and_record


class _Listening:
    """A report that passes everything on, and has the directories written down that are made."""

    hears = True
    encoder: "Encoder | None" = None  # we are to hear of everything ourselves

    def __init__(self, record: "Record", report: "Report", named: str = "") -> None:
        self._record = record
        self._report = report
        self._named = named
        self.made: list[str] = []

    def __enter__(self) -> "Any":
        return self

    def __exit__(self, *_error: object) -> None:
        for name in self.made:
            try:
                is_named = name == self._named
                _record_directory(self._record, name, is_found=False, is_named=is_named)
            except CopyError as error:
                self._report.failed(error)

    def __getattr__(self, name: str) -> object:
        return getattr(self._report, name)

    def event(self, kind: str, **details: object) -> None:
        """Note a directory that was made, and tell whoever listens."""
        self.made.append(str(details["destination"]))
        if self._report.hears:
            self._report.event(kind, **details)


def _record_directory(record: "Record", name: str, is_found: bool, is_named: bool) -> None:
    try:
        fd = system.open(os.path.realpath(name), system.PLACE_FLAGS | system.O_NOFOLLOW)
        try:
            status = system.fstat(fd)
        finally:
            system.close(fd)
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
        self,
        job: "Job",
        entry: "Entry",
        decision: "Decision",
        outcome: "Outcome",
        options: "InstallOptions",
        final: "Final",
    ) -> None:
        assert outcome.made_fd is not None
        self._held_fd = system.above_standard(outcome.made_fd)
        self._finish(job, entry, decision, outcome, options, final)
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
        digest, status = digest_of_installed(entry, DIGEST)
        line = self._record.line(path, status, digest=digest, is_found=True)
        self._record.write(entry.destination, line)


def _take_digests(job: "Job") -> None:
    """Have the digest of each file taken, and the manifest, if there is one, get its own."""
    add = job.manifest
    if add is None:
        job.manifest = _leave_it
    else:
        job.manifest = lambda name, digest: add(name, digest.split(" ")[0])


def _leave_it(_name: str, _digest: str) -> None:
    pass


def _kept(entry: "Entry", outcome: "Outcome") -> Kept | None:
    """Return what tells the old file that is a backup now from any other."""
    if outcome.backup is None:
        return None
    name = outcome.backup.name
    status = system.stat(name, dir_fd=entry.folder.destination_fd, follow_symlinks=False)
    last = split_last(name)[1]
    size = status.st_size
    return Kept(name=last, type=type_of(status), size=size, time_ns=status.st_mtime_ns)
