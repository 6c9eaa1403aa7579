"""A second mount of a file system: another device number, and old attributes for up to a second.

`python -m tests.features.cluster.second DIRECTORY MOUNTPOINT` shows a directory so until it is
unmounted, with all that files may have but holes.
"""

import importlib
import os
import sys
from typing import Any

from tests.bench.loopback import Loopback


class Second(Loopback):
    """The calls that a slow file system does without."""

    def link(self, path: str, old: str) -> None:
        """Give a file another name."""
        os.link(self._at(old), self._at(path))

    def symlink(self, path: str, text: str) -> None:
        """Make a symbolic link."""
        os.symlink(text, self._at(path))

    def readlink(self, path: str) -> str:
        """Return where a symbolic link leads."""
        return os.readlink(self._at(path))

    def mknod(self, path: str, mode: int, device: int) -> None:
        """Make a FIFO, or another special file."""
        os.mknod(self._at(path), mode, device)

    def listxattr(self, path: str) -> list[str]:
        """Return the names of the extended attributes."""
        return os.listxattr(self._at(path), follow_symlinks=False)

    def getxattr(self, path: str, name: str, *_position: int) -> bytes:
        """Return an extended attribute."""
        return os.getxattr(self._at(path), name, follow_symlinks=False)

    def setxattr(self, path: str, name: str, value: bytes, flags: int, *_position: int) -> None:
        """Set an extended attribute."""
        os.setxattr(self._at(path), name, value, flags, follow_symlinks=False)

    def removexattr(self, path: str, name: str) -> None:
        """Remove an extended attribute."""
        os.removexattr(self._at(path), name, follow_symlinks=False)


def main(below: str, place: str) -> None:
    """Serve until unmounted."""
    mfusepy: Any = importlib.import_module("mfusepy")
    os.umask(0)  # the kernel has taken off what the umask of whoever makes a file takes
    options = {"use_ino": True, "allow_other": True, "max_threads": 8}
    mfusepy.FUSE(Second(below, 0), place, foreground=True, fsname="second", **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
