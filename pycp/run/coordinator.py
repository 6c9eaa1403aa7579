"""Several processes copying one tree: who queues the work, counts and tells.

The queue holds levels. Names from it go out as units; what comes back undone is queued again. The
coordinator works as well, unless it would only wait. The order of files differs from a serial copy,
nothing else; what -v tells of them is put in order. A directory gets its attributes when all that
belongs into it is there. A lost unit is done again.
"""

import marshal
import time

from pycp.engine.directory import is_finished
from pycp.run import pace, share
from pycp.run.hands import AHEAD, Lost
from pycp.run.level import Folded, Level, tell_lost
from pycp.run.queue import Queue
from pycp.run.ranges import Ranges
from pycp.run.task import Task, entered
from pycp.run.telling import AsItComes, InOrder
from pycp.run.unit import Folders
from pycp.run.worker import DEEP
from pycp.values import DIRECTORY, REGULAR, join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.directory import Filled
    from pycp.run.hands import Hands
    from pycp.run.link_sets import Name
    from pycp.run.telling import Places
    from pycp.run.unit import Item
    from pycp.run.walk import Walk
    from pycp.run.worker import Answer

MOST_NAMES, LEAST = 256, 16
"""Names in a unit at most, and at least where calls do not keep us waiting, or it travels far."""
TRIES = 3
"""Times a unit is tried at most."""


