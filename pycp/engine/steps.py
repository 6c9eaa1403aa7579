"""What options of our own add to the copy of one regular file, put together once for a job.

Each step is in a file of its own and knows no other. Whoever copies a file runs them at their
moments: `begun`, before the data; `written`, after it; `complete`, when it has its attributes and
is still open; `told`, when it is closed. One that is found complete has a moment of its own:
`kept`. What is `required` is asked before anything is done, of other kinds of files too.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job
    from pycp.entries import Decision, Entry

    Step = Callable[[FileCopy], None]


class Steps:
    """The steps of a job, by their moment."""

    __slots__ = ("begun", "complete", "kept", "required", "told", "written")

    def __init__(self, job: "Job") -> None:
        options = job.options
        self.begun: list[Step] = []
        self.written: list[Step] = []
        self.complete: list[Step] = []
        self.told: list[Step] = []
        self.kept: list[Step] = []
        self.required: list[Callable[[Entry, Decision], None]] = []
        if job.report.own_files:
            from pycp.engine.own_files import apart_from

            self.required.append(apart_from(job.report.own_files))
        if job.report.hears:
            from pycp.engine.tell import tell_file_copied, tell_file_started

            self.begun.append(tell_file_started(job))
            self.told.append(tell_file_copied(job))
        if job.pace is not None:
            from pycp.engine.rate import rate_step

            self.written.append(rate_step(job.pace, options.bandwidth))
        if job.manifest is not None:
            from pycp.engine.digest import digest_kept_step, digest_step, note_step

            self.written.append(digest_step(job))
            self.kept.append(digest_kept_step(job))
            self.told.append(note_step(job))
        if options.verify:
            from pycp.engine.verify import require_stored, verify_step

            if not options.attributes_only:
                self.required.append(require_stored)
            self.written.append(verify_step(job))
        if job.last_step is not None:
            self.complete.append(job.last_step)
        if job.durable is not None:
            from pycp.engine.attributes import times_step

            set_times = times_step(job) if options.preserve_timestamps else None
            self.complete.append(job.durable.flush_step(job.tally, set_times))
            self.kept.append(job.durable.flush_kept_step(job.tally))


def steps_of(job: "Job") -> Steps:
    """Return the steps of a job, put together at the first call."""
    if not isinstance(job.steps, Steps):
        job.steps = Steps(job)
    return job.steps
