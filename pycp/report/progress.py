"""A bar that shows how far the copy has come, drawn by a process of its own.

The copy only counts, in memory that all processes share. The painter, forked before the copy
starts, draws some times a second. The walker, forked by the painter, goes through the sources for
the totals. So the copy is never held up, and its first byte is written before the walk ends. When
the copy is over, or gone, so are the two.
"""

import _signal  # type: ignore[import-not-found]  # signal imports enum
import gc
import os
import select
import time

from pycp.report.lines import ERASE
from pycp.report.status import status_line
from pycp.report.walker import PLACES, Walker, found
from pycp.system.counts import new_counts, numbers
from pycp.system.posix import ENDING
from pycp.system.worker import start
from pycp.values import ASKED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from pycp.entries import Tally
    from pycp.options import When
    from pycp.system.worker import Channel

PATIENCE = 1.0
"""Seconds after which `auto` begins to draw."""
DRAWING_INTERVAL, LINE_INTERVAL = 0.15, 1.0
"""Seconds between two pictures on a terminal, and between two lines elsewhere."""
LAST_PICTURE = 10.0
"""Seconds the painter may take for its last picture, on a machine that has much to do."""
LAST_WORD = 1.0
"""Seconds the painter may take to end the walker when it cannot draw."""
HELD, DRAWING, SHOWN, FOUND = range(4)
"""What the processes share besides counts: flags, and from FOUND on how far the walk has come.

A question waits for its answer; a picture is being drawn; there is one in the line.
"""
COLUMNS = 80
"""Columns of a terminal that does not know."""


def is_terminal() -> bool:
    """Return whether standard error is a terminal that a line can be drawn over on."""
    return os.isatty(2) and os.environ.get("TERM") != "dumb"


class Bar:
    """The bar as the copying process sees it."""

    def __init__(
        self,
        program: str,
        tally: "Tally",
        jobs: int,
        when: "When",
        totals: "Iterator[tuple[int, int]] | None",
        passes: int = 1,
    ) -> None:
        """Have the painter started; raise OSError if there can be none.

        `totals` yields how many more files and bytes there are to copy; only the painter runs it.
        It is None if there is no counting them beforehand. Each byte is gone over `passes` times,
        the copy itself included.
        """
        tally.provide(jobs)
        tally.share(new_counts())
        self.is_on_terminal = is_terminal()
        self._shared = shared = numbers(FOUND + PLACES)
        self.places = shared[FOUND:]

        def work(channel: "Channel") -> None:
            painter = Painter(program, tally, totals, shared, passes)
            painter.work(channel, PATIENCE if when == "auto" else 0)

        self._painter = start(work, END_SIGNAL)

    def pause(self) -> None:
        """Leave the line alone, from now on."""
        self._shared[HELD] = 1
        for _ in range(100):  # a picture takes less, and the painter may be gone
            if not self._shared[DRAWING]:
                return
            time.sleep(0.001)

    def resume(self) -> None:
        """Draw again."""
        self._shared[HELD] = 0

    @property
    def is_shown(self) -> bool:
        """Return whether there is a picture in the line of the cursor."""
        return bool(self._shared[SHOWN])

    def end(self, is_complete: bool) -> None:
        """Have the last picture drawn, which says 100 % only if everything was copied."""
        try:
            self._painter.channel.send(is_complete)
        except OSError:
            pass  # it is gone
        poll = select.poll()
        poll.register(self._painter.channel.fileno(), select.POLLIN)
        if not poll.poll(LAST_PICTURE * 1000):  # the terminal is stopped
            self._shared[HELD] = 1
            self._painter.cut_lifeline()
            if not poll.poll(LAST_WORD * 1000):
                os.kill(self._painter.pid, _signal.SIGKILL)
        self._painter.end()


END_SIGNAL: int = getattr(_signal, "SIGIO", _signal.SIGHUP)
"""What tells the painter that the copying process is gone."""


