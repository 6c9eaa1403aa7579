"""What stands between the program and the system: it stops before every call the program makes.

Every function of `os` and `fcntl` that is a system call is replaced, there and wherever `pycp`
holds it by a name of its own, so a call that new code makes is a stop as well. Counts are kept in
shared memory, for this process and for a worker it forks.
"""

import fcntl
import mmap
import os
import struct
import sys
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, TracebackType
from typing import Any

COORDINATOR, WORKER = 0, 1
"""Roles of a process: the one that was started, and the first it forks."""
NO_CALLS = (
    *("_exit", "abort", "fork", "forkpty", "register_at_fork", "fspath", "strerror"),
    *("getpid", "getppid", "cpu_count", "putenv", "unsetenv", "major", "minor", "makedev"),
    "waitstatus_to_exitcode",
)
"""Functions that are no system call, or none that an adversary could use."""
FIRST_LOOK, MARKED = 16, 32
"""Offsets in the shared memory, after the two counts."""
LOOKS = ("stat", "lstat")
"""Calls that find something out about a name, even when they fail."""
TWO_NAMES = {"rename": ("src_dir_fd", "dst_dir_fd"), "link": ("src_dir_fd", "dst_dir_fd")}

Arguments = tuple[Any, ...]


class Interceptor:
    """Counts calls, and lets somebody act before one of them."""

    def __init__(self) -> None:
        self.before: Callable[[str], None] = lambda _call: None
        """Called before each call, with its name, while the interceptor is armed."""
        self.watched = ""
        """The path whose first look is noted."""
        self._is_armed = False
        self._role = COORDINATOR
        self._shared = mmap.mmap(-1, 64)

    def install(self) -> None:
        """Replace the calls for good; for a process that does nothing else."""
        wrapped: dict[int, Any] = {}
        for module in (os, fcntl):
            for name, call in list(vars(module).items()):
                if isinstance(call, BuiltinFunctionType) and not (
                    name in NO_CALLS or name.startswith("W") or name == "scandir"
                ):
                    wrapped[id(call)] = self._wrapped(name, call)
        wrapped[id(os.scandir)] = self._wrapped_scandir(os.scandir)
        wrapped[id(os.fork)] = self._wrapped_fork(os.fork)
        ours = [module for name, module in sys.modules.items() if name.partition(".")[0] == "pycp"]
        for module in (os, fcntl, *ours):
            for name, value in list(vars(module).items()):
                if id(value) in wrapped:
                    setattr(module, name, wrapped[id(value)])

    def arm(self) -> None:
        """Begin to count."""
        self._shared[:] = bytes(len(self._shared))
        self._role = COORDINATOR
        self._is_armed = True

    def disarm(self) -> None:
        """Let calls pass."""
        self._is_armed = False

    @property
    def role(self) -> int:
        """Return who this process is."""
        return self._role

    def count(self, role: int) -> int:
        """Return how many calls a process made so far."""
        return int(struct.unpack_from("<I", self._shared, 4 * role)[0])

    @property
    def first_look(self) -> list[int]:
        """Return how many calls either process had made when the watched path was first seen."""
        return list(struct.unpack_from("<2I", self._shared, FIRST_LOOK))

    def mark(self) -> None:
        """Note whether the watched path was seen until now."""
        self._shared[MARKED] = any(self.first_look)

    @property
    def was_seen_before_mark(self) -> bool:
        """Return whether the watched path was looked at, opened or made before the mark."""
        return bool(self._shared[MARKED])

    def _stop(self, call: str, arguments: Arguments, keywords: dict[str, Any]) -> None:
        self._is_armed = False
        try:
            struct.pack_into("<I", self._shared, 4 * self._role, self.count(self._role) + 1)
            self.before(call)
            if call in LOOKS:
                self._note(call, arguments, keywords)
        finally:
            self._is_armed = True

    def _note(self, call: str, arguments: Arguments, keywords: dict[str, Any]) -> None:
        """Note whether a call names the watched path."""
        is_armed, self._is_armed = self._is_armed, False
        try:
            if not any(self.first_look) and self.watched in _paths(call, arguments, keywords):
                counts = self.count(COORDINATOR), self.count(WORKER)
                struct.pack_into("<2I", self._shared, FIRST_LOOK, *counts)
        finally:
            self._is_armed = is_armed

    def _wrapped(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def stopped(*arguments: Any, **keywords: Any) -> Any:
            if not self._is_armed:
                return call(*arguments, **keywords)
            self._stop(name, arguments, keywords)
            result = call(*arguments, **keywords)
            if self.watched:
                self._note(name, arguments, keywords)
            return result

        return stopped

    def _wrapped_fork(self, fork: Callable[[], int]) -> Callable[[], int]:
        def forked() -> int:
            pid = fork()
            if pid == 0:
                self._role = WORKER
            return pid

        return forked

    def _wrapped_scandir(self, scandir: Callable[..., Any]) -> Callable[..., Any]:
        opened = self._wrapped("scandir", scandir)
        return lambda *arguments: _Listing(opened(*arguments), self._wrapped("getdents", next))


class _Listing:
    """A listing that stops before it asks the system for names."""

    def __init__(self, listing: Any, first: Callable[[Iterator[Any]], Any]) -> None:
        self._listing = listing
        self._next = first

    def __iter__(self) -> "_Listing":
        return self

    def __next__(self) -> Any:
        ask, self._next = self._next, next
        return ask(self._listing)

    def close(self) -> None:
        self._listing.close()

    def __enter__(self) -> "_Listing":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listing.close()


def _paths(call: str, arguments: Arguments, keywords: dict[str, Any]) -> Iterator[str]:
    """Yield the whole paths of what a call names."""
    names = arguments[1:2] if call == "symlink" else arguments[:2]
    keys = TWO_NAMES.get(call, ("dir_fd", "dir_fd"))
    for name, key in zip(names, keys, strict=False):
        if isinstance(name, str):
            dir_fd = keywords.get(key)
            above = os.getcwd() if dir_fd is None else os.readlink(f"/proc/self/fd/{dir_fd}")
            yield os.path.normpath(os.path.join(above, name))
