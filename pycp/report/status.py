"""How far a copy has come, in one line of words."""

import time

from pycp.quoting import quote_name
from pycp.values import (
    BYTES,
    COPYING,
    EXCLUDED,
    FILES,
    HARD_LINKS,
    KEPT,
    MADE,
    PASSED,
    PHASES,
    READ,
    REFLINKED,
    SKIPPED,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.entries import Tally

UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


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
    done = _done(tally)
    line = f"{program}: {files_words}, {size_words} {done} in {duration(seconds)}, {rate}/s"
    doing = PHASES[tally.phase] if tally.phase != COPYING else "at"
    return f"{line}, now {doing} {quote_name(place)}" if place else line


def amount_done(tally: "Tally") -> "tuple[int, int]":
    """Return how many files and bytes are in their place, wherever they came from."""
    return tally.total(FILES), tally.total(BYTES) + tally.total(PASSED) + tally.total(KEPT)


def closing_line(tally: "Tally", failures: int, is_dry: bool) -> str:
    """Return what --stats tells at the end, without the name of the program."""
    total = tally.total
    files, size, skipped = total(FILES), total(BYTES), total(SKIPPED)
    seconds = time.monotonic() - tally.start
    if is_dry:
        copied = f"{count_words(files - skipped)} would be copied"
        reflinked = ""
    else:
        took = f"{seconds:.2f} s" if seconds < 10 else duration(seconds)
        rate = in_units(size / max(seconds, 0.001))
        copied = (
            f"{count_words(files - skipped)}, {in_units(size)} {_done(tally)} in {took}, {rate}/s"
        )
        reflinked = f"{total(REFLINKED)} reflinked, "
    return (
        f"{copied}; {reflinked}{total(HARD_LINKS)} linked, {skipped + total(EXCLUDED)} skipped,"
        f" {failures} failed"
    )


def _done(tally: "Tally") -> str:
    """Return what was done with bytes; where several destinations got them, how many were read."""
    read = tally.total(READ)
    return f"written, {in_units(read)} read" if read else "copied"


def nothing_left(tally: "Tally") -> str:
    """Return a line if everything was there already, and nothing if there was something to do."""
    files = tally.total(FILES)
    if files == 0 or files > tally.total(SKIPPED) or tally.total(MADE):
        return ""
    return f"nothing was left to do: {count_words(files)} {'is' if files == 1 else 'are'} there"


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
