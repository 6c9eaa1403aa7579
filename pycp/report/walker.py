"""A process that goes through the sources for the totals, while others copy."""

import os
import time

from pycp.system.worker import start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycp.system.worker import Channel

    Totals = Iterator[tuple[int, int]]

GENEROUS, POLITE = 5.0, 10
"""Seconds of the processor that the walker takes like everybody else, for totals that come late are
worth little; and how nice it is to others after that (POSIX nice)."""
FILES_FOUND, BYTES_FOUND, FOUND_ALL = range(3)
PLACES = 3
"""Numbers it shares with others: files and bytes found, and whether the walk is over."""


class Walker:
    """The process that walks, as the one that started it sees it."""

    def __init__(self, totals: "Totals", places: memoryview, wait: float = 0.0) -> None:
        """Have it walk in so many seconds; raise OSError if there can be no process.

        `totals` yields how many more files and bytes there are to copy.
        """

        def work(channel: "Channel") -> None:
            if not channel.is_over(max(wait, 0)):
                _walk(channel, totals, places)

        self._worker = start(work)

    def stop(self) -> None:
        """End the process and wait for it, so that nobody else has to."""
        self._worker.stop()


def _walk(channel: "Channel", totals: "Totals", places: memoryview) -> None:
    is_polite = False
    for files, size in totals:
        if channel.is_over():
            return
        if not is_polite and time.process_time() > GENEROUS:
            is_polite = True
            os.nice(POLITE)
        places[FILES_FOUND] += files
        places[BYTES_FOUND] += size
    places[FOUND_ALL] = 1


def found(places: memoryview) -> tuple[tuple[int, int], bool]:
    """Return how many files and bytes the walk has found, and whether that is all."""
    is_all = bool(places[FOUND_ALL])  # first, as the walk goes on while we look
    return (places[FILES_FOUND], places[BYTES_FOUND]), is_all
