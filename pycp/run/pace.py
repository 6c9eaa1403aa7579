"""How large a unit of work is: what is about done in its time, at the pace so far."""

import time

from pycp.values import FILES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.run.walk import Walk

LONGEST, SHORTEST, OWN = 0.2, 0.02, 0.01
"""Seconds a unit is worked on, in the midst of a tree, towards its end, and by the coordinator."""
PARTS = 16
"""A unit takes at most one in so many parts of the time spent so far: others may wait for it."""
NO_END = float("inf")


class Pace:
    """Knows how fast a tree is copied. Where calls keep us waiting that tells nothing."""

    def __init__(self, walk: "Walk") -> None:
        self._walk = walk
        self.begun = time.monotonic()
        self.waits = False
        """Calls keep processes waiting, or these are elsewhere: the coordinator does not copy."""

    @property
    def longest(self) -> float:
        """Return how many seconds a unit is worked on; few at first, unless calls are slow."""
        if self.waits:
            return LONGEST
        return min(max((time.monotonic() - self.begun) / PARTS, SHORTEST), LONGEST)

    def entries(self, seconds: float, processes: int) -> float:
        """Return how many entries each of some processes copies in so many seconds, at least 1."""
        if self.waits:
            return NO_END
        tally = self._walk.job.tally
        done = tally.total(FILES) / processes + self._walk.listed
        return max(done * seconds / (time.monotonic() - tally.start), 1)

    @property
    def below(self) -> int:
        """Return how many entries there are in a directory, on the average."""
        return self._walk.met // max(self._walk.listed, 1)
