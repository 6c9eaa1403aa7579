"""--bwlimit: how fast bytes may pass, however many processes move them."""

import time

from pycp.system.counts import SharedNumber

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from pycp.engine.file_copy import FileCopy

SECOND = 1_000_000_000
BURST = 0.25
"""Seconds of delay that are caught up with at most."""
STEPS = 8
"""Pieces that the bytes of a second are copied in, or more."""
WORTH_A_SLEEP = 0.01
"""Seconds to be ahead by before we wait: many small files are waited for together."""


class Pace:
    """How fast bytes may pass through all processes together."""

    def __init__(self, rate: int) -> None:
        self._rate = rate
        self._due = SharedNumber()
        """When what has passed so far should have, in nanoseconds."""
        self._due.change(lambda _before: int(time.monotonic() * SECOND))
        self.step = max(rate // STEPS, 1)
        """Bytes to pass at a time, at most."""

    @property
    def is_shared(self) -> bool:
        """Return whether processes forked from now on hold the same pace."""
        return self._due.is_shared

    def passed(self, count: int) -> None:
        """Wait until so many more bytes may have passed."""
        now = time.monotonic()
        earliest, more = int((now - BURST) * SECOND), count * SECOND // self._rate
        due = self._due.change(lambda before: max(before, earliest) + more) / SECOND
        if due - now >= WORTH_A_SLEEP:
            time.sleep(due - now)


def rate_step(pace: Pace, rate: int) -> "Callable[[FileCopy], None]":
    """Return the step that waits until the bytes of a small file may have passed."""
    least = rate * WORTH_A_SLEEP
    count = 0.0

    def wait(file: "FileCopy") -> None:
        nonlocal count
        if file.data is not None:
            count += len(file.data)
            if count >= least:
                pace.passed(int(count))
                count = 0.0

    return wait
