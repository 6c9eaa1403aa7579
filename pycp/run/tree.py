"""A whole tree, level by level.

A directory is a level: it is entered, its entries are copied in the order of their inode numbers,
it is left and gets its attributes. The levels are a list, not a recursion, and only the deepest
keep their descriptors, so the depth of a tree is bounded by memory alone.

A tree that turns out large, or whose calls turn out slow, gets a crew of processes for its regular
files. A directory is then finished when the last of them has arrived, and not before anything
below it.
"""

import time

from pycp import system
from pycp.engine.directory import (
    enter_directory,
    finish_directory,
    is_finished,
    list_source,
)
from pycp.engine.plain import plain_copier
from pycp.errors import CopyError, cannot
from pycp.values import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycp.engine.directory import Filled
    from pycp.run.crew import Crew
    from pycp.run.serial import Serial
    from pycp.values import Decision

OPEN_LEVELS = 4
"""Directory levels that keep their descriptors, two each; even a limit of 16 leaves enough."""
MISSES = 4
"""Files found to exist before a directory is left to the general way: the lane is for new ones."""
LARGE = 2000
"""Entries met before a tree counts as large: some hundredths of a second for one process."""
SLOW = 0.001
"""Seconds of waiting for each file from which on calls count as slow."""
LOOK = 16
"""Files copied between two looks at the clock; the first so many are looked at one by one."""
MOST_PROCESSES = 8
"""Processes copying a large tree, however many processors there are."""
WAITING_PROCESSES = 16
"""Processes for slow calls: they wait rather than work."""
DEEP = 40
"""Levels below which no work is shared: the way to it would be longer than the work."""
PIECE, SMALL_PIECE = 256, 4
"""Files in a piece of work, in a large tree and where calls are slow."""


class Level:
    """A directory that is being copied, and those of its entries still to come."""

    __slots__ = ("entries", "filled")

    def __init__(self, filled: "Filled", entries: "Iterator[tuple[str, bool]]") -> None:
        self.filled = filled
        self.entries = entries


def copy_tree(runner: "Serial", entry: Entry, decision: "Decision") -> None:
    """Copy a directory that was decided on, and everything below it."""
    Tree(runner).copy(entry, decision)


