"""Directories held by descriptor, however deep the tree.

A copy walks two trees at once. Each level is a `Folder`: the directory entries come from and the
one they go to. Work below a level uses its descriptors, never a path joined from many names, so a
tree may be deeper than PATH_MAX and a name swapped for a symbolic link leads nowhere. Only the
deepest levels keep their descriptors; an outer one is opened again on the way back, through the
".." of the level below it, and must then be the very directory it was.
"""

import os
import time
from errno import ENOENT, ESTALE

from pycp import system
from pycp.errors import skipping
from pycp.values import join

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

CLOSED = -1
NOT_YET = (ENOENT, ESTALE)
"""What a machine may say of something that another has just made."""
PAUSE = 0.1
"""Seconds before a second look."""
SHORT = 4096
"""Whole names up to this length are kept; all of a very deep tree's would be quadratic."""


def identity(status: os.stat_result) -> tuple[int, int]:
    """Return what tells one file from all others: device and inode number."""
    return status.st_dev, status.st_ino


def is_still(fd: int | None, found: tuple[int, int], expected: tuple[int, int]) -> bool:
    """Return whether one look found what another one did, as far as its file system can tell.

    `fd` is what was found, or the directory it is in. Where a second look at the very same
    descriptor gives another number, as some file systems in user space do (FUSE), no two looks
    agree, and only the device is compared.
    """
    return found == expected or (found[0] == expected[0] and not numbers_last(fd))


def numbers_last(fd: int | None) -> bool:
    """Return whether a second look at what is open finds the same number."""
    try:
        first, second = (system.stat(".") if fd is None else system.fstat(fd) for _look in range(2))
    except OSError:
        return True
    return identity(first) == identity(second)


def _identity_of(fd: int) -> tuple[int, int]:
    """Return the identity of a directory just opened; close it if that fails."""
    try:
        return identity(system.fstat(fd))
    except OSError:
        release(fd)
        raise


def release(fd: int) -> None:
    """Close what loses nothing by it: a directory, or what another one tells the errors of."""
    try:
        system.close(fd)
    except OSError:
        pass


def may_be_just_made(fd: int, status: os.stat_result) -> bool:
    """Return whether an open directory can be the one made a moment ago: there is nothing in it.

    It was last changed when it was made. What got its name by a rename was changed later than its
    entries were, and only such a one is looked into.
    """
    if status.st_mtime_ns == status.st_ctime_ns:
        return True
    try:
        try:
            listed = system.open(".", system.DIRECTORY_FLAGS, dir_fd=fd)
        except PermissionError:  # a default access list may have made it one we cannot search
            listed = system.open(system.descriptor_path(fd), system.DIRECTORY_FLAGS)
        try:
            with system.scandir(listed) as entries:
                return next(entries, None) is None
        finally:
            release(listed)
    except OSError:
        return False


class Directory:
    """One directory: its descriptor while it is open, and the way back to it while it is not."""

    __slots__ = ("fd", "id", "is_path_only", "is_pinned", "name", "parent", "shown_as")

    def __init__(
        self, parent: "Directory | None", name: str, fd: int | None, shown_as: str = ""
    ) -> None:
        self.parent = parent
        self.name = name
        self.fd = fd
        """Descriptor; None stands for the working directory, which needs none."""
        self.id = (0, 0)
        """Device and inode number."""
        self.is_pinned = False
        """It stays open: its entries are being listed."""
        self.is_path_only = False
        """The descriptor is a place only, because the directory cannot be read."""
        self.shown_as = shown_as

    @property
    def shown(self) -> str:
        """Return the directory's whole name, for messages."""
        if self.shown_as:
            return self.shown_as
        names = []
        step: Directory | None = self
        while step is not None and step.name and not step.shown_as:
            names.append(step.name)
            step = step.parent
        shown = step.shown_as if step is not None else ""
        shown = join(shown, "/".join(reversed(names)))
        if len(shown) < SHORT:
            self.shown_as = shown
        return shown

    @property
    def is_open(self) -> bool:
        """Return whether names can be looked up below it now."""
        return self.fd is None or self.fd >= 0

    def close(self) -> None:
        """Give the descriptor back; the directory can be opened again."""
        if self.fd is not None and self.fd >= 0 and not self.is_pinned:
            fd, self.fd = self.fd, CLOSED
            release(fd)

    def reopen(self, child: "Directory | None" = None) -> None:
        """Open the directory again, from a child of it that is open or from above.

        Raise CopyError if another directory has taken its place.
        """
        if self.fd != CLOSED:
            return
        if child is not None and child.fd is not None and child.fd >= 0:
            fd = system.open("..", system.PLACE_FLAGS | system.O_NOFOLLOW, dir_fd=child.fd)
            if is_still(fd, _identity_of(fd), self.id):
                self.fd = fd
                self.is_path_only = True
                return
            release(fd)  # the child was moved, or reached through a symbolic link
        self._reopen_from_above()

    def _reopen_from_above(self) -> None:
        steps = []
        step = self
        while step.fd == CLOSED:
            steps.append(step)
            assert step.parent is not None
            step = step.parent
        fd, is_ours = step.fd, False
        for step in reversed(steps):
            try:
                below = system.open(step.name, system.PLACE_FLAGS, dir_fd=fd)
            finally:
                if is_ours and fd is not None:
                    release(fd)
            fd, is_ours = below, True
            if not is_still(fd, _identity_of(fd), step.id):
                release(fd)
                raise skipping("directory", step.shown)
        self.fd = fd
        self.is_path_only = True

    def be_listed(self) -> None:
        """Have it open to be read, where it is open as a place only."""
        if self.is_path_only and self.fd is not None:
            fd = system.open(".", system.DIRECTORY_FLAGS, dir_fd=self.fd)
            release(self.fd)
            self.fd, self.is_path_only = fd, False

    def stat(self, name: str, follow_symlinks: bool = True) -> os.stat_result:
        """Look at something below the directory."""
        return system.stat(name, dir_fd=self.fd, follow_symlinks=follow_symlinks)

    def look(self, name: str, follow_symlinks: bool = False) -> os.stat_result | None:
        """Return the status of something below it, None if there is none that we can see."""
        try:
            return self.stat(name, follow_symlinks)
        except OSError:
            return None

    def may(self, mode: int, name: str) -> bool:
        """Return whether this user may read or write something below it, links followed."""
        return system.access(name, mode, dir_fd=self.fd, effective_ids=True)

    def names(self, name: str, more_flags: int = 0) -> "Iterator[str]":
        """Yield the names in a directory below this one, or in this one itself (".").

        It is opened with more flags, if this user may use them.
        """
        try:
            fd = system.open(name, system.DIRECTORY_FLAGS | more_flags, dir_fd=self.fd)
        except PermissionError:
            fd = system.open(name, system.DIRECTORY_FLAGS, dir_fd=self.fd)
        try:
            with system.scandir(fd) as listing:
                yield from (entry.name for entry in listing)
        finally:
            release(fd)

    def readlink(self, name: str) -> str:
        """Return what a symbolic link below it holds."""
        return system.readlink(name, dir_fd=self.fd)

    def enter(self, name: str, shown: str, follows: bool = False) -> "Directory":
        """Open a directory below it, to look up names there; raise OSError if there is none."""
        no_follow = 0 if follows else system.O_NOFOLLOW
        fd = system.open(name, system.PLACE_FLAGS | no_follow, dir_fd=self.fd)
        below = Directory(self, name, fd, shown)
        below.id = _identity_of(fd)
        below.is_path_only = True
        return below

    def mkdir(self, name: str, mode: int) -> None:
        """Make a directory below it."""
        system.mkdir(name, mode, dir_fd=self.fd)

    def link(self, name: str, directory: "Directory", target: str, follows: bool) -> None:
        """Make a name below it a hard link to what is below another directory."""
        link = system.link_following if follows else system.link_itself
        link(target, name, directory.fd, self.fd)

    def unlink(self, name: str) -> None:
        """Take away a name below it that is no directory."""
        system.unlink(name, dir_fd=self.fd)

    def rename(self, name: str, new_name: str, exclusively: bool = False) -> None:
        """Give something below it another name; `exclusively` never replaces anything."""
        if exclusively:
            system.rename_exclusively(name, new_name, self.fd)
        else:
            system.rename(name, new_name, src_dir_fd=self.fd, dst_dir_fd=self.fd)

    @property
    def where(self) -> "system.Where":
        """Return what names the directory for calls that set attributes."""
        assert self.fd is not None
        return system.where(self.fd, ".", self.fd) if self.is_path_only else self.fd


