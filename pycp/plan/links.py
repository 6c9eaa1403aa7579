"""What a run remembers of the files it met: hard links to keep, names it must not write twice."""

from stat import S_ISLNK

from pycp.entries import Entry
from pycp.errors import CopyError
from pycp.quoting import quote_name
from pycp.system.folder import identity
from pycp.values import last_component

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Container

    from pycp.plan.marks import Marks
    from pycp.plan.stored import Stored
    from pycp.system.folder import Folder

    Identity = tuple[int, int]


class Copies:
    """Where the copies of files are, by device and inode number of their sources.

    There may be as many as files, so what is kept of most is a number and a name.
    """

    __slots__ = ("_folders", "_last", "_left", "_new", "_numbers", "_places", "_uses", "whole")

    def __init__(self) -> None:
        self.whole: dict[Identity, Entry] = {}
        """Directories, and what has a digest or names of its own, such as operands."""
        self._new: type[dict[int, str] | Stored] = dict
        self._places: dict[int, dict[int, str] | Stored] = {}
        """Device → inode number → number of the folder, a slash, and the name in it.

        After the number comes a dot, and how many names are awaited, where that is known.
        """
        self._folders: dict[int, Folder] = {}
        self._numbers: dict[Folder, int] = {}
        self._uses: dict[int, int] = {}
        """Number of a folder → how many of the copies are in it."""
        self._left: dict[Identity, int] = {}
        """How many names are awaited of what is kept whole."""
        self._last = 0

    def store(self) -> None:
        """Keep what is remembered in a file, for some more time, as there may be very much of it.

        Where Python has no SQLite it stays in memory.
        """
        try:
            from pycp.plan.stored import Stored
        except ImportError:
            return
        if self._new is Stored:
            return
        self._new = Stored
        for device, places in self._places.items():
            self._places[device] = stored = Stored()
            for inode, place in places.items():  # type: ignore[union-attr]
                stored[inode] = place

    def __contains__(self, key: "Identity") -> bool:
        return key[1] in self.files_on(key[0]) or key in self.whole

    def __len__(self) -> int:
        return len(self.whole) + sum(map(len, self._places.values()))

    def files_on(self, device: int) -> "dict[int, str] | Stored":
        """Return what has the inode numbers of files on a device, but for those kept whole."""
        places = self._places.get(device)
        if places is None:
            places = self._places[device] = self._new()
        return places

    def __setitem__(self, key: "Identity", entry: Entry) -> None:
        if entry.has_names_of_its_own or entry.digest:
            self.whole[key] = entry
        else:
            self.add(key, entry.folder, entry.source_name)

    def add(self, key: "Identity", folder: "Folder", name: str) -> None:
        """Remember a copy that has the name of its source."""
        number = self._numbers.get(folder)
        if number is None:
            number = self._numbers[folder] = self._last = self._last + 1
            self._folders[number] = folder
            self._uses[number] = 0
        self._uses[number] += 1
        self.files_on(key[0])[key[1]] = f"{number}/{name}"

    def place(self, key: "Identity") -> "tuple[Folder, str] | None":
        """Return the folder of a copy, and its name there; None if there is no copy."""
        place = self.files_on(key[0]).get(key[1])
        if place is None:
            entry = self.whole.get(key)
            return None if entry is None else (entry.folder, entry.destination_name)
        number, _, name = place.partition("/")
        return self._folders[int(number.partition(".")[0])], name

    def get(self, key: "Identity") -> Entry | None:
        """Return the entry that was copied, or None."""
        entry = self.whole.get(key)
        if entry is None and (place := self.place(key)) is not None:
            entry = Entry(*place)
        return entry

    def setdefault(self, key: "Identity", entry: Entry) -> Entry:
        """Return the entry that was copied before, or remember this one."""
        earlier = self.get(key)
        if earlier is None:
            self[key] = earlier = entry
        return earlier

    def forget(self, key: "Identity", entry: Entry) -> None:
        """Forget an operand, if it is what is remembered."""
        if self.whole.get(key) is entry:
            del self.whole[key]

    def discard(self, key: "Identity") -> None:
        """Forget a file, and the folder of its copy if there is nothing else in that."""
        place = self.files_on(key[0]).pop(key[1], None)
        if place is None:
            entry = self.whole.get(key)
            if entry is not None and not entry.is_operand:
                del self.whole[key]
            return
        number = int(place.partition("/")[0].partition(".")[0])
        self._uses[number] -= 1
        if not self._uses[number]:
            del self._uses[number], self._numbers[self._folders.pop(number)]

    def await_names(self, key: "Identity", count: int) -> None:
        """Forget a copy when so many names are counted off."""
        places = self.files_on(key[0])
        place = places.get(key[1])
        if not count:
            self.discard(key)
        elif place is None:
            self._left[key] = count
        else:
            number, _, name = place.partition("/")
            places[key[1]] = f"{number.partition('.')[0]}.{count}/{name}"

    def count_off(self, key: "Identity") -> None:
        """Count off a name that was awaited, if that is known."""
        place = self.files_on(key[0]).get(key[1])
        if place is None:
            left = self._left.pop(key, 0)
        else:
            left = int(place.partition("/")[0].partition(".")[2] or 0)
        if left:
            self.await_names(key, left - 1)

    def operands(self) -> "list[Identity]":
        """Return what of this are operands."""
        return [key for key, entry in self.whole.items() if entry.is_operand]


