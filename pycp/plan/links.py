"""What a run remembers of the files it met: hard links to keep, names it must not write twice."""

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
        "_made",
        "_sources",
        "ancestors",
        "copied",
        "elsewhere",
        "has_made_symlink",
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
        self.ancestors: set[Identity] = set()
        """The source directories we are in, and the directories we made for them."""
        self.operand: Entry | None = None
        """The operand that is being copied."""
        self.has_made_symlink = False
        self._sources: set[tuple[Identity, Identity, str]] = set()
        self._made: set[tuple[Identity, str]] = set()

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

    def made(self, name: str, status: "os.stat_result", is_symlink: bool) -> None:
        """Remember a destination that this run made in the target directory."""
        self._made.add((identity(status), name))
        self.has_made_symlink |= is_symlink

    def has_made(self, name: str, status: "os.stat_result") -> bool:
        """Return whether this run made this destination."""
        return (identity(status), name) in self._made
