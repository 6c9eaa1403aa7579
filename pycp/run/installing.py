"""Files that lie side by side, installed in one walk that others can have a share of."""

from pycp.errors import cannot
from pycp.run.siblings import siblings
from pycp.run.visit import Visitor
from pycp.run.walk import Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.job import Job
    from pycp.entries import Decision, Entry
    from pycp.plan.operands import Operands


def install_together(job: "Job", operands: "Operands", install: "Callable[[Entry], None]") -> bool:
    """Install all operands, and return True, if they are entries of one directory.

    The job is one that gives a copy its owner and mode as its last step; `install` does so to what
    is no file without anything particular, and raises CopyError. Backups are named after what is
    there, and must go by one order.
    """
    is_shareable = job.options.backup == "none" and (job.pace is None or job.pace.is_shared)
    found = siblings(operands) if is_shareable and job.options.writes_in_place() else None
    if found is None:
        return False
    try:
        found.copy(Walk(Installing(job, install)), 0)
    finally:
        found.close()
    return True


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
