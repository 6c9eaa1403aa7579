"""A FUSE file system that shows another directory, and takes its time for every call.

`python -m tests.bench.loopback DIRECTORY MOUNTPOINT MILLISECONDS` serves until it is unmounted.
Calls may overlap, as on a network. It knows what a copy needs: no symbolic links, no extended
attributes.
"""

import importlib
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

THREADS = 64
STATUS = (
    "st_atime_ns",
    "st_blksize",
    "st_blocks",
    "st_ctime_ns",
    "st_gid",
    "st_ino",
    "st_mode",
    "st_mtime_ns",
    "st_nlink",
    "st_size",
    "st_uid",
)


class Loopback:
    """The calls that mfusepy looks for, by the names it knows."""

    use_ns = True

    def __init__(self, root: str, seconds: float) -> None:
        self._root = root
        self._seconds = seconds

    def _at(self, path: str) -> str:
        """Return where something really is, after a while."""
        self._wait()
        return self._root + path

    def _wait(self) -> None:
        time.sleep(self._seconds)

    def getattr(self, path: str, fd: int | None = None) -> dict[str, int]:
        """Return a file's status, its times in nanoseconds."""
        where = self._at(path)
        status = os.lstat(where) if fd is None else os.fstat(fd)
        return {name.removesuffix("_ns"): getattr(status, name) for name in STATUS}

    def readdir(self, path: str, _fd: int) -> Iterator[tuple[str, dict[str, int], int]]:
        """Return names, with kind and number."""
        with os.scandir(self._at(path)) as entries:
            for entry in entries:
                status = entry.stat(follow_symlinks=False)
                yield entry.name, {"st_mode": status.st_mode, "st_ino": status.st_ino}, 0

    def statfs(self, path: str) -> dict[str, int]:
        """Return how full the file system is."""
        status = os.statvfs(self._at(path))
        names = ("f_bavail", "f_bfree", "f_blocks", "f_bsize", "f_ffree", "f_files", "f_frsize")
        return {name: getattr(status, name) for name in names}

    def open(self, path: str, flags: int) -> int:
        """Open a file."""
        return os.open(self._at(path), flags)

    def create(self, path: str, mode: int, flags: int) -> int:
        """Make and open a file."""
        return os.open(self._at(path), flags | os.O_CREAT, mode)

    def read(self, _path: str, size: int, offset: int, fd: int) -> bytes:
        """Read from a file."""
        self._wait()
        return os.pread(fd, size, offset)

    def write(self, _path: str, data: bytes, offset: int, fd: int) -> int:
        """Write to a file."""
        self._wait()
        return os.pwrite(fd, data, offset)

    def truncate(self, path: str, length: int, fd: int | None = None) -> None:
        """Set the length of a file."""
        where = self._at(path)
        os.truncate(where if fd is None else fd, length)

    def flush(self, _path: str, _fd: int) -> None:
        """Take as long as a server that is told of a close."""
        self._wait()

    def release(self, _path: str, fd: int) -> None:
        """Close a file."""
        self._wait()
        os.close(fd)

    def mkdir(self, path: str, mode: int) -> None:
        """Make a directory."""
        os.mkdir(self._at(path), mode)

    def rmdir(self, path: str) -> None:
        """Remove a directory."""
        os.rmdir(self._at(path))

    def unlink(self, path: str) -> None:
        """Remove a file."""
        os.unlink(self._at(path))

    def link(self, new: str, old: str) -> None:
        """Give a file one more name."""
        os.link(self._root + old, self._at(new))

    def rename(self, old: str, new: str) -> None:
        """Rename a file or directory."""
        os.rename(self._at(old), self._root + new)

    def chmod(self, path: str, mode: int) -> None:
        """Set a mode."""
        os.chmod(self._at(path), mode)

    def chown(self, path: str, uid: int, gid: int) -> None:
        """Set an owner."""
        os.chown(self._at(path), uid, gid, follow_symlinks=False)

    def utimens(self, path: str, times: tuple[int, int] | None = None) -> None:
        """Set the times, in nanoseconds."""
        os.utime(self._at(path), ns=times or (time.time_ns(),) * 2, follow_symlinks=False)


def main(root: str, place: str, milliseconds: str) -> None:
    """Serve until unmounted."""
    # No ordinary import: it is no part of what the tests need, so the type checker lacks it too.
    mfusepy: Any = importlib.import_module("mfusepy")
    # By default, libfuse would serve no more than ten calls at a time.
    calls = Loopback(root, float(milliseconds) / 1000)
    options = {"use_ino": True, "max_threads": THREADS}
    mfusepy.FUSE(calls, place, foreground=True, fsname="loopback", **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
