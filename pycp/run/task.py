"""A unit of work as the coordinator knows it, until it comes back."""

from pycp.run.unit import pack_filled, place_of, way_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.directory import Filled
    from pycp.entries import Entry
    from pycp.run.unit import Identity, Item, Part, Sets


class Task:
    """Names in some directories, and the link sets that they are of."""

    __slots__ = ("parts", "sets", "tries")

    def __init__(self) -> None:
        self.parts: list[tuple[Filled, list[Item]]] = []
        self.sets: list[tuple[Identity, Entry | None]] = []
        self.tries = 0
        """Times it was given out."""

    def packed(self, root: "Filled", reruns: bool) -> "tuple[Sets, list[Part]]":
        """Return its sets and parts as plain values, below a root.

        A directory that waits for nothing else is finished by who carries it out. `reruns` says
        that some of it may be done twice, so nothing counts as new.
        """
        parts = []
        for filled, names in self.parts:
            folder = filled.folder
            finishes = filled.pending == 1 and filled is not root and filled.is_ours
            parts.append(
                (
                    way_to(folder, root.folder),
                    folder.is_new and not reruns,
                    folder.goes_by_umask,
                    filled.is_redone,
                    names,
                    pack_filled(filled) if finishes else None,
                )
            )
        sets = [
            (identity, None if first is None else place_of(first, root.folder))
            for identity, first in self.sets
        ]
        return sets, parts
