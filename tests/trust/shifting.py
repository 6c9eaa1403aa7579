"""A file system that gives the same file another number at each look: mounted, or pretended.

`python -m tests.trust.shifting DIRECTORY MOUNTPOINT` shows a directory so until it is unmounted.
"""

import importlib
import itertools
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from pycp import system
from tests.bench.loopback import Loopback

DEVICE = 0xFACE
NUMBERS = itertools.count(1_000_000)


class Shifting(Loopback):
    """Another directory, with numbers that never come again."""

    def getattr(self, path: str, fd: int | None = None) -> dict[str, int]:
        """Return a file's status with a new number."""
        return super().getattr(path, fd) | {"st_ino": next(NUMBERS)}


def pretended(monkeypatch: pytest.MonkeyPatch, place: Path) -> None:
    """Let what our program sees below a directory have a new number at each look."""
    begin = f"{place}/"

    def shown(status: os.stat_result, path: str) -> os.stat_result:
        if not f"{path}/".startswith(begin):
            return status
        values = [status.st_mode, next(NUMBERS), DEVICE, *status[3:]]
        fields: Any = status.__reduce__()[1]  # those that are no values; others none may be
        return os.stat_result(values, fields[1])

    def path_of(name: str, dir_fd: int | None) -> str:
        above = os.getcwd() if dir_fd is None else os.readlink(f"/proc/self/fd/{dir_fd}")
        above, last = os.path.split(os.path.join(above, name.rstrip("/")))
        return os.path.join(os.path.realpath(above), last)

    def fstat(fd: int) -> os.stat_result:
        return shown(os.fstat(fd), os.readlink(f"/proc/self/fd/{fd}"))

    def stat(
        name: str, *, dir_fd: int | None = None, follow_symlinks: bool = True
    ) -> os.stat_result:
        status = os.stat(name, dir_fd=dir_fd, follow_symlinks=follow_symlinks)
        path = path_of(name, dir_fd)
        return shown(status, os.path.realpath(path) if follow_symlinks else path)

    def stat_of(target: Any) -> os.stat_result:
        if isinstance(target, int):
            return fstat(target)
        if isinstance(target, str):
            return fstat(int(target.rpartition("/")[2]))
        return stat(target[0], dir_fd=target[1], follow_symlinks=False)

    for call in (fstat, stat, stat_of):
        monkeypatch.setattr(system, call.__name__, call)


def main(below: str, place: str) -> None:
    """Serve until unmounted, and have nothing remembered."""
    mfusepy: Any = importlib.import_module("mfusepy")
    options = {"use_ino": True, "attr_timeout": 0, "entry_timeout": 0}
    mfusepy.FUSE(Shifting(below, 0), place, foreground=True, fsname="shifting", **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
