"""The file system as it would be: what a dry run pretends to have done, laid over what is there.

A `Pretended` directory is looked at like any other, and what is made, renamed or taken away below
it is only remembered, by the identity of the directory and the name in it. Something new gets an
identity of its own, with a negative inode number. Each change asks first whether it is allowed.
"""

import os
import stat
from errno import EACCES, EEXIST, EISDIR, ELOOP, ENOENT, ENOTDIR, EPERM, EXDEV

from pycp import system
from pycp.system.allowed import GROWING, may_link, protection, why_not
from pycp.system.folder import CLOSED, Directory, identity
from pycp.system.nodes import Node, changed, new_status
from pycp.values import components, split_last

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TypeAlias

    from pycp.system.nodes import Later

    Identity = tuple[int, int]
    Place: TypeAlias = "Node | tuple[int | None, str]"
    """Something pretended, or a descriptor and a path below it, "" or with a slash at its end."""
    Names: TypeAlias = "dict[str, Node | Later | None]"
    """What is new or has moved to a directory; None if it is gone."""

MOST_LINKS = 40
"""Symbolic links followed in one name, as in Linux."""


class Overlay:
    """What a dry run has done so far."""

    __slots__ = ("changed", "contents", "made", "numbers")

    def __init__(self) -> None:
        self.made: dict[Identity, Names] = {}
        """By directory, what is not as it really is."""
        self.changed: dict[Identity, os.stat_result] = {}
        """What existing files that were written to look like now."""
        self.contents: dict[Identity, tuple[Pretended, str]] = {}
        """Of files written to, the sources: the directories they are in, and their names."""
        self.numbers = 0
        """How many inode numbers are taken."""

    def find(self, place: "Place", path: str, follows: bool) -> "tuple[os.stat_result, Place]":
        """Return the status and place of what `path` names from a place; raise OSError if none."""
        if not path:
            raise OSError(ENOENT, "")
        parts = components(path)
        needs_directory = path.endswith(("/", "/."))
        follows = follows or needs_directory
        if path.startswith("/"):
            place = (None, "/")
        status = self.status(place)
        links = 0
        while parts:
            name = parts.pop(0)
            above, above_status = place, status
            status, place = self._step(place, status, name, follows or bool(parts))
            if stat.S_ISLNK(status.st_mode) and (parts or follows):
                links += 1
                if links > MOST_LINKS:
                    raise OSError(ELOOP, "")
                text = self.text(place)
                parts[:0] = components(text)
                is_absolute = text.startswith("/")
                place = (None, "/") if is_absolute else above
                status = self.status(place) if is_absolute else above_status
        if needs_directory and not stat.S_ISDIR(status.st_mode):
            raise OSError(ENOTDIR, "")
        return status, place

    def status(self, place: "Place") -> os.stat_result:
        """Return what is in a place."""
        if isinstance(place, Node):
            return place.status
        return system.stat(place[1] or ".", dir_fd=place[0])

    def _step(
        self, place: "Place", here: os.stat_result, name: str, follows: bool
    ) -> "tuple[os.stat_result, Place]":
        """Look up one name; a link that leads nowhere now may lead to something pretended."""
        if not stat.S_ISDIR(here.st_mode):
            raise OSError(ENOTDIR, "")
        if isinstance(place, Node):
            place.require(stat.S_IXUSR)
        names = self.made.get(identity(here), {})
        if name in names:
            node = names[name]
            if node is None:
                raise OSError(ENOENT, "")
            if isinstance(node, tuple):
                node = names[name] = self._node(node, here.st_dev, name)
            return self.changed.get(identity(node.status), node.status), node
        if isinstance(place, Node):
            if name != ".." or not isinstance(place.above, Pretended):
                raise OSError(ENOENT, "")
            place.above.reopen()
            return self.status(place.above.place), place.above.place
        fd, path = place
        try:
            status = system.stat(path + name, dir_fd=fd, follow_symlinks=follows)
        except FileNotFoundError:
            if not follows:
                raise
            status = system.stat(path + name, dir_fd=fd, follow_symlinks=False)
        return self.changed.get(identity(status), status), (fd, f"{path}{name}/")

    def _node(self, later: "Later", device: int, name: str) -> Node:
        like, known, source, number = later
        status = new_status(like, device, number, known(like))
        assert isinstance(source, Pretended)
        self.fill(status, like, source, name)
        return Node(status, "", None)

    def fill(
        self, made: os.stat_result, copied: os.stat_result, source: "Pretended", name: str
    ) -> None:
        """Remember that a file holds what another does, which has this name below a directory."""
        self.contents[identity(made)] = self.contents.get(identity(copied)) or (source, name)

    def text(self, place: "Place") -> str:
        """Return what a symbolic link holds."""
        if isinstance(place, Node):
            return place.text
        return system.readlink(place[1].rstrip("/"), dir_fd=place[0])

    def change(self, place: "Place", status: os.stat_result) -> None:
        """Let what is in a place look like this from now on, under all its names."""
        if isinstance(place, Node) and status.st_ino < 0:
            place.status = status
        else:
            self.changed[identity(status)] = status

    def lose_name(self, place: "Place", status: os.stat_result) -> None:
        """Let what is in a place have one name less."""
        if status.st_nlink > 1:
            self.change(place, changed(status, st_nlink=status.st_nlink - 1))


