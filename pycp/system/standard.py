"""Standard streams that were closed at the start: no descriptor of ours may take their numbers.

The kernel gives the lowest number that is free. A message on standard error would go into the file
or channel that got a 2. So what opens by name is moved up, and the name `/dev/stdin` stays without
a file meanwhile; whatever else makes descriptors finds the low numbers barred.
"""

import _signal  # type: ignore[import-not-found]  # signal imports enum
import os

from pycp.system.posix import ASKING, above_standard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Open = Callable[..., int]
    Scandir = Callable[[int], Iterator[os.DirEntry[str]]]

LAST = 2
"""The highest number of a standard stream."""


class Barred:
    """While it lasts no new descriptor is a standard stream; nothing may be opened by name."""

    def __init__(self, bar: "Callable[[], int]") -> None:
        """Bar each number with what `bar` returns, a new descriptor that cannot be written to."""
        self._bar = bar
        self._bars: list[int] = []

    def __enter__(self) -> None:
        try:
            while not self._bars or self._bars[-1] <= LAST:
                self._bars.append(self._bar())
            os.close(self._bars.pop())
        except OSError:
            self.__exit__()
            raise

    def __exit__(self, *_error: object) -> None:
        for fd in self._bars:
            os.close(fd)


def open_above(plain_open: "Open") -> "Open":
    """Return `open` with descriptors above those of the standard streams."""

    def opened(path: str, flags: int, mode: int = 0o777, *, dir_fd: int | None = None) -> int:
        # An answer to who asks how far we are must not be written before the number is free again.
        mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, ASKING)
        try:
            fd = plain_open(path, flags, mode, dir_fd=dir_fd)
            if fd > LAST:
                return fd
            try:
                return above_standard(fd)
            finally:
                os.close(fd)
        finally:
            _signal.pthread_sigmask(_signal.SIG_SETMASK, mask)

    return opened


def scandir_above(plain_scandir: "Scandir") -> "Scandir":
    """Return `scandir`, which reads from a duplicate, with that above the standard streams."""

    def listed(fd: int) -> "Iterator[os.DirEntry[str]]":
        with Barred(lambda: os.dup(fd)):
            return plain_scandir(fd)

    return listed
