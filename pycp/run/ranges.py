"""A large file copied in ranges, by all who carry out units of work.

Who comes upon a large file hands it back. The coordinator decides on it, opens both sides and gives
it its attributes, as one process would; only the contents are copied in ranges, each by another
process, and flushed to disk before that is reported. The last block is left for the coordinator, so
a file that is not complete is always short, and is gone on with by --resume.
"""

from pycp.engine.write import truncate
from pycp.errors import CopyError
from pycp.run.level import Opened
from pycp.run.range_copy import copy_range
from pycp.run.task import Task
from pycp.run.telling import AsItComes
from pycp.run.unit import way_to
from pycp.system.folder import identity
from pycp.values import BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.directory import Filled
    from pycp.engine.file_copy import FileCopy
    from pycp.engine.job import Job
    from pycp.entries import Entry
    from pycp.run.hands import Hands
    from pycp.run.level import Place
    from pycp.run.unit import CopiedRange, Folders
    from pycp.run.walk import Walk

LARGE = 1024 * 1024 * 1024
"""Bytes from which on a file is copied in ranges."""
LEAST = 256 * 1024 * 1024
"""Bytes of a range at least: who writes one should be alone in that part of the file."""
BLOCK = 4096
"""Bytes that the ends of a range are multiples of at least."""
SHARE = 2
"""Ranges for each process that copies, so that one that is slow holds up little."""


def may_be_shared(job: "Job") -> bool:
    """Return whether the contents of a file may be copied by several processes."""
    options = job.options
    return not (
        options.atomic
        or options.attributes_only
        or options.bandwidth
        or options.dry_run
        or options.manifest is not None
        or options.reflink == "always"
        or options.sparse == "always"
        or job.report.debug
    )


def pieces(start: int, end: int, count: int, block: int) -> list[tuple[int, int]]:
    """Cut the bytes from `start` to `end` into about `count` ranges that end at blocks."""
    step = max((end - start) // count, LEAST)
    step += -step % block
    return [(at, min(at + step, end)) for at in range(start, end, step)]


class Ranges:
    """The coordinator's side: the files that wait, and the ranges of the one being copied."""

    def __init__(
        self,
        walk: "Walk",
        folders: "Folders",
        hands: "Hands",
        go_on: "Callable[[], None]",
        settle: "Callable[[Filled], None]",
    ) -> None:
        self._walk = walk
        self._folders = folders
        self._hands = hands
        self._go_on = go_on
        self._settle = settle
        self.told = AsItComes(walk.job)
        self.waiting: list[tuple[Filled, Entry, Place | None]] = []
        """Large files that were handed back, each in a directory that waits for it."""
        self.tasks: list[Task] = []
        """Ranges that nobody copies yet."""
        self._out = 0
        self._copied = 0
        self._failure: CopyError | None = None
        self._is_short = False

    def begin(self) -> None:
        """Have large files handed back from now on, if that is possible at all."""
        if not self._hands.reruns and may_be_shared(self._walk.job):
            self._walk.job.large_from = LARGE

    def end(self) -> None:
        """Let whoever comes upon a large file copy it, as before."""
        self._walk.job.large_from = 0

    def copy_next(self) -> None:
        """Copy a file that waits."""
        filled, entry, place = self.waiting.pop()
        outer = self.told.record(place)
        walk = self._walk.again([]) if filled.is_redone else self._walk
        with Opened(walk.job, filled) as is_open:
            if is_open:
                walk.go_below(filled)
                walk.job.share_data = self._share
                try:
                    walk.visitor.visit(entry)
                finally:
                    walk.job.share_data = None
        self.told.recorded(place, outer)
        self._settle(filled)

    def _share(self, file: "FileCopy") -> None:
        """Have all of a file copied but its end; where copying is to begin here is told by it.

        Raise CopyError if some of it could not be copied.
        """
        size = file.source.st_size
        block = max(file.source.st_blksize, file.destination.st_blksize, BLOCK)
        end = (size - 1) // block * block
        if end - file.start < LEAST or not self._hands.slots:
            return
        counted = self._walk.job.tally.own[BYTES]
        self._copied, self._failure, self._is_short = 0, None, False
        way = way_to(file.entry.folder, self._folders.root)
        names = file.entry.source_name, file.entry.destination_name
        sides = identity(file.source), identity(file.destination)
        for start, stop in pieces(file.start, end, SHARE * self._hands.slots, block):
            task = Task()
            task.range = (way, *names, *sides, start, stop)
            self.tasks.append(task)
        self._out = len(self.tasks)
        while self._out:
            if self.tasks and not self._hands.slots:
                self.copy_here(self.tasks.pop())
            else:
                self._go_on()
            self._walk.job.tally.beat()
        if self._failure is not None:
            raise self._failure
        if self._is_short:
            # It shrank, or some could not open it: what there is copies this process alone.
            truncate(file, file.start)
            self._copied = 0
        else:
            file.start = end
        file.counted += self._walk.job.tally.own[BYTES] - counted - self._copied

    def take_in(self, came: "CopiedRange") -> None:
        """Note what came of a range."""
        self._out -= 1
        copied, is_whole, failure = came
        self._copied += copied
        self._is_short |= not is_whole
        if failure is not None:
            self._give_up(CopyError(*failure))

    def copy_here(self, task: Task) -> None:
        """Copy a range that nobody else is there to copy."""
        assert task.range is not None
        self.take_in(copy_range(self._walk.job, self._folders, task.range))

    def lose(self, error: CopyError) -> None:
        """Note that a range cannot be copied."""
        self._out -= 1
        self._give_up(error)

    def _give_up(self, error: CopyError) -> None:
        self._failure = self._failure or error
        self._out -= len(self.tasks)
        self.tasks.clear()
