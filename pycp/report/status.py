"""How far a copy has come, in one line of words."""

import os
import time

from pycp.quoting import quote_name
from pycp.values import BYTES, FILES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.entries import Tally
    from pycp.report.lines import Lines

UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def tell_status(report: "Lines") -> None:
    """Print the line on standard error, from whatever is being done: nothing else is written."""
    line = report.over_bar(2) + os.fsencode(
        status_line(report.program, report.tally, report.tally.current) + "\n"
    )
    try:
        os.write(2, line)
    except OSError:
        pass  # it was asked for from outside, and is no part of the copy


def status_line(
    program: str, tally: "Tally", place: str, goal: "tuple[int, int] | None" = None
) -> str:
    """Return the line; `goal` is how many files and bytes there are in all, if that is known."""
    seconds = time.monotonic() - tally.start
    files, size = tally.total(FILES), tally.total(BYTES)
    files_words, size_words = count_words(files), in_units(size)
    if goal is not None:
        files_words = f"{files} of {count_words(goal[0])}"
        size_words = f"{size_words} of {in_units(goal[1])}"
    rate = in_units(size / max(seconds, 0.001))
    line = f"{program}: {files_words}, {size_words} copied in {duration(seconds)}, {rate}/s"
    return f"{line}, now at {quote_name(place)}" if place else line


def count_words(files: int) -> str:
    """Return a number of files in words."""
    return "1 file" if files == 1 else f"{files} files"


def in_units(size: float) -> str:
    """Return bytes in the largest decimal unit that leaves something before the point."""
    step = 0
    while size >= 999.5 and step < len(UNITS) - 1:
        size /= 1000
        step += 1
    digits = 1 if step and size < 9.95 else 0
    return f"{size:.{digits}f} {UNITS[step]}"


def duration(seconds: float) -> str:
    """Return a time as 59 s, 1:00 or 1:00:00."""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    hours, minutes = divmod(whole // 60, 60)
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"
