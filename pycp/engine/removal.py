"""Things taken away below a root, by descriptor: nothing is reached through a symbolic link."""

import stat

from pycp import system
from pycp.engine.digest import read_digest
from pycp.system.folder import identity, is_still, release

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os


class Below:
    """The directories below a root; the one entered last stays open."""

    def __init__(self, root: str) -> None:
        """Open the root; raise OSError if that cannot be."""
        self._root_fd = system.open(root, system.PLACE_FLAGS)
        self._path = ""
        self._fd = self._root_fd

    def enter(self, path: str) -> int:
        """Return a descriptor of a directory, which is good until the next call.

        Raise OSError if a name on the way is no directory, or is a link to one.
        """
        if path != self._path:
            self._leave()
            fd = self._root_fd
            for name in path.split("/") if path else ():
                try:
                    below = system.open(name, system.PLACE_FLAGS | system.O_NOFOLLOW, dir_fd=fd)
                finally:
                    if fd != self._root_fd:
                        release(fd)
                fd = below
            self._path, self._fd = path, fd
        return self._fd

    def _leave(self) -> None:
        if self._fd != self._root_fd:
            release(self._fd)
        self._path, self._fd = "", self._root_fd

    def close(self) -> None:
        """Let go of everything."""
        self._leave()
        release(self._root_fd)


def digest_of(
    dir_fd: int, name: str, status: "os.stat_result", shown: str, is_dry_run: bool = False
) -> str:
    """Return the sha256 of a regular file of this status; "" if it is another one by now."""
    import hashlib

    with system.closing(system.open(name, system.FILE_ITSELF_FLAGS, dir_fd=dir_fd)) as fd:
        opened = system.fstat(fd)
        if not (stat.S_ISREG(opened.st_mode) and _is_same(fd, opened, status)):
            return ""
        if is_dry_run:
            from pycp.system.contents import read_untraced

            read_untraced(fd)
        return read_digest(hashlib.sha256(usedforsecurity=False), fd, shown)


def take_away(dir_fd: int, name: str, status: "os.stat_result") -> bool:
    """Unlink what was looked at, if it is still the same; return whether it was."""
    # Whoever puts something else there between this look and the next call loses it all the same:
    # no call removes only what we know.
    if not _is_still_there(dir_fd, name, status):
        return False
    system.unlink(name, dir_fd=dir_fd)
    return True


def put_back(dir_fd: int, name: str, status: "os.stat_result | None", old_name: str) -> bool:
    """Give an old file its name back, in one step if something has it that was looked at.

    Return False if something else has the name.
    """
    if status is None:
        system.rename_exclusively(old_name, name, dir_fd)
        return True
    if not _is_still_there(dir_fd, name, status):
        return False
    system.rename(old_name, name, src_dir_fd=dir_fd, dst_dir_fd=dir_fd)
    return True


def _is_still_there(dir_fd: int, name: str, status: "os.stat_result") -> bool:
    now = system.status_if_any(name, dir_fd)
    return now is not None and _is_same(dir_fd, now, status)


def _is_same(fd: int, now: "os.stat_result", before: "os.stat_result") -> bool:
    is_alike = stat.S_IFMT(now.st_mode) == stat.S_IFMT(before.st_mode)
    is_unchanged = (now.st_size, now.st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    return is_alike and is_unchanged and is_still(fd, identity(now), identity(before))
