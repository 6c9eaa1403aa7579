"""A whole tree, level by level.

A directory is a level: it is entered, its entries are copied in the order of their inode numbers,
it is left and gets its attributes. The levels are a list, not a recursion, and only the deepest
keep their descriptors, so the depth of a tree is bounded by memory alone.
"""

from pycp.engine.directory import enter_directory, finish_directory, list_source
from pycp.engine.plain import plain_copier
from pycp.errors import CopyError, cannot
from pycp.values import Entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycp.engine.directory import Filled
    from pycp.run.serial import Serial
    from pycp.values import Decision

OPEN_LEVELS = 4
"""Directory levels that keep their descriptors, two each; even a limit of 16 leaves enough."""

MISSES = 4
"""Files that exist already before the fast lane, which is for new ones, is left for a directory."""


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

    def __init__(self, runner: "Serial") -> None:
        self.runner = runner
        self.job = runner.job
        self.memory = runner.memory
        self.copy_plain = plain_copier(runner.job)
        self.has_made_directory = False

    def copy(self, entry: Entry, decision: "Decision") -> None:
        """Copy the directory `entry` and everything below it."""
        level = self._enter(entry, decision)
        stack = [level] if level else []
        while stack:
            below = self._copy_entries(stack[-1])
            if below:
                stack.append(below)
                if len(stack) > OPEN_LEVELS:
                    stack[-OPEN_LEVELS - 1].filled.folder.close()
            else:
                level = stack.pop()
                self._leave(level, stack[-1] if stack else None)
                if self.runner.is_abandoned and stack:
                    stack[-1].entries = iter(())

    def _copy_entries(self, level: Level) -> Level | None:
        """Copy entries until one is a directory to go down into; return it, or None at the end."""
        folder = level.filled.folder
        copy_plain = self.copy_plain
        runner = self.runner
        misses = 0
        for name, is_file in level.entries:
            if is_file and copy_plain is not None:
                try:
                    if copy_plain(folder, name):
                        continue
                except CopyError as error:
                    self.job.report.failed(error)
                    continue
                if not folder.is_new:
                    misses += 1
                    if misses > MISSES:
                        copy_plain = None
            entry = Entry(folder, name)
            decision = runner.visit(entry)
            if decision is not None:
                below = self._enter(entry, decision)
                if below:
                    return below
            elif runner.is_abandoned:
                return None
        return None

    def _enter(self, entry: Entry, decision: "Decision") -> Level | None:
        try:
            filled = enter_directory(self.job, entry, decision)
        except CopyError as error:
            self.job.report.failed(error)
            return None
        folder = filled.folder
        if folder.is_new and not self.has_made_directory:
            self.has_made_directory = True
            self.memory.copied.setdefault(folder.destination_directory.id, entry)
        source = folder.source_directory.id
        self.memory.ancestors.add(source)
        entries: list[tuple[str, bool]] = []
        above = entry.folder.source_directory.id
        if not self.job.options.one_file_system or entry.is_operand or source[0] == above[0]:
            try:
                entries = list_source(filled, decision)
            except CopyError as error:
                self.job.report.failed(error)
        return Level(filled, iter(entries))

    def _leave(self, level: Level, above: Level | None) -> None:
        """Finish a directory and open the one above it again, if it was closed meanwhile."""
        folder = level.filled.folder
        self.memory.ancestors.discard(folder.source_directory.id)
        try:
            finish_directory(self.job, level.filled)
        except CopyError as error:
            self.job.report.failed(error)
        if above is not None:
            try:
                above.filled.folder.reopen(folder)
            except OSError as error:
                name = above.filled.entry.source
                told = error if isinstance(error, CopyError) else cannot("access", name, error)
                self.job.report.failed(told)
                above.entries = iter(())
        folder.close()
