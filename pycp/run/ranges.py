"""A large file copied in ranges, by all who carry out units of work.

Who comes upon a large file hands it back. The coordinator decides on it, opens both sides and gives
it its attributes, as one process would; only the contents are copied in ranges, each by another
process, and flushed before that is reported if that process is on another machine. The last block
is left for the coordinator, so a file that is not complete is always short, and is gone on with by
--resume.
"""

from stat import S_ISREG

from pycp import values
from pycp.engine.write import truncate
from pycp.entries import Entry
from pycp.errors import CopyError
from pycp.run.level import Opened
from pycp.run.task import Task
from pycp.run.telling import AsItComes
from pycp.run.unit import ALL, FIRST, way_to
from pycp.system.folder import identity
from pycp.values import BLOCK, BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from os import stat_result

    from pycp.engine.directory import Filled
    from pycp.engine.file_copy import FileCopy
    from pycp.run.hands import Hands, Lost
    from pycp.run.level import Place
    from pycp.run.unit import DoneRange, Folders
    from pycp.run.walk import Walk

LEAST = 256 * 1024 * 1024
"""Bytes of a range at least: who writes one should be alone in that part of the file."""
SHARE = 2
"""Ranges for each process that copies, so that one that is slow holds up little."""


def pieces(start: int, end: int, count: int, block: int) -> list[tuple[int, int]]:
    """Cut the bytes from `start` to `end` into about `count` ranges that end at blocks."""
    step = max((end - start) // count, LEAST)
    step += -step % block
    return [(at, min(at + step, end)) for at in range(start, end, step)]


def _block_of(file: "FileCopy") -> int:
    return max(file.source.st_blksize, file.destination.st_blksize, BLOCK)


def last_block(file: "FileCopy") -> int:
    """Return where the last block of a file begins, which is copied after all others."""
    block = _block_of(file)
    return (file.source.st_size - 1) // block * block


class LargeEntry(Entry):
    """A large file, which others may compare with what there is of it."""

    __slots__ = ("compare",)


class Round:
    """What came of the ranges of a file so far."""

    def __init__(self, shown: str) -> None:
        self.shown = shown
        """Name of the file for people."""
        self.copied = 0
        self.failure: CopyError | None = None
        self.is_short = False
        """One side was not there, or had less."""
        self.difference = -1
        self.may_be_begun = True


class Ranges:
    """The coordinator's side: the ranges of the file that is being copied."""

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
        self.opened: FileCopy | None = None
        """A file that is open here, and is to be copied before all else."""
        self.tasks: list[Task] = []
        """Ranges that nobody copies yet."""
        self._out = 0
        self._round = Round("")
        self._known: dict[object, tuple[int | None, bool]] = {}
        """What came of comparing the file that is being copied."""
        job = walk.job
        self._before = job.large_from, job.share_data
        job.large_from, job.share_data = 0, None

    def begin(self) -> None:
        """Have large files handed back from now on, if that is possible at all."""
        if not self._hands.reruns and self._walk.job.may_share_data:
            self._walk.job.large_from = values.LARGE_FILE

    def end(self) -> None:
        """Let whoever comes upon a large file copy it, as before."""
        job = self._walk.job
        job.large_from, job.share_data = self._before

    def copy(self, filled: "Filled", entry: LargeEntry, place: "Place | None") -> None:
        """Copy a file, which its directory waits for."""
        self.told.record()
        walk = self._walk.again([]) if filled.is_redone else self._walk
        with Opened(walk.job, filled) as is_open:
            if is_open:
                walk.go_below(filled)
                self._known.clear()
                entry.compare = lambda *statuses: self._compare(entry, *statuses)
                walk.job.share_data = self.share
                try:
                    walk.visitor.visit(entry)
                finally:
                    walk.job.share_data = entry.compare = None
        self.told.recorded(place)
        self._settle(filled)

    def share(self, file: "FileCopy") -> None:
        """Have all of a file copied but its end; where copying is to begin here is told by it.

        Raise CopyError if some of it could not be copied.
        """
        block = _block_of(file)
        end = last_block(file)
        is_regular = S_ISREG(file.destination.st_mode)
        if end - file.start < LEAST or not self._hands.slots or not is_regular:
            return
        counted = self._walk.job.tally.own[BYTES]
        sides = file.source, file.destination
        come = self._hand_out(file.entry, sides, "", pieces(file.start, end, self._count(), block))
        if come.failure is not None:
            raise come.failure
        if come.is_short:
            # It shrank, or some could not open it: what there is copies this process alone.
            truncate(file, file.start)
            come.copied = 0
        else:
            file.start = end
        file.counted += self._walk.job.tally.own[BYTES] - counted - come.copied

    def _compare(
        self, entry: "Entry", source: "stat_result", destination: "stat_result", all_of_it: bool
    ) -> "tuple[int | None, bool] | None":
        """Have a file compared, as `Compare` says; what came of all of it is known once more."""
        sides = source, destination
        key = tuple((*identity(side), side.st_size, side.st_mtime_ns) for side in sides)
        if key in self._known:
            return self._known[key]
        size = min(source.st_size, destination.st_size)
        if size <= LEAST or not self._hands.slots:
            return None
        come = self._hand_out(
            entry, sides, ALL if all_of_it else FIRST, pieces(0, size, self._count(), BLOCK)
        )
        if come.failure is not None or come.is_short:
            return None
        difference: int | None = come.difference
        if come.difference < 0:
            difference = None if source.st_size == destination.st_size else size
        found = difference, come.may_be_begun
        if all_of_it:
            self._known[key] = found
        return found

    def _count(self) -> int:
        return SHARE * self._hands.slots

    def _hand_out(
        self,
        entry: "Entry",
        sides: "tuple[stat_result, stat_result]",
        how: str,
        ranges: list[tuple[int, int]],
    ) -> Round:
        """Have ranges copied, or compared, and return what came of all."""
        self._round = Round(entry.source)
        way = way_to(entry.folder, self._folders.root)
        names = entry.source_name, entry.destination_name
        for start, stop in ranges:
            task = Task()
            task.range = (way, *names, identity(sides[0]), identity(sides[1]), how, start, stop)
            self.tasks.append(task)
        self._out = len(self.tasks)
        while self._out:
            if self.tasks and not self._hands.slots:
                self.copy_here(self.tasks.pop(0))
            else:
                self._go_on()
            self._walk.job.tally.beat()
        return self._round

    def take_in(self, came: "DoneRange") -> None:
        """Note what came of a range."""
        self._out -= 1
        copied, is_whole, failure, (difference, may_be_begun) = came
        come = self._round
        come.copied += copied
        come.is_short |= not is_whole
        if failure is not None:
            self._give_up(CopyError(*failure))
        if difference >= 0:
            if not 0 <= come.difference <= difference:
                come.difference = difference
            come.may_be_begun &= may_be_begun
            if not may_be_begun:
                self._drop()  # those left are behind it

    def copy_here(self, task: Task) -> None:
        """Copy a range that nobody else is there to copy."""
        from pycp.run.one_range import carry_out_range

        assert task.range is not None
        self.take_in(carry_out_range(self._walk.job, self._folders, task.range, is_local=True))

    def lose(self, lost: "Lost") -> None:
        """Note that a range cannot be copied."""
        self._out -= 1
        self._give_up(lost.error(self._round.shown))

    def _give_up(self, error: CopyError) -> None:
        self._round.failure = self._round.failure or error
        self._drop()

    def _drop(self) -> None:
        """Leave the ranges that nobody has begun."""
        self._out -= len(self.tasks)
        self.tasks.clear()
