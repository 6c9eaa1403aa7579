"""A directory on a walk: what is still to come of it, and the way to have it open for a while."""

import marshal

from pycp.errors import cannot

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

    from pycp.engine.directory import Filled
    from pycp.engine.job import Job
    from pycp.entries import Entry

    Link = tuple[tuple[int, int], Entry | None]
    """A file of several names, and its first copy: None if that is to be made."""


WHOLE, IN_TURN = -1, -2
"""Stand for the number of names of a file that is to be copied in ranges, or in its turn."""


class Place:
    """Where something is told that may still be to be done: lines of several processes in order."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: list[Any] | None = None
        """Events and places, in order; None until they are known."""

    def before(self) -> "tuple[Place, Place]":
        """Return two places that this one is made of from now on."""
        first, rest = Place(), Place()
        self.items = [first, rest]
        return first, rest


class Folded:
    """Names that wait, as bytes until the first of them is wanted: a fourth of what they take."""

    __slots__ = ("_data", "_left", "_names")

    def __init__(self, names: "list[tuple[str, int]]") -> None:
        self._data = marshal.dumps(names)
        self._left = len(names)
        self._names: Iterator[tuple[str, int]] | None = None

    def __iter__(self) -> "Folded":
        return self

    def __length_hint__(self) -> int:
        return self._left

    def __next__(self) -> "tuple[str, int]":
        if self._names is None:
            self._names, self._data = iter(marshal.loads(self._data)), b""
        item = next(self._names)
        self._left -= 1
        return item


class Level:
    """A directory that is being copied, and those of its entries still to come."""

    __slots__ = ("entries", "filled", "is_unlisted", "link", "place")

    def __init__(
        self,
        filled: "Filled",
        entries: "Iterator[tuple[str, int]]",
        place: "Place | None" = None,
        link: "Link | None" = None,
    ) -> None:
        self.filled = filled
        self.entries = entries
        self.is_unlisted = False
        """It has very many entries, which are still to be listed."""
        self.link = link
        """What its only entry is a name of, if this was handed back before."""
        self.place = place
        """Where in what is told its entries come, if there is an order."""

    def place_of_next(self, is_all: bool) -> "Place | None":
        """Return the place of the entries that come next, which may be all there are."""
        if self.place is None or is_all:
            return self.place
        first, self.place = self.place.before()
        return first

    def end(self) -> None:
        """Let nothing more be told of it."""
        if self.place is not None:
            self.place.items = []


def give_up(levels: "Iterable[Level]") -> None:
    """Let go of directories that nothing more is copied of."""
    for level in levels:
        level.entries = iter(())  # whoever was listing closes the directory
        level.filled.folder.close()


class Opened:
    """A directory opened again for a while, unless it is open; False if that cannot be."""

    def __init__(self, job: "Job", filled: "Filled") -> None:
        self._job = job
        self._filled = filled
        self._was_open = False

    def __enter__(self) -> bool:
        folder = self._filled.folder
        self._was_open = folder.source_directory.is_open and folder.destination_directory.is_open
        try:
            folder.find()
        except OSError as error:
            tell_lost(self._job, self._filled, error)
            return False
        return True

    def __exit__(self, *_exception: object) -> None:
        if not self._was_open:
            self._filled.folder.close()


def tell_lost(job: "Job", filled: "Filled", error: OSError) -> None:
    """Tell that a directory cannot be gone back to."""
    job.report.failed(cannot("access", filled.entry.source, error))
