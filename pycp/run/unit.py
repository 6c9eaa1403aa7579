"""A unit of work: names to copy in some directories, as plain values that any process understands.

A unit goes out as parts, each with the way to a directory, and comes back as what became of them:
names that were not begun, directories that were entered and are not finished, members of hard-link
sets, and what is to be told. Nothing here is an object of ours once it is packed (marshal), so it
may travel to a process that was started elsewhere.
"""

from os import stat_result

from pycp.engine.attributes import Made
from pycp.engine.directory import Filled
from pycp.entries import Entry
from pycp.system.folder import CLOSED, Directory, Folder

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from pycp.errors import Words

    Identity = tuple[int, int]
    Step = tuple[str, Identity, Identity]
    Way = tuple[Step, ...]
    """Names from the operand's directory down, with the identity of each side."""
    Item = tuple[str, int]
    """A name in a directory, and its kind."""
    Status = tuple[tuple[Any, ...], dict[str, Any]]
    Record = tuple[Status, Status, bool, int, int, int]
    """What finishing a directory needs."""
    Place = tuple[Way, str, str]
    """Way to a file, its name, and its digest if there is to be a manifest."""
    Link = tuple[Identity, Place | None]
    """A file of several names, and where its first copy is: nowhere if it is to be made."""
    Part = tuple[Way, bool, bool, bool, bool, list[Item], Record | None, Link | None]
    """Way, whether new, made in this run, by umask, and redone; names; the record if it is to be
    finished; and what the only name is one of."""
    Opened = tuple[int, Step, bool, bool, Record, list[Item] | None]
    """Number of the directory above, step, whether new, by umask, record; names left: None if vast.

    One that is gone on with (--resume) is not new, though it is finished as if it were.
    """
    Member = tuple[int, str, Identity, int]
    """Number of its directory, name, identity and how many names it has; 0 for a directory, and
    WHOLE for a large file, IN_TURN for what waits for its turn."""
    Range = tuple[Way, str, str, Identity, Identity, str, int, int]
    """Way to a large file, both its names and identities, how it is to be compared if it is not to
    be copied, and the offsets of a part of it."""
    DoneRange = tuple[int, bool, Words | None, tuple[int, bool]]
    """Bytes copied, whether both sides were there, what a CopyError is made of; where they differ
    first, if not at -1, and whether what differs may be still to come."""

FIRST, ALL = "first", "all"
"""A range is compared up to the first difference, or as long as what differs may be to come."""
OPEN_FOLDERS = 6
"""Folders a worker keeps open, two descriptors each."""
NOTHING = stat_result((0,) * 10)
"""Stands for the status of a directory that is for somebody else to finish."""
KNOWN_FOLDERS = 500
"""Folders a worker remembers the way to."""


def _pack_status(status: stat_result) -> "Status":
    return status.__reduce__()[1]  # type: ignore[return-value]


def pack_filled(filled: Filled) -> "Record":
    """Return what finishing a directory needs, besides the way to it."""
    made = filled.made
    status = _pack_status(filled.source), _pack_status(made.status)
    return (*status, made.is_new, made.withheld, made.mode, made.present_mode)


def unpack_filled(record: "Record | None", folder: Folder) -> Filled:
    """Return the directory of a record, of which one part waits; `folder` holds its two sides."""
    entry = Entry(folder.parent or folder, folder.source_directory.name)
    if record is None:
        return not_ours(entry, folder)
    source, status, is_new, withheld, mode, present_mode = record
    made = Made(stat_result(*status), is_new, withheld)
    made.mode, made.present_mode = mode, present_mode
    filled = Filled(entry, folder, stat_result(*source), made)
    filled.pending = 1
    return filled


def not_ours(entry: Entry, folder: Folder) -> Filled:
    """Return a directory of which one part waits, and that is for somebody else to finish."""
    filled = Filled(entry, folder, NOTHING, Made(NOTHING, False, 0))
    filled.is_ours, filled.pending = False, 1
    return filled


def way_to(folder: Folder, root: Folder) -> "Way":
    """Return the steps from the root of a tree down to one of its folders."""
    steps: list[Step] = []
    source, destination = folder.source_directory, folder.destination_directory
    while source is not root.source_directory:
        assert source.parent is not None and destination.parent is not None
        steps.append((source.name, source.id, destination.id))
        source, destination = source.parent, destination.parent
    return tuple(reversed(steps))


def is_below(entry: Entry, root: Folder) -> bool:
    """Return whether an entry is in the tree of a root."""
    step: Folder | None = entry.folder
    while step is not None and step is not root:
        step = step.parent
    return step is not None


def place_of(entry: Entry, root: Folder) -> "Place":
    """Return where the copy of an entry is."""
    return way_to(entry.folder, root), entry.destination_name, entry.digest


def follow(folder: Folder, step: "Step", is_new: bool) -> Folder:
    """Return the folder one step further down, closed."""
    name, source_id, destination_id = step
    source = Directory(folder.source_directory, name, CLOSED)
    source.id = source_id
    destination = Directory(folder.destination_directory, name, CLOSED)
    destination.id = destination_id
    return Folder(folder, source, destination, is_new)


class Folders:
    """The folders a worker knows; only those used last are open."""

    def __init__(self, root: Folder) -> None:
        self.root = root
        self._known: dict[Way, Folder] = {(): root}
        self._open: list[Way] = []

    def at(self, way: "Way", is_new: bool) -> Folder:
        """Return the folder at the end of a way, open; raise CopyError or OSError if it is gone."""
        folder = self._known.get(way) or self._learn(way, is_new)
        folder.is_new = is_new  # it may be known as one above a new one
        for nearer in (way[:-1], way):  # the one above as well: others in it come next
            if not nearer:
                continue
            try:
                self._known[nearer].find()
            except OSError:
                self._known[nearer].close()  # one of the two may be open
                raise
            if nearer in self._open:
                self._open.remove(nearer)
            self._open.append(nearer)
        while len(self._open) > OPEN_FOLDERS:
            self._known[self._open.pop(0)].close()
        return folder

    def close(self) -> None:
        """Have none open below the root."""
        for way in self._open:
            self._known[way].close()
        self._open.clear()

    def entry(self, place: "Place", likely: Folder | None = None) -> Entry:
        """Return the entry of a file, whose folder need not be open, and is likely to be that."""
        way, name, digest = place
        if likely is None or not way or way[-1][2] != likely.destination_directory.id:
            likely = self._known.get(way) or self._learn(way, False)
        entry = Entry(likely, name)
        entry.digest = digest
        return entry

    def _learn(self, way: "Way", is_new: bool) -> Folder:
        if len(self._known) > KNOWN_FOLDERS:
            self.close()
            self._known = {(): self.root}
        folder = self.root
        for end in range(1, len(way) + 1):
            known = self._known.get(way[:end])
            if known is None:
                known = self._known[way[:end]] = follow(folder, way[end - 1], is_new)
            folder = known
        return folder