class Painter:
    """The process that draws."""

    def __init__(
        self,
        program: str,
        tally: "Tally",
        totals: "Iterator[tuple[int, int]] | None",
        shared: memoryview,
        passes: int,
    ) -> None:
        self._program = program
        self._tally = tally
        self._totals = totals
        self._passes = passes
        self._shared = shared
        self._walker: Walker | None = None
        self._start = time.monotonic()
        self._is_on_terminal = is_terminal()

    def work(self, channel: "Channel", patience: float) -> None:
        """Draw until the copy is over, after some seconds of patience."""
        gc.enable()
        for number in ENDING:  # only the copying process ends this one
            _signal.signal(number, _signal.SIG_IGN)
        _signal.signal(END_SIGNAL, self._end)
        poll = select.poll()
        poll.register(channel.fileno(), select.POLLIN)
        if patience and poll.poll(patience * 1000):
            return
        try:
            if self._totals is not None:
                wait = self._start + PATIENCE - time.monotonic()
                self._walker = Walker(self._totals, self._shared[FOUND:], wait)
        except OSError:
            pass  # the bar goes without totals
        try:
            self._draw(channel, poll)
        finally:
            self._stop_walker()

    def _draw(self, channel: "Channel", poll: "select.poll") -> None:
        draw = self._draw_bar if self._is_on_terminal else self._print_line
        interval = DRAWING_INTERVAL if self._is_on_terminal else LINE_INTERVAL
        if self._is_on_terminal:
            from pycp.report.picture import Picture

            self._picture = Picture(self._tally, self._passes)
            draw(None)
        while not poll.poll(interval * 1000):
            draw(None)
        try:
            draw(channel.receive())
        except EOFError:
            self._leave_line()

    def _stop_walker(self) -> None:
        """End the walker and wait for it, so that nobody else has to."""
        walker, self._walker = self._walker, None
        if walker is not None:
            walker.stop()

    def _end(self, _number: int, _frame: object) -> None:
        self._stop_walker()
        self._leave_line()
        os._exit(1)

    def _leave_line(self) -> None:
        """Let what comes next begin in a line of its own."""
        if self._shared[SHOWN] and not self._shared[HELD]:
            os.write(2, b"\n")

    def _ask(self) -> None:
        """Note the name that was told last, and ask for the next."""
        tally = self._tally
        assert tally.shared is not None
        tally.name = tally.shared.name
        for counts in (tally.shared, *tally.others):
            counts.counts[ASKED] = 1

    def _draw_bar(self, is_complete: bool | None) -> None:
        """Draw the bar anew; at the end of the copy for the last time, told how it went."""
        if not _is_in_foreground():
            return
        self._ask()
        try:
            columns = os.get_terminal_size(2).columns or COLUMNS
        except OSError:
            columns = COLUMNS
        line = self._picture.line(*found(self._shared[FOUND:]), is_complete, columns)
        end = b"" if is_complete is None else b"\n"
        self._shared[SHOWN] = is_complete is None
        self._write(ERASE + os.fsencode(line) + end)

    def _print_line(self, is_complete: bool | None) -> None:
        """Print a line like the one that a signal asks for."""
        self._ask()
        goal, is_known = found(self._shared[FOUND:])
        is_wanted = is_known and not is_complete
        place = self._tally.current if is_complete is None else ""
        line = status_line(self._program, self._tally, place, goal if is_wanted else None)
        self._write(os.fsencode(line) + b"\n")

    def _write(self, data: bytes) -> None:
        """Write to standard error, unless a question waits there for its answer."""
        self._shared[DRAWING] = 1
        if not self._shared[HELD]:
            os.write(2, data)
        self._shared[DRAWING] = 0


def _is_in_foreground() -> bool:
    """Return whether the terminal is for us to write on, rather than for another job."""
    try:
        return os.tcgetpgrp(2) == os.getpgrp()
    except OSError:
        return True  # it is a terminal without jobs
