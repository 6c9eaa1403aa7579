"""Operands in short: regular files that are new in the target directory.

`pycp FILE... DIRECTORY` has no tree to walk, but may have as much to copy. Such a file takes the
short way of those in trees. What was made that way is noted by its name alone; an operand that
meets one of these names has the earlier one remembered in full first, and is decided on in general.
"""

from stat import S_ISREG

from pycp import system
from pycp.engine.short_regular import regular_copier
from pycp.plan.same_file import parent_identity
from pycp.system.folder import Directory, Folder, identity
from pycp.values import split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job
    from pycp.engine.steps import Step
    from pycp.entries import Entry
    from pycp.plan.links import Memory


class NewFiles:
    """Copies operands that need no decision, and knows which it copied."""

    def __init__(self, job: "Job", memory: "Memory") -> None:
        self._job = job
        self._memory = memory
        self._copy: Callable[[Folder, str], bool] | None = None
        self._counts: object = None
        self._made: dict[str, str] = {}
        """Names in the target directory, and the sources as they were given."""
        self._is_made = False
        """The file that is being installed is complete but for its owner and mode."""
        if job.last_step is not None:
            job.last_step = self._noting(job.last_step)
        self._path: str | None = None
        self._folder: Folder | None = None
        self._is_possible = job.may_be_short and not (
            job.options.dry_run
            or job.options.exclude
            or not job.options.writes_in_place()
            or job.options.may_be_begun()
            or job.options.parents
            or (job.options.preserve_links and job.options.follows(is_operand=True))
        )

    def copies(self, entry: "Entry") -> bool:
        """Copy an operand, and return True, if it is a regular file new in the target directory.

        Nothing has happened if it is not. Raise CopyError like the general way.
        """
        path, name = split_last(entry.source_name)
        if name != entry.destination_name or not self._is_possible:
            return False
        if name in self._made:
            self._remember(entry, self._made.pop(name))
            return False
        if self._memory.has_made_symlink or path.endswith("//"):  # GNU tells each slash
            return False
        try:
            folder = self._find(entry, path)
            source = system.stat(name, dir_fd=folder.source_fd, follow_symlinks=False)
        except OSError:
            return False
        # Where a tree was shared the counts are others from then on.
        if self._copy is None or self._counts is not self._job.tally.own:
            self._copy, self._counts = regular_copier(self._job, self._memory), self._job.tally.own
        self._is_made = False
        try:
            if not S_ISREG(source.st_mode) or not self._copy(folder, name):
                return False
        except OSError:
            self._remember(entry, entry.source_name, self._is_made)
            raise
        self._made[name] = entry.source_name
        return True

    def _noting(self, last_step: "Step") -> "Step":
        """Return the step that also notes that a file is there, whatever becomes of it then."""

        def finish(file: "FileCopy") -> None:
            self._is_made = True
            last_step(file)

        return finish

    def _find(self, entry: "Entry", path: str) -> Folder:
        """Return the folder whose entry the operand is."""
        if path != self._path or self._folder is None:
            here, target = entry.folder.source_directory, entry.folder.destination_directory
            if path:
                self.close()
                fd = system.open(path, system.PLACE_FLAGS)
                here = Directory(None, path, fd, path)
                here.is_path_only = True
                here.id = identity(system.fstat(fd))
            # What is in the way is met all the same, since nothing is made over anything.
            self._folder = Folder(None, here, target, is_new=True)
            self._path = path
        return self._folder

    def _remember(self, entry: "Entry", operand: str, is_made: bool = True) -> None:
        """Remember an operand that was copied, or tried, as the general way does."""
        directory = entry.folder.source_directory
        try:
            source = directory.stat(operand)
            self._memory.has_seen_source(parent_identity(directory, operand), operand, source)
            if is_made:
                made = entry.folder.destination_directory.stat(entry.destination_name, False)
                self._memory.made(entry.destination, made)
        except OSError:
            pass  # one of the two is gone, and cannot be met

    def close(self) -> None:
        """Let go of the directory of the last source."""
        if self._folder is not None and self._path:
            self._folder.source_directory.close()
        self._folder = None
