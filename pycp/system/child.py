"""Run another program, without a shell."""

import _signal  # type: ignore[import-not-found]  # signal imports enum
import os
from errno import ENOENT

IGNORED_BY_PYTHON = (_signal.SIGPIPE, _signal.SIGXFSZ)


def spawn(program: str, *arguments: str) -> int:
    """Start a program, looked up in PATH; return its process id.

    Raise OSError if it cannot be run: a script without "#!" is not given to a shell either.
    """
    if not program:
        raise OSError(ENOENT, "")  # os.posix_spawnp would take it for a mistake of ours
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)  # or there is nothing to wait for
    words = [program, *arguments]
    return os.posix_spawnp(program, words, os.environ, setsigdef=IGNORED_BY_PYTHON)


def has_succeeded(pid: int) -> bool:
    """Wait for a program that was started; return whether it ended with status 0."""
    return os.waitpid(pid, 0)[1] == 0
