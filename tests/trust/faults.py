"""One system call of a command fails: how, and in which of its uses."""

import os
from collections.abc import Callable
from mmap import mmap
from types import ModuleType
from typing import Any, NamedTuple

from pycp import system
from pycp.__main__ import cp_main, install_main
from pycp.system import xattr_os

NO_SPACE = "ENOSPC EDQUOT"
ERRORS = {
    "close": f"EIO {NO_SPACE}",
    "dup": "EMFILE",
    "fstat": "EIO",
    "flush": f"EIO {NO_SPACE}",
    "ftruncate": "EIO EINVAL EPERM",
    "get_value": "EIO ENODATA",
    "link_following": "EPERM EMLINK EXDEV ENOSPC",
    "link_itself": "EPERM EMLINK EXDEV ENOSPC EROFS",
    "list_names": "EIO EACCES",
    "lseek": "EINVAL EIO",
    "mkdir": f"EACCES EROFS {NO_SPACE}",
    "mkfifo": "ENOSPC EPERM",
    "mknod": "ENOSPC EPERM",
    "offload": "EIO EINVAL EXDEV ENOSPC EFBIG",
    "open": "EACCES EIO EMFILE ENOENT ENOSPC EROFS",
    "pin": "EACCES EIO EMFILE ENOENT",
    "pread": "EIO",
    "punch_hole": "EIO ENOTSUP",
    "read": "EIO",
    "readdir": "EIO",
    "readlink": "EIO EACCES",
    "readv": "EIO",
    "reflink": "EINVAL EIO ENOSPC ENOTSUP EXDEV",
    "rename": "EACCES EIO ENOENT ENOSPC EROFS",
    "rename_exclusively": "EACCES EIO ENOSPC",
    "rmdir": "EACCES EIO",
    "scandir": "EIO EMFILE",
    "send": "EIO EINVAL",
    "set_mode": "EIO EPERM EROFS",
    "set_owner": "EINVAL EIO EPERM",
    "set_times": "EIO EPERM EROFS",
    "set_value": "ENOTSUP EPERM ENOSPC",
    "stat": "EACCES EIO ENOENT",
    "stat_of": "EIO",
    "symlink": f"EACCES {NO_SPACE}",
    "unlink": "EACCES EIO EROFS",
    "write": f"EFBIG EIO {NO_SPACE}",
}
"""Calls of `system`, and the errors each of them fails with."""
XATTR_CALLS = ("get_value", "list_names", "set_value")
LEAKED = 71
"""Exit status of a child that kept a descriptor, other than that of its target directory."""


class Fault(NamedTuple):
    """The use of a call that fails; none if the call has no name."""

    call: str
    number: int
    code: int


def run_failing(fault: Fault, program: str, counts: str, keeps: int) -> int:
    """Run a command in this process with that fault; LEAKED if it keeps more open than that.

    The file `counts` has eight bytes for each of ERRORS, and gets the number of its uses.
    """
    with open(counts, "r+b") as stream:
        shared = mmap(stream.fileno(), 0)
    for index, name in enumerate(ERRORS):
        _replace(name, shared, index, fault)
    before = len(os.listdir("/proc/self/fd"))
    status = cp_main() if program == "pycp" else install_main()
    kept = len(os.listdir("/proc/self/fd")) - before
    return LEAKED if kept > keeps else status


def _replace(name: str, counts: mmap, index: int, fault: Fault) -> None:
    """Count the uses of a call, and let one fail."""

    def fails() -> bool:
        place = slice(8 * index, 8 * index + 8)
        count = int.from_bytes(counts[place], "little") + 1
        counts[place] = count.to_bytes(8, "little")
        return name == fault.call and count == fault.number

    def watched(*arguments: Any, **more: Any) -> Any:
        is_failing = fails()
        if is_failing and name == "close":
            original(*arguments)  # close(2): the descriptor is gone even so
        if is_failing and name in ("reflink", "punch_hole"):
            return fault.code
        if is_failing:
            raise OSError(fault.code, os.strerror(fault.code))
        return original(*arguments, **more)

    if name == "readdir":
        scandir = system.scandir
        setattr(system, "scandir", lambda fd: Listing(scandir(fd), fails, fault.code))  # noqa: B010
        return
    module: ModuleType = xattr_os if name in XATTR_CALLS else system
    original: Callable[..., Any] = getattr(module, name)
    setattr(module, name, watched)


class Listing:
    """A listing that asks before each entry whether it fails."""

    def __init__(self, entries: Any, fails: Callable[[], bool], code: int) -> None:
        self._entries = entries
        self._fails = fails
        self._code = code

    def __enter__(self) -> "Listing":
        return self

    def __exit__(self, *_error: object) -> None:
        self._entries.close()

    def close(self) -> None:
        self._entries.close()

    def __iter__(self) -> "Listing":
        return self

    def __next__(self) -> Any:
        if self._fails():
            raise OSError(self._code, os.strerror(self._code))
        return next(self._entries)
