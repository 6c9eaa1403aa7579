"""A decision carried out, by the kind of what is made."""

from pycp.errors import CopyError, cannot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.job import Job
    from pycp.values import Decision, Entry


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
