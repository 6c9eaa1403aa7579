"""What a bar looks like: one line that fits into the window, drawn with click's progress bar."""

import time
from io import StringIO
from unicodedata import combining, east_asian_width

import click

from pycp.quoting import charset, quote_name_if_needed
from pycp.report.status import count_words, duration, in_units
from pycp.values import BYTES, FILES, PASSED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.entries import Tally

    Amount = tuple[int, int]

FILE_WORK = 32 * 1024
"""A file takes about as long as so many bytes, however few it holds."""
RECENT = 5.0
"""Seconds that the rate is an average of."""
WIDEST_BAR, LEAST_BAR = 30, 8
WIDEST_NAME, LEAST_NAME = 60, 8
GAP = "  "


class Picture:
    """The bar of one copy."""

    def __init__(self, tally: "Tally") -> None:
        self._tally = tally
        self._bar = click.progressbar(
            length=1,
            file=StringIO(),
            bar_template=f"[%(bar)s]{GAP}%(info)s",
            info_sep=GAP,
            empty_char="-",
            item_show_func=_itself,
        )
        self._bar.start = self._bar.last_eta = time.time() - (time.monotonic() - tally.start)
        self._recent = [(tally.start, 0)]
        """Times, and the bytes copied until then."""

    def line(self, found: "Amount", is_known: bool, is_complete: bool | None, columns: int) -> str:
        """Return the line for a window of so many columns.

        `found` is how many files and bytes there are, as far as is known; `is_complete` tells at
        the end whether everything was copied, and is None before.
        """
        tally, bar = self._tally, self._bar
        done = tally.total(FILES), tally.total(BYTES) + tally.total(PASSED)
        is_known |= bool(is_complete)
        found = done if is_complete else (max(done[0], found[0]), max(done[1], found[1]))
        bar.length = None
        if is_known:
            bar.length = _work(found) + (not is_complete and _work(found) == _work(done))
        if done > (0, 0):
            bar.make_step(_work(done) - bar.pos)
        bar.finished = bool(is_complete)
        bar.show_eta = is_complete is None
        bar.eta_known = is_known and len(bar.avg) > 0
        bar.current_item = (
            f"{_amounts(done, found, is_known)}{GAP}{in_units(self._rate(is_complete))}/s"
        )
        name = ""
        if is_complete is None:
            name = quote_name_if_needed(tally.current) if tally.current else ""
        else:
            bar.current_item += f"{GAP}in {duration(time.monotonic() - tally.start)}"
        return self._fitted(name, columns - 1)  # in the last column many terminals wrap

    def _rate(self, is_complete: bool | None) -> float:
        """Return the bytes copied in a second: lately, or at the end in all."""
        now, size = time.monotonic(), self._tally.total(BYTES)
        self._recent.append((now, size))
        if is_complete is None:
            while len(self._recent) > 2 and self._recent[1][0] <= now - RECENT:
                self._recent.pop(0)
            since, before = self._recent[0]
        else:
            since, before = self._tally.start, 0
        return (size - before) / max(now - since, 0.001)

    def _fitted(self, name: str, width: int) -> str:
        bar = self._bar
        bar.width = 0
        room = width - len(bar.format_progress_line())
        if room < 0:
            return (bar.current_item or "")[:width].rstrip()
        if name and room >= LEAST_BAR + len(GAP) + LEAST_NAME:
            least_bar = max(LEAST_BAR, min(WIDEST_BAR, room // 2))
            name = _shortened(name, min(room - least_bar - len(GAP), WIDEST_NAME))
            bar.current_item = f"{bar.current_item}{GAP}{name}"
            room -= len(GAP) + _cells(name)
        bar.width = min(WIDEST_BAR, room)
        return bar.format_progress_line()


def _itself(text: str | None) -> str | None:
    return text


def _work(amount: "Amount") -> int:
    files, size = amount
    return size + files * FILE_WORK


def _amounts(done: "Amount", found: "Amount", is_known: bool) -> str:
    """Return bytes and files in words; "+" says that more may be found."""
    more = "" if is_known else "+"
    files, size = str(done[0]), in_units(done[1])
    if done[0] < found[0]:
        files += f"/{found[0]}{more}"
    if done[1] < found[1]:
        number, _, unit = in_units(found[1]).partition(" ")
        size = f"{size.removesuffix(f' {unit}')}/{number}{more} {unit}"
    word = count_words(found[0]).partition(" ")[2]
    return f"{size}{GAP}{files} {word}"


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
    while _cells(text) > width - len(mark):
        text = text[1:]
    return mark + text
