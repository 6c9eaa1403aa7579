"""A decision carried out, by the kind of what is made; and what became of it, counted and told."""

import stat

from pycp.errors import CopyError, cannot
from pycp.values import BYTES, FILES, PASSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.job import Job
    from pycp.values import Decision, Entry, Report

TYPES = {
    "regular": "file",
    "directory": "directory",
    "symlink": "symlink",
    "fifo": "fifo",
    "link": "hardlink",
    "symbolic": "symlink",
}
"""What is made, in the words of events, by the kind that was decided on."""


def perform(job: "Job", entry: "Entry", decision: "Decision") -> None:
    """Make the destination, unless it is a directory; raise CopyError with GNU's message.

    If that fails, a backup made for it is moved back.
    """
    try:
        _make(job, entry, decision)
    except OSError as failure:
        error = failure if isinstance(failure, CopyError) else cannot("copy", entry.source, failure)
        if decision.backup is not None:
            from pycp.engine.write import restore

            # GNU tells the failure first, and then moves the backup back.
            job.report.failed(error)
            restore(job, entry, decision)
            error.is_told = True
        raise error from None


def _make(job: "Job", entry: "Entry", decision: "Decision") -> None:
    kind = decision.kind
    if decision.link_to is not None:
        from pycp.engine.links import keep_hard_link

        keep_hard_link(job, entry, decision)
    elif kind == "regular":
        from pycp.engine.regular import copy_regular

        copy_regular(job, entry, decision)
    elif kind == "symlink":
        from pycp.engine.links import copy_symlink

        copy_symlink(job, entry, decision)
    elif kind == "link":
        from pycp.engine.links import make_hard_link

        make_hard_link(job, entry, decision)
    elif kind == "symbolic":
        from pycp.engine.links import make_symbolic_link

        make_symbolic_link(job, entry, decision)
    else:
        from pycp.engine.special import make_special

        make_special(job, entry, decision)


def tell_started(job: "Job", entry: "Entry", decision: "Decision") -> None:
    """Tell that something is being copied."""
    tally = job.tally
    tally.name = entry.source
    if job.report.hears:
        decision.copied_before = tally.own[BYTES]
        job.report.event(
            "started",
            type=_type(decision),
            source=entry.source,
            destination=entry.destination,
            size=decision.source_stat.st_size,
        )


def tell_copied(job: "Job", entry: "Entry", decision: "Decision") -> None:
    """Count what was copied, and tell it."""
    tally = job.tally
    tally.own[FILES] += 1
    if not job.report.hears:
        return
    details: dict[str, object] = {}
    if _type(decision) == "file":
        details["method"] = decision.method
        details["bytes"] = tally.own[BYTES] - decision.copied_before
    if decision.backup is not None:
        details["backup"] = decision.backup.shown
    job.report.event(
        "copied",
        type=_type(decision),
        source=entry.source,
        destination=entry.destination,
        **details,
    )


def tell_skipped(job: "Job", entry: "Entry", reason: str, decision: "Decision | None") -> None:
    """Count what needs no copying, and tell why."""
    tally = job.tally
    tally.own[FILES] += 1
    if decision is not None and stat.S_ISREG(decision.source_stat.st_mode):
        tally.own[PASSED] += decision.source_stat.st_size
    if job.report.hears:
        job.report.event(
            "skipped", source=entry.source, destination=entry.destination, reason=reason
        )


def tell_directory(report: "Report", source: str, destination: str, is_new: bool) -> None:
    """Tell that a directory was made, or one was there to be copied into."""
    if report.hears:
        report.event("directory", source=source, destination=destination, made=is_new)


def _type(decision: "Decision") -> str:
    if decision.link_to is not None:
        return "hardlink"
    return TYPES.get(decision.kind, "special")
