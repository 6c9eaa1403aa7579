"""A kernel with SELinux, played in memory: labels by inode, and the label for what is made next."""

import errno
import os
import stat
from collections.abc import Callable
from typing import Any

import pytest

from pycp import system
from pycp.errors import CopyError
from pycp.system import selinux
from tests.unit.rooms import Heard

HERE = "u:object_r:here_t:s0"
"""What is made gets this if nobody says otherwise."""


def words_of(parse: "Callable[..., Any]", run: "Callable[..., None]", line: str) -> list[str]:
    """Run a command line; return what it says, failures too."""
    report = Heard()
    try:
        options, operands = parse(line.split(), {}, report.warn)
        run(options, operands, report)
    except CopyError as error:
        report.failed(error)
    return report.words


class Kernel:
    """Gives files labels as they are made, and remembers what it was told."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.labels: dict[tuple[int, int], str] = {}
        self.next = ""
        self.asked_for: list[str] = []
        self.refused: set[str] = set()
        """Labels this user may give to nothing."""
        self.unknown: set[str] = {"bogus"}
        self.types: dict[str, str] = {}
        """What the policy has, by whole name."""
        self.set_while_empty: list[bool] = []
        """Whether a file was empty when its label was changed, in turn."""
        patch.setattr(system, "has_labels", lambda: True)
        for name in ("open", "mkdir", "symlink", "mkfifo", "mknod"):
            patch.setattr(system, name, self._making(name, getattr(os, name)))
        patch.setattr(system, "write", self._write)
        patch.setattr("pycp.engine.labels.label_of", self.label_of)
        patch.setattr("pycp.engine.labels.set_label", self.set_label)
        patch.setattr("pycp.engine.labels.label_new", self.label_new)
        patch.setattr(selinux, "label_new", self.label_new)
        patch.setattr("pycp.engine.labels.inherited", lambda above, _mode: above)
        patch.setattr("pycp.engine.labels.Policy", lambda: self)

    def _making(self, name: str, call: Any) -> Any:
        def make(*arguments: Any, **places: Any) -> Any:
            path = arguments[1] if name == "symlink" else arguments[0]
            dir_fd = places.get("dir_fd")
            is_new = name != "open" or arguments[1] & os.O_CREAT
            if is_new and self.next in self.refused and not self._is_there(path, dir_fd):
                raise OSError(errno.EACCES, os.strerror(errno.EACCES))
            is_new = is_new and not self._is_there(path, dir_fd)
            result = call(*arguments, **places)
            if is_new:
                made = os.stat(path, dir_fd=dir_fd, follow_symlinks=False)
                self.labels[made.st_dev, made.st_ino] = self.next or HERE
            return result

        return make

    @staticmethod
    def _is_there(path: str, dir_fd: int | None) -> bool:
        try:
            os.stat(path, dir_fd=dir_fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    @staticmethod
    def _write(fd: int, data: Any) -> int:
        return os.write(fd, data)

    @staticmethod
    def _identity(where: Any) -> os.stat_result:
        if isinstance(where, tuple):
            return os.stat(where[0], dir_fd=where[1], follow_symlinks=False)
        # The path of a descriptor leads to what that holds, and no further.
        return os.fstat(where if isinstance(where, int) else int(where.rpartition("/")[2]))

    def label_of(self, where: Any) -> str:
        status = self._identity(where)
        return self.labels.get((status.st_dev, status.st_ino), HERE)

    def set_label(self, where: Any, label: str) -> None:
        if label in self.refused:
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))
        status = self._identity(where)
        if stat.S_ISREG(status.st_mode):
            self.set_while_empty.append(status.st_size == 0)
        self.labels[status.st_dev, status.st_ino] = label

    def label_new(self, label: str) -> None:
        if label in self.unknown:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        self.asked_for.append(label)
        self.next = label

    def label(self, path: str, _mode: int) -> str:
        """Answer as the policy does."""
        kind = self.types.get(path)
        return f"system_u:object_r:{kind}:s0" if kind else ""

    def give(self, path: str, kind: str) -> None:
        """Label a file."""
        status = os.lstat(path)
        self.labels[status.st_dev, status.st_ino] = f"u:object_r:{kind}:s0"

    def type_of(self, path: str) -> str:
        """Return the type that a file is labelled with."""
        status = os.lstat(path)
        return self.labels.get((status.st_dev, status.st_ino), HERE).split(":")[2]
