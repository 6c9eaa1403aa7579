"""Several processes copying one tree: who queues the work, counts and tells.

The queue holds levels, newest first, so that it stays short. Names from it go out as units; what
comes back undone is queued again. The coordinator works as well, unless it would only wait. The
order of files differs from a serial copy, and nothing else does. A directory gets its attributes
when all that belongs into it has arrived. A unit whose process died is done again.
"""

import marshal
import time
from itertools import islice
from operator import length_hint

from pycp.engine.directory import is_finished
from pycp.run import share
from pycp.run.hands import AHEAD, Lost
from pycp.run.level import WHOLE, Folded, Level, Opened, tell_lost
from pycp.run.link_sets import LinkSets
from pycp.run.ranges import LargeEntry, Ranges
from pycp.run.task import Task, entered
from pycp.run.unit import Folders, is_below
from pycp.run.worker import DEEP, replay
from pycp.values import DIRECTORY, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.directory import Filled
    from pycp.run.hands import Hands
    from pycp.run.level import Link
    from pycp.run.link_sets import Name
    from pycp.run.unit import Identity, Item
    from pycp.run.walk import Walk
    from pycp.run.worker import Answer

LONGEST, SHORTEST, OWN = 0.2, 0.02, 0.01
"""Seconds a unit is worked on, in the midst of a tree, towards its end, and by the coordinator."""
MOST_NAMES = 256
"""Names in a unit."""
LEAST_FAR = 16
"""Names in a unit that travels to another machine, if there are as many."""
TRIES = 3
"""Times a unit is tried at most."""


