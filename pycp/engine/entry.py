"""A decision carried out, by the kind of what is made."""

from pycp.engine.write import prepare, restore
from pycp.entries import Outcome
from pycp.errors import CopyError, cannot
from pycp.system.folder import release

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.job import Job
    from pycp.entries import Decision, Entry


def perform(job: "Job", entry: "Entry", decision: "Decision") -> Outcome:
    """Make the destination, unless it is a directory; raise CopyError with GNU's message.

    If that fails, a backup made for it is moved back.
    """
    outcome = Outcome()
    rest: Decision | None = decision
    remark = ""
    if job.has_steps or job.report.own_files:
        from pycp.engine.steps import steps_of

        for require in steps_of(job).required:
            require(entry, decision)
    try:
        if job.options.may_be_begun():
            from pycp.engine.resume import resume

            if job.labels is not None:
                job.labels.given = ""
            rest, remark = resume(job, entry, decision)
        if rest is None:
            outcome.skip_reason = "complete"
            if job.labels is not None:
                outcome.context = job.labels.given
        else:
            outcome.start = rest.start
            if _is_atomic(job) or _could_lose(job, decision):
                from pycp.engine.atomic import make_atomically

                make_atomically(job, entry, rest, outcome, _make)
            else:
                _make(job, entry, rest, outcome)
        if remark and not job.options.redo:
            job.report.line(remark)
    except OSError as failure:
        error = failure if isinstance(failure, CopyError) else cannot("copy", entry.source, failure)
        if outcome.backup is not None:
            # GNU tells the failure first, and then moves the backup back.
            try:
                job.report.failed(error)
            finally:
                restore(job, entry, outcome.backup)
            error.is_told = True
        if outcome.made_fd is not None:  # its source could not be closed
            release(outcome.made_fd)
        raise error from None
    return outcome


def _is_atomic(job: "Job") -> bool:
    return job.options.atomic and not job.options.dry_run


def _could_lose(job: "Job", decision: "Decision") -> bool:
    """Return whether an old file would be gone before its successor was refused its label."""
    return (
        decision.copies_data
        and decision.removes_destination
        and decision.backup is None
        and job.labels is not None
    )


def _make(job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome") -> None:
    if job.labels is None or decision.link_to is not None or decision.kind == "link":
        _make_kind(job, entry, decision, outcome)
    else:
        with job.labels.making(entry, decision):
            _make_kind(job, entry, decision, outcome)
        outcome.context = job.labels.given


def _make_kind(job: "Job", entry: "Entry", decision: "Decision", outcome: "Outcome") -> None:
    kind = decision.kind
    if decision.link_to is not None:
        from pycp.engine.links import keep_hard_link as make
    elif kind == "regular":
        if job.options.dry_run:
            from pycp.engine.dry_regular import pretend_regular as make
        else:
            from pycp.engine.regular import copy_regular as make
    elif kind == "symlink":
        from pycp.engine.links import copy_symlink as make
    elif kind == "link":
        from pycp.engine.links import make_hard_link as make
    elif kind == "symbolic":
        from pycp.engine.links import make_symbolic_link as make
    else:
        from pycp.engine.special import make_special as make
    if not decision.copies_data:
        prepare(job, entry, decision, outcome)
    make(job, entry, decision, outcome)