class Tree:
    """The walk through one operand."""

    large = LARGE

    def __init__(self, runner: "Serial") -> None:
        self.runner = runner
        self.job = runner.job
        self.memory = runner.memory
        self.choose_lane()
        self.has_made_directory = False
        self._crew: Crew | None = None
        self._may_share = runner.jobs != 1
        self._root: Filled | None = None
        self._met = 0
        """Entries met so far."""
        self._copied = 0
        """Regular files copied so far, by the fast lane."""
        self._start = time.monotonic() - time.process_time()

    def choose_lane(self) -> None:
        """Prepare the fast lane, if the options have one."""
        self.copy_plain = plain_copier(self.job)

    def copy(self, entry: Entry, decision: "Decision") -> None:
        """Copy the directory `entry` and everything below it."""
        level = self._enter(entry, decision, None)
        stack = [level] if level else []
        try:
            self._copy_levels(stack)
            if self._crew is not None:
                self._crew.finish()
        except BaseException:
            for level in stack:
                level.entries = iter(())  # whoever was listing closes the directory
                level.filled.folder.close()
            if self._crew is not None:
                self._crew.abandon()
            raise

    def _copy_levels(self, stack: list[Level]) -> None:
        """Copy the levels of a stack, and those below them, until none is left."""
        while stack:
            level = stack[-1]
            below = self._copy_entries(level)
            if below:
                stack.append(below)
                if len(stack) > OPEN_LEVELS:
                    stack[-OPEN_LEVELS - 1].filled.folder.close()
            else:
                self._leave(level, stack[-2] if len(stack) > 1 else None)
                stack.pop()
                if self.runner.is_abandoned and stack:
                    stack[-1].entries = iter(())

    def _copy_entries(self, level: Level) -> Level | None:
        """Copy entries until one is a directory to go down into; return it, or None at the end."""
        filled = level.filled
        folder = filled.folder
        copy_plain = self.copy_plain
        misses = 0
        for name, is_file in level.entries:
            if is_file and self._crew is not None and filled.depth < DEEP:
                self._crew.add(filled, name)
                continue
            if is_file and copy_plain is not None:
                try:
                    if copy_plain(folder, name):
                        self._copied += 1
                        if self._copied < LOOK or not self._copied % LOOK:
                            self._share_if_slow()
                        continue
                except CopyError as error:
                    self.job.report.failed(error)
                    continue
                if not folder.is_new and not self.job.options.resume:
                    misses += 1
                    if misses > MISSES:
                        copy_plain = None
            below = self._visit(Entry(folder, name), filled)
            if below:
                return below
            if self.runner.is_abandoned:
                return None
        return None

    def _visit(self, entry: Entry, above: "Filled") -> Level | None:
        decision = self.runner.visit(entry)
        return self._enter(entry, decision, above) if decision is not None else None

    def _enter(self, entry: Entry, decision: "Decision", above: "Filled | None") -> Level | None:
        try:
            filled = enter_directory(self.job, entry, decision)
        except CopyError as error:
            self.job.report.failed(error)
            self.memory.forget(entry, decision.source_stat)
            return None
        try:
            return self._begin(filled, entry, decision, above)
        except BaseException:
            filled.folder.close()
            raise

    def _begin(
        self, filled: "Filled", entry: Entry, decision: "Decision", above: "Filled | None"
    ) -> Level:
        """List a directory that was entered."""
        if above is not None:
            filled.above, filled.depth = above, above.depth + 1
            if self.job.exclusions is not None:
                filled.inside = f"{above.inside}{entry.source_name}/"
        folder = filled.folder
        if folder.is_new and not self.has_made_directory:
            self.has_made_directory = True
            self.memory.copied.setdefault(folder.destination_directory.id, entry)
        source = folder.source_directory.id
        self.memory.ancestors.add(source)
        if folder.is_new:  # a link into the copy would never end either
            self.memory.making.add(folder.destination_directory.id)
        entries: Iterator[tuple[str, bool]] = iter(())
        count = 0
        if (
            not self.job.options.one_file_system
            or entry.is_operand
            or source[0] == entry.folder.source_directory.id[0]
        ):
            try:
                count, entries = list_source(self.job, filled, decision)
            except CopyError as error:
                self.job.report.failed(error)
        self._root = self._root or filled
        self._met += count
        if self._met > self.large or self.runner.jobs:
            self._share(self.runner.jobs or min(self._processors(), MOST_PROCESSES), PIECE)
        return Level(filled, entries)

    @staticmethod
    def _processors() -> int:
        from pycp.system.worker import processors

        return processors()

    def _share_if_slow(self) -> None:
        """Share the work if most of the time so far went into waiting for calls."""
        if self._may_share:
            waited = time.monotonic() - time.process_time() - self._start
            slow = SLOW * max(self._copied, LOOK)
            if waited > slow and waited - system.queued() > slow:
                self._share(self.runner.jobs or WAITING_PROCESSES, SMALL_PIECE)

    def _share(self, processes: int, piece: int) -> None:
        """Start a crew, once."""
        if not self._may_share:
            return
        self._may_share = False
        if processes > 1 and self._root is not None:
            from pycp.run.crew import Crew
            from pycp.system.worker import most_workers

            workers = min(processes - (piece == PIECE), most_workers())
            if workers < 1:
                return
            try:
                self._root.folder.reopen()
                if self._root.folder.is_inside_itself():
                    return  # the order of files tells what is copied before that is noticed
            except OSError:
                return  # those who need it will tell
            self._crew = Crew(self, self._root, workers, piece)

    def needs_memory(self, entry: Entry) -> bool:
        """Return whether a regular file may be one of several hard links to be kept, or joined."""
        options = self.job.options
        remembers = options.preserve_links or options.update == "older"
        return remembers and self.runner.has_other_links(entry)

    def copy_one(self, filled: "Filled", name: str) -> None:
        """Copy an entry that came back from a piece of work."""
        with self.opened(filled) as is_open:
            if is_open:
                entry = Entry(filled.folder, name)
                decision = self.runner.visit(entry)
                if decision is not None:
                    copy_tree(self.runner, entry, decision)

    def opened(self, filled: "Filled") -> "Opened":
        """Return a context in which a directory's descriptors are open."""
        return Opened(self, filled)

    def settle(self, filled: "Filled") -> None:
        """Count off something a directory had to wait for, and finish it if that was the last."""
        step: Filled | None = filled
        while step is not None:
            step.pending -= 1
            if step.pending or not step.is_walked:
                return
            if not is_finished(self.job, step):
                with self.opened(step) as is_open:
                    if is_open:
                        self._finish(step)
            step = step.above

    def _finish(self, filled: "Filled") -> None:
        try:
            finish_directory(self.job, filled)
        except CopyError as error:
            self.job.report.failed(error)

    def _leave(self, level: Level, above: Level | None) -> None:
        """Finish a directory and open the one above it again, if it was closed meanwhile."""
        filled = level.filled
        folder = filled.folder
        self.memory.ancestors.discard(folder.source_directory.id)
        self.memory.making.discard(folder.destination_directory.id)
        filled.is_walked = True
        if filled.pending:
            if above is not None:
                above.filled.pending += 1
        else:
            self._finish(filled)
        if above is not None:
            try:
                above.filled.folder.reopen(folder)
            except OSError as error:
                self.lost(above.filled, error)
                above.entries = iter(())
        folder.close()

    def lost(self, filled: "Filled", error: OSError) -> None:
        """Tell that a directory cannot be gone back to."""
        name = filled.entry.source
        told = error if isinstance(error, CopyError) else cannot("access", name, error)
        self.job.report.failed(told)


class Opened:
    """A directory opened again for a while, unless it is open; False if that cannot be."""

    def __init__(self, tree: Tree, filled: "Filled") -> None:
        self._tree = tree
        self._filled = filled
        self._was_open = False

    def __enter__(self) -> bool:
        folder = self._filled.folder
        self._was_open = folder.source_directory.is_open and folder.destination_directory.is_open
        try:
            folder.reopen()
        except OSError as error:
            self._tree.lost(self._filled, error)
            return False
        return True

    def __exit__(self, *_exception: object) -> None:
        if not self._was_open:
            self._filled.folder.close()