class Coordinator:
    """Shares what is left of a tree."""

    def __init__(self, walk: "Walk", root: "Filled", hands: "Hands", jobs: int) -> None:
        self._walk = walk
        self._root = root
        self._hands = hands
        self._jobs = jobs
        self._folders = Folders(root.folder)
        self._queue: list[Level] = []
        self._own: list[list[Level]] = []
        """Levels for this process alone, each with those below it."""
        self._out: dict[int, Task] = {}
        self._sets = LinkSets(walk.memory.copied, self._queue_name, not hands.is_local)
        self.ranges = Ranges(walk, self._folders, hands, self._go_on_waiting, self._settle)
        if not hands.is_local:
            self.ranges.begin()
        self._wall = self._waited = 0.0
        self._left_by: list[str] = []
        """Processes that were ended, and may have left temporary names."""
        walk.memory.elsewhere = self._sets

    def run(self, stack: list[Level], wall: float = 0.0, waited: float = 0.0) -> None:
        """Copy the levels of a stack, and all below them.

        So many seconds were spent, and waited for calls, before.
        """
        self._look_at_time(wall, waited)
        self._put_all(stack)
        stack.clear()
        try:
            while self._queue or self._own or self._out or self.ranges.waiting:
                self._give()
                if self.ranges.waiting:
                    self.ranges.copy_next()
                elif self._own or (self._queue and (self._works_itself or not self._out)):
                    self._work()
                    self._take(wait=False)
                else:
                    self._take(wait=True)
                self._walk.job.tally.beat()
        except BaseException:
            for level in sum(self._own, self._queue):
                level.entries = iter(())  # whoever was listing closes the directory
                level.filled.folder.close()
            self._hands.close(at_once=True)
            raise
        finally:
            self.ranges.end()
        self._hands.close(at_once=False)
        self._walk.memory.elsewhere = ()
        del self._sets, self.ranges  # which know us, and would keep us for ever
        self._root.folder.close()

    def _put(self, level: Level) -> None:
        if level.filled.depth < DEEP:
            self._queue.append(level)
        else:
            self._own.append([level])

    def _put_all(self, stack: list[Level]) -> None:
        """Queue levels one below the other; the deepest stay together, for the way is long."""
        shallow = [level for level in stack if level.filled.depth < DEEP]
        for level in shallow:
            if level.filled is not self._root:
                level.filled.folder.close()
        self._queue += shallow
        if len(shallow) < len(stack):
            self._own.append(stack[len(shallow) :])

    def _give(self) -> None:
        """Hand out units while there is room for them."""
        tasks = self.ranges.tasks
        while (tasks or self._queue) and len(self._out) < AHEAD * self._hands.slots:
            task = tasks.pop(0) if tasks else self._next(self._size())
            if task.parts or task.range:
                self._send(task)

    def _go_on_waiting(self) -> None:
        """Give and take while a large file is being copied."""
        self._give()
        self._take(wait=True)

    def _size(self) -> int:
        """Return how many names go into a unit: an equal share of what is known to be left."""
        known = sum(length_hint(level.entries, MOST_NAMES) for level in self._queue[-AHEAD:])
        least = 1 if self._hands.is_local else LEAST_FAR
        return max(min(known // (AHEAD * self._hands.slots + 1), MOST_NAMES), least)

    def _next(self, count: int) -> Task:
        """Take names for a unit from the queue."""
        task = Task()
        while self._queue and count > 0:
            level = self._queue[-1]
            filled = level.filled
            if level.is_unlisted:
                self._list(level)
            names = list(islice(level.entries, count))
            if len(names) < count:
                self._queue.pop()
            else:
                filled.pending += 1
            count -= len(names) + 1
            if names or self._hands_out_finishing(filled):
                task.parts.append((filled, names, level.link if names else None))
            else:
                self._settle(filled)
        return task

    def _list(self, level: Level) -> None:
        with Opened(self._walk.job, level.filled) as is_open:
            if is_open:
                self._walk.list_again(level)

    def _hands_out_finishing(self, filled: "Filled") -> bool:
        return (
            not self._works_itself
            and filled.pending == 1
            and filled is not self._root
            and filled.is_ours
            and not is_finished(self._walk.job, filled)
        )

    def _send(self, task: Task) -> None:
        hands = self._hands
        if len(self._queue) > 1:
            seconds = max(LONGEST, 3 * hands.slots * hands.unit_cost)
        else:
            seconds = max(SHORTEST, hands.slots * hands.unit_cost)
        task.tries += 1
        ticket = hands.give(
            marshal.dumps((seconds, self._left_by, *task.packed(self._root, hands.reruns)))
        )
        self._out[ticket] = task
        task.fold()

    def _work(self) -> None:
        """Do a little work here."""
        if self._own:
            self._go_on_with([self._own.pop()])
        else:
            self._carry_out(self._next(self._size()))

    def _carry_out(self, task: Task) -> None:
        """Work on a unit here, for a little while."""
        self._go_on_with([[Level(filled, iter(names), link)] for filled, names, link in task.parts])

    def _go_on_with(self, stacks: list[list[Level]]) -> None:
        """Copy levels and what is below them, for a little while."""
        walk = self._walk
        deadline = time.monotonic() + OWN
        walk.stop = lambda: time.monotonic() > deadline
        walk.is_stopped = False
        walk.members = []
        for stack in stacks:
            if walk.is_stopped:
                self._put_all(stack)
                continue
            link, stack[-1].link = stack[-1].link, None  # what is left of it is none
            self._sets.granted = link and link[0]
            self._go(stack)
            if link is not None:
                self._sets.done(link, walk.memory.copied.get(link[0]))
        self._sets.granted = None
        for above, name, identity, count in walk.members:
            self._take_back((above, name), identity, count)

    def _go(self, stack: list[Level]) -> None:
        """Copy a level and what is below it here, until time is up."""
        walk = self._walk
        filled = stack[-1].filled
        try:
            filled.folder.find()
        except OSError as error:
            tell_lost(walk.job, filled, error)
            self._put_all(stack[:-1])
            self._settle(filled)
            return
        if filled.is_redone:
            members, walk = walk.members, walk.again(self._left_by)
            walk.members = members
        walk.go_below(filled)
        walk.go(stack)
        self._walk.is_stopped = walk.is_stopped
        self._put_all(stack)

    def _settle(self, filled: "Filled") -> None:
        """Count off something a directory had to wait for, and have it finished if it was all."""
        step: Filled | None = filled
        while step is not None:
            if self._hands_out_finishing(step) and step.depth < DEEP:
                self._queue.append(Level(step, iter(())))
                return
            step.pending -= 1
            if step.pending:
                return
            self._walk.complete(step)
            step = step.above

    def _take(self, wait: bool) -> None:
        """Take in what came back."""
        for ticket, answer in self._hands.take(wait):
            task = self._out.pop(ticket)
            if isinstance(answer, Lost):
                task.unfold()
                self._redo(task, answer)
            else:
                self._take_in(task, answer)

    def _take_in(self, task: Task, answer: "Answer") -> None:
        """Queue what is left of a unit, and finish what is not."""
        events, wall, waited, done, opened, members, firsts, links, came = answer
        replay(events, self._walk.job.report, self._walk.job.manifest)
        if came is not None:
            self.ranges.take_in(came)
        self._look_at_time(wall, waited)
        for symlink in links:
            self._walk.memory.made_link(symlink)
        found = [part[0] for part in task.parts]
        new = entered(opened, found, self._walk.job.exclusions is not None)
        for above, name, identity, count in members:
            directory = found[~above] if above < 0 else new[above]
            directory.pending += 1
            self._take_back((directory, name), identity, count)
        made = dict(firsts)
        for (filled, _names, link), (left, is_done) in zip(task.parts, done, strict=True):
            filled.is_ours = filled.is_ours and not is_done
            if link is not None and not left:
                place = made.get(link[0])
                # Whoever copies here as well opens and closes folders of its own.
                likely = None if self._hands.is_local else filled.folder
                self._sets.done(link, place and self._folders.entry(place, likely))
            self._go_on(filled, left, link)
        for filled, (*_, left_there) in zip(new, opened, strict=True):
            if left_there is None:
                level = Level(filled, iter(()))
                level.is_unlisted = True
                self._put(level)
            else:
                self._go_on(filled, left_there)

    def _go_on(self, filled: "Filled", names: "list[Item]", link: "Link | None" = None) -> None:
        if names:
            self._put(Level(filled, Folded(names), link))
        else:
            self._settle(filled)

    def _queue_name(self, name: "Name", kind: int, link: "Link") -> None:
        """Queue one name of a link set, whose first copy is to be made or is known."""
        level = Level(name[0], iter([(name[1], kind)]), link)
        if link[1] is None or is_below(link[1], self._root.folder):
            self._put(level)
        else:
            self._own.append([level])  # units tell of places in this tree only

    def _take_back(self, name: "Name", identity: "Identity", count: int) -> None:
        """Queue a name handed back; `count` is its names, 0 a directory, WHOLE a large file."""
        if count == WHOLE:
            self.ranges.waiting.append((name[0], LargeEntry(name[0].folder, name[1])))
        elif count:
            self._sets.add(name, identity, count)
        else:
            self._own.append([Level(name[0], iter([(name[1], DIRECTORY)]))])

    def _look_at_time(self, wall: float, waited: float) -> None:
        """Have more processes wait side by side if that is most of what they do."""
        self._wall += wall
        self._waited += waited
        if not self._hands.is_local:
            self._works_itself = False  # there is enough to do for those who wait for us
            return
        self._works_itself = self._waited <= share.MUCH * self._wall
        if not self._works_itself:
            self.ranges.begin()
        wanted = share.processes(self._jobs, self._wall, self._waited) - self._works_itself
        self._hands.slots = max(self._hands.slots, wanted)

    def _redo(self, task: Task, lost: Lost) -> None:
        """Have a unit done again whose process ended, or tell what is not done."""
        has_temporary = self._walk.job.options.makes_temporary_names()
        if has_temporary and lost.token and lost.token not in self._left_by:
            self._left_by.append(lost.token)
        if task.tries < TRIES:
            for filled, *_names in task.parts:
                filled.is_redone, filled.folder.is_new = True, False
            if self._hands.slots:
                self._send(task)
            elif task.range:
                self.ranges.copy_here(task)
            else:
                self._carry_out(task)
            return
        if task.range:
            self.ranges.lose(lost.error(task.range[1]))
        for filled, names, link in task.parts:
            for name, _kind in names:
                shown = join(filled.folder.source, name)
                self._walk.job.report.failed(lost.error(shown))
            if link is not None:
                self._sets.done(link, None)
            self._settle(filled)
