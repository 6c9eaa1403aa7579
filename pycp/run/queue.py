"""What of a tree nobody works on: directories, and names that wait for others."""

from _operator import length_hint  # operator itself is Python

from pycp.run.level import IN_TURN, WHOLE, Level, give_up
from pycp.run.link_sets import LinkSets
from pycp.run.ranges import LargeEntry
from pycp.run.unit import is_below
from pycp.run.worker import DEEP, Others
from pycp.values import DIRECTORY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.directory import Filled
    from pycp.run.level import Link, Place
    from pycp.run.link_sets import Name
    from pycp.run.telling import AsItComes
    from pycp.run.unit import Identity
    from pycp.run.walk import Walk

MANY = 16
"""Levels from which on the oldest have to wait: each may be thousands of names."""
MOST_IN_TURN = 10_000
"""Names that wait for their turn before no others are met until those are copied."""


class InTurn:
    """Names that are copied as one process would, one after the other, while nobody else copies.

    Without an order it is that in which they came.
    """

    def __init__(self, order: "AsItComes") -> None:
        self._order = order
        self._names: dict[Place | Name, Name] = {}
        """By their places, if there is an order."""

    def add(self, name: "Name") -> None:
        """Let a name wait."""
        self._names[name[2] or name] = name

    @property
    def is_full(self) -> bool:
        """Return whether too many wait."""
        return len(self._names) > MOST_IN_TURN

    def all(self) -> "list[Name]":
        """Return all that wait, which do no longer; nothing else is left to be copied."""
        ranks: dict[Place | Name, int] = {}
        if self._names:
            ranks = {place: rank for rank, place in enumerate(self._order.unknown())}
        names = sorted(self._names.items(), key=lambda item: ranks.get(item[0], -1))
        self._names = {}
        return [name for _place, name in names]

    def next(self) -> "list[Name]":
        """Return those that nothing precedes, which wait no longer."""
        if not self._order.is_ordered:
            return self.all()
        names = []
        for place in self._order.unknown():
            name = self._names.pop(place, None)
            if name is None:
                break
            names.append(name)
        return names


class Queue:
    """Levels that wait, newest last.

    Where one process `merges` a tree into another the names of link sets wait for their turn, as
    something may be there that is replaced.
    """

    def __init__(
        self, walk: "Walk", root: "Filled", told: "AsItComes", merges: bool, forgets: bool
    ) -> None:
        self._walk = walk
        self._root = root
        self._told = told
        self._most_waiting = 0 if forgets else MANY
        self.levels: list[Level] = []
        self.own: list[list[Level]] = []
        """Levels for this process alone, each with those below it."""
        self.large: list[tuple[Filled, LargeEntry, Place | None]] = []
        """Large files, each in a directory that waits for it."""
        self.sets = LinkSets(walk.memory.copied, self._put_name, forgets)
        self.sets.chooses = walk.job.options.may_be_begun()
        self.in_turn = InTurn(told)
        options = walk.job.options
        self.may_be_begun = options.update == "older" and not options.preserve_links
        """A lost process may have begun what waits for its turn: names that are no set if new."""
        if merges and not self.sets.chooses:
            walk.hand_back().has_sets_in_turn = True
        self.share(True)

    def __bool__(self) -> bool:
        return bool(self.levels or self.own or self.large)

    def share(self, is_shared: bool) -> None:
        """Have this process hand back what is not to be copied while others copy, or nothing."""
        handed_back = self._walk.hand_back()
        handed_back.has_turns = is_shared
        elsewhere = Others() if handed_back.has_sets_in_turn else self.sets
        self._walk.memory.elsewhere = elsewhere if is_shared else ()

    def end(self) -> None:
        """Forget those who know us, and would keep us for ever."""
        self.share(False)
        del self.sets

    def take_back(self, name: "Name", identity: "Identity", count: int) -> None:
        """Queue a name handed back; `count` is its names, or 0 for a directory."""
        filled, file, place = name
        if count == WHOLE:
            self.large.append((filled, LargeEntry(filled.folder, file), place))
        elif count == IN_TURN:
            self.in_turn.add(name)
        elif count:
            self.sets.add(name, identity, count)
        else:
            self.own.append([Level(filled, iter([(file, DIRECTORY)]), place)])

    def _put_name(self, name: "Name", kind: int, link: "Link") -> None:
        """Queue one name of a link set, whose first copy is to be made or is known."""
        level = Level(name[0], iter([(name[1], kind)]), name[2], link)
        if link[1] is None or is_below(link[1], self._root.folder):
            self.put(level)
        else:
            self.own.append([level])  # units tell of places in this tree only

    def put(self, level: "Level") -> None:
        """Queue a level that is closed."""
        if level.filled.depth < DEEP:
            self.levels.append(level)
        else:
            self.own.append([level])

    def put_all(self, stack: "list[Level]") -> None:
        """Queue levels one below the other; the deepest stay together, for the way is long."""
        shallow = [level for level in stack if level.filled.depth < DEEP]
        for level in shallow:
            if level.filled is not self._root:
                level.filled.folder.close()
        self.levels += shallow
        if len(shallow) < len(stack):
            self.own.append(stack[len(shallow) :])

    def names(self, most: int) -> int:
        """Return how many names the newest levels have left, `most` where nobody knows."""
        return sum(length_hint(level.entries, most) for level in self.levels[-MANY:])

    def next(self, is_own: bool) -> int:
        """Return which level is gone on with.

        Others here get the oldest, which has most below it, unless there are many; this process
        takes the newest. So few directories are written to by two at a time, who would wait.
        """
        if self._told.holds or self.in_turn.is_full:
            return self._told.next(self.levels)
        return len(self.levels) - 1 if is_own or len(self.levels) > self._most_waiting else 0

    def close(self) -> None:
        """Give up what waits."""
        give_up(sum(self.own, self.levels))
        self._root.folder.close()