class Pretended(Directory):
    """A directory below which nothing is really done; it may itself be pretended."""

    __slots__ = ("node", "overlay")

    def __init__(self, directory: Directory, overlay: Overlay, node: Node | None = None) -> None:
        """Stand for a directory; `node` is what it is pretended as."""
        super().__init__(directory.parent, directory.name, directory.fd, directory.shown_as)
        self.id = directory.id
        self.is_path_only = directory.is_path_only
        self.overlay = overlay
        self.node = node

    @property
    def place(self) -> "Place":
        """Return where names below it are looked up from."""
        return self.node or (self.fd, "")

    @property
    def is_open(self) -> bool:
        """Return whether names can be looked up below it now."""
        return self.node is not None or super().is_open

    def reopen(self, child: Directory | None = None) -> None:
        """Open the directory again if it is a real one."""
        if self.node is None:
            super().reopen(child)

    def find(self, name: str, follows: bool) -> "tuple[os.stat_result, Place]":
        """Return the status and place of something below the directory."""
        return self.overlay.find(self.place, name, follows)

    @property
    def _is_untouched(self) -> bool:
        return not (self.overlay.made or self.overlay.changed)

    def stat(self, name: str, follow_symlinks: bool = True) -> os.stat_result:
        """Look at something below the directory."""
        if self._is_untouched:
            return super().stat(name, follow_symlinks)
        return self.find(name, follow_symlinks)[0]

    def may(self, mode: int, name: str) -> bool:
        """Return whether this user may read or write something below it, links followed."""
        if self._is_untouched:
            return super().may(mode, name)
        status, place = self.find(name, True)
        if isinstance(place, Node):
            return system.geteuid() == 0 or bool(status.st_mode & (mode << 6))
        return system.access(place[1].rstrip("/"), mode, dir_fd=place[0], effective_ids=True)

    def why_unwritable(self, name: str) -> int:
        """Return the error number that opening something below it to write fails with, or 0."""
        status, place = self.find(name, True)
        if isinstance(place, Node):
            is_writable = system.geteuid() == 0 or status.st_mode & stat.S_IWUSR
            return 0 if is_writable else EACCES
        code = why_not(*place, system.W_OK)
        return EPERM if not code and protection(*place) & GROWING else code

    @property
    def is_protected(self) -> bool:
        """Return whether nobody may set attributes of the directory itself."""
        return _protection(self.place) != 0

    def finish(self, mode: int) -> None:
        """Pretend that the directory, if it is pretended itself, has its mode in the end."""
        if self.node is not None:
            self.node.finish(mode)

    def readlink(self, name: str) -> str:
        """Return what a symbolic link below the directory holds."""
        return self.overlay.text(self.find(name, False)[1])

    def names(self, name: str, more_flags: int = 0) -> "Iterator[str]":
        """Yield the names in a directory below this one, or in this one itself (".")."""
        status, place = self.find(name, True)
        changes = self.overlay.made.get(identity(status), {})
        if not isinstance(place, Node):
            real = super().names(name, more_flags)
            yield from (found for found in real if found not in changes)
        yield from (found for found, node in changes.items() if node is not None)

    def enter(self, name: str, shown: str, follows: bool = False) -> "Pretended":
        """Open a directory below it, to work in it; "NAME/." asks whether it can be searched."""
        status, place = self.find(name, follows)
        if not stat.S_ISDIR(status.st_mode):
            raise OSError(ENOTDIR, "")
        node = place if isinstance(place, Node) else None
        if node and name.endswith("/."):
            node.require(stat.S_IXUSR)
        below = Pretended(Directory(self, name, CLOSED, shown), self.overlay, node)
        below.id = identity(status)
        if not isinstance(place, Node):
            path = place[1] + "." if name.endswith("/.") else place[1] or "."
            below.fd = system.open(path, system.PLACE_FLAGS, dir_fd=place[0])
            below.is_path_only = True
        return below

    def make(self, name: str, like: os.stat_result, known: dict[str, int], text: str = "") -> None:
        """Pretend that something new is there; raise OSError if it could not be made.

        It looks `like` a source where nothing else is `known`.
        """
        is_directory = stat.S_ISDIR(known.get("st_mode", like.st_mode))
        names, last, device = self._free((name.rstrip("/") or name[:1]) if is_directory else name)
        self.overlay.numbers += 1
        names[last] = Node(new_status(like, device, self.overlay.numbers, known), text, self)

    def link(self, name: str, directory: Directory, target: str, follows: bool) -> None:
        """Pretend that `name` is a hard link to what is below another directory."""
        assert isinstance(directory, Pretended)
        names, last, device = self._free(name)
        status, place = directory.find(target, follows)
        if status.st_dev != device:
            raise OSError(EXDEV, "")
        if not isinstance(place, Node) and not may_link(status, *place):
            raise OSError(EPERM, "")
        status = changed(status, st_nlink=status.st_nlink + 1)
        self.overlay.change(place, status)
        names[last] = place if isinstance(place, Node) else Node(status, "", None)

    def write(self, name: str, **known: int) -> None:
        """Pretend that a file was written to, links followed."""
        status, place = self.find(name, True)
        self.overlay.change(place, changed(status, **known))

    def mkdir(self, name: str, mode: int) -> None:
        """Pretend to make a directory below this one."""
        above = self.find(split_last(name)[0] or ".", True)[0]
        owner = {"st_uid": system.geteuid(), "st_gid": system.getegid()}
        self.make(name, above, {"st_mode": stat.S_IFDIR | mode, **owner})

    def unlink(self, name: str) -> None:
        """Pretend to take away a name below the directory."""
        names, last, place, status = self._taken(name)
        self.overlay.lose_name(place, status)
        names[last] = None

    def rename(self, name: str, new_name: str, exclusively: bool = False) -> None:
        """Pretend to give something another name in the same directory."""
        names, last, place, status = self._taken(name)
        if new_name.endswith("/") and not stat.S_ISDIR(status.st_mode):
            raise OSError(ENOTDIR, "")
        try:
            other = self.find(new_name, False)[0]
        except FileNotFoundError:
            pass
        else:
            if exclusively:
                raise OSError(EEXIST, "")
            if identity(other) == identity(status):
                return  # nothing happens to two names of one file
            self.overlay.lose_name(*self._taken(new_name)[2:])
        if not isinstance(place, Node):
            text = self.overlay.text(place) if stat.S_ISLNK(status.st_mode) else ""
            place = Node(status, text, None)
        names[last], names[split_last(new_name)[1]] = None, place

    def _spot(self, name: str) -> "tuple[Names, str, Place, os.stat_result]":
        """Return the changes, last name, place and status of the directory that a name is in."""
        head, last = split_last(name)
        status, place = self.find(head or ".", True)
        return self.overlay.made.setdefault(identity(status), {}), last.rstrip("/"), place, status

    def _free(self, name: str) -> "tuple[Names, str, int]":
        """Return where something new would be, and the device; raise OSError if it cannot be."""
        names, last, place, above = self._spot(name)
        try:
            self.find(name.rstrip("/") or name[:1], False)
        except FileNotFoundError:
            if name.endswith("/") or not name:
                raise
            _require_writable(place)
            return names, last, above.st_dev
        raise OSError(EEXIST, "")

    def _taken(self, name: str) -> "tuple[Names, str, Place, os.stat_result]":
        """Return where something is, and what; raise OSError if it cannot be taken away."""
        names, last, place, above = self._spot(name)
        found, found_place = self.find(name, False)
        _require_writable(place)
        owners = (0, above.st_uid, found.st_uid)
        if (
            (above.st_mode & stat.S_ISVTX and system.geteuid() not in owners)
            or _protection(place) & GROWING
            or _protection(found_place, follows=False)
        ):
            raise OSError(EPERM, "")
        if stat.S_ISDIR(found.st_mode):
            raise OSError(EISDIR, "")
        return names, last, found_place, found


def _require_writable(place: "Place") -> None:
    """Raise OSError if nothing can be made in a directory; while it is filled, ours lets us in."""
    if isinstance(place, Node):
        place.require(stat.S_IWUSR | stat.S_IXUSR)
    elif code := why_not(*place, system.W_OK | os.X_OK):
        raise OSError(code, "")


def _protection(place: "Place", follows: bool = True) -> int:
    """Return how what is in a place is protected against everybody; nothing we made is."""
    return 0 if isinstance(place, Node) else protection(*place, follows)
