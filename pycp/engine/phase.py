"""What is done with a file besides copying it: counted, so that a bar moves, and says so."""

from errno import EBADF, EINVAL, ENOSYS, ENOTSUP, EPERM, ESPIPE

from pycp import system
from pycp.values import COPYING, FLUSHED, FLUSHING, PHASE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pycp.entries import Tally

FLUSH_STEP, AHEAD = 1024 * 1024, 8
"""Bytes flushed at a time where somebody watches, and steps begun before one is waited for."""
NOT_BY_STEPS = frozenset((ENOSYS, EINVAL, ENOTSUP, EPERM, ESPIPE, EBADF))
"""Errors that only say that a file cannot be flushed step by step."""


class Phase:
    """A context in which files are dealt with in another way than by copying them."""

    def __init__(self, tally: "Tally", phase: int) -> None:
        self._tally = tally
        self._phase = phase
        self._before = COPYING

    def __enter__(self) -> None:
        self._before = self._tally.own[PHASE]
        self._tally.own[PHASE] = self._phase

    def __exit__(self, *_error: object) -> None:
        self._tally.own[PHASE] = self._before


def flush(tally: "Tally", fd: int, size: int) -> None:
    """Flush a file of so many bytes to disk; raise OSError as fsync does."""
    with Phase(tally, FLUSHING):
        done = 0
        if size > AHEAD * FLUSH_STEP and tally.is_watched:
            done = _flush_by_steps(tally, fd, size)
        system.flush(fd)
        tally.add(FLUSHED, size - done)


def _flush_by_steps(tally: "Tally", fd: int, size: int) -> int:
    """Have the data written, each step while others begin; return how many bytes were.

    An error told here is told once, so it must not be taken for "not by steps".
    """
    from pycp.system.flushing import await_flush, begin_flush

    done = 0
    try:
        for offset in range(0, size + AHEAD * FLUSH_STEP, FLUSH_STEP):
            if offset < size:
                begin_flush(fd, offset, FLUSH_STEP)
            if offset >= AHEAD * FLUSH_STEP:
                await_flush(fd, done, FLUSH_STEP)
                step = min(FLUSH_STEP, size - done)
                tally.add(FLUSHED, step)
                done += step
    except OSError as error:
        if error.errno not in NOT_BY_STEPS:
            raise
    return done
