"""Something done before a signal ends the process."""

import _signal  # type: ignore[import-not-found]  # signal imports enum
import os

from pycp.system.posix import ALSO_ENDING, ENDING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

NUMBERS = (*ENDING, *ALSO_ENDING)
"""Signals that end a process which does not mind them, and may come while we copy."""
SIGNALLED = 128
"""What shells add to the number of a signal, for the exit status of who was ended by it."""


_actions: "dict[BeforeTheEnd, tuple[Callable[[], None], tuple[int, ...]]]" = {}
"""What is to be done, and at which signals, by who wants it."""
_armed: list[int] = []
"""Signals that would end the process, and do that first."""
_looked_at: set[int] = set()
"""Those, and others that were found to mean something else."""


class BeforeTheEnd:
    """From now until `is_over`, a signal that would end the process first does something.

    Signals are watched from the first time on until `disarm`, for that takes many calls. In a
    thread other than the first they are none of our business. What was wanted last is done first.
    """

    def __init__(self, action: "Callable[[], None]", numbers: tuple[int, ...] = NUMBERS) -> None:
        _actions[self] = action, numbers
        if not set(numbers) <= _looked_at:
            _arm(numbers)

    def is_over(self) -> None:
        """Let signals end the process without it."""
        _actions.pop(self, None)


def _forget() -> None:
    """Leave what another process has to do to that one: this one was forked from it."""
    _actions.clear()
    _armed.clear()
    _looked_at.clear()


os.register_at_fork(after_in_child=_forget)


def _arm(numbers: tuple[int, ...]) -> None:
    for number in numbers:
        if number in _looked_at:
            continue
        if _signal.getsignal(number) == _signal.SIG_DFL:
            try:
                _signal.signal(number, _end)
            except ValueError:
                return
            _armed.append(number)
        _looked_at.add(number)


def _end(number: int, _frame: "FrameType | None") -> None:
    for action, numbers in reversed(list(_actions.values())):
        if number in numbers:
            action()
    _signal.signal(number, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (number,))
    os.kill(os.getpid(), number)
    # The first process of a container is ended by no signal, and what was done cannot be undone.
    os._exit(SIGNALLED + number)


def disarm() -> None:
    """Let signals end the process as before, now that a run is over."""
    if _actions:
        return  # that of another thread
    while _armed:
        try:
            _signal.signal(_armed[-1], _signal.SIG_DFL)
        except ValueError:
            return
        _armed.pop()
    _looked_at.clear()
