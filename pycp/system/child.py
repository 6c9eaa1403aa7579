"""Run another program, without a shell."""

import _signal  # type: ignore[import-not-found]  # signal imports enum
import os
from errno import ENOENT

from pycp.quoting import is_coerced
from pycp.system.posix import ENDING

IGNORED_BY_PYTHON = (_signal.SIGPIPE, _signal.SIGXFSZ)
CHILD_SIGNALS = (_signal.SIGCHLD,)
"""Signals that must be held back from before a program is started until it was waited for: a
handler of theirs might wait for all children, and then nobody else knows how this one ended."""


def spawn(program: str, *arguments: str) -> int:
    """Start a program, looked up in PATH; return its process id.

    Whoever ignores SIGCHLD has nothing to wait for afterwards; only a command may change that.
    Raise OSError if it cannot be run: a script without "#!" is not given to a shell either.
    """
    if not program:
        raise OSError(ENOENT, "")  # os.posix_spawnp would take it for a mistake of ours
    words = [program, *arguments]
    blocked = _signal.pthread_sigmask(_signal.SIG_BLOCK, ())
    return os.posix_spawnp(
        program,
        words,
        _environment(),
        # It is not for the program to be Undisturbed.
        setsigmask=blocked.difference(ENDING, CHILD_SIGNALS),
        setsigdef=IGNORED_BY_PYTHON,
    )


def _environment() -> dict[str, str]:
    """Return the environment as we got it: Python may have put a locale of its own there."""
    environment = dict(os.environ)
    if is_coerced():
        del environment["LC_CTYPE"]
        with open("/proc/self/environ", "rb") as file:
            for variable in file.read().split(b"\0"):
                if variable.startswith(b"LC_CTYPE="):
                    environment["LC_CTYPE"] = os.fsdecode(variable[len("LC_CTYPE=") :])
    return environment


def has_succeeded(pid: int) -> bool:
    """Wait for a program that was started; return whether it ended with status 0."""
    return os.waitpid(pid, 0)[1] == 0


def end(pid: int) -> None:
    """End a program that was started, if nobody has waited for it; 0 is none."""
    try:
        if pid and not os.waitpid(pid, os.WNOHANG)[0]:
            os.kill(pid, _signal.SIGKILL)
            os.waitpid(pid, 0)
    except ChildProcessError:
        pass  # it has ended, and its number may be that of another process
