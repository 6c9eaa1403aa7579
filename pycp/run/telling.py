"""When it is told what several processes have done: as it comes, or in the order of one (-v).

What is to be told in order is a list of events and of places. A place stands for what is told of
something that may still be to be done: the rest of a directory, or one name. When it is known it
is a list of the same kind. Whatever precedes the first place that is not known is told. Places
are kept as well where only the order of names matters; then everything is told as it comes.
"""

from pycp.run.level import Place
from pycp.run.recorder import Recorder, joined, replay

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from pycp.engine.job import Job
    from pycp.run.level import Level
    from pycp.run.recorder import Event
    from pycp.run.walk import Walk

    Places = dict[int, "Place"]
    Found = tuple[Places, Places]
    """Places of names handed back; and of directories opened, and what is left of parts, by `~`."""

MOST_HELD = 16 * 1024 * 1024
"""Bytes of lines and events that wait for others, before no more are made."""


class AsItComes:
    """Tells everything at once."""

    is_full = is_ordered = holds = False

    def __init__(self, job: "Job") -> None:
        self._job = job

    def begin(self, walk: "Walk", stack: "Sequence[Level]") -> None:
        """Prepare to tell of the levels of a stack, the deepest last."""

    def end(self) -> None:
        """Tell all that is left."""

    def flush(self) -> None:
        """Tell what can be told now."""

    def unknown(self) -> "Iterator[Place]":
        """Return the places of what is still to be done, in the order of one process."""
        return iter(())

    def next(self, queue: "Sequence[Level]") -> int:
        """Return which of several levels should be gone on with: the newest."""
        return len(queue) - 1

    def take(self, events: "list[Event]", places: "Sequence[Place | None]") -> "Found":
        """Take what a process says of the parts of a unit, whose places these are."""
        replay(events, self._job.report, self._job.manifest)
        return {}, {}

    def gather(self, stack: "Sequence[Level]") -> Place | None:
        """Return the place of what is left of a stack, all of which is gone on with."""
        return None

    def record(self) -> None:
        """Note what this process does, for a place, until it is `recorded`."""

    def recorded(self, place: Place | None, stack: "Sequence[Level]" = ()) -> "Places":
        """Give the levels that are left of a stack their places, and return those of names."""
        return {}


class InOrder(AsItComes):
    """Knows the order of one process, and tells everything in it if lines are wanted (-v)."""

    is_ordered = True

    def __init__(self, job: "Job") -> None:
        super().__init__(job)
        self.holds = job.report.verbose
        self._report, self._manifest = job.report, job.manifest
        self._recorder = Recorder(job.report)
        self._recorder.keeps_order = True
        self._left: list[Event | Place] = []
        """What is not told yet, backwards."""
        self._outer: list[list[Event]] = []
        """What waits until what is noted for a place is `recorded`, one within the other."""
        self._held = 0
        """Bytes of lines and events that came and could not be told when they did."""

    @property
    def is_full(self) -> bool:  # type: ignore[override]
        """Return whether too much waits for what is not known yet."""
        return self._held > MOST_HELD

    def begin(self, walk: "Walk", stack: "Sequence[Level]") -> None:
        """Hear what this process does from now on, too."""
        self._recorder.listen(walk)
        for level in stack:
            level.place = Place()
            self._left.append(level.place)

    def end(self) -> None:
        """Tell all that is left, though something was not done."""
        self._job.report, self._job.manifest, self._job.steps = self._report, self._manifest, None
        self._outer.clear()
        events = self._recorder.events  # of something that was interrupted, perhaps
        self._recorder.events = [one for one in events if one[0] not in MARKS]
        self._tell_recorded()
        while self._left:
            self._tell(self._left.pop())

    def flush(self) -> None:
        """Tell what precedes what is not known, and what has no place."""
        self._tell_recorded()
        left = self._left
        while left:
            item = left[-1]
            if isinstance(item, Place) and item.items is None:
                return
            self._tell(left.pop())
        self._held = 0

    def _tell_recorded(self) -> None:
        if self._outer:
            return
        events, self._recorder.events = self._recorder.events, []
        replay(events, self._report, self._manifest)

    def _tell(self, item: "Event | Place") -> None:
        if isinstance(item, Place):
            self._left += reversed(item.items or ())
        else:
            self._held -= _size(item)
            replay([item], self._report, self._manifest)

    def next(self, queue: "Sequence[Level]") -> int:
        """Return which level is to be told of first, so that as little as possible waits."""
        known = {}
        for index, level in enumerate(queue):
            if level.place is None:
                return index
            known[level.place] = index
        for place in self.unknown():
            if place in known:
                return known[place]
        return len(queue) - 1

    def unknown(self) -> "Iterator[Place]":
        """Return the places of what is still to be done, in the order of one process."""
        for item in reversed(self._left):
            inner: list[Event | Place] = [item]
            while inner:
                item = inner.pop()
                if isinstance(item, Place):
                    if item.items is None:
                        yield item
                    else:
                        inner += reversed(item.items)

    def take(self, events: "list[Event]", places: "Sequence[Place | None]") -> "Found":
        """Take what a process says of the parts of a unit, whose places these are."""
        found: Found = ({}, {})
        lists: list[list[Any]] = [[] for _place in places]
        items: list[Any] = []
        at_once: list[Event] = []
        for event in events:
            if isinstance(event, bytes):
                items.append(event)
            elif event[0] == "part":
                items = lists[event[1]]
            elif event[0] in MARKS:
                new = found[MARKS[event[0]]][event[1]] = Place()
                items.append(new)
            else:
                (items if self.holds else at_once).append(event)
        replay(at_once, self._report, self._manifest)
        for place, told in zip(places, lists, strict=True):
            if place is not None:
                place.items = told
                self._held += sum(map(_size, told))
            else:
                replay(told, self._report, self._manifest)
        if not places:
            replay(items, self._report, self._manifest)
        self.flush()
        return found

    def gather(self, stack: "Sequence[Level]") -> Place | None:
        """Return the place of the deepest level; those of the others follow it, and go."""
        for level in stack[:-1]:
            level.end()
        return stack[-1].place

    def record(self) -> None:
        """Note what this process does, for a place, until it is `recorded`."""
        self._outer.append(self._recorder.events)
        self._recorder.events = []

    def recorded(self, place: Place | None, stack: "Sequence[Level]" = ()) -> "Places":
        """Give the levels that are left of a stack their places, and return those of names."""
        events, self._recorder.events = self._recorder.events, self._outer.pop()
        events.insert(0, ("part", 0))
        events += [("opened", depth) for depth in reversed(range(len(stack)))]
        names, opened = self.take(joined(events), [place])
        for depth, level in enumerate(stack):
            level.place = opened[depth]
        return names


def _size(item: "Event | Place") -> int:
    """Return how many bytes something to be told takes, as far as they count."""
    told = item[-1] if isinstance(item, tuple) else item
    return len(told) if isinstance(told, bytes) else 0


MARKS = {"handed back": 0, "opened": 1}
"""Where in what is found a place belongs that an event stands for."""
