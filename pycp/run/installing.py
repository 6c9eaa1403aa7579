"""Files that lie side by side, installed in one walk that others can have a share of."""

from pycp.errors import cannot
from pycp.run.serial import jobs_of
from pycp.run.siblings import copy_together
from pycp.run.visit import Visitor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.entries import Decision, Entry
    from pycp.plan.operands import Operands


def install_together(job: "Job", operands: "Operands", install: "Callable[[Entry], None]") -> bool:
    """Install all operands, and return True, if they are entries of one directory.

    The job is one that gives a copy its owner and mode as its last step; `install` does so to what
    is no file without anything particular, and raises CopyError.
    """
    jobs = jobs_of(job)
    may_be_together = jobs != 1 and job.options.writes_in_place()
    return may_be_together and copy_together(operands, Installing(job, install), jobs)


class Installing(Visitor):
    """Installs what has no short way."""

    def __init__(self, job: "Job", install: "Callable[[Entry], None]") -> None:
        super().__init__(job, has_company=False)
        self._install = install

    def again(self) -> "Installing":
        """Return itself: what was begun is taken away, and installed from its beginning."""
        return self

    def visit(self, entry: "Entry") -> "Decision | None":
        """Install an entry; what goes wrong is told."""
        try:
            self._install(entry)
        except OSError as error:
            self.job.report.failed(cannot("install", entry.source, error))
        return None
