"""What `tests.trust.trace` calls in a child: have strace(1) attach itself, then be a command."""

import ctypes
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from pycp.__main__ import cp_main, install_main
from tests.trust.interception import Interceptor

MAINS = {"pycp": cp_main, "pyinstall": install_main}
START = "/pycp-trace-starts-here"
"""A name looked for when strace writes; what comes before is ours."""
ALLOW_TRACER, ANYBODY = 0x59616D61, -1
"""Option of prctl(2), and its argument, where an ordinary user may else trace children only."""


def run_traced(strace: Sequence[str], log: Path, stops: bool) -> int:
    """Be pycp or pyinstall, as the words say, while strace writes to the log.

    With stops sched_yield(2) is called before each call that the tests for races stop at.
    """
    if stops:
        interceptor = Interceptor()
        stop = os.sched_yield
        interceptor.before = lambda _call: stop()
        interceptor.install()
    ctypes.CDLL(None).prctl(ALLOW_TRACER, ANYBODY)
    # In the background of a shell, so that it is no child of the command.
    shell = ["sh", "-c", '"$@" &', "sh", *strace, "-o", str(log), "-p", str(os.getpid())]
    os.waitpid(os.posix_spawnp("sh", shell, os.environ), 0)
    while not (log.exists() and log.stat().st_size):  # else the alarm ends us
        os.sched_yield()
    os.access(START, 0)
    if stops:
        interceptor.arm()
    return MAINS[sys.argv[0]]()
