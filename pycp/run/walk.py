"""The walk through a tree, in any process.

A directory is a level: it is entered, its entries are copied in the order of their inode numbers,
it is left, and gets its attributes when nothing in it is missing. The levels are a list, not a
recursion, and only the deepest keep their descriptors, so the depth of a tree is bounded by memory
alone. The walk may stop between any two entries: what is left then is in the levels.
"""

from pycp.engine.directory import (
    enter_directory,
    finish_directory,
    finish_quickly,
    is_finished,
    open_source,
)
from pycp.engine.listing import list_source
from pycp.engine.short import short_ways
from pycp.entries import Entry
from pycp.errors import CopyError, cannot
from pycp.run.level import Level, Opened, give_up, tell_lost
from pycp.system.folder import CLOSED
from pycp.values import COMPLETE, DIRECTORY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.directory import Filled
    from pycp.engine.job import Job
    from pycp.engine.short import Ways
    from pycp.entries import Decision
    from pycp.run.handed_back import HandedBack
    from pycp.run.visit import Visitor
    from pycp.system.folder import Folder


OPEN_LEVELS = 4
"""Directory levels that keep their descriptors, two each; even a limit of 16 leaves enough."""
MISSES = 4
"""Entries of a directory handed back by the short ways before it is left to the general way."""

NO_WAYS: "Ways" = {COMPLETE: lambda _folder, _name: True}
"""There is nothing to do for what was passed over."""


