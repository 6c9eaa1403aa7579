"""What became of an entry: counted, and told as an event where somebody listens."""

import stat

from pycp.quoting import quote_name
from pycp.values import DIRECTORIES, EXCLUDED, FILES, HARD_LINKS, MADE, PASSED, SKIPPED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job
    from pycp.engine.labels import Labels
    from pycp.entries import Decision, Entry, Outcome, Report

TYPES = {
    "regular": "file",
    "directory": "directory",
    "symlink": "symlink",
    "fifo": "fifo",
    "link": "hardlink",
    "symbolic": "symlink",
}
"""What is made, in the words of events, by the kind that was decided on."""
SOON = 64 * 1024
"""Bytes of a file that is complete so soon that nobody has to know that it is begun."""
ONE_STARTED, ONE_COPIED = {"started": 1}, {"copied": 1}
"""Events of a kind, counted."""


def tell_started(job: "Job", entry: "Entry", decision: "Decision") -> None:
    """Tell that something is being copied."""
    tally = job.tally
    tally.folder, tally.name = None, entry.source
    tally.tell_place()
    if job.report.hears:
        _started(job.report, _type(decision), entry, decision.source_stat.st_size)


def tell_copied(job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome") -> None:
    """Count what was copied, and tell it."""
    job.tally.own[FILES] += 1
    if _type(decision) == "hardlink":
        job.tally.own[HARD_LINKS] += 1
    _note_digest(job, entry, decision)
    if not job.report.hears:
        return
    details: dict[str, object] = {}
    if _type(decision) == "file":
        details["method"] = outcome.method
        details["bytes"] = outcome.bytes
        if outcome.start:
            details["resumed_at"] = outcome.start
    if outcome.backup is not None:
        details["backup"] = outcome.backup.shown
    if outcome.context:
        details["context"] = outcome.context
    _copied(job.report, _type(decision), entry, **details)


def _note_digest(job: "Job", entry: "Entry", decision: "Decision") -> None:
    """Have the manifest take the digest of a file, if there is one."""
    if job.manifest is not None:
        if decision.link_to is not None:
            entry.digest = decision.link_to.digest
        if entry.digest:
            job.manifest(entry.destination, entry.digest)


def tell_skipped(job: "Job", entry: "Entry", reason: str, decision: "Decision | None") -> None:
    """Count what needs no copying, and tell why."""
    tally = job.tally
    tally.own[FILES] += 1
    tally.own[SKIPPED] += 1
    if decision is not None:
        _note_digest(job, entry, decision)
        if stat.S_ISREG(decision.source_stat.st_mode):
            tally.own[PASSED] += decision.source_stat.st_size
    tell_left(job.report, entry, reason)


def tell_left(report: "Report", entry: "Entry", reason: str) -> None:
    """Tell that an entry is not copied, and why, where somebody listens."""
    if report.hears:
        report.event("skipped", source=entry.source, destination=entry.destination, reason=reason)


def tell_excluded(job: "Job", entry: "Entry") -> None:
    """Tell that something is left out; it is none of the files that are done."""
    job.tally.own[EXCLUDED] += 1
    if job.report.debug:
        job.report.line(f"excluded {quote_name(entry.source)}")
    tell_left(job.report, entry, "excluded")


def tell_directory(
    report: "Report", entry: "Entry", is_new: bool, labels: "Labels | None" = None
) -> None:
    """Tell that a directory was made, or one was there to be copied into."""
    report.tally.own[DIRECTORIES] += 1
    report.tally.own[MADE] += is_new
    if report.hears:
        label = context(labels)
        report.event(
            "directory", source=entry.source, destination=entry.destination, made=is_new, **label
        )


def context(labels: "Labels | None") -> dict[str, str]:
    """Return the field of an event that tells the SELinux label of what was made last, if any."""
    return {"context": labels.given} if labels is not None and labels.given else {}


def _type(decision: "Decision") -> str:
    if decision.link_to is not None:
        return "hardlink"
    return TYPES.get(decision.kind, "special")


def tell_file_started(job: "Job") -> "Callable[[FileCopy], None]":
    """Return the step that tells that a regular file is being copied."""
    report = job.report
    encoder = report.encoder
    if encoder is None:
        return lambda file: _started(report, "file", file.entry, file.source.st_size)

    def tell_in_words(file: "FileCopy") -> None:
        size = file.source.st_size
        report.take_encoded(ONE_STARTED, encoder.started(file.entry, size))
        if not 0 < size < SOON:
            report.flush_events()

    return tell_in_words


def tell_file_copied(job: "Job") -> "Callable[[FileCopy], None]":
    """Return the step that tells that a regular file is complete."""
    report = job.report
    encoder = report.encoder
    if encoder is None:
        return lambda file: _copied(report, "file", file.entry, method=file.method, bytes=file.size)

    def tell_in_words(file: "FileCopy") -> None:
        report.take_encoded(ONE_COPIED, encoder.copied(file.entry, file.method, file.size))

    return tell_in_words


def _started(report: "Report", kind: str, entry: "Entry", size: int) -> None:
    report.event(
        "started", type=kind, source=entry.source, destination=entry.destination, size=size
    )
    if kind != "file" or not 0 < size < SOON:
        report.flush_events()  # it may take its time


def _copied(report: "Report", kind: str, entry: "Entry", **details: object) -> None:
    report.event("copied", type=kind, source=entry.source, destination=entry.destination, **details)