class Folder:
    """A source directory and the destination directory its entries are copied to."""

    __slots__ = (
        "destination_directory",
        "goes_by_umask",
        "holds_old",
        "is_new",
        "is_of_run",
        "lent",
        "owner_of_directories",
        "owner_of_new",
        "parent",
        "source_directory",
    )

    def __init__(
        self,
        parent: "Folder | None",
        source_directory: Directory,
        destination_directory: Directory,
        is_new: bool,
    ) -> None:
        self.parent = parent
        self.source_directory = source_directory
        self.destination_directory = destination_directory
        self.is_new = is_new
        """This run made the destination directory, so nothing of ours is in it yet."""
        self.is_of_run = is_new
        """The same, but a process that did not live to tell may have begun with it."""
        self.holds_old = True
        """Unless it is new: the last file we met was there before, and so may the next be."""
        self.goes_by_umask = False
        """A new file has the mode asked for but for the umask: no access list has a say in it."""
        self.owner_of_new: tuple[int, int] | None = None
        """User and group of the files we make in it, once one was made."""
        self.owner_of_directories: tuple[int, int] | None = None
        """The same of directories, where one was made in it or above."""
        self.lent: Directory | None = None
        """The directory that was opened for the last link made in it, if it was closed."""

    @property
    def source(self) -> str:
        """Return the source directory's name as messages show it."""
        return self.source_directory.shown

    @property
    def destination(self) -> str:
        """Return the destination directory's name as messages show it."""
        return self.destination_directory.shown

    @property
    def source_fd(self) -> int | None:
        """Return the descriptor that source names are relative to."""
        return self.source_directory.fd

    @property
    def destination_fd(self) -> int | None:
        """Return the descriptor that destination names are relative to."""
        return self.destination_directory.fd

    def lend(self, directory: Directory) -> None:
        """Open a directory that was closed, for links to be made in this folder."""
        self.give_back()
        directory.reopen()
        self.lent = directory

    def give_back(self) -> None:
        """Close what was lent; who opens it again meanwhile must not find it open."""
        if self.lent is not None:
            self.lent.close()
            self.lent = None

    def close(self) -> None:
        """Give both descriptors back, and what was lent."""
        self.give_back()
        self.source_directory.close()
        self.destination_directory.close()

    def find(self) -> None:
        """Open both directories again, which another machine may have made just now.

        Raise CopyError or OSError if that cannot be, also at a second look.
        """
        try:
            self.reopen()
        except OSError as error:
            if error.errno not in NOT_YET:
                raise
            time.sleep(PAUSE)
            self.reopen()

    def reopen(self, child: "Folder | None" = None) -> None:
        """Open both directories again; raise CopyError or OSError if that cannot be."""
        self.source_directory.reopen(child.source_directory if child else None)
        self.destination_directory.reopen(child.destination_directory if child else None)