class Memory:
    """One run's memory, shared by all its operands."""

    __slots__ = (
        "_links",
        "_made",
        "_renewed",
        "_sources",
        "ancestors",
        "copied",
        "elsewhere",
        "foreign",
        "linked",
        "links_made",
        "making",
        "operand",
    )

    def __init__(self) -> None:
        self.copied = Copies()
        """Source files and directories, and where their copies are.

        A directory that the run made is here under its own identity as well, so that a walk which
        comes into it is noticed.
        """
        self.linked = 0
        """How many names were made of files copied before, as far as that was done in short."""
        self.elsewhere: Container[Identity] = ()
        """Files of several names whose first copy is for another process to make."""
        self.foreign: Container[Identity] = ()
        """Directories that the run has met before, of which only another process knows more."""
        self.ancestors: set[Identity] = set()
        """The source directories we are in."""
        self.making: set[Identity] = set()
        """The directories we made for them."""
        self.operand: Entry | None = None
        """The operand that is being copied."""
        self._sources: set[str] | Marks = set()
        self._made: set[str] | Marks = set()
        self._renewed: dict[Identity, Identity] = {}
        """Files that took the place of one that may be among these, and which that was."""
        self._links: dict[int, set[int]] = {}
        """Device → inode numbers of symbolic links: half the memory that pairs would take."""
        self.links_made: list[Identity] | None = None
        """Those to be told to another process, if any are."""

    def has_met(self, key: "Identity") -> bool:
        """Return whether a source directory is none to go into as the first of its name."""
        return (
            key in self.ancestors
            or key in self.making
            or key in self.copied.whole
            or key in self.foreign
        )

    def expect_many_operands(self) -> None:
        """Keep what is remembered of each operand small; nothing is remembered yet."""
        from pycp.plan.marks import Marks

        self._sources, self._made = Marks(), Marks()

    def forget(self, entry: "Entry", source: "os.stat_result") -> None:
        """Forget a directory that could not be made: it may be tried again under another name."""
        self.copied.forget(identity(source), entry)

    def has_seen_source(self, parent: "Identity", name: str, status: "os.stat_result") -> bool:
        """Return whether this directory entry was a source before, and remember it."""
        key = f"{parent[0]}.{parent[1]}.{_key(last_component(name), status)}"
        if key in self._sources:
            return True
        self._sources.add(key)
        return False

    def made(self, name: str, status: "os.stat_result") -> None:
        """Remember a destination that this run made in the target directory."""
        self._made.add(_key(name, status))

    def has_made(self, name: str, status: "os.stat_result") -> bool:
        """Return whether this run made this destination."""
        before = self._renewed.get(identity(status))
        return _key(name, status) in self._made or (
            before is not None and _key_of(name, before) in self._made
        )

    def renewed(self, old: "Identity", new: "Identity") -> None:
        """Remember that a file has taken the place of another one under a name not known."""
        self._renewed[new] = self._renewed.pop(old, old)

    def made_link(self, link: "Identity") -> None:
        """Remember a symbolic link that this run made, wherever it is."""
        self._links.setdefault(link[0], set()).add(link[1])
        if self.links_made is not None:
            self.links_made.append(link)

    def known_links(self) -> "list[Identity]":
        """Return the symbolic links that were remembered."""
        return [(device, inode) for device, inodes in self._links.items() for inode in inodes]

    @property
    def has_made_symlink(self) -> bool:
        """Tell whether a symbolic link was remembered."""
        return bool(self._links)

    def require_not_made(self, entry: "Entry", name: str, shown: str) -> None:
        """Raise CopyError if `name`, below the destination directory, is a link that this run made.

        GNU looks at operands only, and follows what one of them brought when another writes there.
        """
        try:
            itself = entry.folder.destination_directory.stat(name, False)
        except OSError:
            return
        if S_ISLNK(itself.st_mode) and itself.st_ino in self._links.get(itself.st_dev, ()):
            raise CopyError(
                f"will not copy {quote_name(entry.source)} through just-created symlink"
                f" {quote_name(shown)}",
                filename=entry.source,
                filename2=shown,
            )


def _key(name: str, status: "os.stat_result") -> str:
    return _key_of(name, identity(status))


def _key_of(name: str, file: "Identity") -> str:
    """Return a name and the file it was: one string takes a fourth of what tuples do."""
    return f"{file[0]}.{file[1]}/{name}"
