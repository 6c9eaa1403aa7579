"""A unit of work as the coordinator knows it, until it comes back; and what it then brings."""

from pycp.run.level import Folded
from pycp.run.unit import follow, pack_filled, place_of, unpack_filled, way_to

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.engine.directory import Filled
    from pycp.run.level import Level, Link
    from pycp.run.unit import Link as PackedLink
    from pycp.run.unit import Opened, Part, Range


class Task:
    """Names in some directories."""

    __slots__ = ("levels", "range", "tries")

    def __init__(self) -> None:
        self.levels: list[Level] = []
        """Directories, each with some of the names in it."""
        self.range: Range | None = None
        """Part of a large file, and nothing else."""
        self.tries = 0
        """Times it was given out."""

    def packed(self, root: "Filled", reruns: bool) -> "tuple[list[Part], Range | None]":
        """Return its parts and range as plain values, below a root; it keeps the names folded.

        A directory that waits for nothing else is finished by who carries it out. `reruns` says
        that some of it may be done twice, so nothing counts as new.
        """
        parts = []
        for level in self.levels:
            filled, link, names = level.filled, level.link, list(level.entries)
            level.entries = Folded(names)  # many units may be out
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
