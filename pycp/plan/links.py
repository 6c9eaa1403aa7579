"""What a run remembers of the files it met: hard links to keep, names it must not write twice."""

from stat import S_ISLNK

from pycp.errors import CopyError
from pycp.quoting import quote_name
from pycp.system.folder import identity
from pycp.values import last_component

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Container

    from pycp.entries import Entry

    Identity = tuple[int, int]


class Memory:
    """One run's memory, shared by all its operands."""

    __slots__ = (
        "_links",
        "_made",
        "_sources",
        "ancestors",
        "copied",
        "elsewhere",
        "foreign",
        "links_made",
        "making",
        "operand",
    )

    def __init__(self) -> None:
        self.copied: dict[Identity, Entry] = {}
        """Source file or directory → the entry whose destination is its copy.

        A directory that the run made is here under its own identity as well, so that a walk which
        comes into it is noticed.
        """
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
        self._sources: set[tuple[Identity, Identity, str]] = set()
        self._made: set[tuple[Identity, str]] = set()
        self._links: dict[int, set[int]] = {}
        """Device → inode numbers of symbolic links: half the memory that pairs would take."""
        self.links_made: list[Identity] | None = None
        """Those to be told to another process, if any are."""

    def forget(self, entry: "Entry", source: "os.stat_result") -> None:
        """Forget a directory that could not be made: it may be tried again under another name."""
        if self.copied.get(identity(source)) is entry:
            del self.copied[identity(source)]

    def has_seen_source(self, parent: "Identity", name: str, status: "os.stat_result") -> bool:
        """Return whether this directory entry was a source before, and remember it."""
        key = (identity(status), parent, last_component(name))
        if key in self._sources:
            return True
        self._sources.add(key)
        return False

    def made(self, name: str, status: "os.stat_result") -> None:
        """Remember a destination that this run made in the target directory."""
        self._made.add((identity(status), name))

    def has_made(self, name: str, status: "os.stat_result") -> bool:
        """Return whether this run made this destination."""
        return (identity(status), name) in self._made

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
