"""When a tree is shared among processes, and among how many.

A tree that turns out large is shared among the processors. Where calls make us wait, processes
wait side by side: their number follows from the share of the time that went into waiting, which is
looked at again with every unit of work. Waiting for a processor does not count: a busy machine is
not a slow file system.
"""

import time

from pycp import system
from pycp.values import BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.run.walk import Walk

LARGE = 2000
"""Entries met before a tree counts as large: some hundredths of a second for one process."""
LONG = 0.05
"""Seconds of a processor that it took before it does, whatever kinds of entries there are."""
LARGE_BYTES = 48 * 1024 * 1024
"""Bytes copied before it does."""
WORTH_A_FORK = 0.02
"""Seconds of waiting before others are called to wait as well."""
WORTH_A_LOOK = 0.01
"""Seconds between two looks at how much of the time went into waiting."""
SOME = 0.2
"""Share of the time spent waiting from which on more processes pay than there are processors.

A cold disk keeps us waiting for a third of it. Those who wait for one disk wait for each other's
reads as well, so that many are needed. A file system that is in the cache stays far below this.
"""
MUCH = 0.4
"""Share from which on whoever hands out work should do nothing else."""
MOST_PROCESSES = 8
"""Processes copying a large tree, however many processors there are."""
MOST_WAITING = 16
"""Processes for slow calls."""
LINKS = 4
"""A tree has many links if more than one in so many names is the first of a link set."""
LOOK = 16
"""Entries between two looks; the first so many are looked at one by one."""


class Clock:
    """Time that passed, and how much of it went into waiting for calls."""

    def __init__(self) -> None:
        self._wall = time.monotonic()
        self._used = time.process_time() + system.queued()

    def passed(self) -> tuple[float, float]:
        """Return seconds by the clock, and those in which a call kept us waiting."""
        wall = time.monotonic() - self._wall
        return wall, max(wall - (time.process_time() + system.queued() - self._used), 0.0)


def is_mostly_waiting(wall: float, waited: float) -> bool:
    """Return whether there is little else to do than to wait."""
    return waited > WORTH_A_FORK and waited > MUCH * wall


def processes(jobs: int, wall: float, waited: float) -> int:
    """Return how many processes are to copy; `jobs` is what the user said, 0 for nothing."""
    if jobs:
        return jobs
    from pycp.system.worker import processors

    count = processors()
    share = waited / wall if wall > 0 and waited > WORTH_A_FORK else 0.0
    if share < SOME:
        return min(count, MOST_PROCESSES)
    return max(min(round(2 * share * MOST_WAITING), MOST_WAITING), count)


class Watch:
    """Says when a walk that began alone is to be shared."""

    def __init__(self, walk: "Walk", jobs: int, large: int) -> None:
        self._walk = walk
        self._jobs = jobs
        self._large = large
        self._asked = 0
        self._bytes = walk.job.tally.own[BYTES]
        self.clock = Clock()
        """Runs since we last waited for little."""
        self._has_waited = False
        self._next_look = time.monotonic() + WORTH_A_FORK
        self._used = time.process_time()

    def _has_many_links(self) -> bool:
        """Return whether most files have several names, which one process has to keep together."""
        memory, met = self._walk.memory, self._walk.met
        return len(memory.copied) * LINKS > met or memory.linked * 2 > met

    def is_time(self) -> bool:
        """Return whether the rest is to be shared; asked after each entry."""
        if self._jobs:
            return True
        self._asked += 1
        if self._asked > LOOK and self._asked % LOOK:
            return False
        if self._walk.met > self._large and not self._has_many_links():
            return True
        if self._walk.job.tally.own[BYTES] - self._bytes > LARGE_BYTES:
            return True
        now = time.monotonic()
        if now < self._next_look:
            return False
        self._next_look = now + WORTH_A_LOOK
        if time.process_time() - self._used > LONG and not self._has_many_links():
            return True
        return self._is_waiting()

    def _is_waiting(self) -> bool:
        """Return whether calls keep us waiting, one after the other: one alone says nothing."""
        wall, waited = self.clock.passed()
        if waited > SOME * wall and waited <= WORTH_A_FORK:
            return False
        had_waited, self._has_waited = self._has_waited, waited > SOME * wall
        if had_waited and self._has_waited:
            return True
        self.clock = Clock()
        return False
