"""Link sets of a tree that several processes copy: one name first, the others when it is done."""

from pycp.values import LINKED, REGULAR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.directory import Filled
    from pycp.entries import Entry
    from pycp.plan.links import Copies
    from pycp.run.unit import Identity

    Name = tuple[Filled, str]
    """A name in a directory that waits for it."""
    Queue = Callable[[Name, int, Identity, Entry | None], None]


class LinkSets:
    """The sets whose first copy is being made, and the names that wait for it.

    Those that are granted to this process count as free for as long as it copies them.
    """

    def __init__(self, copied: "Copies", queue: "Queue") -> None:
        self._copied = copied
        self._queue = queue
        self._waiting: dict[Identity, list[Name]] = {}
        self._granted: set[Identity] = set()

    def __contains__(self, identity: object) -> bool:
        return identity in self._waiting and identity not in self._granted

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def grant(self, identities: "list[Identity]") -> None:
        """Let this process make the first copies of these sets, until they are released."""
        self._granted.update(identities)

    def add(self, name: "Name", identity: "Identity") -> None:
        """Queue a name that was handed back, or let it wait for the first copy of its set."""
        if identity in self._waiting:
            self._waiting[identity].append(name)
            return
        first = self._copied.get(identity)
        if first is None:
            self._waiting[identity] = []
        self._queue(name, REGULAR if first is None else LINKED, identity, first)

    def release(self, identity: "Identity", first: "Entry | None") -> None:
        """Queue the names that waited for a first copy; without one the next is to be it."""
        self._granted.discard(identity)
        waiting = self._waiting.pop(identity)
        if first is not None:
            self._copied[identity] = first
            for name in waiting:
                self._queue(name, LINKED, identity, first)
        elif waiting:
            self._waiting[identity] = waiting[1:]
            self._queue(waiting[0], REGULAR, identity, None)
