"""Something done before a signal ends the process."""

import _signal  # type: ignore[import-not-found]  # signal imports enum
import os

from pycp.system.posix import ENDING

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

NUMBERS = (*ENDING, _signal.SIGPIPE, _signal.SIGXCPU, _signal.SIGXFSZ, _signal.SIGALRM)
"""Signals that end a process which does not mind them, and may come while we copy."""


_actions: "dict[int, Callable[[], None]]" = {}
"""What is to be done, by who wants it."""
_armed: list[int] = []
"""Signals that would end the process, and do that first."""


class BeforeTheEnd:
    """From now until `is_over`, a signal that would end the process first does something.

    Signals are watched from the first time on until `disarm`, for that takes many calls. In a
    thread other than the first they are none of our business.
    """

    def __init__(self, action: "Callable[[], None]") -> None:
        _actions[id(self)] = action
        if not _armed:
            _arm()

    def is_over(self) -> None:
        """Let signals end the process without it."""
        _actions.pop(id(self), None)


def _arm() -> None:
    for number in NUMBERS:
        if _signal.getsignal(number) == _signal.SIG_DFL:
            try:
                _signal.signal(number, _end)
            except ValueError:
                return
            _armed.append(number)


def _end(number: int, _frame: "FrameType | None") -> None:
    for action in list(_actions.values()):
        action()
    _signal.signal(number, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (number,))
    os.kill(os.getpid(), number)


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
