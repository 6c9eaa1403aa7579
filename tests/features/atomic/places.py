"""Where these tests run commands: in a forked child, in a tree built anew for each run."""

import errno
import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from pycp import system
from pycp.__main__ import cp_main, install_main
from tests import listing, tree
from tests.apart import run
from tests.programs import ORDINARY_ID, Result
from tests.trust.faults import Fault, run_failing

WITHOUT_UNNAMED, WITHOUT_PROC, WITH_ALL = "no O_TMPFILE", "no proc", "all"
SYSTEMS = (WITH_ALL, WITHOUT_UNNAMED, WITHOUT_PROC)
"""What the system lacks, and so how a file is made before it gets its name."""
USERS = ((0, 0), (ORDINARY_ID, ORDINARY_ID)) if os.geteuid() == 0 else ((os.geteuid(),) * 2,)
"""Who runs the commands: root and somebody else, or whoever runs the suite."""


def pretend(lacks: str) -> None:
    """Take from this process what the system is to lack."""
    if lacks == WITHOUT_UNNAMED:
        setattr(system, "UNNAMED", 0)  # noqa: B010
    if lacks == WITHOUT_PROC:
        setattr(system, "where", lambda _fd, name, dir_fd: (name, dir_fd))  # noqa: B010
        setattr(system, "descriptor_path", _no_path)  # noqa: B010


def _no_path(_fd: int) -> str:
    raise OSError(errno.ENOTSUP, "")


def main_of(program: str) -> Callable[[], int]:
    """Return the function that is a command."""
    return cp_main if program == "pycp" else install_main


def run_in(
    root: str,
    words: Sequence[str],
    program: str = "pycp",
    lacks: str = WITH_ALL,
    owner: tree.Owner | None = None,
    umask: int = 0o022,
) -> Result:
    """Run one of our commands in a directory."""

    owner = owner if os.geteuid() == 0 else None
    main = partial(lacking, program, lacks)
    return run(main, words, root, name=program, owner=owner, umask=umask)


def lacking(program: str, lacks: str) -> int:
    """Run a command on a system that lacks something."""
    pretend(lacks)
    return main_of(program)()


def run_lacking(lacks: str, fault: Fault, program: str, counts: str, keeps: int) -> int:
    """Run a command on a system that lacks something, with a fault."""
    pretend(lacks)
    return run_failing(fault, program, counts, keeps)


def temporary_names(root: str | Path) -> list[str]:
    """Return the names of ours that are not to be there in the end."""
    return [name for name, _ in listing.walk(str(root)) if os.path.basename(name).startswith("Cu")]