class Coordinator:
    """Shares what is left of a tree."""

    def __init__(self, walk: "Walk", root: "Filled", hands: "Hands", jobs: int) -> None:
        self._walk = walk
        job = walk.job
        merges = hands.is_local and not root.folder.is_new
        is_ordered = merges or (hands.is_local and job.report.verbose)
        self._told = InOrder(job) if is_ordered else AsItComes(job)
        self._root = root
        self._hands = hands
        self._jobs = jobs
        self._folders = Folders(root.folder)
        self.queue = Queue(walk, root, self._told, merges, not hands.is_local)
        self._out: dict[int, Task] = {}
        self.ranges = Ranges(walk, self._folders, hands, self._go_on_waiting, self._settle)
        self.ranges.told = self._told
        if not hands.is_local:
            self.ranges.begin()
        self._pace = pace.Pace(walk)
        self._wall = self._waited = 0.0
        self._left_by: list[str] = []
        """Processes that were ended, and may have left temporary names."""

    def run(self, stack: list[Level], wall: float = 0.0, waited: float = 0.0) -> None:
        """Copy a stack, and all below it; so many seconds were spent before, some waiting."""
        self._pace.begun -= wall
        self._look_at_time(wall, waited)
        self._told.begin(self._walk, stack)
        self.queue.put_all(stack)
        stack.clear()
        try:
            if self.ranges.opened is not None:
                self.ranges.share(self.ranges.opened)
            while self._is_left():
                self._give()
                if self.queue.large:
                    self.ranges.copy(*self.queue.large.pop())
                elif self._may_go_on() and (
                    self.queue.own or (self.queue.levels and not (self._pace.waits and self._out))
                ):
                    self._work()
                    self._take(wait=False)
                else:
                    self._take(wait=True)
                self._walk.job.tally.beat()
            self._hands.close(at_once=False)
        except BaseException:
            self._hands.close(at_once=True)
            self.queue.close()
            raise
        finally:
            self.ranges.end()
            self._told.end()
            self.queue.end()
            del self.ranges  # which knows us, and would keep us for ever

    def _is_left(self) -> bool:
        """Return whether there is anything to do, when it is the turn of what waited for that."""
        is_left = self.queue or self._out or self.queue.sets.choose()
        return bool(is_left) or self._copy_in_turn(self.queue.in_turn.all())

    def _may_go_on(self) -> bool:
        """Return whether more can be told, unless something that is out precedes it."""
        is_full = self._told.is_full or self.queue.in_turn.is_full
        if is_full and not (self.queue.sets.choose() or self._out or self.queue.sets):
            self._copy_in_turn(self.queue.in_turn.next())
        return not (self._out and is_full)

    def _copy_in_turn(self, names: "list[Name]") -> bool:
        """Copy names while nobody else does; return whether there were any."""
        self.queue.share(False)
        for filled, name, place in names:
            is_redone = filled.is_redone
            filled.is_redone = is_redone and self.queue.may_be_begun
            self._go_on_with([[Level(filled, iter([(name, REGULAR)]), place)]], float("inf"))
            filled.is_redone = is_redone
        self.queue.share(True)
        self._told.flush()
        return bool(names)

    def _give(self) -> None:
        """Hand out units while there is room for them; ranges first, as these let nothing wait."""
        tasks = self.ranges.tasks
        most = AHEAD * self._hands.slots
        while len(self._out) < most and (tasks or (self.queue.levels and self._may_go_on())):
            task = tasks.pop(0) if tasks else self._next()
            if task.levels or task.range:
                self._send(task)

    def _go_on_waiting(self) -> None:
        """Give and take while a large file is being copied."""
        self._give()
        self._take(wait=True)

    def _next(self, is_own: bool = False) -> Task:
        """Take names for a unit from the queue: an equal share of what is known to be left.

        It is about what can be done in its time, too: a directory counts as all that is in it.
        """
        task, slots = Task(), self._hands.slots
        least = 1 if self._hands.is_local and self._pace.waits else LEAST
        known, parts = self.queue.names(MOST_NAMES), AHEAD * slots + 1
        if len(self.queue.levels) > 1 and not self._pace.waits:
            parts *= 2  # more is kept here, whose hands would be empty before those of others
        equal = MOST_NAMES if is_own else max(min(known // parts, MOST_NAMES), 1)
        count: float = max(equal, least)
        of_directory = count / equal  # of which there is no least number
        seconds = pace.OWN if is_own else self._pace.longest
        left = self._pace.entries(2 * seconds, slots + 1)
        while self.queue.levels and count > 0 and left > 0:
            index = self.queue.next(is_own)
            level = self.queue.levels[index]
            filled = level.filled
            if level.is_unlisted:
                self._walk.list_closed(level)
            names = []
            while count > 0 and left > 0 and (item := next(level.entries, None)):
                names.append(item)
                is_directory = item[1] == DIRECTORY
                count -= of_directory if is_directory else 1
                left -= 1 + self._pace.below if is_directory else 1
            if is_all := count > 0 and left > 0:
                self.queue.levels.pop(index)
            else:
                filled.pending += 1
            count -= 1
            if names or self._hands_out_finishing(filled):
                place, link = level.place_of_next(is_all), level.link if names else None
                task.levels.append(Level(filled, iter(names), place, link))
            else:
                level.end()
                self._settle(filled)
        return task

    def _hands_out_finishing(self, filled: "Filled") -> bool:
        return (
            self._pace.waits
            and filled.pending == 1
            and filled is not self._root
            and filled.is_ours
            and not is_finished(self._walk.job, filled)
        )

    def _send(self, task: Task) -> None:
        hands = self._hands
        least, times = (self._pace.longest, 3) if len(self.queue.levels) > 1 else (pace.SHORTEST, 1)
        seconds = max(least, times * hands.slots * hands.unit_cost)
        task.tries += 1
        order = (seconds, self._left_by, *task.packed(self._root, hands.reruns))
        self._out[hands.give(marshal.dumps(order))] = task

    def _work(self) -> None:
        """Do a little work here."""
        if self.queue.own:
            self._go_on_with([self.queue.own.pop()], pace.OWN)
        else:
            self._carry_out(self._next(is_own=True))
        self._told.flush()

    def _carry_out(self, task: Task) -> None:
        """Work on a unit here, for a little while."""
        self._go_on_with([[level] for level in task.levels], pace.OWN)

    def _go_on_with(self, stacks: list[list[Level]], seconds: float) -> None:
        """Copy levels and what is below them, for some seconds."""
        walk = self._walk
        deadline = time.monotonic() + seconds
        walk.stop = lambda: time.monotonic() > deadline
        walk.is_stopped, walk.hand_back().names = False, []
        places: Places = {}
        for stack in stacks:
            if walk.is_stopped:
                self.queue.put_all(stack)
                continue
            link, stack[-1].link = stack[-1].link, None  # what is left of it is none
            self.queue.sets.granted = link and link[0]
            places |= self._go(stack)
            if link is not None:
                self.queue.sets.done(link, walk.memory.copied.get(link[0]))
        self.queue.sets.granted = None
        for number, (above, name, identity, count) in enumerate(walk.hand_back().names):
            self.queue.take_back((above, name, places.get(number)), identity, count)

    def _go(self, stack: list[Level]) -> "Places":
        """Copy a level and what is below it for a while; return the places of names handed back."""
        walk = self._walk
        filled = stack[-1].filled
        place = self._told.gather(stack)
        self._told.record()
        try:
            filled.folder.find()
        except OSError as error:
            tell_lost(walk.job, filled, error)
            filled.is_ours = False  # there is nothing to finish either
            places = self._told.recorded(place, stack[:-1])
            self.queue.put_all(stack[:-1])
            self._settle(filled)
            return places
        if filled.is_redone:
            walk = walk.again(self._left_by)
        walk.go_below(filled)
        walk.go(stack)
        self._walk.is_stopped = walk.is_stopped
        self.queue.put_all(stack)
        return self._told.recorded(place, stack)

    def _settle(self, filled: "Filled", elsewhere: bool = True) -> None:
        """Count off something a directory had to wait for, and have it finished if it was all."""
        step: Filled | None = filled
        while step is not None:
            if elsewhere and self._hands_out_finishing(step) and step.depth < DEEP:
                self.queue.levels.append(Level(step, iter(())))
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
                self._redo(task, answer)
            else:
                self._take_in(task, answer)

    def _take_in(self, task: Task, answer: "Answer") -> None:
        """Queue what is left of a unit, and finish what is not."""
        events, wall, waited, done, opened, members, firsts, links, came = answer
        names, rests = self._told.take(events, [level.place for level in task.levels])
        if came is not None:
            self.ranges.take_in(came)
        self._look_at_time(wall, waited)
        for symlink in links:
            self._walk.memory.made_link(symlink)
        found = [level.filled for level in task.levels]
        new = entered(opened, found, self._walk.job.exclusions is not None)
        for number, (above, name, identity, count) in enumerate(members):
            directory = found[~above] if above < 0 else new[above]
            directory.pending += 1
            self.queue.take_back((directory, name, names.get(number)), identity, count)
        made = dict(firsts)
        for number, (level, (left, is_done)) in enumerate(zip(task.levels, done, strict=True)):
            filled, link = level.filled, level.link
            filled.is_ours = filled.is_ours and not is_done
            if link is not None and not left:
                first = made.get(link[0])
                # Whoever copies here as well opens and closes folders of its own.
                likely = None if self._hands.is_local else filled.folder
                self.queue.sets.done(link, first and self._folders.entry(first, likely))
            level.place = rests.get(~number)
            self._go_on(level, left)
        for number, (filled, (*_, left_there)) in enumerate(zip(new, opened, strict=True)):
            self._go_on(Level(filled, iter(()), rests.get(number)), left_there)

    def _go_on(self, level: Level, names: "list[Item] | None") -> None:
        """Queue what is left of a directory, None if it is still to be listed."""
        if names == []:
            return self._settle(level.filled)
        level.entries, level.is_unlisted = Folded(names or []), names is None
        self.queue.put(level)

    def _look_at_time(self, wall: float, waited: float) -> None:
        """Have more processes wait side by side if that is most of what they do."""
        self._wall += wall
        self._waited += waited
        if not self._hands.is_local:
            self._pace.waits = True  # there is enough to do for those who wait for us
            return
        self._pace.waits = self._waited > share.MUCH * self._wall
        if self._pace.waits:
            self.ranges.begin()
        # A unit that waited long may have done so once, and more processes for each other only.
        wanted = share.processes(self._jobs, wall, waited) - (not self._pace.waits)
        slots = self._hands.slots
        self._hands.slots = max(slots, min(wanted, 2 * slots) if slots else wanted)

    def _redo(self, task: Task, lost: Lost) -> None:
        """Have a unit done again whose process ended or never began, or tell what is not done."""
        has_temporary = self._walk.job.options.makes_temporary_names()
        if has_temporary and lost.token and lost.token not in self._left_by:
            self._left_by.append(lost.token)
        if task.tries < TRIES or not lost.was_begun:
            for level in task.levels:
                level.filled.is_redone, level.filled.folder.is_new = True, False
            if self._hands.slots:
                self._send(task)
            elif task.range:
                self.ranges.copy_here(task)
            else:
                self._carry_out(task)
            return
        if task.range:
            self.ranges.lose(lost)
        for level in task.levels:
            self._told.record()
            for name, _kind in level.entries:
                self._walk.job.report.failed(lost.error(join(level.filled.folder.source, name)))
            self._told.recorded(level.place)
            if level.link is not None:
                self.queue.sets.done(level.link, None)
            self._settle(level.filled, elsewhere=False)  # it was tried, and would be for ever
