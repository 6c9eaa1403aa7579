"""An event once a second while something runs, told from where bytes and files are counted.

No thread and no signal has part in it: whoever counts looks at the clock. The totals come from a
process that walks through the sources, started when the copy turns out to be long.
"""

import time

from pycp.report.status import amount_done
from pycp.report.walker import PLACES, Walker, found
from pycp.system.counts import numbers
from pycp.system.worker import most_workers
from pycp.values import ASKED, PHASES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from pycp.entries import Tally
    from pycp.report.walker import Totals

INTERVAL = 1.0
"""Seconds between two events."""


class Pulse:
    """Tells how far a copy is, once a second."""

    def __init__(
        self,
        tally: "Tally",
        tell: "Callable[..., Any]",
        totals: "Callable[[], Totals | None]",
        places: memoryview | None = None,
    ) -> None:
        """Have `tell` called with the kind of event and its fields from now on.

        `totals` begins a walk through the sources, if there can be one; it is not called where
        `places` tell what a walk of somebody else has found.
        """
        self._tally = tally
        self._tell = tell
        self._totals = totals
        self._places = places
        self._walker: Walker | None = None
        self.next = time.monotonic() + INTERVAL
        """When the next event is due, on the clock of `time.monotonic`."""
        tally.tick = self.beat

    def beat(self) -> None:
        """Tell how far the copy is, if it is time for that."""
        now = time.monotonic()
        if now < self.next:
            return
        self.next = now + INTERVAL
        if self._places is None:
            self._begin_walk()
        tally = self._tally
        done = amount_done(tally)
        for counts in tally.others:
            counts.counts[ASKED] = 1
        assert self._places is not None
        amount, is_known = found(self._places)
        self._tell(
            "progress",
            phase=PHASES[tally.phase],
            source=tally.current,
            files=done[0],
            bytes=done[1],
            files_found=max(done[0], amount[0]),
            bytes_found=max(done[1], amount[1]),
            found_all=is_known,
        )

    def _begin_walk(self) -> None:
        self._places = numbers(PLACES)
        try:
            totals = self._totals() if most_workers() > 0 else None
            if totals is not None:
                self._walker = Walker(totals, self._places)
        except OSError:
            pass  # there is no process to spare, and it goes without totals

    def end(self) -> None:
        """Tell nothing more."""
        self._tally.tick = None
        walker, self._walker = self._walker, None
        if walker is not None:
            walker.stop()
