"""Run our program in a forked child of the test process, or GNU's the same way.

The child has everything imported already, so it needs no start of an interpreter; and what a test
replaced in the package is replaced in the child as well. Where nothing is replaced, `tests.apart`
costs less.
"""

import gc
import importlib
import os
import pkgutil
import signal
import sys
import tempfile
import traceback
import types
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import NamedTuple, NoReturn, TypedDict, Unpack

import pycp
from pycp import quoting
from pycp.__main__ import cp_main
from pycp.shutil.original import standard
from tests.programs import ORACLES, SECONDS, Result
from tests.scratch import own_directory
from tests.tree import Owner

MEMORY = own_directory()
"""Where files cost the least."""
CRASHED = 70
"""Exit status of a child that ended with a traceback."""

for module in pkgutil.walk_packages(pycp.__path__, "pycp."):
    if module.name != "pycp.cli.click_command":
        importlib.import_module(module.name)
standard()  # whoever the child is, it need not be able to read where Python is installed


class Setting(TypedDict, total=False):
    """How a program is run, for those who pass it on to `run`."""

    stdin: str
    umask: int
    env: Mapping[str, str] | None
    owner: Owner | None
    seconds: int


def run_ours(words: Sequence[str], cwd: str, **setting: Unpack[Setting]) -> Result:
    """Run pycp with these words; PYCP_UNDER_TEST names another program."""
    other = os.environ.get("PYCP_UNDER_TEST")
    return (
        run_theirs(words, cwd, other, **setting) if other else run(cp_main, words, cwd, **setting)
    )


def run_theirs(
    words: Sequence[str], cwd: str, program: str = ORACLES["pycp"], **setting: Unpack[Setting]
) -> Result:
    """Run GNU's cp under our name with these words."""

    return run(partial(execute, program), words, cwd, **setting)


def execute(program: str) -> NoReturn:
    """Become another program, found as the shell would find it, with the words of this one."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
    os.execvpe(program, sys.argv, os.environ)


def run(
    main: Callable[[], int],
    words: Sequence[str],
    cwd: str,
    *,
    stdin: str = "",
    umask: int = 0o022,
    env: Mapping[str, str] | None = None,
    owner: Owner | None = None,
    seconds: int = SECONDS,
) -> Result:
    """Call `main` in a child that stands in `cwd`, as `owner` or whoever runs the suite.

    One that takes too long dies by SIGALRM; an exception ends it with a traceback and CRASHED.
    """
    streams = [tempfile.TemporaryFile(dir=MEMORY, buffering=0) for _ in range(3)]  # noqa: SIM115
    try:
        streams[0].write(os.fsencode(stdin))
        streams[0].seek(0)
        pid = os.fork()
        if pid == 0:
            numbers = [stream.fileno() for stream in streams]
            become(Start(main, words, cwd, umask, env or {}, owner, (), seconds), numbers)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        texts = []
        for stream in streams[1:]:
            stream.seek(0)
            texts.append(os.fsdecode(stream.read()))
        return Result(status, *texts)
    finally:
        for stream in streams:
            stream.close()


class Start(NamedTuple):
    """What is called in a child, and how it stands."""

    main: Callable[[], int]
    words: Sequence[str]
    """Those after the name of the program."""
    cwd: str
    umask: int
    env: Mapping[str, str]
    owner: Owner | None
    groups: Sequence[int]
    seconds: int
    name: str = "pycp"


def become(start: Start, streams: Sequence[int]) -> NoReturn:
    """Make this forked child a program with these standard streams, and end it."""
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
        os.environ.clear()
        os.environ.update({"PATH": "/usr/bin:/bin", "LC_ALL": "C"} | dict(start.env))
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
