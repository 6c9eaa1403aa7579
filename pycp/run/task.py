"""A unit of work as the coordinator knows it, until it comes back; and what it then brings."""

import marshal

from pycp.run.unit import follow, pack_filled, place_of, unpack_filled, way_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.directory import Filled
    from pycp.run.level import Link, Place
    from pycp.run.unit import Item, Opened, Part, Range
    from pycp.run.unit import Link as PackedLink


class Task:
    """Names in some directories."""

    __slots__ = ("_names", "parts", "places", "range", "tries")

    def __init__(self) -> None:
        self.parts: list[tuple[Filled, list[Item], Link | None]] = []
        """Directories, each with names in it, and what the only one is a name of."""
        self.places: list[Place | None] = []
        """Where in what is told the parts come."""
        self.range: Range | None = None
        """Part of a large file, and nothing else."""
        self.tries = 0
        """Times it was given out."""
        self._names = b""

    def fold(self) -> None:
        """Keep the names as bytes, a fourth of what they take: many units may be out."""
        self._names = marshal.dumps([names for _filled, names, _link in self.parts])
        self.parts = [(filled, [], link) for filled, _names, link in self.parts]

    def unfold(self) -> None:
        """Have the names again."""
        all_names = marshal.loads(self._names)
        self.parts = [
            (filled, names, link)
            for (filled, _nothing, link), names in zip(self.parts, all_names, strict=True)
        ]

    def packed(self, root: "Filled", reruns: bool) -> "tuple[list[Part], Range | None]":
        """Return its parts and range as plain values, below a root.

        A directory that waits for nothing else is finished by who carries it out. `reruns` says
        that some of it may be done twice, so nothing counts as new.
        """
        parts = []
        for filled, names, link in self.parts:
            folder = filled.folder
            finishes = filled.pending == 1 and filled is not root and filled.is_ours
            parts.append(
                (
                    way_to(folder, root.folder),
                    folder.is_new and not reruns,
                    folder.is_of_run,
                    folder.goes_by_umask,
                    filled.is_redone,
                    names,
                    pack_filled(filled) if finishes else None,
                    None if link is None else _packed(link, root),
                )
            )
        return parts, self.range


def _packed(link: "Link", root: "Filled") -> "PackedLink":
    identity, first = link
    return identity, None if first is None else place_of(first, root.folder)


def entered(opened: "list[Opened]", found: "list[Filled]", knows_inside: bool) -> "list[Filled]":
    """Return the directories that a worker has entered and not finished.

    `found` are those of its unit; `knows_inside` says that their names below the operand count.
    """
    new: list[Filled] = []
    for number, step, is_new, by_umask, record, _names in opened:
        above = found[~number] if number < 0 else new[number]
        folder = follow(above.folder, step, is_new)
        folder.goes_by_umask = by_umask
        folder.is_of_run = is_new or above.folder.is_of_run
        filled = unpack_filled(record, folder)
        filled.above, filled.depth = above, above.depth + 1
        filled.is_redone = above.is_redone
        if knows_inside:
            filled.inside = f"{above.inside}{step[0]}/"
        above.pending += 1
        new.append(filled)
    return new
