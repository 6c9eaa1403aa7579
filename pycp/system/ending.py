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


class BeforeTheEnd:
    """From now until `is_over`, a signal that would end the process first does something.

    In a thread other than the first signals are none of our business.
    """

    def __init__(self, action: "Callable[[], None]") -> None:
        self._action = action
        self._numbers: list[int] = []
        for number in NUMBERS:
            if _signal.getsignal(number) == _signal.SIG_DFL:
                try:
                    _signal.signal(number, self._end)
                except ValueError:
                    break
                self._numbers.append(number)

    def _end(self, number: int, _frame: "FrameType | None") -> None:
        self._action()
        _signal.signal(number, _signal.SIG_DFL)
        _signal.pthread_sigmask(_signal.SIG_UNBLOCK, (number,))
        os.kill(os.getpid(), number)

    def is_over(self) -> None:
        """Let signals end the process as before."""
        for number in self._numbers:
            _signal.signal(number, _signal.SIG_DFL)