class Walk:
    """Copies directories and all that is below them."""

    def __init__(self, visitor: "Visitor") -> None:
        self.visitor = visitor
        self.job = visitor.job
        self.memory = visitor.memory
        self.choose_ways()
        self._choose_directories()
        self._keeps_all = self.job.keeps_all
        options = self.job.options
        self._stays = options.one_file_system
        self.has_made_directory = False
        self.stop: Callable[[], bool] | None = None
        """Asked after each entry whether to stop."""
        self.is_stopped = False
        self.operands: Folder | None = None
        """The folder whose entries are operands, if one is copied as a level."""
        self.met = 0
        """Entries met so far."""
        self.listed = 0
        """Directories listed."""
        self.handed_back: HandedBack | None = None
        """What is not copied by this process, if others copy as well."""
        self.left_by: list[str] = []
        """Processes that were ended and may have left temporary names, by their tokens."""
        self.stops_at_vast = False
        """A directory with very many entries is handed back."""
        self.unfinished: list[Filled] = []
        """Directories that were left, and wait for something that was handed back."""

    def _choose_directories(self) -> None:
        """Choose what is done with directories: a dry run only pretends."""
        options = self.job.options
        self._finish: Callable[[Job, Filled], None] = finish_directory
        if options.dry_run:
            from pycp.engine.dry_directory import (
                finish_pretended,
                list_pretended,
                open_real,
                pretend_to_enter,
            )

            self._enter, self._open, self._list = pretend_to_enter, open_real, list_pretended
            self._finish = finish_pretended
        else:
            self._enter, self._open, self._list = enter_directory, open_source, list_source
        if self.job.durable is not None:
            self._finish = _finish_and_flush

    def hand_back(self) -> "HandedBack":
        """Have what this process does not copy handed back, and return what that is."""
        if self.handed_back is None:
            from pycp.run.handed_back import HandedBack

            self.handed_back = HandedBack(self.job, self.memory)
        return self.handed_back

    def choose_ways(self) -> None:
        """Prepare the short ways, as far as the options have any."""
        compare: Callable[..., bool] | None = None
        if self.job.options.update != "all":
            from pycp.plan.overwrite import is_newer

            compare = is_newer
        ways, self.make_directory, self._pass_over = short_ways(
            self.job, self.memory, compare, self.visitor.remembers_links
        )
        self.ways = ways | NO_WAYS

    def go(self, stack: list[Level]) -> None:
        """Copy the levels of a stack, and those below them, until none is left or it stops."""
        try:
            while stack:
                level = stack[-1]
                below = self._copy_entries(level)
                if below:
                    stack.append(below)
                if self.is_stopped:
                    return
                if below:
                    if len(stack) > OPEN_LEVELS:
                        stack[-OPEN_LEVELS - 1].filled.folder.close()
                    if self.stop is not None and self.stop():
                        self.is_stopped = True
                        return
                else:
                    self._leave(level, stack[-2] if len(stack) > 1 else None)
                    stack.pop()
                    if self.visitor.is_abandoned and stack:
                        if stack[-1].filled.folder is self.operands:
                            self.visitor.is_abandoned = False  # the others are copied
                        else:
                            stack[-1].entries = iter(())
        except BaseException:
            give_up(stack)
            raise

    def _copy_entries(self, level: Level) -> Level | None:
        """Copy entries until one is a directory to go down into; return it, or None at the end."""
        filled = level.filled
        folder = filled.folder
        ways = self.ways
        make_directory = self.make_directory
        stop = self.stop
        last_depth = self.handed_back.deepest - 1 if self.handed_back is not None else -1
        misses = 0
        entries, pass_over = level.entries, self._pass_over
        if pass_over is not None and not folder.is_new:
            entries = iter(lambda: pass_over(folder, level.entries), None)
        for name, kind in entries:
            if kind == DIRECTORY:
                if make_directory is not None and filled.depth != last_depth:
                    try:
                        inside = make_directory(folder, name)
                    except OSError as error:
                        self._failed(folder, name, error)
                        continue
                    if inside is not None:
                        return self._entered(inside, None, filled)
            elif kind in ways:
                try:
                    if ways[kind](folder, name):
                        if stop is not None and stop():
                            self.is_stopped = True
                            return None
                        continue
                except OSError as error:
                    self._failed(folder, name, error)
                    continue
                if not folder.is_new:
                    misses += 1
                    if misses > MISSES:
                        ways = NO_WAYS
            below = self._visit(Entry(folder, name), filled, kind)
            if below:
                return below
            if self.visitor.is_abandoned:
                return None
            if stop is not None and stop():
                self.is_stopped = True
                return None
        return None

    def _failed(self, folder: "Folder", name: str, error: OSError) -> None:
        self.job.report.failed(cannot("copy", Entry(folder, name).source, error))

    def _visit(self, entry: Entry, above: "Filled", kind: int) -> Level | None:
        if self.handed_back is not None and self.handed_back.take(entry, above, kind):
            return None
        decision = self.visitor.visit(entry)
        return self.enter(entry, decision, above) if decision is not None else None

    def enter(self, entry: Entry, decision: "Decision", above: "Filled | None") -> Level | None:
        """Make or enter a directory that was decided on; return its level, None if that fails."""
        try:
            filled = self._enter(self.job, entry, decision)
        except CopyError as error:
            self.job.report.failed(error)
            self.memory.forget(entry, decision.source_stat)
            return None
        return self._entered(filled, decision, above)

    def _entered(
        self, filled: "Filled", decision: "Decision | None", above: "Filled | None"
    ) -> Level:
        try:
            return self._begin(filled, decision, above)
        except BaseException:
            filled.folder.close()
            raise

    def _begin(
        self, filled: "Filled", decision: "Decision | None", above: "Filled | None"
    ) -> Level:
        """List a directory that was entered; `decision` is given unless its source is open."""
        if above is not None:
            filled.above, filled.depth, filled.is_redone = above, above.depth + 1, above.is_redone
            above.pending += 1
            if self.job.exclusions is not None:
                filled.inside = f"{above.inside}{filled.entry.source_name}/"
        folder = filled.folder
        if folder.is_new and not self.has_made_directory:
            self.has_made_directory = True
            self.memory.copied.whole.setdefault(folder.destination_directory.id, filled.entry)
        source = folder.source_directory.id
        self.memory.ancestors.add(source)
        if folder.is_new:  # a link into the copy would never end either
            self.memory.making.add(folder.destination_directory.id)
        filled.pending += 1
        self._remove_left(filled)
        level = Level(filled, iter(()))
        if not self._stays or above is None or source[0] == above.folder.source_directory.id[0]:
            try:
                if decision is not None:
                    self._open(self.job, filled, decision)
                count, level.entries, is_vast = self._list(self.job, filled, self.memory.copied)
            except CopyError as error:
                self.job.report.failed(error)
                return level
            self.met += count
            self.listed += 1
            if is_vast and self.stops_at_vast:
                level.entries = iter(())  # whoever was listing gives the directory back
                level.is_unlisted = self.is_stopped = True
        return level

    def _leave(self, level: Level, above: Level | None) -> None:
        """Finish a directory and open the one above it again, if it was closed meanwhile."""
        filled = level.filled
        folder = filled.folder
        self.memory.ancestors.discard(folder.source_directory.id)
        self.memory.making.discard(folder.destination_directory.id)
        if filled.pending > 1:
            self.unfinished.append(filled)
        self.settle(filled)
        if above is not None:
            try:
                folder.give_back()
                outer = above.filled.folder
                if CLOSED in (outer.source_directory.fd, outer.destination_directory.fd):
                    outer.reopen(folder)
            except OSError as error:
                tell_lost(self.job, above.filled, error)
                above.entries = iter(())
        folder.close()

    def settle(self, filled: "Filled") -> None:
        """Count off something a directory had to wait for, and finish it if that was the last."""
        step: Filled | None = filled
        while step is not None:
            step.pending -= 1
            if step.pending:
                return
            self.complete(step)
            step = step.above

    def complete(self, filled: "Filled") -> None:
        """Give a directory its attributes, now that nothing in it is missing."""
        if not filled.is_ours or (self._keeps_all and finish_quickly(filled)):
            return
        if not is_finished(self.job, filled):
            with Opened(self.job, filled) as is_open:
                if is_open:
                    self.finish(filled)

    def finish(self, filled: "Filled") -> None:
        """Give a directory that is open its attributes; failures are told."""
        try:
            self._finish(self.job, filled)
        except CopyError as error:
            self.job.report.failed(error)

    def go_below(self, filled: "Filled") -> None:
        """Remember the directories above what is copied next, for who comes upon them again."""
        self.visitor.is_abandoned &= self.operands is None  # it was another one of them
        memory = self.memory
        memory.ancestors.clear()
        memory.making.clear()
        self._remove_left(filled)
        step: Folder | None = filled.folder
        while step is not None and step.parent is not None:
            memory.ancestors.add(step.source_directory.id)
            if step.is_new:
                memory.making.add(step.destination_directory.id)
            step = step.parent

    def _remove_left(self, filled: "Filled") -> None:
        if self.left_by:
            from pycp.engine.temporary import remove_left

            try:
                remove_left(filled.folder.destination_fd, self.left_by)
            except OSError as error:
                self.job.report.failed(cannot("clean up", filled.entry.destination, error))

    def list_closed(self, level: Level) -> None:
        """List a directory that is closed; failures are told."""
        try:
            with Opened(self.job, level.filled) as is_open:
                if is_open:
                    level.is_unlisted = False
                    level.entries = self._list(self.job, level.filled, self.memory.copied)[1]
        except CopyError as error:
            self.job.report.failed(error)

    def again(self, left_by: list[str]) -> "Walk":
        """Return a walk through what may be done already, by the rules of --resume but for times.

        Temporary names that processes left with these tokens are removed.
        """
        visitor = self.visitor.again()
        other = type(self)(visitor)
        other.left_by, other.stop, other.operands = left_by, self.stop, self.operands
        other.stops_at_vast = self.stops_at_vast
        other.handed_back = self.hand_back()
        return other


def _finish_and_flush(job: "Job", filled: "Filled") -> None:
    """Give a directory its attributes, and see it on the disk (--durable)."""
    from pycp.engine.durable import Flushed, place_of

    with Flushed(job.report, [place_of(filled.folder.destination_directory)]):
        finish_directory(job, filled)
