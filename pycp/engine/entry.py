"""A decision carried out, by the kind of what is made; and what became of it, counted and told."""

import stat

from pycp.errors import CopyError, cannot
from pycp.quoting import quote_name
from pycp.values import BYTES, DIRECTORIES, EXCLUDED, FILES, PASSED, SKIPPED

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
    if job.options.verify or job.report.own_files:
        _require_possible(job, entry, decision)
    try:
        if not (job.options.resume and _is_complete(job, entry, decision)):
            if job.options.atomic:
                from pycp.engine.atomic import make_atomically

                make_atomically(job, entry, decision, _make)
            else:
                _make(job, entry, decision)
        if decision.remark and not job.options.redo:
            job.report.line(decision.remark)
    except OSError as failure:
        error = failure if isinstance(failure, CopyError) else cannot("copy", entry.source, failure)
        if decision.backup is not None:
            from pycp.engine.write import restore

            # GNU tells the failure first, and then moves the backup back.
            try:
                job.report.failed(error)
            finally:
                restore(job, entry, decision)
            error.is_told = True
        raise error from None


def _require_possible(job: "Job", entry: "Entry", decision: "Decision") -> None:
    if job.report.own_files:
        from pycp.engine.stream import require_apart

        require_apart(job.report.own_files, entry, decision)
    if (
        job.options.verify
        and decision.kind == "regular"
        and decision.link_to is None
        and not job.options.attributes_only
    ):
        from pycp.engine.verify import require_stored

        require_stored(entry, decision)


def _is_complete(job: "Job", entry: "Entry", decision: "Decision") -> bool:
    from pycp.engine.resume import resume

    return resume(job, entry, decision)


def _make(job: "Job", entry: "Entry", decision: "Decision") -> None:
    kind = decision.kind
    if job.options.dry_run:
        from pycp.engine.dry import pretend

        pretend(job, entry, decision)
    elif decision.link_to is not None:
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
    tally.folder, tally.name = None, entry.source
    tally.tell_place()
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
    _note_digest(job, entry, decision)
    if not job.report.hears:
        return
    details: dict[str, object] = {}
    if _type(decision) == "file":
        details["method"] = decision.method
        details["bytes"] = tally.own[BYTES] - decision.copied_before
        if decision.start:
            details["resumed_at"] = decision.start
    if decision.backup is not None:
        details["backup"] = decision.backup.shown
    job.report.event(
        "copied",
        type=_type(decision),
        source=entry.source,
        destination=entry.destination,
        **details,
    )


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
    if job.report.hears:
        job.report.event(
            "skipped", source=entry.source, destination=entry.destination, reason=reason
        )


def tell_excluded(job: "Job", entry: "Entry") -> None:
    """Tell that something is left out; it is none of the files that are done."""
    job.tally.own[EXCLUDED] += 1
    if job.report.debug:
        job.report.line(f"excluded {quote_name(entry.source)}")
    if job.report.hears:
        job.report.event(
            "skipped", source=entry.source, destination=entry.destination, reason="excluded"
        )


def tell_directory(report: "Report", entry: "Entry", is_new: bool) -> None:
    """Tell that a directory was made, or one was there to be copied into."""
    report.tally.own[DIRECTORIES] += 1
    if report.hears:
        report.event("directory", source=entry.source, destination=entry.destination, made=is_new)


def _type(decision: "Decision") -> str:
    if decision.link_to is not None:
        return "hardlink"
    return TYPES.get(decision.kind, "special")
