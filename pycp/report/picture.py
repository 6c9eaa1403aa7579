"""What a bar looks like: one line that fits into the window, drawn with click's progress bar.

    [####------]  58%  ETA 00:00:03  checking  4.7/8.1 GB  812/1400 files  1.5 GB/s  holiday/a.mp4

The bar is as wide as the window tells, whatever stands behind it. What has no room is left out as
a whole, from the least important on: the name, files, rate, bytes, the bar itself, then what is
being done besides copying; share and time left go last.
"""

import time
from io import StringIO
from unicodedata import combining, east_asian_width

import click

from pycp.quoting import charset, quote_name_if_needed
from pycp.report.status import amount_done, count_words, duration, in_units
from pycp.values import (
    BYTES,
    CHECKED,
    COMPARED,
    COPYING,
    FLUSHED,
    KEPT,
    PASSED,
    PHASES,
    READ,
    SKIPPED,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.entries import Tally

    Amount = tuple[int, int]

FILE_WORK = 32 * 1024
"""A file takes about as long as so many bytes, however few it holds."""
RECENT = 5.0
"""Seconds that the rate is an average of."""
BARS = ((110, 32), (100, 26), (80, 14), (60, 11), (40, 9))
"""Columns of a window, and those of the bar in one that has no less."""
WIDEST_NAME, LEAST_NAME = 60, 8
GAP = "  "
LONGEST = 1000 * 3600
"""Seconds left that are not told apart any more."""


class Picture:
    """The bar of one copy, which goes over each byte `passes` times."""

    def __init__(self, tally: "Tally", passes: int = 1) -> None:
        self._tally = tally
        self._passes = passes
        self._bar = click.progressbar(length=1, file=StringIO(), empty_char="-")
        self._recent = [(tally.start, 0)]
        """Times, and the bytes dealt with until then."""

    def line(self, found: "Amount", is_known: bool, is_complete: bool | None, columns: int) -> str:
        """Return the line for a window of so many columns.

        `found` is how many files and bytes there are, as far as is known; `is_complete` tells at
        the end whether everything was copied, and is None before.
        """
        bar = self._bar
        done = amount_done(self._tally)
        is_known |= bool(is_complete)
        found = done if is_complete else (max(done[0], found[0]), max(done[1], found[1]))
        work, goal = self._work_done(done), self._work(found)
        self._go_to(work, goal, is_known, bool(is_complete))
        share = [f"{int(bar.pct * 100):3}%"] if is_known else []
        size, files = amounts(done, found, is_known)
        if read := self._tally.total(READ):  # once for several destinations
            size += f"{GAP}{in_units(read)} read"
        rate = f"{in_units(self._rate(is_complete))}/s"
        name = ""
        if is_complete is None:
            share += [f"ETA {_clock(self._time_left(work, goal))}"] if is_known else []
            phase = self._tally.phase
            doing = PHASES[phase] if phase != COPYING else ""
            fields = [doing, size, files, rate]
            order = [doing, size, rate, files] if is_known else [size, doing, rate, files]
            name = quote_name_if_needed(self._tally.current) if self._tally.current else ""
        else:
            took = f"in {duration(time.monotonic() - self._tally.start)}"
            fields, order = [size, files, rate, took], [took, size, files, rate]
        return self._fitted(share, fields, order, name, columns)

    def _work_done(self, done: "Amount") -> int:
        """Return what is done: bytes copied, flushed and read back, and files."""
        total = self._tally.total
        return (
            total(BYTES)
            + total(KEPT)
            + total(FLUSHED)
            + total(CHECKED)
            + total(PASSED) * self._passes
            + done[0] * FILE_WORK
        )

    def _work(self, amount: "Amount") -> int:
        files, size = amount
        return size * self._passes + files * FILE_WORK

    def _time_left(self, work: int, goal: int) -> float | None:
        """Return about how many seconds are left, as fast as all went; None if nothing did.

        What needed no copying took next to no time, and tells nothing of the rest.
        """
        total = self._tally.total
        given = total(KEPT) + total(PASSED) * self._passes + total(SKIPPED) * FILE_WORK
        earned = work - given
        if earned <= 0:
            return None
        return (time.monotonic() - self._tally.start) * max(goal - work, 0) / earned

    def _go_to(self, done: int, goal: int, is_known: bool, is_complete: bool) -> None:
        """Have the bar show that so much is done; only the end of a complete copy is 100 %."""
        bar = self._bar
        bar.length = None
        if is_complete:
            bar.length = goal = max(done, goal)
            done = goal
        elif is_known:
            done = min(done, goal)
            bar.length = goal + (goal == done)
        if done != bar.pos:
            bar.make_step(done - bar.pos)
        bar.finished = is_complete

    def _rate(self, is_complete: bool | None) -> float:
        """Return the bytes dealt with in a second lately, or at the end those copied in all."""
        now, total = time.monotonic(), self._tally.total
        if is_complete is not None:
            return total(BYTES) / max(now - self._tally.start, 0.001)
        size = total(BYTES) + total(FLUSHED) + total(CHECKED) + total(COMPARED)
        self._recent.append((now, size))
        while len(self._recent) > 2 and self._recent[1][0] <= now - RECENT:
            self._recent.pop(0)
        since, before = self._recent[0]
        return (size - before) / max(now - since, 0.001)

    def _fitted(
        self, share: list[str], fields: list[str], order: list[str], name: str, columns: int
    ) -> str:
        """Return bar and share, and of the fields those that have room, asked in an order."""
        width = columns - 1  # in the last column many terminals wrap
        bar_width = next((bar for least, bar in BARS if columns >= least), 0)
        shown = []
        if bar_width:
            self._bar.width = bar_width - 2
            shown.append(f"[{self._bar.format_bar()}]")
        shown += share
        room = width - len(GAP.join(shown))
        fit: set[str] = set()
        for field in order:
            needed = len(field) + len(GAP) * bool(shown or fit)
            if field and needed <= room:
                fit.add(field)
                room -= needed
        shown += [field for field in fields if field in fit]
        if name and order[-1] in fit and room >= len(GAP) + min(LEAST_NAME, _cells(name)):
            shown.append(_shortened(name, min(room - len(GAP), WIDEST_NAME)))
        if _cells(GAP.join(shown)) > width:  # not even share and time have room
            shown = share[:1] if share and len(share[0]) <= width else []
        return GAP.join(shown)


def amounts(done: "Amount", found: "Amount", is_known: bool) -> tuple[str, str]:
    """Return bytes and files in words; "+" says that more may be found."""
    more = "" if is_known else "+"
    files, size = str(done[0]), in_units(done[1])
    if done[0] < found[0] or more:
        files += f"/{found[0]}{more}"
    if done[1] < found[1] or more:
        number, _, unit = in_units(found[1]).partition(" ")
        size = f"{size.removesuffix(f' {unit}')}/{number}{more} {unit}"
    word = count_words(found[0]).partition(" ")[2]
    return size, f"{files} {word}"


def _clock(seconds: float | None) -> str:
    """Return the time left, always as wide."""
    if seconds is None:
        return "--:--:--"
    if seconds >= LONGEST:
        return "> 1000 h"
    hours, rest = divmod(int(seconds), 3600)
    return f"{hours:02}:{rest // 60:02}:{rest % 60:02}"


def _cells(text: str) -> int:
    """Return how many columns a printable text takes."""
    return sum(
        0 if combining(unit) else 1 + (east_asian_width(unit) in ("W", "F")) for unit in text
    )


def _shortened(text: str, width: int) -> str:
    """Return a text, or as much of its end as fits."""
    if _cells(text) <= width:
        return text
    mark = "…" if charset() == "utf-8" else "..."
    room, start = width - len(mark), len(text)
    while start and (room := room - _cells(text[start - 1])) >= 0:  # a name may be very long
        start -= 1
    return mark + text[start:]
