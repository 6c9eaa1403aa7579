"""Run our program in a forked child of the test process, or GNU's the same way.

The child has everything imported already, so it needs no start of an interpreter; and what a test
replaced in the package is replaced in the child as well. Where nothing is replaced, `tests.apart`
runs a command instead, which costs less: what is forked here holds all tests.
"""

import importlib
import os
import pkgutil
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from typing import Unpack

import pycp
from pycp.__main__ import cp_main, install_main
from pycp.shutil.original import standard
from tests import apart, replaced
from tests.child import Setting, Start, become, execute, forget_environment
from tests.memory import MEMORY as MEMORY
from tests.programs import ORACLES, Result

for module in pkgutil.walk_packages(pycp.__path__, "pycp."):
    if module.name != "pycp.cli.click_command":
        importlib.import_module(module.name)
standard()  # whoever the child is, it need not be able to read where Python is installed
replaced.note()


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


def run(
    main: Callable[[], int], words: Sequence[str], cwd: str, **setting: Unpack[Setting]
) -> Result:
    """Call `main` in a child; an exception ends it with a traceback and CRASHED."""
    if main in (cp_main, install_main) and not replaced.is_anything():
        return apart.run(main, words, os.path.abspath(cwd), **setting)
    start = Start(main, words, cwd, **setting)
    streams = [tempfile.TemporaryFile(dir=MEMORY, buffering=0) for _ in range(3)]  # noqa: SIM115
    try:
        streams[0].write(os.fsencode(start.stdin))
        streams[0].seek(0)
        pid = os.fork()
        if pid == 0:
            numbers = [stream.fileno() for stream in streams]
            forget_environment()
            become(start, numbers)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        texts = []
        for stream in streams[1:]:
            stream.seek(0)
            texts.append(os.fsdecode(stream.read()))
        return Result(status, *texts)
    finally:
        for stream in streams:
            stream.close()
