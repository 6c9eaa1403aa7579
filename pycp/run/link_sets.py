"""Link sets of a tree that several processes copy: one name first, the others when it is done.

What is known of a set is forgotten with its last name, if no name is copied without our knowing.
Which name is met first is a matter of time. Where an interrupted copy is gone on with (--resume),
the first is the one of which most is there, or what another run copied would be copied again.
"""

from stat import S_ISREG

from pycp.engine.links import look_below
from pycp.values import LINKED, REGULAR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.directory import Filled
    from pycp.entries import Entry
    from pycp.plan.links import Copies
    from pycp.run.level import Link, Place
    from pycp.run.unit import Identity

    Name = tuple[Filled, str, Place | None]
    """A name in a directory that waits for it, and where it comes, if there is an order."""
    Queue = Callable[[Name, int, Link], None]


class LinkSets:
    """The sets whose first copy is being made, and the names that wait for it.

    The one that is granted to this process counts as free for as long as it copies it.
    """

    def __init__(self, copied: "Copies", queue: "Queue", forgets: bool) -> None:
        self._copied = copied
        self._queue = queue
        self._forgets = forgets
        self.chooses = False
        """The first name of a set is chosen when all are known."""
        self._waiting: dict[Identity, list[Name]] = {}
        self._unchosen: dict[Identity, int] = {}
        """How many names there are of sets whose first is not chosen yet."""
        self._left: dict[Identity, int] = {}
        """Names still to be copied of those that have no copy, if sets are to be forgotten."""
        self.granted: Identity | None = None
        if forgets:
            copied.store()

    def __contains__(self, identity: object) -> bool:
        return identity in self._waiting and identity != self.granted

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, name: "Name", identity: "Identity", count: int) -> None:
        """Queue one of so many names, or let it wait for the first copy of its set.

        There are more of them where a directory is mounted twice, or links are made meanwhile.
        """
        if identity in self._waiting:
            self._waiting[identity].append(name)
            count_unchosen = self._unchosen.get(identity)
            if count_unchosen is not None and len(self._waiting[identity]) >= count_unchosen:
                self._choose(identity)
            return
        first = self._copied.get(identity)
        if first is None:
            self._waiting[identity] = []
            if self._forgets:
                self._left.setdefault(identity, count)
            if self.chooses:
                self._waiting[identity].append(name)
                self._unchosen[identity] = count
                return
        self._queue(name, REGULAR if first is None else LINKED, (identity, first))

    def choose(self) -> bool:
        """Choose the first names of sets that wait for names; return whether there were any."""
        identities = list(self._unchosen)
        for identity in identities:
            self._choose(identity)
        return bool(identities)

    def _choose(self, identity: "Identity") -> None:
        del self._unchosen[identity]
        names = self._waiting[identity]
        first = max(names, key=_size_there)
        names.remove(first)
        self._queue(first, REGULAR, (identity, None))

    def done(self, link: "Link", made: "Entry | None") -> None:
        """Note that a name is copied, or cannot be; `made` is the first copy if it was to be it.

        Queue the names that waited for that; without it the next is to be it.
        """
        identity, first = link
        if first is None:
            self._release(identity, made)
            left = self._left.pop(identity, 0) - 1
            if made is not None and left >= 0:
                self._copied.await_names(identity, left)
            elif left > 0:
                self._left[identity] = left
        elif self._forgets:
            self._copied.count_off(identity)

    def _release(self, identity: "Identity", made: "Entry | None") -> None:
        waiting = self._waiting.pop(identity)
        if made is not None:
            self._copied[identity] = made
            for name in waiting:
                self._queue(name, LINKED, (identity, made))
        elif waiting:
            self._waiting[identity] = waiting[1:]
            self._queue(waiting[0], REGULAR, (identity, None))


def _size_there(name: "Name") -> int:
    """Return how many bytes there are of the copy of a name, -1 if there is none."""
    filled, file, _place = name
    found = look_below(filled.folder.destination_directory, file)
    return found.st_size if found is not None and S_ISREG(found.st_mode) else -1
