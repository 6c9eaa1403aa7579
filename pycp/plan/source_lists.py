"""Sources named in lists (--files0-from, --files-from): read as they are copied, never as a whole.

A mistake in a list is told with its place, LIST:NUMBER, as wc and du do, and the rest is copied.
"""

import stat
from errno import ENAMETOOLONG
from os import fsdecode, strerror

from pycp import system
from pycp.errors import CopyError, UsageError, cannot_read, reason
from pycp.quoting import quote_name, quote_name_if_needed

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterator

    from pycp.options import SourceList, WriteOptions

    Tell = Callable[[CopyError], None]

CHUNK = 64 * 1024
LONGEST = 64 * 1024
"""Bytes of a name that are kept: no system opens one so long."""


def require_alone(options: "WriteOptions", operands: list[str]) -> None:
    """Raise UsageError or CopyError unless the operands are what lists leave to them.

    That is the directory where the sources go, or nothing if an option names it or none is needed.
    """
    if options.no_target_directory:
        raise CopyError("cannot combine a list of sources and --no-target-directory (-T)")
    has_target = options.target_directory is not None or getattr(options, "directory", False)
    if has_target and operands:
        _refuse(options, operands[0])
    if not has_target and not operands:
        raise UsageError("missing operand: the directory where the listed sources go")
    if len(operands) > 1:
        _refuse(options, operands[0])


def _refuse(options: "WriteOptions", operand: str) -> None:
    name = "--files0-from" if options.files_from[0][0] == "nul" else "--files-from"
    raise UsageError(
        f"extra operand {quote_name(operand)}\nfile operands cannot be combined with {name}"
    )


def open_lists(options: "WriteOptions", tell: "Tell") -> "Iterator[str]":
    """Open all lists and return the names they hold, which can be gone through once.

    Raise CopyError if a list cannot be opened; what is wrong with its names is given to `tell`.
    """
    opened: list[_List] = []
    for kind, place in options.files_from:
        try:
            fd = 0 if place == "-" else system.open(place, system.SOURCE_FLAGS)
        except OSError as error:
            for other in opened:
                other.close()
            raise cannot_read(place, error) from None
        opened.append(_List(fd, place, b"\0" if kind == "nul" else b"\n", tell))
    return (name for each in opened for name in each.names())


def listed_again(lists: "tuple[SourceList, ...]") -> "Iterator[str] | None":
    """Return the names of lists for whoever reads them beside the copy, to count.

    None if one of them is no regular file: what comes out of a pipe comes once.
    """
    try:
        if not all(
            place != "-" and stat.S_ISREG(system.stat(place).st_mode) for _kind, place in lists
        ):
            return None
    except OSError:
        return None
    return _counted(lists)


def _counted(lists: "tuple[SourceList, ...]") -> "Iterator[str]":
    from pycp.options import WriteOptions

    try:
        yield from open_lists(WriteOptions(files_from=lists), lambda error: None)
    except CopyError:
        return  # the copy tells


class _List:
    """One list that is open."""

    def __init__(self, fd: int, place: str, end: bytes, tell: "Tell") -> None:
        self._fd = fd
        self._place = place
        self._end = end
        self._tell = tell
        self._number = 0
        """Of the name that was read last, from 1."""

    def close(self) -> None:
        """Close it, unless it is standard input."""
        if self._fd > 0:
            system.close(self._fd)

    def names(self) -> "Iterator[str]":
        """Yield its names, and tell what is none."""
        try:
            before = system.fstat(self._fd)
            for raw in self._entries():
                self._number += 1
                problem = self._problem(raw)
                if problem:
                    place = f"{quote_name_if_needed(self._place)}:{self._number}"
                    self._tell(CopyError(f"{place}: {problem}", filename=self._place))
                else:
                    yield fsdecode(raw)
            if _has_changed(before, system.fstat(self._fd)):
                text = f"{quote_name(self._place)} changed while names were read from it"
                self._tell(CopyError(text, filename=self._place))
        except OSError as error:
            text = f"{quote_name_if_needed(self._place)}: read error: {reason(error)}"
            self._tell(CopyError(text, error.errno, self._place))
        finally:
            self.close()

    def _entries(self) -> "Iterator[bytes]":
        """Yield what ends in the byte that ends names, and the rest if there is one."""
        rest = b""
        while chunk := system.read(self._fd, CHUNK):
            first, *others = chunk.split(self._end)
            rest = (rest + first)[: LONGEST + 1]
            if others:
                yield rest
                yield from others[:-1]
                rest = others[-1]
        if rest:
            yield rest

    def _problem(self, raw: bytes) -> str:
        """Return what keeps bytes from being a name, or nothing."""
        if not raw:
            return "invalid zero-length file name"
        if len(raw) > LONGEST:
            return strerror(ENAMETOOLONG)
        if b"\0" in raw:
            return "a NUL byte in a file name; such a list is for --files0-from"
        return ""


def _has_changed(before: "os.stat_result", after: "os.stat_result") -> bool:
    """Return whether a regular file was written to, so that names may have been missed."""
    return stat.S_ISREG(before.st_mode) and (before.st_size, before.st_mtime_ns) != (
        after.st_size,
        after.st_mtime_ns,
    )
