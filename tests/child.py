"""What a forked child of a test does: stand as it was told to, be a program, and end.

Whoever forks should be small, so this imports little.
"""

import gc
import os
import signal
import sys
import traceback
import types
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, NoReturn, TypedDict

from pycp import quoting

CRASHED = 70
"""Exit status of a child that ended with a traceback."""
PLAIN = {"PATH": "/usr/bin:/bin", "LC_ALL": "C"}
"""The environment of a program, which adds its own."""
ENGINE = os.environ.get("PYCP_ENGINE", "")
"""What has pycp's trees copied by other processes, "mpi" or "dask", if the room is run for it."""
MEASURED = os.environ.get("COVERAGE_PROCESS_CONFIG", "")
"""How `python -m tests.coverage` measures a process; tests give theirs another environment."""
SECONDS = 60 if ENGINE or MEASURED else 20
"""How long one command may take before it counts as hanging."""


def forget_environment() -> None:
    """Leave what is the same for all children, so that nothing else has an effect on them."""
    os.environ.clear()
    os.environ.update(PLAIN)


def execute(program: str) -> NoReturn:
    """Become another program, found as the shell would find it, with the words of this one."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    os.execvpe(program, sys.argv, os.environ)


class Setting(TypedDict, total=False):
    """How a program is run, for those who pass it on to `Start`."""

    name: str
    stdin: str
    umask: int
    env: Mapping[str, str]
    owner: tuple[int, int] | None
    groups: Sequence[int]
    seconds: int


class Start(NamedTuple):
    """What is called in a child, and how it stands."""

    main: Callable[[], int]
    words: Sequence[str]
    """Those after the name of the program."""
    cwd: str
    name: str = "pycp"
    stdin: str = ""
    umask: int = 0o022
    env: Mapping[str, str] = {}
    """What is added to PLAIN."""
    owner: tuple[int, int] | None = None
    """None for whoever runs the suite."""
    groups: Sequence[int] = ()
    """Further ones of this owner."""
    seconds: int = SECONDS
    """After these it dies by SIGALRM."""


def become(start: Start, streams: Sequence[int]) -> NoReturn:
    """Make this forked child a program with these standard streams, and end it.

    Whoever forks has forgotten its environment, or else lets the child do so.
    """
    status = CRASHED
    try:
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        signal.alarm(start.seconds)
        os.chdir(start.cwd)
        os.umask(start.umask)
        if start.owner is not None:
            os.setgroups(start.groups)
            os.setgid(start.owner[1])
            os.setuid(start.owner[0])
        os.environ.update(start.env)
        quoting._charset = ""
        sys.argv[:] = [start.name, *start.words]
        gc.freeze()  # what the tests have made is none of the child's garbage
        status = start.main()
        require_no_cycles()
    except BaseException:
        os.write(2, traceback.format_exc().encode())
    finally:
        os._exit(status)


def require_no_cycles() -> None:
    """Raise AssertionError if a failure of this process keeps itself alive.

    The commands run without a garbage collector: an exception that can be reached from its own
    traceback stays for ever, with all that the functions on its way held.
    """
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    gc.set_debug(0)
    kinds = (BaseException, types.TracebackType, types.FrameType)
    found = [thing for thing in gc.garbage if isinstance(thing, kinds)]
    gc.garbage.clear()
    assert not found, "in cycles of garbage:\n" + "\n".join(map(repr, found))
