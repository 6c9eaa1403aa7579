"""What the parts of the engine share while one request is carried out."""

from pycp import system

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.options import CopyOptions
    from pycp.values import Report


class Job:
    """Options, listener, and facts about this process that are asked for once."""

    __slots__ = ("_umask", "cannot_reflink", "is_privileged", "options", "report")

    def __init__(self, options: "CopyOptions", report: "Report") -> None:
        self.options = options
        self.report = report
        self.is_privileged = system.geteuid() == 0
        self.cannot_reflink: set[tuple[int, int]] = set()
        """Pairs of source and destination device between which storage is never shared."""
        self._umask = -1

    @property
    def umask(self) -> int:
        """Return the file mode creation mask, read once."""
        if self._umask < 0:
            self._umask = system.umask()
        return self._umask
