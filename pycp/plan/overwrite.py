"""Whether an existing file should be replaced: is the source newer, and what to ask the user."""

import stat

from pycp import system
from pycp.quoting import quote_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    import os

    from pycp.entries import Entry
    from pycp.options import CopyOptions

SECOND = 1_000_000_000
GRANULARITIES = (2 * SECOND, SECOND, 100_000_000, 10_000_000, 1_000_000, 1000, 100)
"""Steps in which file systems keep times, in nanoseconds, coarsest first."""


def is_newer(
    source: "os.stat_result", destination: "os.stat_result", options: "CopyOptions"
) -> bool:
    """Return whether the source was modified after the destination.

    A file system that keeps coarse times makes a preserved time look older than its source, so
    within two seconds the source's time counts as the destination's file system would keep it.
    """
    mtime = source.st_mtime_ns
    if options.preserve_timestamps and 0 < mtime - destination.st_mtime_ns < 2 * SECOND:
        mtime -= mtime % _granularity(destination)
    return mtime > destination.st_mtime_ns


def _granularity(status: "os.stat_result") -> int:
    """Return the coarsest step, in nanoseconds, that all times of a file are multiples of."""
    for step in GRANULARITIES:
        if not (status.st_mtime_ns % step or status.st_ctime_ns % step):
            return step
    return 1


def question(entry: "Entry", destination: "os.stat_result", options: "CopyOptions") -> str:
    """Return what to ask before a destination is replaced."""
    name = quote_name(entry.destination)
    if _is_writable(entry, destination):
        return f"overwrite {name}? "
    bits = f"{stat.S_IMODE(destination.st_mode):04o}"
    # stat.filemode begins with the kind of file; ls shows the rest as permissions.
    letters = stat.filemode(destination.st_mode)[1:]
    if options.force or options.remove_destination:
        return f"replace {name}, overriding mode {bits} ({letters})? "
    return f"unwritable {name} (mode {bits}, {letters}); try anyway? "


def _is_writable(entry: "Entry", destination: "os.stat_result") -> bool:
    if stat.S_ISLNK(destination.st_mode) or system.geteuid() == 0:
        return True
    return entry.folder.destination_directory.may(system.W_OK, entry.destination_name)
